"""Arms: strategies are open where they are spoken of, and have every number they need."""

from __future__ import annotations

from collections.abc import Iterator

from resistml.evidence.evidence import Evidence, strategies_of
from resistml.evidence.finding import Finding

#: Endpoint of a target claim -> the field of an arm that would otherwise be assumed.
ARM_FIELDS = {"orr": "orr", "median_pfs": "median_pfs", "median_os": "median_os"}


def target_arms(evidence: Evidence) -> Iterator[Finding]:
    """E05: a target speaks of strategies that are open in its settings."""
    for name, claim in evidence.claims.items():
        if claim.role != "target":
            continue
        for setting in (s for s in claim.settings if s in evidence.settings):
            if not strategies_of(evidence, claim, setting):
                words = f"strategy '{claim.strategy}' has no arm in setting '{setting}'"
                yield Finding("E05", name, words, "strategy")
            if claim.measure == "ratio" and claim.comparator not in evidence.arms_of(setting):
                yield Finding(
                    "E05",
                    name,
                    f"is a ratio to '{claim.comparator}', which has no arm in setting '{setting}'",
                    "comparator",
                )


def setting_arms(evidence: Evidence) -> Iterator[Finding]:
    """E05: a setting's usual strategy is open in it. E08: something is open to everybody."""
    for name, setting in evidence.settings.items():
        if not setting.modelled:
            continue
        arms = evidence.arms_of(name)
        if setting.usual not in arms:
            words = f"its usual strategy '{setting.usual}' has no arm here"
            yield Finding("E05", name, words, "usual")
        known = [evidence.strategies[a] for a in arms if a in evidence.strategies]
        for strategy in known:
            if not strategy.modelled:
                yield Finding("E05", name, f"strategy '{strategy.id}' is not modelled", "arms")
        if not any(not strategy.eligibility for strategy in known):
            yield Finding(
                "E08", name, "no strategy is open to everybody: each asks for an eligibility"
            )


def arm_numbers(evidence: Evidence) -> Iterator[Finding]:
    """E06: each number of an arm is given by a claim or by an assumption."""
    told: set[tuple[str, str, str]] = set()
    for claim in evidence.claims.values():
        if claim.role == "target" and claim.endpoint in ARM_FIELDS:
            for setting in (s for s in claim.settings if s in evidence.settings):
                arms = strategies_of(evidence, claim, setting)
                told.update((setting, arm, ARM_FIELDS[claim.endpoint]) for arm in arms)
    for setting in evidence.settings:
        for strategy, arm in evidence.arms_of(setting).items():
            for field in ARM_FIELDS.values():
                if getattr(arm, field) is None and (setting, strategy, field) not in told:
                    yield Finding(
                        "E06",
                        strategy,
                        f"no claim and no assumption gives its {field} in setting '{setting}'",
                        f"arms.{setting}.{field}",
                    )


CHECKS = (target_arms, setting_arms, arm_numbers)
