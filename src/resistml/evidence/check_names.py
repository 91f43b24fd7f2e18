"""Names: every one that an entry uses is known, and none is taken twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding, unknown
from resistml.evidence.schema import CLINICAL, CONTEXT_GROUP, RESERVED, Conjunction


def claims(evidence: Evidence) -> Iterator[Finding]:
    """E02 in claims."""
    for name, claim in evidence.claims.items():
        yield from _among(name, "marker", claim.markers, evidence.markers)
        yield from _among(name, "setting", claim.settings, evidence.settings)
        yield from _among(name, "endpoint", (claim.endpoint,), evidence.endpoints)
        if claim.mechanism is not None:
            yield from _among(name, "mechanism", (claim.mechanism,), evidence.mechanisms)
        for strategy in (claim.strategy, claim.comparator):
            yield from _strategy(evidence, name, strategy)
        yield from _columns(evidence, name, (claim.population,))


def markers(evidence: Evidence) -> Iterator[Finding]:
    """E02 in markers; E10: a marker bears no name that tables use themselves."""
    classes = {s.treatment_class for s in evidence.strategies.values()}
    for name, marker in evidence.markers.items():
        homes = [m for m in evidence.mechanisms if m != CONTEXT_GROUP]
        yield from _among(name, "mechanism", (marker.mechanism,), homes)
        settings = dict.fromkeys((*marker.panel, *marker.in_settings))
        yield from _among(name, "setting", settings, evidence.settings)
        yield from _among(name, "class", marker.exposure, classes)
        if name in RESERVED:
            yield Finding("E10", name, "a column of the tables bears this name already")


def settings(evidence: Evidence) -> Iterator[Finding]:
    """E02 in settings."""
    for name, setting in evidence.settings.items():
        yield from _among(name, "strategy", setting.arms, evidence.strategies)
        yield from _among(name, "marker", setting.panel, evidence.markers)


def strategies(evidence: Evidence) -> Iterator[Finding]:
    """E02 in strategies."""
    for name, strategy in evidence.strategies.items():
        yield from _among(name, "setting", strategy.arms, evidence.settings)
        yield from _among(name, "marker", strategy.exposure, evidence.markers)
        yield from _among(name, "mechanism", strategy.acts_on, evidence.mechanisms)
        yield from _columns(evidence, name, strategy.eligibility)
        yield from _columns(evidence, name, tuple(c.when for c in strategy.cautions))


CHECKS = (claims, markers, settings, strategies)


def _among(entry: str, what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Finding]:
    listed = set(known)
    for name in names:
        if name not in listed:
            yield unknown(entry, what, name, listed)


def _strategy(evidence: Evidence, entry: str, strategy: str | None) -> Iterator[Finding]:
    if strategy is None:
        return
    if strategy.startswith("class:"):
        classes = {s.treatment_class for s in evidence.strategies.values()}
        yield from _among(entry, "class", (strategy.removeprefix("class:"),), classes)
    else:
        yield from _among(entry, "strategy", (strategy,), evidence.strategies)


def _columns(
    evidence: Evidence, entry: str, alternatives: tuple[Conjunction, ...]
) -> Iterator[Finding]:
    used = dict.fromkeys(c.column for tests in alternatives for c in tests)
    yield from _among(entry, "marker", used, (*evidence.markers, *CLINICAL))
