"""What strategies are ranked by: response, median survival, or a utility that the config states."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from resistml.errors import ModelError, UsageError, did_you_mean, listed
from resistml.features.matrix import Records
from resistml.predict.compare import Comparison
from resistml.predict.model import Model

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: What strategies may be ranked by.
BY = ("response", "pfs", "os", "utility")


@dataclass(frozen=True)
class Weights:
    """The utility: a weighted sum, less a penalty for each caution that the record calls for.

    Attributes
    ----------
    response : float
        Worth of a probability of response of 1.
    pfs_months, os_months : float
        Worth of a month of median progression-free, and of overall, survival.
    caution : float
        What each caution takes off.
    """

    response: float
    pfs_months: float
    os_months: float
    caution: float

    @classmethod
    def of(cls, model: Model) -> Weights:
        """Those that a bundle states.

        Raises
        ------
        ModelError
            If it states none, or others than finite numbers of 0 or more.
        """
        raw = model.about.get("ranking")
        if raw is None:
            raise ModelError(
                "this bundle states no utility",
                allowed="--by response",
                hint="train it again: the config's section `ranking` is kept in the bundle",
            )
        try:
            made = cls(**{f.name: float(raw[f.name]) for f in fields(cls)})
        except (KeyError, TypeError, ValueError):
            raise ModelError("the utility that this bundle states is damaged") from None
        if not all(0 <= getattr(made, f.name) < np.inf for f in fields(cls)):
            raise ModelError("the utility that this bundle states is damaged")
        return made


@dataclass(frozen=True)
class Worth:
    """n patients under each of A strategies; value is NaN where a strategy is closed.

    Attributes
    ----------
    value : (n, A) array
        What is ranked by; more is better.
    tied : (n, A) array of bool
        Whether the strategy cannot be told from the first. Of the first: whether another is tied.
    order : (n, A) array of int
        Strategies, best first, the closed ones last; equals keep their order.
    """

    value: Floats
    tied: Bools
    order: npt.NDArray[np.int64]


def check_by(model: Model, by: str) -> None:
    """Refuse a basis that is not known, or that the bundle has not what it takes for.

    Raises
    ------
    UsageError
        If ``by`` is none of :data:`BY`.
    ModelError
        If the bundle has no survival model, or states no utility, and one is needed.
    """
    if by not in BY:
        raise UsageError(f"cannot rank by '{by}'", allowed=listed(BY), hint=did_you_mean(by, BY))
    survival = model.parts.survival
    lacking = [n for n in _times(model, by) if survival is None or getattr(survival, n) is None]
    if lacking:
        needs = "the utility counts months of survival, and " if by == "utility" else ""
        has = "no survival model" if survival is None else f"no model of {lacking[0]}_months"
        raise ModelError(
            f"cannot rank by {by}: {needs}this bundle has {has}",
            allowed="--by response",
            hint="train on a cohort with pfs_months, pfs_event, os_months and os_event",
        )


def worth(
    model: Model,
    records: Records,
    arms: tuple[str, ...],
    compared: Comparison,
    cautions: npt.NDArray[np.int64],
    by: str,
) -> Worth:
    """What each strategy is worth to n patients of one setting.

    Parameters
    ----------
    arms : tuple of str
        The A strategies.
    compared : Comparison
        Of their response.
    cautions : (n, A) array of int
        Warnings about each that the patient's record calls for.
    by : str
        One of :data:`BY`.

    Notes
    -----
    By response, ties are those of the comparison, which are paired within the bag. Else the 90%
    interval of a difference is put together from the intervals of its terms, as if they were
    independent; the same patients are behind all of them, so it is rather too wide, and more is
    shown as tied than need be.

    References
    ----------
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27 (2008).
    """
    if by == "response":
        return Worth(compared.p, compared.tied, compared.order)
    value, below, above = _terms(model, records, arms, compared, cautions, by)
    is_open = ~np.isnan(compared.p)
    order = np.argsort(np.where(is_open, -value, np.inf), axis=1, kind="stable")
    return Worth(
        np.where(is_open, value, np.nan),
        _tied(value, below, above, is_open, order[:, :1]),
        order.astype(np.int64),
    )


def _times(model: Model, by: str) -> dict[str, float]:
    """Weights of the medians that a ranking needs."""
    if by != "utility":
        return {by: 1.0} if by in ("pfs", "os") else {}
    stated = Weights.of(model)
    return {n: w for n, w in (("pfs", stated.pfs_months), ("os", stated.os_months)) if w > 0}


def _terms(
    model: Model,
    records: Records,
    arms: tuple[str, ...],
    compared: Comparison,
    cautions: npt.NDArray[np.int64],
    by: str,
) -> tuple[Floats, Floats, Floats]:
    """(n, A) value, and how far its 90% interval reaches below and above it."""
    value, below, above = (np.zeros(compared.p.shape) for _ in range(3))
    times, survival = _times(model, by), model.parts.survival
    for j, arm in enumerate(arms):
        if times and survival is not None:
            named = np.full(len(records), arm, dtype=object)
            found = survival.medians(model, records, named)
        for name, weight in times.items():
            median = getattr(found, name)
            low, high = getattr(found, f"{name}_lower"), getattr(found, f"{name}_upper")
            value[:, j] += weight * median
            below[:, j] = np.hypot(below[:, j], weight * (median - low))
            above[:, j] = np.hypot(above[:, j], weight * (high - median))
    if by == "utility":
        stated = Weights.of(model)
        value += stated.response * compared.p - stated.caution * cautions
        below = np.hypot(below, stated.response * (compared.p - compared.lower))
        above = np.hypot(above, stated.response * (compared.upper - compared.p))
    return value, below, above


def _tied(
    value: Floats, below: Floats, above: Floats, is_open: Bools, first: npt.NDArray[np.int64]
) -> Bools:
    gap = np.take_along_axis(value, first, axis=1) - value
    reach = np.hypot(np.take_along_axis(below, first, axis=1), above)
    tied = is_open & (gap <= reach)
    np.put_along_axis(tied, first, False, axis=1)
    np.put_along_axis(tied, first, tied.any(axis=1, keepdims=True), axis=1)
    return np.asarray(tied)
