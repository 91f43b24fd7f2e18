"""The world before it is solved: every number at its claim's or assumption's midpoint."""

from __future__ import annotations

from typing import Any

from resistml.evidence import Evidence
from resistml.evidence.cutoffs import compared_with
from resistml.evidence.schema import Arm, Condition, Conjunction, Marker
from resistml.features.links import location
from resistml.world.laws import ArmLaw, MarkerLaw, SettingLaw, StrategyLaw, Test, World

#: Assumptions about the times of an arm: its own, else those for all arms.
TIME_LAW = ("pfs_shape", "post_shape", "pfs_ratio", "post_ratio", "risk_slope", "course_months")


def draft_world(evidence: Evidence) -> World:
    """A world with all distributions and effects at their midpoints and no arm solved yet."""
    settings = {s: _setting(evidence, s) for s in evidence.modelled_settings}
    used = {m for law in settings.values() for m in law.panel}
    open_arms = {a for law in settings.values() for a in law.arms}
    return World(
        catalog_hash=evidence.hash,
        markers={m: _marker(x) for m, x in evidence.markers.items() if m in used},
        settings=settings,
        strategies={a: _strategy(evidence, a, used) for a in evidence.strategies if a in open_arms},
        constants={k: a.value for k, a in evidence.assumptions.items()},
    )


def tests(evidence: Evidence, conjunction: Conjunction) -> tuple[Test, ...]:
    """Conditions as plain data, cut-offs as their numbers."""
    return tuple((c.column, c.op, _value(evidence, c)) for c in conjunction)


def _value(evidence: Evidence, condition: Condition) -> float:
    value = compared_with(evidence, condition)
    assert value is not None  # held by checks E04 and E20
    return value


def _marker(entry: Marker) -> MarkerLaw:
    low, high = entry.range
    common: dict[str, Any] = {"id": entry.id, "kind": entry.kind, "mechanism": entry.mechanism}
    common["protective"] = entry.protective
    common["missing_own"] = 0.0 if entry.missing_own is None else entry.missing_own.value
    if not entry.continuous:
        assert entry.false_negative is not None  # held by the schema, like those below
        assert entry.false_positive is not None
        return MarkerLaw(
            **common,
            low=low,
            high=high,
            centre=0.0,
            scale=1.0,
            effect=entry.effect.value,
            false_negative=entry.false_negative.value,
            false_positive=entry.false_positive.value,
        )
    assert entry.median is not None
    assert entry.spread is not None
    assert entry.error is not None
    return MarkerLaw(
        **common,
        low=low,
        high=high,
        centre=location(entry.kind, entry.median.value),
        scale=entry.spread.value,
        effect=entry.effect.value,
        error=entry.error.value,
        limit=None if entry.detection_limit is None else entry.detection_limit.value,
    )


def _setting(evidence: Evidence, name: str) -> SettingLaw:
    entry = evidence.settings[name]
    panel = evidence.panel_of(name)
    laws = {m: evidence.distribution(m, name) for m in panel}
    continuous = [m for m in panel if evidence.markers[m].continuous]
    mutations = [m for m in panel if not evidence.markers[m].continuous]
    given = (entry.share, entry.age_mean, entry.age_sd, entry.female, entry.ecog_1, entry.ecog_2)
    share, age_mean, age_sd, female, ecog_1, ecog_2 = (a.value for a in given if a is not None)
    return SettingLaw(
        id=name,
        line=entry.line,
        share=share,
        age_mean=age_mean,
        age_sd=age_sd,
        age_low=entry.age_range[0],
        age_high=entry.age_range[1],
        female=female,
        ecog_1=ecog_1,
        ecog_2=ecog_2,
        usual=str(entry.usual),
        panel=panel,
        location={
            m: location(evidence.markers[m].kind, x.value)
            for m in continuous
            if (x := laws[m].median) is not None
        },
        spread={m: x.value for m in continuous if (x := laws[m].spread) is not None},
        prevalence={m: x.value for m in mutations if (x := laws[m].prevalence) is not None},
        missing={m: x.value for m in panel if (x := laws[m].missing) is not None},
        arms={a: _arm(evidence, arm) for a, arm in evidence.arms_of(name).items()},
    )


def _arm(evidence: Evidence, entry: Arm) -> ArmLaw:
    """An arm whose intercept, cuts and scales are still to be solved."""
    stated = {name: getattr(entry, name) or evidence.assumptions[name] for name in TIME_LAW}
    times = {name: assumption.value for name, assumption in stated.items()}
    return ArmLaw(alpha=0.0, kappa=1.0, pfs_scale=1.0, os_scale=1.0, **times)


def _strategy(evidence: Evidence, name: str, markers: set[str]) -> StrategyLaw:
    entry = evidence.strategies[name]
    found = {m: evidence.exposure(name, m) for m in evidence.markers if m in markers}
    return StrategyLaw(
        id=name,
        treatment_class=entry.treatment_class,
        exposure={m: a.value for m, a in found.items() if a is not None and a.value != 0},
        eligibility=tuple(tests(evidence, c) for c in entry.eligibility),
    )
