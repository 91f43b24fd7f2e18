"""Where in the catalog the number of a parameter claim takes effect."""

from __future__ import annotations

from resistml.evidence.base import Assumption
from resistml.evidence.claim import Claim, Statistic
from resistml.evidence.evidence import Evidence

#: Statistics of a marker's distribution, or drawn from it.
SAMPLED: frozenset[Statistic] = frozenset(("median", "prevalence", "spread", "treated", "contrast"))
#: Statistics that hang on the exposure of the claim's strategy to the marker.
BY_EXPOSURE: frozenset[Statistic] = frozenset(("treated", "exposure_ratio", "contrast"))
#: Of these, those that compare it with another strategy's.
COMPARED: frozenset[Statistic] = frozenset(("treated", "exposure_ratio"))
#: Statistic -> the fields of a marker that it is taken from.
_FIELDS: dict[Statistic, tuple[str, ...]] = {
    "median": ("median",),
    "prevalence": ("prevalence",),
    "spread": ("spread",),
    "contrast": ("spread",),
}


def places(claim: Claim) -> tuple[str, ...]:
    """The settings in which a parameter claim sets something."""
    return (claim.sets.settings if claim.sets else ()) or claim.settings


def comparators(evidence: Evidence, claim: Claim) -> tuple[str, ...]:
    """The strategy that the claim's is compared with: its own, else its settings' usual ones."""
    if claim.comparator is not None:
        return (claim.comparator,)
    usual = (evidence.settings[s].usual for s in places(claim) if s in evidence.settings)
    return tuple(dict.fromkeys(name for name in usual if name is not None))


def exposures_set(evidence: Evidence) -> set[tuple[str, str]]:
    """Strategies and markers whose exposure some claim rests on, comparators included."""
    out: set[tuple[str, str]] = set()
    for claim in evidence.claims.values():
        if claim.sets is None or claim.sets.statistic not in BY_EXPOSURE:
            continue
        compared = comparators(evidence, claim) if claim.sets.statistic in COMPARED else ()
        strategies = (claim.strategy or "", *compared)
        out |= {(strategy, marker) for strategy in strategies for marker in claim.sets.markers}
    return out


def assumptions_set(evidence: Evidence, claim: Claim) -> dict[str, Assumption]:
    """The assumptions in which the claim's number takes effect, by their path.

    None for a cut-off, which conditions take from the claim itself. What is unknown is left out.
    """
    found: dict[str, Assumption] = {}
    if claim.sets is None:
        return found
    for marker in (m for m in claim.sets.markers if m in evidence.markers):
        for field in _FIELDS.get(claim.sets.statistic, ()):
            found |= _of_marker(evidence, marker, field, places(claim))
        if claim.sets.statistic in BY_EXPOSURE and claim.strategy in evidence.strategies:
            found |= _of_strategy(evidence, claim.strategy, marker)
    return found


def _of_marker(
    evidence: Evidence, marker: str, field: str, settings: tuple[str, ...]
) -> dict[str, Assumption]:
    entry, found = evidence.markers[marker], {}
    for setting in settings:
        own = entry.in_settings.get(setting)
        stated = getattr(own, field) if own is not None else None
        path = f"markers.{marker}.in_settings.{setting}.{field}"
        if stated is None:
            path, stated = f"markers.{marker}.{field}", getattr(entry, field)
        if stated is not None:
            found[path] = stated
    return found


def _of_strategy(evidence: Evidence, strategy: str, marker: str) -> dict[str, Assumption]:
    chosen, entry = evidence.strategies[strategy], evidence.markers[marker]
    if marker in chosen.exposure:
        return {f"strategies.{strategy}.exposure.{marker}": chosen.exposure[marker]}
    cls = chosen.treatment_class
    if cls in entry.exposure:
        return {f"markers.{marker}.exposure.{cls}": entry.exposure[cls]}
    return {}
