"""Times to progression and to death, as a bundle holds them and as they are asked for.

With r = 1 for a response and z standard of the law (Weibull, say), a patient x under an arm has

    log t = intercept(arm) + response(arm) * r + coefficients @ x + scale(arm) * (boosting(x) + z)

Whether he will respond is not known when he is asked about, but the risk model says how likely
it is: his curve is that of responders and that of the others, in the proportion of p(response).
The factors of P(t, r | x) = P(r | x) P(t | r, x) are learned apart, each from all patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.time_laws import LAWS, TimeLaw, mixture_median

if TYPE_CHECKING:
    import xgboost as xgb

    from resistml.predict.model import Features, Model

Floats = npt.NDArray[np.float64]

#: The times that are modelled: to progression or death before it, and to death.
TIMES = ("pfs", "os")
#: Objective of the boosters, by which they are known.
OBJECTIVE = "survival:aft"
#: 90% of a normal distribution lies within so many standard deviations.
_Z90 = 1.6448536269514722
#: Rows that are asked about at once, which keeps memory flat.
_CHUNK = 16_384


@dataclass(frozen=True)
class TimeMember:
    """One model of the bag of a time.

    Attributes
    ----------
    intercepts, response, log_scale : (arms,) arrays
        Log months, log months that a response adds, and the log of the scale.
    coefficients : (columns,) array
        Of the centred matrix, in log months.
    booster : Booster
        Adds to the log months, in units of the arm's scale.
    """

    intercepts: Floats
    response: Floats
    log_scale: Floats
    coefficients: Floats
    booster: xgb.Booster

    def centre(self, features: Features) -> tuple[Floats, Floats]:
        """(n,) centre of log months without a response, and scale."""
        scale = np.exp(self.log_scale[features.arms])
        linear = np.einsum("ij,j->i", features.centred, self.coefficients)
        boosted = self.booster.inplace_predict(features.matrix, predict_type="margin")
        return self.intercepts[features.arms] + linear + scale * boosted, scale


@dataclass(frozen=True)
class TimeModel:
    """The bag of one time.

    Attributes
    ----------
    law : str
        Key of :data:`resistml.predict.time_laws.LAWS`.
    members : tuple of TimeMember
        Two or more.
    width : float
        Half of the 90% interval of log months, in standard deviations of the bag.
    form : float
        Standard deviation of log months that all models of the bag share, and it cannot see.
    followed : float
        Longest time in months among the training patients; what lies beyond is read off the law.
    """

    law: str
    members: tuple[TimeMember, ...]
    width: float
    form: float
    followed: float

    def mixtures(self, features: Features) -> Iterator[tuple[Floats, Floats]]:
        """Of each member, centres (n, 2) of responders and of the others, and scales (n, 2)."""
        for member in self.members:
            centre, scale = member.centre(features)
            gained = member.response[features.arms]
            yield np.column_stack([centre + gained, centre]), np.column_stack([scale, scale])


@dataclass(frozen=True)
class Medians:
    """Median months of n patients, each (n,), with 90% intervals for the sampling of training
    patients; NaN where the time is not modelled. Nowhere does OS lie below PFS."""

    pfs: Floats
    pfs_lower: Floats
    pfs_upper: Floats
    os: Floats
    os_lower: Floats
    os_upper: Floats


@dataclass(frozen=True)
class Survival:
    """Models of the times that the training patients had; None = they had no such time."""

    pfs: TimeModel | None = None
    os: TimeModel | None = None

    @property
    def boosters(self) -> Mapping[str, xgb.Booster]:
        """Named ``pfs_00``, ``pfs_01``, ..., ``os_00``, ..."""
        return {
            f"{name}_{k:02d}": member.booster
            for name in TIMES
            if (model := getattr(self, name)) is not None
            for k, member in enumerate(model.members)
        }

    def medians(self, model: Model, records: Records, strategy: Words) -> Medians:
        """Medians of each patient under the strategy named beside him."""
        out = {f.name: np.full(len(records), np.nan) for f in fields(Medians)}
        for rows, features, p, members_p in _chunks(model, records, strategy):
            floor = np.full((len(rows), 3), -np.inf)
            for name in TIMES:
                times: TimeModel | None = getattr(self, name)
                if times is None:
                    continue
                found = np.maximum(_log_medians(times, features, p, members_p), floor)
                for suffix, column in zip(("", "_lower", "_upper"), found.T, strict=True):
                    out[name + suffix][rows] = np.exp(column)
                floor = found
        return Medians(**out)

    def curves(
        self, model: Model, records: Records, strategy: Words, months: Floats
    ) -> dict[str, Floats]:
        """By time that is modelled, (n, G) probability to be free of it after (G,) months.

        Death is an event of both times, so OS is nowhere below PFS.
        """
        log = np.log(np.maximum(months, np.finfo(float).tiny))
        out = {
            name: np.empty((len(records), len(months)))
            for name in TIMES
            if getattr(self, name) is not None
        }
        for rows, features, p, _ in _chunks(model, records, strategy):
            floor = np.zeros((len(rows), len(months)))
            for name in out:
                floor = np.maximum(_survival(getattr(self, name), features, p, log), floor)
                out[name][rows] = floor
        return out

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it."""
        return {
            name: {
                "law": model.law,
                "width": model.width,
                "form": model.form,
                "followed": model.followed,
                "members": [
                    {key: getattr(member, key).tolist() for key in _ARRAYS}
                    for member in model.members
                ],
            }
            for name in TIMES
            if (model := getattr(self, name)) is not None
        }

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Survival:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        models = {
            name: _time_model(name, described, boosters, spec) for name, described in raw.items()
        }
        if not models or not models.keys() <= set(TIMES):
            raise ValueError(f"times {sorted(models)}, not among {TIMES}")
        found = cls(**models)
        if found.boosters.keys() != boosters.keys():
            raise ValueError(f"boosters {sorted(boosters)}, not {sorted(found.boosters)}")
        return found


