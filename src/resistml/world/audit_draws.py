"""Fresh patients that the solver never saw, and what they show of a claim's figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.features.conditions import eligible, holds
from resistml.rng import Streams
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.laws import World
from resistml.world.markers import Noise, Patients, draw_patients, recorded_columns
from resistml.world.moments import Cell
from resistml.world.time_moments import Reading
from resistml.world.times import DrawnTimes, draw_times, monthly_hazard

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Seed of the audit's patients, which no cohort shares.
SEED = 7_777
#: Uniforms behind outcomes stay so far from 0 and 1.
_EDGE = 1e-15


@dataclass(frozen=True)
class Asked:
    """A figure of one cell: a rate of response (``orr``, ``cr``), or one about times."""

    cell: Cell
    response: str = ""
    reading: Reading | None = None
    at_months: float = 0.0


@dataclass(frozen=True)
class Found:
    """What the fresh patients of a cell show.

    ``values`` are, of those whom the figure counts, the probabilities of response, 1 or 0 for
    an event seen or not, or the times; ``patients`` is the number of patients of the setting
    that they were taken from.
    """

    values: Floats
    patients: int


def fresh_patients(
    world: World, c: Compiled, patients: int, seed: int = SEED
) -> tuple[Patients, dict[str, Floats]]:
    """Patients of one setting, and their record by column, NaN where unmeasured."""
    streams, width = Streams(seed), len(c.markers)
    name = f"audit.{c.law.id}"
    noise = Noise(
        latent=streams.generator(f"{name}.latent").standard_normal((patients, width)),
        error=streams.generator(f"{name}.error").standard_normal((patients, width)),
        missing=streams.generator(f"{name}.missing").random((patients, width)),
        person=streams.generator(f"{name}.person").random((patients, 3)),
    )
    p = draw_patients(world, c, noise, np.arange(patients))
    return p, recorded_columns(c, p)


def found(world: World, asked: Iterable[Asked], patients: int, seed: int) -> dict[Asked, Found]:
    """What so many fresh patients of each setting show."""
    by_setting: dict[str, list[Asked]] = {}
    for one in asked:
        by_setting.setdefault(one.cell.setting, []).append(one)
    out: dict[Asked, Found] = {}
    for setting, figures in by_setting.items():
        out |= _in_setting(world, setting, figures, patients, seed)
    return out


def _in_setting(
    world: World, setting: str, asked: list[Asked], patients: int, seed: int
) -> dict[Asked, Found]:
    c = compile_setting(world, setting)
    p, columns = fresh_patients(world, c, patients, seed)
    eta = c.log_odds(p.f, clinical_terms(world, c.arms, p.age, p.ecog))
    chance = Streams(seed).generator(f"audit.{setting}.times").random((patients, 3))
    chance = np.clip(chance, _EDGE, 1 - _EDGE)

    @cache
    def times(a: int) -> DrawnTimes:
        law, uniforms = c.law.arms[c.arms[a]], (chance[:, [i]] for i in range(3))
        return draw_times([law], monthly_hazard(world), eta[:, [a]], *uniforms)

    out = {}
    for one in asked:
        a = c.arms.index(one.cell.arm)
        if one.cell.conditions:
            member = holds(columns, one.cell.conditions, patients)
        else:
            member = eligible(columns, world.strategies[one.cell.arm].eligibility, patients)
        if one.reading is None:
            cut = c.kappa[a] if one.response == "cr" else 0.0
            values = np.asarray(expit(eta[member, a] - cut))
        else:
            groups = {
                "all": np.ones(patients, dtype=bool),
                "responders": chance[:, 0] < expit(eta[:, a]),
                "complete": chance[:, 0] < expit(eta[:, a] - c.kappa[a]),
            }
            course = c.law.arms[c.arms[a]].course_months
            values = _timed(one.reading, one.at_months, course, times(a), groups, member)
        out[one] = Found(values, patients)
    return out


def _timed(
    how: Reading,
    months: float,
    course: float,
    times: DrawnTimes,
    groups: dict[str, Bools],
    member: Bools,
) -> Floats:
    """Times of those counted, or 1 and 0 for whether each is free of the event."""
    drawn = (times.pfs if how.event == "pfs" else times.os)[:, 0]
    start = course if how.late else 0.0
    counted = member & groups[how.among] & (drawn > start)
    after = drawn[counted] - start
    if how.said == "median":
        return after
    free = groups[how.group][counted] & (after > months)
    return (free if how.said == "free" else ~free).astype(float)


def mean(parts: list[Found]) -> tuple[float, float]:
    """Pooled mean with its standard error; cells count by their share of their setting."""
    share = [len(part.values) / part.patients for part in parts]
    total = sum(s * float(part.values.mean()) for s, part in zip(share, parts, strict=True))
    variance = sum(
        s**2 * float(part.values.var()) / len(part.values)
        for s, part in zip(share, parts, strict=True)
    )
    return total / sum(share), variance**0.5 / sum(share)


def median(parts: list[Found], width: float = 0.02) -> tuple[float, float]:
    """Pooled median with its standard error, 1 / (2 f sqrt(n)), the density f at the median
    taken from the quantiles ``width`` to its sides."""
    times = np.concatenate([part.values for part in parts])
    below, middle, above = np.quantile(times, [0.5 - width, 0.5, 0.5 + width])
    density = 2 * width / (above - below)
    return float(middle), float(0.5 / (density * len(times) ** 0.5))


def ratio(parts: list[Found], against: list[Found]) -> tuple[float, float]:
    """Ratio of two pooled means with its standard error by the delta method, as if the two arms
    had patients of their own."""
    (top, se_top), (bottom, se_bottom) = mean(parts), mean(against)
    value = top / bottom
    return value, value * float(np.hypot(se_top / top, se_bottom / bottom))


def short_of_half(parts: list[Found], low: float, high: float) -> float:
    """By which share of patients half fail to be free until ``low``, or to be no more at
    ``high`` months; 0 if the median lies between them."""
    times = np.concatenate([part.values for part in parts])
    return max(0.0, 0.5 - float((times >= low).mean()), float((times > high).mean()) - 0.5)
