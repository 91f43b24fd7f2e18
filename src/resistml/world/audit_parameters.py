"""Holds a world against what parameter claims set: distributions, cut-offs, exposures.

What is drawn is taken from fresh patients, as in :mod:`resistml.world.audit`; what the world
states outright (thresholds, ratios of exposures) is taken from it. Where a claim sets it in
several markers or settings it is to hold in each, and the row shows the one furthest off.
"""

from __future__ import annotations

import math

from resistml.evidence import Evidence
from resistml.evidence.cutoffs import spelled
from resistml.evidence.schema import Claim
from resistml.evidence.sets import places
from resistml.threads import one_blas_thread
from resistml.world.audit import PATIENTS, SEED, AuditRow
from resistml.world.laws import World
from resistml.world.moments import open_range
from resistml.world.parameter_values import Drawn, Value, values_set
from resistml.world.time_moments import point_tolerance

#: What lies outside by less is rounding.
_NOTHING = 1e-9


@one_blas_thread
def audit_parameters(
    evidence: Evidence, world: World, patients: int = PATIENTS, seed: int = SEED
) -> list[AuditRow]:
    """A row per claim of role ``parameter`` with a number, in the catalog's order.

    ``status`` is ``within`` or ``out``; ``due``, with the ``reason``, where the claim's law belongs
    to later work and nothing of the world stands for it yet.
    """
    drawn = Drawn(world, patients, seed)
    claims = [c for c in evidence.claims.values() if c.role == "parameter" and c.quantitative]
    return [_row(evidence, world, claim, drawn) for claim in claims]


def _row(evidence: Evidence, world: World, claim: Claim, drawn: Drawn) -> AuditRow:
    assert claim.low is not None  # those without a number have no row
    assert claim.high is not None
    worst, status = Value(math.nan, math.nan), "due"
    if claim.sets is not None:
        low, high = allowed(evidence, claim)
        found = values_set(evidence, world, claim, drawn)
        worst = max(found, key=lambda x: _excess(x.value, low, high))
        status = "out" if _excess(worst.value, low, high) > _NOTHING else "within"
    return AuditRow(
        claim=claim.id,
        role=claim.role,
        endpoint=claim.endpoint,
        setting=", ".join(places(claim)),
        strategy=claim.strategy or "",
        population=" and ".join(spelled(evidence, c) for c in claim.population),
        low=claim.low,
        high=claim.high,
        obtained=worst.value,
        se=worst.se,
        status=status,
        measure=claim.measure,
        bound=claim.bound,
        statistic=claim.sets.statistic if claim.sets is not None else "",
        unit=claim.unit or evidence.endpoints[claim.endpoint].unit,
        reason=claim.reason if claim.sets is None else "",
    )


def allowed(evidence: Evidence, claim: Claim) -> tuple[float, float]:
    """Least and greatest value at which the claim counts as met.

    A range allows itself, a bound all that lies beyond it; a level never leaves the marker's own
    range. A point allows 2% of it to its sides, a prevalence one percentage point as rates do,
    a cut-off nothing.
    """
    assert claim.low is not None  # what sets something has a number
    assert claim.high is not None
    assert claim.sets is not None
    statistic = claim.sets.statistic
    slack = point_tolerance(claim.low, claim.high, claim.bound, statistic != "prevalence")
    slack = 0.0 if statistic == "cutoff" else slack
    low, high = open_range(claim.low - slack, claim.high + slack, claim.bound)
    if statistic in ("median", "treated"):
        ranges = [evidence.markers[m].range for m in claim.sets.markers]
        low, high = max(low, *(r[0] for r in ranges)), min(high, *(r[1] for r in ranges))
    return low, high


def _excess(value: float, low: float, high: float) -> float:
    """How far a value lies outside (negative: inside); NaN lies furthest."""
    return math.inf if math.isnan(value) else max(low - value, value - high)
