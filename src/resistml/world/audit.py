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
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.conflicts import POINT_TOLERANCE, tolerance
from resistml.world.laws import Conflict, World
from resistml.world.markers import Noise, Patients, draw_patients, recorded_columns
from resistml.world.moments import Cell, claim_cells, is_solved

Floats = npt.NDArray[np.float64]

#: Fresh patients per setting.
PATIENTS = 200_000
#: Seed of the audit's patients, which no cohort shares.
SEED = 7_777


@dataclass(frozen=True)
class AuditRow:
    """A target claim, reported and obtained.

    ``obtained`` is the population value in the world, with its Monte-Carlo standard error
    ``se``. ``status`` is ``within`` its range (a point value within one percentage point),
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


def audit(
    evidence: Evidence, world: World, patients: int = PATIENTS, seed: int = SEED
) -> list[AuditRow]:
    """A row per target claim, in the catalog's order."""
    targets = [c for c in evidence.claims.values() if c.role == "target"]
    cells = {
        (cell, claim.endpoint)
        for claim in targets
        if is_solved(evidence, claim)
        for cell in claim_cells(evidence, claim)
    }
    sums = _sums(world, cells, patients, seed)
    conflicts = {name: c for c in world.conflicts for name in c.claims}
    return [_row(evidence, claim, sums, conflicts) for claim in targets]


@dataclass(frozen=True)
class _Sum:
    """Totals over the patients of a cell: their share, rate times share, and its variance."""

    share: float
    top: float
    variance: float


def _sums(
    world: World, cells: set[tuple[Cell, str]], patients: int, seed: int
) -> dict[tuple[Cell, str], _Sum]:
    out: dict[tuple[Cell, str], _Sum] = {}
    for setting in sorted({cell.setting for cell, _ in cells}):
        c = compile_setting(world, setting)
        p, columns = fresh_patients(world, c, patients, seed)
        eta = c.log_odds(p.f, clinical_terms(world, c.arms, p.age, p.ecog))
        for cell, endpoint in sorted((x for x in cells if x[0].setting == setting), key=repr):
            a = c.arms.index(cell.arm)
            if cell.conditions:
                member = holds(columns, cell.conditions, patients)
            else:
                member = eligible(columns, world.strategies[cell.arm].eligibility, patients)
            rate = expit(eta[:, a] - (c.kappa[a] if endpoint == "cr" else 0.0))[member]
            share = member.mean()
            variance = rate.var() / max(len(rate), 1) * share**2
            out[cell, endpoint] = _Sum(float(share), float(rate.mean() * share), float(variance))
    return out


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
    sums: dict[tuple[Cell, str], _Sum],
    conflicts: dict[str, Conflict],
) -> AuditRow:
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    obtained, se, status = float("nan"), float("nan"), "due"
    if is_solved(evidence, claim):
        parts = [sums[cell, claim.endpoint] for cell in claim_cells(evidence, claim)]
        share = sum(p.share for p in parts)
        obtained = sum(p.top for p in parts) / share
        se = sum(p.variance for p in parts) ** 0.5 / share
        status = _status(claim.low, claim.high, obtained, conflicts.get(claim.id))
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


def _status(low: float, high: float, obtained: float, conflict: Conflict | None) -> str:
    """A conflict excuses no more than it makes necessary: all of it on one of its claims."""
    slack = tolerance(low, high)
    inside = low - slack <= obtained <= high + slack
    if conflict is None:
        return "within" if inside else "out"
    excused = conflict.gap * len(conflict.claims) ** 0.5 + POINT_TOLERANCE
    return "tension" if low - excused <= obtained <= high + excused else "out"
