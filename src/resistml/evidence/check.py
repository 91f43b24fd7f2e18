"""Checks that the entries of a catalog fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from resistml.errors import CatalogError, did_you_mean
from resistml.evidence.load import Evidence
from resistml.evidence.schema import CLINICAL, Claim, Conjunction

#: Endpoint of a target claim -> the field of an arm that would otherwise be assumed.
ARM_FIELDS = {"orr": "orr", "median_pfs": "median_pfs", "median_os": "median_os"}
#: Share of the quantitative clinical claims that may be mere context.
CONTEXT_SHARE = 0.10


@dataclass(frozen=True)
class Finding:
    """Something in the catalog that does not hold together.

    Attributes
    ----------
    code : str
        Stable code of the check, such as ``E03``.
    entry : str
        Id of the entry at fault.
    message : str
        What is wrong with it.
    """

    code: str
    entry: str
    message: str


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


def _unknown(code: str, entry: str, what: str, name: str, known: object) -> Finding:
    hint = did_you_mean(name, known)  # type: ignore[arg-type]
    return Finding(code, entry, f"unknown {what} '{name}'" + (f": {hint}" if hint else ""))


def _sources(evidence: Evidence) -> Iterator[Finding]:
    for name, claim in evidence.claims.items():
        if claim.source not in evidence.sources:
            yield Finding("E01", name, f"no source '{claim.source}'")


def _claim_names(evidence: Evidence) -> Iterator[Finding]:
    for name, claim in evidence.claims.items():
        for marker in claim.markers:
            if marker not in evidence.markers:
                yield _unknown("E02", name, "marker", marker, evidence.markers)
        for setting in claim.settings:
            if setting not in evidence.settings:
                yield _unknown("E02", name, "setting", setting, evidence.settings)
        if claim.endpoint not in evidence.endpoints:
            yield _unknown("E02", name, "endpoint", claim.endpoint, evidence.endpoints)
        if claim.mechanism is not None and claim.mechanism not in evidence.mechanisms:
            yield _unknown("E02", name, "mechanism", claim.mechanism, evidence.mechanisms)
        for strategy in (claim.strategy, claim.comparator):
            yield from _strategy_name(evidence, name, strategy)
        yield from _conditions(evidence, name, (claim.population,))


def _strategy_name(evidence: Evidence, entry: str, strategy: str | None) -> Iterator[Finding]:
    if strategy is None:
        return
    if strategy.startswith("class:"):
        classes = {s.treatment_class for s in evidence.strategies.values()}
        if strategy.removeprefix("class:") not in classes:
            yield _unknown("E02", entry, "class", strategy.removeprefix("class:"), classes)
    elif strategy not in evidence.strategies:
        yield _unknown("E02", entry, "strategy", strategy, evidence.strategies)


def _conditions(
    evidence: Evidence, entry: str, alternatives: tuple[Conjunction, ...]
) -> Iterator[Finding]:
    for condition in (c for conjunction in alternatives for c in conjunction):
        if condition.column in CLINICAL:
            continue
        if condition.column not in evidence.markers:
            yield _unknown("E02", entry, "marker", condition.column, evidence.markers)
        elif condition.value == "cutoff" and evidence.markers[condition.column].cutoff is None:
            yield Finding("E04", entry, f"marker {condition.column} declares no cutoff")


def _claim_ranges(evidence: Evidence) -> Iterator[Finding]:
    for name, claim in evidence.claims.items():
        endpoint = evidence.endpoints.get(claim.endpoint)
        if endpoint is None or claim.low is None or claim.high is None:
            continue
        if claim.measure == "level" and not (
            endpoint.range[0] <= claim.low and claim.high <= endpoint.range[1]
        ):
            yield Finding(
                "E03",
                name,
                f"{claim.low:g} to {claim.high:g} lies outside the range of "
                f"{claim.endpoint}, {endpoint.range[0]:g} to {endpoint.range[1]:g}",
            )


def _target_arms(evidence: Evidence) -> Iterator[Finding]:
    for name, claim in evidence.claims.items():
        if claim.role != "target":
            continue
        for setting in claim.settings:
            if setting in evidence.settings and not strategies_of(evidence, claim, setting):
                yield Finding(
                    "E05", name, f"strategy '{claim.strategy}' has no arm in setting '{setting}'"
                )


def strategies_of(evidence: Evidence, claim: Claim, setting: str) -> list[str]:
    """The arms of a setting that a claim speaks of."""
    wanted = claim.strategy or ""
    arms = evidence.arms_of(setting)
    if not wanted.startswith("class:"):
        return [wanted] if wanted in arms else []
    cls = wanted.removeprefix("class:")
    return [name for name in arms if evidence.strategies[name].treatment_class == cls]


def _marker_entries(evidence: Evidence) -> Iterator[Finding]:
    for name, marker in evidence.markers.items():
        if marker.mechanism not in evidence.mechanisms:
            yield _unknown("E02", name, "mechanism", marker.mechanism, evidence.mechanisms)
        for setting in (*marker.panel, *marker.in_settings):
            if setting not in evidence.settings:
                yield _unknown("E02", name, "setting", setting, evidence.settings)
        if marker.median is not None and not (
            marker.range[0] <= marker.median.low and marker.median.high <= marker.range[1]
        ):
            yield Finding("E03", name, "the median leaves the marker's range")
        if marker.kind == "fraction" and marker.median is not None and marker.median.high >= 1:
            yield Finding("E03", name, "a fraction lies below 1")


def _setting_entries(evidence: Evidence) -> Iterator[Finding]:
    for name, setting in evidence.settings.items():
        if not setting.modelled:
            continue
        for strategy in setting.arms:
            yield from _strategy_name(evidence, name, strategy)
        for marker in setting.panel:
            if marker not in evidence.markers:
                yield _unknown("E02", name, "marker", marker, evidence.markers)
        if setting.usual not in evidence.arms_of(name):
            yield Finding("E05", name, f"its usual strategy '{setting.usual}' has no arm here")


def _strategy_entries(evidence: Evidence) -> Iterator[Finding]:
    for name, strategy in evidence.strategies.items():
        for setting in strategy.arms:
            if setting not in evidence.settings:
                yield _unknown("E02", name, "setting", setting, evidence.settings)
        for marker in strategy.exposure:
            if marker not in evidence.markers:
                yield _unknown("E02", name, "marker", marker, evidence.markers)
        for mechanism in strategy.acts_on:
            if mechanism not in evidence.mechanisms:
                yield _unknown("E02", name, "mechanism", mechanism, evidence.mechanisms)
        yield from _conditions(evidence, name, strategy.eligibility)
        yield from _conditions(evidence, name, tuple(c.when for c in strategy.cautions))


def _arm_cover(evidence: Evidence) -> Iterator[Finding]:
    told: set[tuple[str, str, str]] = set()
    for claim in evidence.claims.values():
        if claim.role == "target" and claim.endpoint in (*ARM_FIELDS, "cr"):
            field = ARM_FIELDS.get(claim.endpoint, "orr")
            for setting in (s for s in claim.settings if s in evidence.settings):
                told.update((setting, arm, field) for arm in strategies_of(evidence, claim, setting))
    for setting in evidence.settings:
        for strategy, arm in evidence.arms_of(setting).items():
            for field in ARM_FIELDS.values():
                if getattr(arm, field) is None and (setting, strategy, field) not in told:
                    yield Finding(
                        "E06",
                        strategy,
                        f"no claim and no assumption gives its {field} in setting '{setting}'",
                    )


def _context_share(evidence: Evidence) -> Iterator[Finding]:
    clinical = [
        c for c in evidence.claims.values() if c.quantitative and c.evidence_level == "clinical"
    ]
    context = [c.id for c in clinical if c.role == "context"]
    if len(context) > CONTEXT_SHARE * len(clinical):
        yield Finding(
            "E07",
            context[-1],
            f"{len(context)} of {len(clinical)} quantitative clinical claims are mere context; "
            f"at most {CONTEXT_SHARE:.0%} may be",
        )


_CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _sources,
    _claim_names,
    _claim_ranges,
    _target_arms,
    _marker_entries,
    _setting_entries,
    _strategy_entries,
    _arm_cover,
    _context_share,
)
