"""The whole audit: targets and parameters, each with what the world's answer rests on."""

from __future__ import annotations

from dataclasses import replace

from resistml.evidence import Evidence
from resistml.evidence.schema import Claim
from resistml.evidence.sets import places
from resistml.world.audit import PATIENTS, AuditRow, audit
from resistml.world.audit_draws import SEED
from resistml.world.audit_parameters import audit_parameters
from resistml.world.laws import World
from resistml.world.moments import claim_cells
from resistml.world.time_moments import ENDPOINTS, against_cells

CLAIMED, ASSUMED = "claim-identified", "assumption-only"
#: Statistics that a claim states outright; the others are read out of it by an assumption.
_STATED = ("median", "prevalence", "cutoff")


def audit_all(
    evidence: Evidence, world: World, patients: int = PATIENTS, seed: int = SEED
) -> list[AuditRow]:
    """A row per target, then one per parameter, each with its ``label``.

    ``claim-identified``: claims decide all that the row rests on. Else ``assumption-only``:
    they leave it, or some of it, as wide as it was assumed, or it is not there yet (``due``).
    """
    rows = [
        *audit(evidence, world, patients, seed),
        *audit_parameters(evidence, world, patients, seed),
    ]
    return [replace(row, label=label_of(evidence, world, row)) for row in rows]


def label_of(evidence: Evidence, world: World, row: AuditRow) -> str:
    """Whether claims identify what a row of the audit rests on."""
    claim = evidence.claims[row.claim]
    if row.status == "due":
        return ASSUMED
    if claim.role == "target":
        return _joint(world, _of_arms(evidence, claim), ASSUMED)
    assert claim.sets is not None  # what is not due sets something
    free = ASSUMED if claim.sets.statistic not in _STATED else CLAIMED
    if claim.sets.statistic == "cutoff":
        return free
    return _joint(world, _of_markers(claim), free)


def _of_arms(evidence: Evidence, claim: Claim) -> list[str]:
    """Parameters of a target's arms: the intercept of response, the cut, or the scale of times."""
    if claim.endpoint in ENDPOINTS:
        event, _ = ENDPOINTS[claim.endpoint]
        fields: tuple[str, ...] = (f"{event}_scale",)
    else:
        fields = ("alpha", "kappa") if claim.endpoint == "cr" else ("alpha",)
    cells = (*claim_cells(evidence, claim), *against_cells(evidence, claim))
    return [f"{field}.{cell.setting}.{cell.arm}" for cell in cells for field in fields]


def _of_markers(claim: Claim) -> list[str]:
    assert claim.sets is not None  # held by the caller
    return [f"location.{s}.{m}" for s in places(claim) for m in claim.sets.markers]


def _joint(world: World, names: list[str], free: str) -> str:
    """The label of several parameters; those that the solver does not move count as ``free``."""
    labels = {world.labels.get(name, free) for name in names}
    return CLAIMED if labels == {CLAIMED} else ASSUMED
