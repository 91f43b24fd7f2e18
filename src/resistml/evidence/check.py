"""Checks that the entries of a catalog fit together, each with a stable code.

E01 a claim without a source; E02 an unknown name; E03 a number out of range; E04 a condition
that cannot be held against a record; E05 a strategy that is not open where it is spoken of;
E06 an arm without a number; E07 too many claims that are mere context; E08 a setting where
nothing is open to everybody; E09 a parameter that sets nothing; E10 a name that tables use;
E11 an id that is not one entry's alone; E12 a population that nobody is in; E13 an endpoint that
is not what the world is solved to; E14 a median OS below the median PFS;
E20 a condition that names no cut-off; E21 a claim that sets what cannot be set; E22 one that
sets what does not name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from resistml.errors import CatalogError
from resistml.evidence import (
    check_arms,
    check_claims,
    check_conditions,
    check_endpoints,
    check_ids,
    check_names,
    check_numbers,
    check_populations,
    check_sets,
    check_times,
)
from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding, located

_CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    check_claims.sources,
    *check_ids.CHECKS,
    *check_names.CHECKS,
    *check_endpoints.CHECKS,
    *check_numbers.CHECKS,
    check_conditions.conditions,
    *check_populations.CHECKS,
    *check_arms.CHECKS,
    *check_times.CHECKS,
    check_claims.context_share,
    *check_sets.CHECKS,
)


def check_evidence(evidence: Evidence) -> list[Finding]:
    """All findings on a catalog; empty = it holds together."""
    return [located(evidence, finding) for check in _CHECKS for finding in check(evidence)]


def require_sound(evidence: Evidence) -> None:
    """Raise CatalogError with the first finding, if there is one."""
    findings = check_evidence(evidence)
    if findings:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise CatalogError(
            f"{first.message}{more}",
            file=first.file or None,
            key=first.place,
            hint=f"{first.hint}; `resistml evidence check` lists all",
        )
