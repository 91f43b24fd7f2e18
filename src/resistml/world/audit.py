"""Holds a solved world against the claims, on fresh patients that the solver never saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.evidence import Evidence
from resistml.evidence.schema import Claim
from resistml.features.conditions import eligible, holds
from resistml.rng import Streams
from resistml.threads import one_blas_thread
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.conflicts import POINT_TOLERANCE, tolerance
from resistml.world.laws import Conflict, World
from resistml.world.markers import Noise, Patients, draw_patients, recorded_columns
from resistml.world.moments import Cell, claim_cells, is_solved
from resistml.world.times import MEDIANS, TIME_TOLERANCE, pfs_unit, post_unit

Floats = npt.NDArray[np.float64]

#: Fresh patients per setting.
PATIENTS = 200_000
#: Seed of the audit's patients, which no cohort shares.
SEED = 7_777


@dataclass(frozen=True)
class AuditRow:
    """A target claim, reported and obtained.

    ``obtained`` is the population value in the world, with its Monte-Carlo standard error
    ``se``. ``status`` is ``within`` its range (a rate reported as a point within one
    percentage point, a median within 2%),
    ``tension`` (member of a proven conflict set, whose other members are in ``conflict``, and
    no further off than that makes necessary),
    ``out``, or ``due``: of an endpoint whose audit is yet to come.
    """

    claim: str
    role: str
    endpoint: str
    setting: str
    strategy: str
    population: str
    low: float
    high: float
    obtained: float
    se: float
    status: str
    conflict: tuple[str, ...] = ()


@one_blas_thread
def audit(
    evidence: Evidence, world: World, patients: int = PATIENTS, seed: int = SEED
) -> list[AuditRow]:
    """A row per target claim, in the catalog's order."""
    targets = [c for c in evidence.claims.values() if c.role == "target"]
    cells = {
        (cell, claim.endpoint)
        for claim in targets
        if is_audited(evidence, claim)
        for cell in claim_cells(evidence, claim)
    }
    found = _found(world, cells, patients, seed)
    conflicts = {name: c for c in world.conflicts for name in c.claims}
    return [_row(evidence, claim, found, conflicts) for claim in targets]


def is_audited(evidence: Evidence, claim: Claim) -> bool:
    """Whether the world is held against the claim: rates of response, and medians of time."""
    timed = claim.endpoint in MEDIANS and claim.measure == "level"
    return is_solved(evidence, claim) or timed


@dataclass(frozen=True)
class _Found:
    """What the fresh patients of a cell show.

    ``values`` are the probabilities of response of its members, or their times; ``patients`` is
    the number of patients of the setting that they were taken from.
    """

    values: Floats
    patients: int


def _found(
    world: World, cells: set[tuple[Cell, str]], patients: int, seed: int
) -> dict[tuple[Cell, str], _Found]:
    out: dict[tuple[Cell, str], _Found] = {}
    for setting in sorted({cell.setting for cell, _ in cells}):
        c = compile_setting(world, setting)
        p, columns = fresh_patients(world, c, patients, seed)
        eta = c.log_odds(p.f, clinical_terms(world, c.arms, p.age, p.ecog))
        chance = Streams(seed).generator(f"audit.{setting}.times").random((patients, 3))
        for cell, endpoint in sorted((x for x in cells if x[0].setting == setting), key=repr):
            if cell.conditions:
                member = holds(columns, cell.conditions, patients)
            else:
                member = eligible(columns, world.strategies[cell.arm].eligibility, patients)
            a = c.arms.index(cell.arm)
            values = _values(world, c, a, endpoint, eta[member, a], chance[member])
            out[cell, endpoint] = _Found(values, patients)
    return out


