"""Smooth strata: how likely it is that a point's *record* meets some conditions.

Measurement error makes these weights smooth in a marker's location, which a hard
indicator on a fixed sample is not. An unmeasured value meets no condition, as in
:mod:`resistml.features.conditions`: a claim's rate is that among the patients whose
record shows what the claim asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from resistml.features.links import COMPARE, link_threshold
from resistml.world.compiled import Compiled
from resistml.world.laws import Test
from resistml.world.sample import Base

Floats = npt.NDArray[np.float64]
#: One condition on a column that is already known.
Comparison = tuple[str, float]

#: Keeps weights smooth where a marker is measured without error, on the link scale.
_SHARPEST = 1e-6


@dataclass(frozen=True)
class Stratum:
    """Probability that each point's record meets some conditions, and its derivatives.

    ``weight`` (n,) holds the chance that all columns asked for are measured; ``slopes`` maps
    a continuous marker to d weight / d location (n,).
    """

    weight: Floats
    slopes: dict[str, Floats]


def stratum(c: Compiled, base: Base, tests: tuple[Test, ...]) -> Stratum:
    """Weights of the points for conditions that must all hold; none = weight 1.

    Raises
    ------
    ValueError
        If a column is not measured in the setting.
    """
    by_column: dict[str, list[Comparison]] = {}
    for column, op, value in tests:
        by_column.setdefault(column, []).append((op, value))
    weight, slopes = _measured(c, base, by_column), dict[str, Floats]()
    for column, comparisons in by_column.items():
        factor, slope = _factor(c, base, column, comparisons)
        slopes = {marker: old * factor for marker, old in slopes.items()}
        if slope is not None:
            slopes[column] = weight * slope
        weight = weight * factor
    return Stratum(weight, slopes)


def eligible(c: Compiled, base: Base, alternatives: tuple[tuple[Test, ...], ...]) -> Stratum:
    """Weights of the points for alternatives of which one must hold; none = weight 1.

    By inclusion and exclusion, since alternatives may share a column and thus its error.
    """
    if not alternatives:
        return stratum(c, base, ())
    weight, slopes = np.zeros(len(base.age)), dict[str, Floats]()
    for size in range(1, len(alternatives) + 1):
        sign = 1.0 if size % 2 else -1.0
        for chosen in combinations(alternatives, size):
            part = stratum(c, base, tuple(test for tests in chosen for test in tests))
            weight = weight + sign * part.weight
            for marker, slope in part.slopes.items():
                slopes[marker] = slopes.get(marker, np.zeros(len(weight))) + sign * slope
    return Stratum(weight, slopes)


def _measured(c: Compiled, base: Base, columns: Iterable[str]) -> Floats:
    """(n,) chance that all markers among the columns are measured, whatever their locations."""
    frail = c.missing.is_frail(base.age, base.ecog)
    chance = np.ones(len(base.age))
    for column in columns:
        if column in c.continuous:
            u = base.z[:, c.continuous.index(column)]
        elif column in c.mutations:
            u = base.mutated[:, c.mutations.index(column)]
        else:
            continue
        chance = chance * (1 - c.missing.chance(c.markers.index(column), frail, u))
    return chance


def _factor(
    c: Compiled, base: Base, column: str, comparisons: list[Comparison]
) -> tuple[Floats, Floats | None]:
    """Weights of all comparisons on one column, with d weight / d location if it has one."""
    if column in ("age", "ecog"):
        return _met(getattr(base, column), comparisons), None
    if column == "line":
        return _met(np.full(len(base.age), float(c.law.line)), comparisons), None
    zero, one = _met(np.array([0.0, 1.0]), comparisons)
    if column == "sex":
        return np.full(len(base.age), c.law.female * one + (1 - c.law.female) * zero), None
    if column in c.mutations:
        j = c.mutations.index(column)
        called = np.where(base.mutated[:, j] == 1, 1 - c.false_negative[j], c.false_positive[j])
        return np.asarray(one * called + zero * (1 - called)), None
    if column in c.continuous:
        return _between(c, base, c.continuous.index(column), comparisons)
    raise ValueError(f"'{column}' is not measured in setting '{c.law.id}'")


def _met(values: Floats, comparisons: list[Comparison]) -> Floats:
    met = np.ones(len(values))
    for op, value in comparisons:
        met = met * COMPARE[op](values, value)
    return met


def _between(
    c: Compiled, base: Base, i: int, comparisons: list[Comparison]
) -> tuple[Floats, Floats]:
    """P(low < measured < high) for the interval that the comparisons leave."""
    low, high = -np.inf, np.inf
    for op, value in comparisons:
        threshold, above = link_threshold(c.kinds[i], op, value)
        # What lies below the detection limit is recorded as 0.
        zero_passes = bool(COMPARE[op](np.zeros(1), value)[0])
        bound = max(threshold, float(c.limit[i]))
        if above and not zero_passes:
            low = max(low, bound)
        elif not above:
            high = min(high, bound if zero_passes else -np.inf)
    if low >= high:
        return np.zeros(len(base.age)), np.zeros(len(base.age))
    link = c.location[i] + c.spread[i] * base.z[:, i]
    error = max(float(c.error[i]), _SHARPEST)
    over, beyond = (link - low) / error, (link - high) / error
    return ndtr(over) - ndtr(beyond), (_density(over) - _density(beyond)) / error


def _density(standard: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * standard**2) / np.sqrt(2 * np.pi))