#: Arrays of a member, with one value per arm or per column.
_ARRAYS = ("intercepts", "response", "log_scale", "coefficients")
#: Scales of log months that a bundle may hold lie between exp of these.
_LOG_SCALES = (-5.0, 5.0)


def _time_model(
    name: str, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
) -> TimeModel:
    members = tuple(
        TimeMember(**_arrays(described, spec), booster=boosters[f"{name}_{k:02d}"])
        for k, described in enumerate(raw["members"])
    )
    sizes = {key: float(raw[key]) for key in ("width", "form", "followed")}
    model = TimeModel(str(raw["law"]), members, **sizes)
    if model.law not in LAWS or len(members) < 2:
        raise ValueError(f"{name}: law {model.law!r} of {sorted(LAWS)}, {len(members)} members")
    if not all(0 <= size < np.inf for size in sizes.values()):
        raise ValueError(f"{name}: one of {sizes} is no size")
    return model


def _arrays(raw: dict[str, Any], spec: FeatureSpec) -> dict[str, Floats]:
    arrays = {key: np.array(raw[key], dtype=float) for key in _ARRAYS}
    for key, values in arrays.items():
        shape = (len(spec.columns) if key == "coefficients" else len(spec.arms),)
        if values.shape != shape or not np.isfinite(values).all():
            raise ValueError(f"{key} of shape {values.shape}, not {shape}, or not finite")
    low, high = _LOG_SCALES
    if (arrays["log_scale"] < low).any() or (arrays["log_scale"] > high).any():
        raise ValueError(f"a log_scale is not between {low} and {high}")
    return arrays


def _chunks(
    model: Model, records: Records, strategy: Words
) -> Iterator[tuple[npt.NDArray[np.int64], Features, Floats, Floats]]:
    """Rows, their inputs, p(response) (n,) and that of each model of the bag (n, bag)."""
    for start in range(0, len(records), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(records)))
        part, arms = records.take(rows), strategy[rows]
        risk = model.risk(part, arms)
        yield rows, model.features(part, arms), 1 - risk.p, 1 - risk.members_p


def _log_medians(times: TimeModel, features: Features, p: Floats, members_p: Floats) -> Floats:
    """(n, 3) log of the median, lower and upper.

    The errors of p(response) and of the times given the response are independent: their
    likelihood factorises. So any model of the one bag may be paired with any of the other.
    """
    law, own, centres, scales = LAWS[times.law], [], [], []
    for k, (centre, scale) in enumerate(times.mixtures(features)):
        own.append(
            mixture_median(law, _shares(members_p[:, k % members_p.shape[1]]), centre, scale)
        )
        centres.append(centre)
        scales.append(scale)
    share = np.tile(_shares(p), len(own)) / len(own)
    middle = mixture_median(law, share, np.hstack(centres), np.hstack(scales))
    half = np.hypot(times.width * np.std(own, axis=0, ddof=1), _Z90 * times.form)
    return np.column_stack([middle, middle - half, middle + half])


def _survival(times: TimeModel, features: Features, p: Floats, log_months: Floats) -> Floats:
    """(n, G) share free of the event, the mean of the bag."""
    law: TimeLaw = LAWS[times.law]
    total = np.zeros((len(p), len(log_months)))
    for centre, scale in times.mixtures(features):
        for j, share in enumerate(_shares(p).T):
            z = (log_months[None, :] - centre[:, j, None]) / scale[:, j, None]
            total += share[:, None] * law.survival(z)
    return total / len(times.members)


def _shares(p: Floats) -> Floats:
    return np.column_stack([p, 1 - p])