def _values(
    world: World, c: Compiled, a: int, endpoint: str, eta: Floats, chance: Floats
) -> Floats:
    """Probability of the response asked for, or a drawn time in months, of each patient."""
    if endpoint not in MEDIANS:
        return np.asarray(expit(eta - (c.kappa[a] if endpoint == "cr" else 0.0)))
    arm = c.law.arms[c.arms[a]]
    response = (chance[:, 0] < expit(eta)).astype(float)
    pfs = arm.pfs_scale * pfs_unit(world, response, eta - arm.alpha, 1 - chance[:, 1])
    if endpoint == "median_pfs":
        return pfs
    return pfs + arm.os_scale * post_unit(world, response, 1 - chance[:, 2])


def _mean(parts: list[_Found]) -> tuple[float, float]:
    """Pooled mean with its standard error; cells count by their share of their setting."""
    share = [len(part.values) / part.patients for part in parts]
    mean = sum(s * float(part.values.mean()) for s, part in zip(share, parts, strict=True))
    variance = sum(
        s**2 * float(part.values.var()) / len(part.values)
        for s, part in zip(share, parts, strict=True)
    )
    return mean / sum(share), variance**0.5 / sum(share)


def _median(parts: list[_Found], width: float = 0.02) -> tuple[float, float]:
    """Pooled median with its standard error, 1 / (2 f sqrt(n)), the density f at the median
    taken from the quantiles ``width`` to its sides."""
    times = np.concatenate([part.values for part in parts])
    below, median, above = np.quantile(times, [0.5 - width, 0.5, 0.5 + width])
    density = 2 * width / (above - below)
    return float(median), float(0.5 / (density * len(times) ** 0.5))


def fresh_patients(
    world: World, c: Compiled, patients: int, seed: int = SEED
) -> tuple[Patients, dict[str, Floats]]:
    """Patients of one setting, and their record by column.

    All records are complete: missing values are left to chance alone in the default world, so
    they do not move a rate among those measured.
    """
    streams, width = Streams(seed), len(c.markers)
    name = f"audit.{c.law.id}"
    noise = Noise(
        latent=streams.generator(f"{name}.latent").standard_normal((patients, width)),
        error=streams.generator(f"{name}.error").standard_normal((patients, width)),
        missing=np.ones((patients, width)),
        person=streams.generator(f"{name}.person").random((patients, 3)),
    )
    p = draw_patients(world, c, noise, np.arange(patients))
    return p, recorded_columns(c, p)


def _row(
    evidence: Evidence,
    claim: Claim,
    found: dict[tuple[Cell, str], _Found],
    conflicts: dict[str, Conflict],
) -> AuditRow:
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    obtained, se, status = float("nan"), float("nan"), "due"
    if is_audited(evidence, claim):
        parts = [found[cell, claim.endpoint] for cell in claim_cells(evidence, claim)]
        timed = claim.endpoint in MEDIANS
        obtained, se = _median(parts) if timed else _mean(parts)
        slack = _time_slack(claim) if timed else tolerance(claim.low, claim.high)
        status = _status(claim, obtained, slack, conflicts.get(claim.id))
    members = conflicts[claim.id].claims if claim.id in conflicts else ()
    return AuditRow(
        claim=claim.id,
        role=claim.role,
        endpoint=claim.endpoint,
        setting=", ".join(claim.settings),
        strategy=claim.strategy or "",
        population=" and ".join(str(c) for c in claim.population),
        low=claim.low,
        high=claim.high,
        obtained=obtained,
        se=se,
        status=status,
        conflict=tuple(name for name in members if name != claim.id),
    )


def _time_slack(claim: Claim) -> float:
    """How far outside its reported range a median may lie: a point value by its tolerance."""
    assert claim.low is not None  # a target has a range
    return TIME_TOLERANCE * claim.low if claim.low == claim.high else 0.0


def _status(claim: Claim, obtained: float, slack: float, conflict: Conflict | None) -> str:
    """A conflict excuses no more than it makes necessary: all of it on one of its claims."""
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    if conflict is None:
        inside = claim.low - slack <= obtained <= claim.high + slack
        return "within" if inside else "out"
    excused = conflict.gap * len(conflict.claims) ** 0.5 + POINT_TOLERANCE
    return "tension" if claim.low - excused <= obtained <= claim.high + excused else "out"
