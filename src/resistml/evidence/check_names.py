"""Names: every one that an entry uses is known (E02)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding, unknown
from resistml.evidence.schema import CLINICAL, CONTEXT_GROUP, Conjunction


def claims(evidence: Evidence) -> Iterator[Finding]:
    """E02 in claims."""
    for name, claim in evidence.claims.items():
        yield from _among(name, "marker", claim.markers, evidence.markers, "markers")
        yield from _among(name, "setting", claim.settings, evidence.settings, "setting")
        yield from _among(name, "endpoint", (claim.endpoint,), evidence.endpoints, "endpoint")
        if claim.mechanism is not None:
            known = evidence.mechanisms
            yield from _among(name, "mechanism", (claim.mechanism,), known, "mechanism")
        for key, strategy in (("strategy", claim.strategy), ("comparator", claim.comparator)):
            yield from _strategy(evidence, name, strategy, key)
        yield from _columns(evidence, name, (claim.population,), "population")


def markers(evidence: Evidence) -> Iterator[Finding]:
    """E02 in markers."""
    classes = {s.treatment_class for s in evidence.strategies.values()}
    for name, marker in evidence.markers.items():
        homes = [m for m in evidence.mechanisms if m != CONTEXT_GROUP]
        yield from _among(name, "mechanism", (marker.mechanism,), homes, "mechanism")
        yield from _among(name, "setting", marker.panel, evidence.settings, "panel")
        own = (s for s in marker.in_settings if s not in marker.panel)
        yield from _among(name, "setting", own, evidence.settings, "in_settings")
        yield from _among(name, "class", marker.exposure, classes, "exposure")


def settings(evidence: Evidence) -> Iterator[Finding]:
    """E02 in settings."""
    for name, setting in evidence.settings.items():
        yield from _among(name, "strategy", setting.arms, evidence.strategies, "arms")
        yield from _among(name, "marker", setting.panel, evidence.markers, "panel")


def strategies(evidence: Evidence) -> Iterator[Finding]:
    """E02 in strategies."""
    for name, strategy in evidence.strategies.items():
        yield from _among(name, "setting", strategy.arms, evidence.settings, "arms")
        yield from _among(name, "marker", strategy.exposure, evidence.markers, "exposure")
        yield from _among(name, "mechanism", strategy.acts_on, evidence.mechanisms, "acts_on")
        yield from _columns(evidence, name, strategy.eligibility, "eligibility")
        yield from _columns(evidence, name, tuple(c.when for c in strategy.cautions), "cautions")


CHECKS = (claims, markers, settings, strategies)


def _among(
    entry: str, what: str, names: Iterable[str], known: Iterable[str], key: str
) -> Iterator[Finding]:
    listed = set(known)
    for name in names:
        if name not in listed:
            yield unknown(entry, what, name, listed, key)


def _strategy(evidence: Evidence, entry: str, strategy: str | None, key: str) -> Iterator[Finding]:
    if strategy is None:
        return
    if strategy.startswith("class:"):
        classes = {s.treatment_class for s in evidence.strategies.values()}
        yield from _among(entry, "class", (strategy.removeprefix("class:"),), classes, key)
    else:
        yield from _among(entry, "strategy", (strategy,), evidence.strategies, key)


def _columns(
    evidence: Evidence, entry: str, alternatives: tuple[Conjunction, ...], key: str
) -> Iterator[Finding]:
    known = (*evidence.markers, *CLINICAL)
    used = dict.fromkeys(c for tests in alternatives for c in tests)
    for condition in (c for c in used if c.column == "line" and c.column not in known):
        words = f"unknown marker 'line' in {condition}: everybody in a setting has its line"
        yield Finding("E02", entry, words, key, "leave it out, and name settings of that line")
    columns = dict.fromkeys(c.column for c in used if c.column != "line")
    yield from _among(entry, "marker", columns, known, key)
