"""What a condition compares with, where the number itself stands elsewhere in the catalog.

A cut-off that a source reports is a claim, and conditions name the claim; one that it does
not report is an assumption of the marker, and conditions say ``cutoff``. So each stands once.
"""

from __future__ import annotations

from collections.abc import Iterator

from resistml.evidence.base import CUTOFF, Condition
from resistml.evidence.claim import Claim
from resistml.evidence.evidence import Evidence


def named_claim(condition: Condition) -> str | None:
    """Id of the claim that a condition names for its value, if it names one."""
    value = condition.value
    if condition.column == "sex" or not isinstance(value, str) or value == CUTOFF:
        return None
    return value


def reports_cutoff(claim: Claim, column: str) -> bool:
    """Whether a claim reports a cut-off of the column: a single number that sets one."""
    sets = claim.sets
    one = claim.endpoint == CUTOFF and claim.low == claim.high and claim.quantitative
    return one and sets is not None and sets.statistic == CUTOFF and column in sets.markers


def compared_with(evidence: Evidence, condition: Condition) -> float | None:
    """The number that a condition compares with: for ``sex``, 1 = female and 0 = male.

    None where a word stands for no number, which checks E04 and E20 find.
    """
    if condition.column == "sex":
        return 1.0 if condition.value == "female" else 0.0
    if not isinstance(condition.value, str):
        return condition.value
    name = named_claim(condition)
    if name is not None:
        claim = evidence.claims.get(name)
        return claim.low if claim and reports_cutoff(claim, condition.column) else None
    marker = evidence.markers.get(condition.column)
    return None if marker is None or marker.cutoff is None else marker.cutoff.value


def spelled(evidence: Evidence, condition: Condition) -> str:
    """The condition in words, a claim's cut-off as its number: ``CSC > 0.05``."""
    value = compared_with(evidence, condition)
    if named_claim(condition) is None or value is None:
        return str(condition)
    return f"{condition.column} {condition.op} {value:g}"


def all_conditions(evidence: Evidence) -> Iterator[tuple[str, str, Condition]]:
    """Every condition of the catalog, with the entry, and its field, that it stands in."""
    for name, claim in evidence.claims.items():
        yield from ((name, "population", c) for c in claim.population)
    for name, strategy in evidence.strategies.items():
        yield from ((name, "eligibility", c) for tests in strategy.eligibility for c in tests)
        yield from ((name, "cautions", c) for caution in strategy.cautions for c in caution.when)
