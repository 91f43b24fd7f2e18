"""The law of times, and what it makes of a setting's patients.

With r = 1 for a response, eta the log-odds of it and merit = eta - alpha, each arm has

    PFS = pfs_scale * pfs_ratio^r * exp(risk_slope * merit) * W1    W1 ~ Weibull(pfs_shape, 1)
    OS  = PFS + os_scale * post_ratio^r * W2                        W2 ~ Weibull(post_shape, 1)

One latent sensitivity decides response, its depth and cure. With u uniform, a patient responds
where u < expit(eta), completely where u < expit(eta - kappa), and is cured where
u < expit(eta - cure), with cure >= kappa >= 0; in an arm without ``cure`` nobody is. The cured
do not progress: PFS = OS = a time with the constant hazard of ``background_mortality_per_year``.
OS as PFS plus the rest keeps PFS <= OS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.laws import ArmLaw, World
from resistml.world.moments import Cell, cell_stratum
from resistml.world.sample import Base, draw_base, f_values
from resistml.world.time_sample import ArmSample, Event

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Months within which a median is looked for; one beyond is called infinite.
_LONGEST = 2_000.0


def monthly_hazard(world: World) -> float:
    """Hazard of the cured, per month."""
    return float(-np.log1p(-world.constants["background_mortality_per_year"]) / 12)


@dataclass(frozen=True)
class DrawnTimes:
    """Months to progression or death, to death, and who is cured; (n, A) each."""

    pfs: Floats
    os: Floats
    cured: Bools


def draw_times(
    arms: Sequence[ArmLaw],
    hazard: float,
    eta: Floats,
    response: Floats,
    progress: Floats,
    post: Floats,
    *,
    index: npt.NDArray[np.int64] | None = None,
) -> DrawnTimes:
    """Times of n patients under A arms.

    Parameters
    ----------
    arms : sequence of A ArmLaw
    hazard : float
        Of the cured, per month.
    eta : (n, A) array
        Log-odds of response.
    response, progress, post : (n, A) arrays
        Uniforms in (0, 1): the one that decides response, and those behind the times.
    index : (1, A) or (n, 1) array, optional
        Which of the arms a column, or a patient's only column, is of; the columns in turn if not
        given.
    """
    at = np.arange(len(arms))[None, :] if index is None else index

    def of(field: str) -> Floats:
        return np.array([getattr(arm, field) for arm in arms], dtype=float)[at]

    responds = response < expit(eta)
    gain = np.log(of("pfs_ratio")) * responds + of("risk_slope") * (eta - of("alpha"))
    gain += np.log(-np.log(progress)) / of("pfs_shape")
    pfs = of("pfs_scale") * np.exp(gain)
    wait = -np.log(post)
    rest = wait ** (1 / of("post_shape")) * of("os_scale")
    rest = np.where(responds, rest * of("post_ratio"), rest)
    os = pfs + rest
    cuts = np.broadcast_to(of("cure"), eta.shape)  # NaN where nobody is cured
    cured = response < expit(eta - cuts)
    natural = wait[cured] / hazard if hazard > 0 else np.inf
    pfs[cured] = natural
    os[cured] = natural
    return DrawnTimes(pfs, os, cured)


@dataclass(frozen=True)
class Times:
    """Times of an arm on a setting's fixed sample.

    Attributes
    ----------
    law : ArmLaw
    sample : ArmSample
    """

    world: World
    c: Compiled
    base: Base
    law: ArmLaw
    sample: ArmSample

    @classmethod
    def by_arm(cls, world: World, c: Compiled) -> dict[str, Times]:
        """The times of all arms of a setting."""
        base = draw_base(c)
        eta = c.log_odds(f_values(c, base), clinical_terms(world, c.arms, base.age, base.ecog))
        log_wait, hazard = np.log(-np.log(base.progress)), monthly_hazard(world)
        out = {}
        for i, a in enumerate(c.arms):
            law = c.law.arms[a]
            own = np.ascontiguousarray(eta[:, i])
            sample = ArmSample(own, own - law.alpha, log_wait, law.kappa, hazard)
            out[a] = cls(world, c, base, law, sample)
        return out

    @property
    def eta(self) -> Floats:
        """(n,) log-odds of response."""
        return self.sample.eta

    @property
    def merit(self) -> Floats:
        """(n,) log-odds above the arm's intercept."""
        return self.sample.merit

    def weight(self, cell: Cell) -> Floats:
        """(n,) shares of the points in the cell, adding up to 1."""
        weight = cell_stratum(self.world, self.c, self.base, cell).weight
        return np.asarray(weight / weight.sum())

    def share(self, cell: Cell) -> float:
        """Share of the setting's patients whose record puts them in the cell."""
        return float(cell_stratum(self.world, self.c, self.base, cell).weight.mean())

    def free(self, cell: Cell, event: Event) -> Callable[[float], float]:
        """Share of the cell's patients free of the event, as a function of months."""
        weight = self.weight(cell) * len(self.eta)
        return lambda months: self.sample.free(self.law, weight, event, months, "all")[0]

    def pfs_median(self, cell: Cell) -> float:
        """Median PFS of the cell's patients in months; infinite if it is not reached."""
        return _half(self.free(cell, "pfs"))

    def os_median(self, cell: Cell) -> float:
        """Median OS of the cell's patients in months; infinite if it is not reached."""
        return _half(self.free(cell, "os"))


def _half(free: Callable[[float], float]) -> float:
    """When half are free of the event."""
    if free(_LONGEST) > 0.5:
        return float("inf")
    return float(brentq(lambda months: free(months) - 0.5, 0.0, _LONGEST, xtol=1e-9))


def setting_times(world: World, setting: str) -> dict[str, Times]:
    """The times of all arms of a setting, by its name."""
    return Times.by_arm(world, compile_setting(world, setting))
