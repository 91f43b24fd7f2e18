"""Holds a solved world against the claims, on fresh patients that the solver never saw."""

from __future__ import annotations

from dataclasses import dataclass

from resistml.evidence import Evidence
from resistml.evidence.cutoffs import spelled
from resistml.evidence.schema import Claim
from resistml.threads import one_blas_thread
from resistml.world.audit_draws import (
    SEED,
    Asked,
    Found,
    found,
    fresh_patients,
    mean,
    median,
    ratio,
    short_of_half,
)
from resistml.world.conflicts import POINT_TOLERANCE
from resistml.world.laws import Conflict, World
from resistml.world.moments import claim_cells, is_solved, open_range
from resistml.world.time_moments import (
    Reading,
    against_cells,
    point_tolerance,
    reading,
)

__all__ = [
    "PATIENTS",
    "SEED",
    "AuditRow",
    "audit",
    "fresh_patients",
    "is_audited",
    "literal_reading",
]

#: Fresh patients per setting.
PATIENTS = 200_000


@dataclass(frozen=True)
class AuditRow:
    """A target claim, or a parameter, reported and obtained.

    ``obtained`` is the population value in the world, with its Monte-Carlo standard error
    ``se``. ``status`` is ``within`` what the claim allows (its range; a rate reported as a
    point within one percentage point, such a median or ratio within 2%; a ``bound`` to the
    letter, and nothing on its other side), ``tension`` (member of a proven conflict set, whose
    other members are in ``conflict``, and no further off than that makes necessary), ``out``,
    or ``due``: of an endpoint that the world has no law for. ``note`` says what else the figure
    could have been read as, where that would contradict another claim. Of claims of role
    ``parameter`` (:mod:`resistml.world.audit_parameters`) a row also has the ``statistic`` that
    they set, its ``unit``, and where nothing is set the ``reason``. ``label`` says whether
    claims identify what the row rests on (:mod:`resistml.world.audit_all`).
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
    measure: str = "level"
    bound: str = "about"
    at_months: float | None = None
    note: str = ""
    statistic: str = ""
    unit: str = ""
    reason: str = ""
    label: str = ""


@one_blas_thread
def audit(
    evidence: Evidence, world: World, patients: int = PATIENTS, seed: int = SEED
) -> list[AuditRow]:
    """A row per target claim, in the catalog's order."""
    targets = [c for c in evidence.claims.values() if c.role == "target"]
    asked = {claim.id: _asked(evidence, claim) for claim in targets}
    wanted = dict.fromkeys(one for sides in asked.values() for side in sides for one in side)
    drawn = found(world, wanted, patients, seed)
    conflicts = {name: c for c in world.conflicts for name in c.claims}
    rows = []
    for claim in targets:
        parts, against = ([drawn[one] for one in side] for side in asked[claim.id])
        rows.append(_row(evidence, claim, parts, against, conflicts.get(claim.id)))
    return rows


def is_audited(evidence: Evidence, claim: Claim) -> bool:
    """Whether the world has a law for a target's figure: of response, or of times."""
    return is_solved(evidence, claim) or reading(claim) is not None


def _asked(evidence: Evidence, claim: Claim) -> tuple[list[Asked], list[Asked]]:
    """The figures that a claim is held against: its own, and those of a ratio's comparator."""
    cells, against = claim_cells(evidence, claim), against_cells(evidence, claim)
    if is_solved(evidence, claim):
        return [Asked(cell, claim.endpoint) for cell in cells], []
    how = reading(claim)
    if how is None:
        return [], []
    own, other = (
        [Asked(cell, reading=how, at_months=claim.at_months or 0.0) for cell in side]
        for side in (cells, against)
    )
    return own, other


def _row(
    evidence: Evidence,
    claim: Claim,
    parts: list[Found],
    against: list[Found],
    conflict: Conflict | None,
) -> AuditRow:
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    obtained, se, status = float("nan"), float("nan"), "due"
    if is_audited(evidence, claim):
        timed = _is_median(claim)
        obtained, se = median(parts) if timed else ratio(parts, against) if against else mean(parts)
        low, high = _allowed(claim)
        missed = max(0.0, low - obtained, obtained - high)
        if timed and missed:
            missed = short_of_half(parts, low, high)
        status = _status(missed, conflict)
    members = conflict.claims if conflict is not None else ()
    return AuditRow(
        claim=claim.id,
        role=claim.role,
        endpoint=claim.endpoint,
        setting=", ".join(claim.settings),
        strategy=claim.strategy or "",
        population=" and ".join(spelled(evidence, c) for c in claim.population),
        low=claim.low,
        high=claim.high,
        obtained=obtained,
        se=se,
        status=status,
        conflict=tuple(name for name in members if name != claim.id),
        measure=claim.measure,
        bound=claim.bound,
        at_months=claim.at_months,
        note=literal_reading(evidence, claim),
    )


def _is_median(claim: Claim) -> bool:
    how = reading(claim)
    return how is not None and how.said == "median"


def _allowed(claim: Claim) -> tuple[float, float]:
    """What a claim allows, tolerance included; infinite where a bound leaves an end open."""
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    relative = _is_median(claim) or claim.measure == "ratio"
    slack = point_tolerance(claim.low, claim.high, claim.bound, relative)
    low, high = open_range(claim.low, claim.high, claim.bound)
    return low - slack, high + slack


def _status(missed: float, conflict: Conflict | None) -> str:
    """From the share (of a ratio: the amount) by which a claim's allowed range is missed.

    A conflict excuses no more than it makes necessary: all of it on one of its claims.
    """
    if conflict is None:
        return "out" if missed else "within"
    excused = conflict.gap * len(conflict.claims) ** 0.5 + POINT_TOLERANCE
    return "tension" if missed <= excused else "out"


def literal_reading(evidence: Evidence, claim: Claim) -> str:
    """What stands against counting a median from the start of treatment, among all.

    Empty unless the claim is counted otherwise and another claim on the same patients, counted
    so, leaves no common value.
    """
    how = reading(claim)
    if how is None or how.said != "median" or not (how.late or how.among != "all"):
        return ""
    usual = Reading(how.event, "median")
    cells = claim_cells(evidence, claim)
    for other in evidence.claims.values():
        if other.id == claim.id or reading(other) != usual:
            continue
        between = _between(claim, other)
        if between and claim_cells(evidence, other) == cells:
            among = "" if how.among == "all" else ", among all patients,"
            return (
                f"counted from the start of treatment{among} it would conflict with {other.id}: "
                f"{between}"
            )
    return ""


def _between(claim: Claim, other: Claim) -> str:
    """How far apart the ranges of two medians lie, in words; empty if they meet."""
    (low, high), (other_low, other_high) = _allowed(claim), _allowed(other)
    if other_high < low:
        assert claim.low is not None  # medians have a range
        assert other.high is not None
        short = claim.low - other.high
        return f"{other.high:g} months is {short:.3g} short of {claim.low:g}"
    if other_low > high:
        assert claim.high is not None
        assert other.low is not None
        return f"{other.low:g} months is {other.low - claim.high:.3g} beyond {claim.high:g}"
    return ""
