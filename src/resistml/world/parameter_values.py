"""What a world makes of the things that parameter claims set.

With g the true value of a marker among fresh patients, and x(a) the exposure of strategy a to it,

    median           the median of g
    prevalence       the share with the mutation
    spread           the 97.5th percentile of g over the 2.5th
    contrast         (g one standard deviation above the median, over the median) ^ x(a)
    treated          the median of g, times x(a) / x(comparator)
    exposure_ratio   x(comparator) / x(a)
    cutoff           the threshold in use nearest to the claim's
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from resistml.evidence import Evidence
from resistml.evidence.schema import Claim
from resistml.evidence.sets import comparators, places
from resistml.world.audit import fresh_patients
from resistml.world.compiled import compile_setting
from resistml.world.draft import tests
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]

#: Percentiles between which 95% of patients lie; the median, and one standard deviation above it.
_SPAN = (0.025, 0.975)
_RAISED = (0.5, float(ndtr(1.0)))
#: To each side of a percentile, the percentiles that its density is taken from.
_WIDTH = 0.01


@dataclass(frozen=True)
class Value:
    """A statistic in a world, with its Monte-Carlo standard error (0: exact)."""

    value: float
    se: float = 0.0


class Drawn:
    """True values of fresh patients, drawn once per setting."""

    def __init__(self, world: World, patients: int, seed: int) -> None:
        self._world, self._patients, self._seed = world, patients, seed
        self._known: dict[str, dict[str, Floats]] = {}

    def values(self, setting: str, marker: str) -> Floats:
        """(n,) true values of a marker, in its unit."""
        if setting not in self._known:
            c = compile_setting(self._world, setting)
            p, _ = fresh_patients(self._world, c, self._patients, self._seed)
            self._known[setting] = dict(zip(c.markers, p.true.T, strict=True))
        return self._known[setting][marker]


def values_set(evidence: Evidence, world: World, claim: Claim, drawn: Drawn) -> list[Value]:
    """What the claim sets, in each of its markers and, where it is drawn, settings."""
    assert claim.sets is not None  # asked of claims that set something
    statistic, markers = claim.sets.statistic, claim.sets.markers
    if statistic == "cutoff":
        return [Value(_threshold(evidence, world, claim, m)) for m in markers]
    if statistic == "exposure_ratio":
        left = [_left(evidence, world, claim, m) for m in markers]
        return [Value(1 / x if x else math.inf) for x in left]
    return [
        _sampled(evidence, world, claim, m, drawn.values(s, m))
        for m in markers
        for s in places(claim)
    ]


def _sampled(evidence: Evidence, world: World, claim: Claim, marker: str, values: Floats) -> Value:
    assert claim.sets is not None  # as above
    statistic = claim.sets.statistic
    if statistic == "prevalence":
        share = float(values.mean())
        return Value(share, (share * (1 - share) / len(values)) ** 0.5)
    if statistic == "spread":
        return quantile_ratio(values, _SPAN)
    if statistic == "contrast":
        power, ratio = _exposure(world, claim.strategy, marker), quantile_ratio(values, _RAISED)
        value = ratio.value**power
        return Value(value, abs(power) * value * ratio.se / ratio.value)
    (median,), cov = quantiles(values, (0.5,))
    left = _left(evidence, world, claim, marker) if statistic == "treated" else 1.0
    return Value(left * float(median), abs(left) * float(cov[0, 0]) ** 0.5)


def quantiles(values: Floats, levels: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Quantiles (K,) and their covariance (K, K): p (1 - q) / (n f(p) f(q)) for levels p <= q.

    The density f at a quantile is taken from those to its sides.
    """
    p = np.array(levels)
    ends = np.clip([p - _WIDTH, p + _WIDTH], 0.0, 1.0)
    at, below, above = np.split(np.quantile(values, np.concatenate([p, *ends])), 3)
    density = (ends[1] - ends[0]) / (above - below)
    joint = np.minimum.outer(p, p) * (1 - np.maximum.outer(p, p))
    return at, joint / np.outer(density, density) / len(values)


def quantile_ratio(values: Floats, levels: tuple[float, float]) -> Value:
    """The upper of two quantiles over the lower, its error by the delta method."""
    (low, high), cov = quantiles(values, levels)
    slope = np.array([-1 / low, 1 / high])
    ratio = float(high / low)
    return Value(ratio, ratio * float(slope @ cov @ slope) ** 0.5)


def _exposure(world: World, strategy: str | None, marker: str) -> float:
    return world.strategies[strategy or ""].exposure.get(marker, 0.0)


def _left(evidence: Evidence, world: World, claim: Claim, marker: str) -> float:
    """The exposure of the claim's strategy over that of its comparator; NaN if that has none."""
    (other,) = comparators(evidence, claim)  # one, by check E21
    compared = _exposure(world, other, marker)
    return _exposure(world, claim.strategy, marker) / compared if compared else math.nan


def _threshold(evidence: Evidence, world: World, claim: Claim, marker: str) -> float:
    assert claim.low is not None  # what sets something has a number
    assert claim.high is not None
    middle = (claim.low + claim.high) / 2
    used = set(_thresholds(evidence, world, places(claim), marker))
    return min(used, key=lambda x: (abs(x - middle), x), default=math.nan)


def _thresholds(
    evidence: Evidence, world: World, settings: tuple[str, ...], marker: str
) -> Iterator[float]:
    """What targets of the settings, and the eligibility of their arms, compare a marker with."""
    for claim in evidence.claims.values():
        if claim.role == "target" and set(claim.settings) & set(settings):
            yield from (v for c, _, v in tests(evidence, claim.population) if c == marker)
    for setting in settings:
        for arm in world.settings[setting].arms:
            rules = world.strategies[arm].eligibility
            yield from (v for rule in rules for c, _, v in rule if c == marker)
