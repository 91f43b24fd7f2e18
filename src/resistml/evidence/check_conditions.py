"""Conditions: each can be held against what is recorded in the settings it concerns (E04)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding
from resistml.evidence.schema import CUTOFF, Condition, Conjunction, Marker


def conditions(evidence: Evidence) -> Iterator[Finding]:
    """E04 in the populations of targets, in eligibility and in cautions."""
    for name, claim in evidence.claims.items():
        panels = claim.settings if claim.role == "target" else ()
        yield from _check(evidence, name, (claim.population,), panels)
    for name, strategy in evidence.strategies.items():
        homes = [s for s in evidence.modelled_settings if name in evidence.arms_of(s)]
        yield from _check(evidence, name, strategy.eligibility, homes)
        cautions = tuple(c.when for c in strategy.cautions)
        yield from _check(evidence, name, cautions, (), sex=True)


def _check(
    evidence: Evidence,
    entry: str,
    alternatives: tuple[Conjunction, ...],
    settings: Iterable[str],
    *,
    sex: bool = False,
) -> Iterator[Finding]:
    for condition in dict.fromkeys(c for tests in alternatives for c in tests):
        marker = evidence.markers.get(condition.column)
        if condition.column == "sex" and not sex:
            yield Finding("E04", entry, "a condition on sex decides cautions alone")
        if marker is None:  # age, sex, ecog; what is unknown is E02's
            continue
        problem = _problem(marker, condition)
        if problem:
            yield Finding("E04", entry, problem)
        for setting in settings:
            if setting in evidence.settings and marker.id not in evidence.panel_of(setting):
                yield Finding(
                    "E04", entry, f"marker {marker.id} is not measured in setting '{setting}'"
                )


def _problem(marker: Marker, condition: Condition) -> str | None:
    """Why a record of the marker cannot be held against the condition, if so."""
    if marker.continuous and condition.op in ("==", "!="):
        return f"marker {marker.id} is continuous: it cannot be compared by '{condition.op}'"
    value = condition.value
    if value == CUTOFF:
        if marker.cutoff is None:
            return f"marker {marker.id} declares no cutoff"
        value = marker.cutoff.value
    assert isinstance(value, float)  # held by Condition itself
    low, high = marker.range
    if not low <= value <= high:
        return f"{condition} lies outside the marker's range, {low:g} to {high:g}"
    limit = marker.detection_limit
    if limit is not None and value < limit.value:
        return f"{condition} lies below the marker's detection limit, {limit.value:g}"
    return None
