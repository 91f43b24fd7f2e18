"""The audit of a world, and of the cohort that was drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from resistml.cohort.estimate import Estimate, estimate_claims
from resistml.cohort.observed import Observed, read_observed
from resistml.evidence import Evidence
from resistml.world.audit import AuditRow, audit
from resistml.world.audit_all import audit_all, label_of
from resistml.world.ensemble import PATIENTS, widened
from resistml.world.laws import World

#: What an ensemble writes beside each of its cohorts, and no other cohort has.
MEMBER = "audit.json"
REMARK = (
    "A world of an ensemble: drawn within the claims' declared uncertainty, and held against that. "
    "What claims of parameters set was drawn within its range, and is not listed."
)


@dataclass(frozen=True, eq=False)
class Audited:
    """Rows of the audit, and what a cohort shows of the targets among them.

    ``observed`` and ``estimates`` (by claim) are None without a cohort; ``remarks`` say in words
    what keeps the figures from being plainly comparable.
    """

    rows: tuple[AuditRow, ...]
    observed: Observed | None = None
    estimates: Mapping[str, Estimate] | None = None
    remarks: tuple[str, ...] = ()


def audit_cohort(evidence: Evidence, world: World, folder: Path | None = None) -> Audited:
    """The audit of a world, and of its cohort in a folder if there is one.

    A world that an ensemble drew is held against the claims as the ensemble did: it is not meant
    to meet each point.

    Raises
    ------
    TableError, WorldError
        If the cohort or its manifest is missing, damaged or lacks an outcome.
    """
    if folder is None:
        return Audited(tuple(audit_all(evidence, world)))
    observed = read_observed(folder)
    estimates, remarks = estimate_claims(evidence, world, observed), observed.remarks
    if (folder / MEMBER).is_file():
        rows = audit_member(evidence, world)
        return Audited(rows, observed, estimates, (REMARK, *remarks))
    return Audited(tuple(audit_all(evidence, world)), observed, estimates, remarks)


def audit_member(
    evidence: Evidence, world: World, patients: int = PATIENTS
) -> tuple[AuditRow, ...]:
    """Targets against what their uncertainty allows, the rows with the figures as reported."""
    out = []
    for row in audit(widened(evidence), world, patients):
        claim = evidence.claims[row.claim]
        assert claim.low is not None  # a target has a range
        assert claim.high is not None
        label = label_of(evidence, world, row)
        out.append(replace(row, low=claim.low, high=claim.high, label=label))
    return tuple(out)
