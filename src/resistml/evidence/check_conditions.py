"""Conditions: each can be held against what is recorded in the settings it concerns (E04)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resistml.evidence.cutoffs import compared_with
from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding
from resistml.evidence.schema import CUTOFF, Condition, Conjunction, Marker


def conditions(evidence: Evidence) -> Iterator[Finding]:
    """E04 in the populations of targets, in eligibility and in cautions."""
    for name, claim in evidence.claims.items():
        panels = claim.settings if claim.role == "target" else ()
        yield from _check(evidence, name, "population", (claim.population,), panels)
    for name, strategy in evidence.strategies.items():
        homes = [s for s in evidence.modelled_settings if name in evidence.arms_of(s)]
        yield from _check(evidence, name, "eligibility", strategy.eligibility, homes)
        cautions = tuple(c.when for c in strategy.cautions)
        yield from _check(evidence, name, "cautions", cautions, (), sex=True)


def _check(
    evidence: Evidence,
    entry: str,
    key: str,
    alternatives: tuple[Conjunction, ...],
    settings: Iterable[str],
    *,
    sex: bool = False,
) -> Iterator[Finding]:
    for condition in dict.fromkeys(c for tests in alternatives for c in tests):
        marker = evidence.markers.get(condition.column)
        if condition.column == "sex" and not sex:
            yield Finding(
                "E04", entry, f"{condition}: a condition on sex decides cautions alone", key
            )
        if marker is None:  # age, sex, ecog; what is unknown is E02's
            continue
        problem = _problem(evidence, marker, condition)
        if problem:
            yield Finding("E04", entry, problem, key)
        for setting in settings:
            if setting in evidence.settings and not _measured(evidence, marker, setting):
                words = f"marker {marker.id} is not measured in setting '{setting}'"
                yield Finding("E04", entry, words, key)


def _measured(evidence: Evidence, marker: Marker, setting: str) -> bool:
    """Whether anybody's record holds the marker there: in the panel, and not always missing."""
    missing = evidence.distribution(marker.id, setting).missing
    return marker.id in evidence.panel_of(setting) and (missing is None or missing.value != 1)


def _problem(evidence: Evidence, marker: Marker, condition: Condition) -> str | None:
    """Why a record of the marker cannot be held against the condition, if so."""
    if marker.continuous and condition.op in ("==", "!="):
        return f"marker {marker.id} is continuous: it cannot be compared by '{condition.op}'"
    if condition.value == CUTOFF and marker.cutoff is None:
        return f"marker {marker.id} declares no cutoff"
    value = compared_with(evidence, condition)
    if value is None:  # names no cut-off, which is E20's
        return None
    low, high = marker.range
    if not low <= value <= high:
        return f"{condition} lies outside the marker's range, {low:g} to {high:g}"
    limit = marker.detection_limit
    if limit is not None and value < limit.value:
        return f"{condition} lies below the marker's detection limit, {limit.value:g}"
    return None
