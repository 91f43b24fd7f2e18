"""What a drawn cohort alone says of each target claim, with its interval.

Only what was recorded is looked at, and the outcome of the strategy given. Where treatment was
given by lot and everybody is followed to the end, these estimates are consistent for the
population values that :mod:`resistml.world.audit` finds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.cohort.curves import (
    Curve,
    kaplan_meier,
    log_log,
    median_time,
    normal_quantile,
    wilson,
)
from resistml.cohort.observed import Observed
from resistml.cohort.pool import Part, parts_of, pooled, pooled_curve
from resistml.evidence import Evidence
from resistml.world.laws import World
from resistml.world.moments import claim_cells, is_solved
from resistml.world.time_moments import Reading, against_cells, reading

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Responses that count, by endpoint or by the group of whom a time is taken.
_RESPONSES = {"orr": ("CR", "PR"), "cr": ("CR",), "responders": ("CR", "PR"), "complete": ("CR",)}


@dataclass(frozen=True)
class Estimate:
    """What a cohort says of a claim.

    ``value`` with its interval from ``low`` to ``high`` (infinite = not reached), from ``n``
    patients; NaN where there are none. ``note`` says in words what it is about, if that is not
    all that the claim is about.
    """

    claim: str
    value: float
    low: float
    high: float
    n: int
    note: str = ""


def estimate_claims(
    evidence: Evidence, world: World, observed: Observed, level: float = 0.95
) -> dict[str, Estimate]:
    """Estimates of the target claims by id, in the catalog's order.

    Parameters
    ----------
    evidence, world
        The claims; of the world, who is eligible for what and how long a course takes.
    observed : Observed
    level : float
        Coverage of the intervals.

    Notes
    -----
    By lot, each strategy open to a patient has the same chance: he weighs as many as were open
    to him. Otherwise nothing is weighted, and the estimate is of those given the strategy.
    """
    out = {}
    for claim in evidence.claims.values():
        cells = claim_cells(evidence, claim)
        how = reading(claim)
        if how is not None:
            sides = [cells, against_cells(evidence, claim)] if claim.measure == "ratio" else [cells]
            parts = [_read(world, how, parts_of(world, observed, side)) for side in sides]
            found = _timed(how, claim.at_months or 0.0, parts, level)
        elif is_solved(evidence, claim):
            parts = [parts_of(world, observed, cells)]
            found = _response(_RESPONSES[claim.endpoint], parts[0], level)
        else:
            continue
        together = [part for side in parts for part in side]
        n = sum(part.n for part in together)
        out[claim.id] = Estimate(claim.id, *found, n=n, note=_note(together))
    return out


Found = tuple[float, float, float]
_NOTHING: Found = (float("nan"), float("nan"), float("nan"))


def _note(parts: list[Part]) -> str:
    """What the estimate leaves out."""
    said = []
    if any(part.reached < 1 for part in parts):
        reached = min(part.reached for part in parts)
        said.append(
            f"the strategy is open to {reached:.0%} of the population by their record; "
            "the estimate is of these"
        )
    empty = sum(part.n == 0 for part in parts)
    if empty:
        said.append(
            "no such patient was given it"
            if empty == len(parts)
            else f"{empty} of {len(parts)} pooled groups are empty and left out"
        )
    return "; ".join(said)


def _response(counted: tuple[str, ...], parts: list[Part], level: float) -> Found:
    filled = [part for part in parts if part.n]
    if not filled:
        return _NOTHING
    share = np.array([np.average(np.isin(p.response, counted), weights=p.weight) for p in filled])
    return _rate(filled, share, level)


def _rate(parts: list[Part], share: Floats, level: float) -> Found:
    """A pooled rate with Wilson's interval at the size that gives it its variance."""
    size = np.array([part.size for part in parts])
    if len(parts) == 1:
        return (float(share[0]), *wilson(float(share[0]), float(size[0]), level))
    # A group in which all or none responded is not known without error.
    near = (share * size + 1) / (size + 2)
    value, error = pooled(parts, share[:, None], (near * (1 - near) / size)[:, None] ** 0.5)
    rate = float(value[0])
    n = rate * (1 - rate) / float(error[0]) ** 2 if 0 < rate < 1 else _joint_size(parts)
    return (rate, *wilson(rate, n, level))


def _joint_size(parts: list[Part]) -> float:
    """Patients whose plain mean would vary as much as the parts' pooled one, by Kish."""
    share = np.array([part.share for part in parts])
    size = np.array([part.size for part in parts])
    return float(share.sum() ** 2 / (share**2 / size).sum())


def _read(world: World, how: Reading, parts: list[Part]) -> list[Part]:
    """The patients that a figure about times is taken from, their clocks set as it says."""
    out = []
    for part in parts:
        if how.among != "all":
            part = part.narrowed(_is(part, how.among))
        if how.group not in ("all", how.among):
            part = part.failed(~_is(part, how.group))
        if how.late:
            end = world.settings[part.cell.setting].arms[part.cell.arm].course_months
            part = part.narrowed(part.times[how.event] > end, start=end)
        out.append(part)
    return out


def _is(part: Part, group: str) -> Bools:
    return np.isin(part.response, _RESPONSES[group])


def _timed(how: Reading, months: float, sides: list[list[Part]], level: float) -> Found:
    filled = [[part for part in side if part.n] for side in sides]
    if not all(filled):
        return _NOTHING
    curves = [
        [kaplan_meier(p.times[how.event], p.events[how.event], p.weight) for p in side]
        for side in filled
    ]
    if len(sides) == 2:
        return _ratio(how, filled, curves, months, level)
    if how.said == "median":
        return median_time(pooled_curve(filled[0], curves[0]), level)
    value, low, high = _free(filled[0], curves[0], months, level)
    return (1 - value, 1 - high, 1 - low) if how.said == "lost" else (value, low, high)


def _free(parts: list[Part], curves: list[Curve], months: float, level: float) -> Found:
    """Pooled share free of the event after so many months."""
    value, error = _at(parts, curves, months)
    if error == 0:  # nothing happened yet, or to everyone
        return (value, *wilson(value, _joint_size(parts), level))
    low, high = log_log(np.array([value]), np.array([error]), level)
    return value, float(low[0]), float(high[0])


def _at(parts: list[Part], curves: list[Curve], months: float) -> tuple[float, float]:
    found = [curve.at(months) for curve in curves]
    survival, error = (np.array([float(f[i]) for f in found])[:, None] for i in (0, 1))
    value, se = pooled(parts, survival, error)
    return float(value[0]), float(se[0])


def _ratio(
    how: Reading,
    sides: list[list[Part]],
    curves: list[list[Curve]],
    months: float,
    level: float,
) -> Found:
    """Ratio of two strategies' rates, its interval by the delta method on the log scale."""
    logs, variance = [], 0.0
    for parts, mine in zip(sides, curves, strict=True):
        value, error = _at(parts, mine, months)
        value = 1 - value if how.said == "lost" else value
        if value == 0:
            return _NOTHING
        logs.append(np.log(value))
        variance += (error / value) ** 2
    middle, half = logs[0] - logs[1], normal_quantile(level) * variance**0.5
    low, value, high = (float(np.exp(middle + side * half)) for side in (-1, 0, 1))
    return value, low, high
