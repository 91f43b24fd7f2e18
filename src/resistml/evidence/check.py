"""Checks that the entries of a catalog fit together, each with a stable code.

E01 a claim without a source; E02 an unknown name; E03 a number out of range; E04 a condition
that cannot be held against a record; E05 a strategy that is not open where it is spoken of;
E06 an arm without a number; E07 too many claims that are mere context; E08 a setting where
nothing is open to everybody; E09 a parameter that sets nothing; E10 a name that is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from resistml.errors import CatalogError
from resistml.evidence import check_arms, check_claims, check_conditions, check_names, check_numbers
from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding

_CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    check_claims.sources,
    *check_names.CHECKS,
    *check_numbers.CHECKS,
    check_conditions.conditions,
    *check_arms.CHECKS,
    check_claims.context_share,
    check_claims.parameters,
)


def check_evidence(evidence: Evidence) -> list[Finding]:
    """All findings on a catalog; empty = it holds together."""
    return [finding for check in _CHECKS for finding in check(evidence)]


def require_sound(evidence: Evidence) -> None:
    """Raise CatalogError with the first finding, if there is one."""
    findings = check_evidence(evidence)
    if findings:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise CatalogError(
            f"{first.message}{more}", key=first.entry, hint="resistml evidence check lists all"
        )
