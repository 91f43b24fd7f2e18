"""Cuts a model's feature spec from the catalog and the training patients."""

from __future__ import annotations

import numpy as np

from resistml.evidence import Evidence
from resistml.features.matrix import Records, standardised
from resistml.features.spec import (
    CautionSpec,
    ClaimSpec,
    FeatureSpec,
    MarkerSpec,
    SettingSpec,
    StrategySpec,
    Test,
)
from resistml.world.draft import tests
from resistml.world.laws import World


def build_spec(evidence: Evidence, world: World, training: Records) -> FeatureSpec:
    """The spec of a model trained on ``training``; of the world it takes definitions, never truth.

    What a world defines (links, standardisation, exposures, eligibility) is knowledge that the
    learner is given; its solved effects and intercepts are not read.
    """
    markers = {m: _marker(evidence, world, m) for m in world.markers}
    strategies = {a: _strategy(evidence, world, a) for a in world.strategies}
    settings = {s: _setting(evidence, world, s, markers, training) for s in world.settings}
    cited = {c for x in (*markers.values(), *strategies.values()) for c in x.claims}
    return FeatureSpec(
        catalog_hash=evidence.hash,
        frailty_age=world.constants["frailty_age"],
        groups={m: x.name for m, x in evidence.mechanisms.items()},
        markers=markers,
        settings=settings,
        strategies=strategies,
        claims={
            name: ClaimSpec(
                id=name,
                section=c.section,
                summary=c.summary,
                endpoint=c.endpoint,
                low=c.low,
                high=c.high,
                unit=c.unit,
                evidence_level=c.evidence_level,
                caveat=c.caveat,
            )
            for name, c in evidence.claims.items()
            if name in cited
        },
    )


def _marker(evidence: Evidence, world: World, name: str) -> MarkerSpec:
    entry, law = evidence.markers[name], world.markers[name]
    return MarkerSpec(
        id=name,
        name=entry.name,
        kind=entry.kind,
        unit=entry.unit,
        mechanism=entry.mechanism,
        low=entry.range[0],
        high=entry.range[1],
        centre=law.centre,
        scale=law.scale,
        limit=law.limit,
        claims=tuple(evidence.claims_on(marker=name)),
    )


def _strategy(evidence: Evidence, world: World, name: str) -> StrategySpec:
    entry, law = evidence.strategies[name], world.strategies[name]
    return StrategySpec(
        id=name,
        name=entry.name,
        treatment_class=entry.treatment_class,
        exposure=dict(law.exposure),
        eligibility=law.eligibility,
        cautions=tuple(
            CautionSpec(c.text, c.section, _when(evidence, c.when)) for c in entry.cautions
        ),
        claims=tuple(evidence.claims_on(strategy=name)),
    )


def _when(evidence: Evidence, conjunction: object) -> tuple[Test, ...]:
    return tests(evidence, conjunction)  # type: ignore[arg-type]


def _setting(
    evidence: Evidence,
    world: World,
    name: str,
    markers: dict[str, MarkerSpec],
    training: Records,
) -> SettingSpec:
    entry, law = evidence.settings[name], world.settings[name]
    rows = np.flatnonzero(training.setting == name)
    means: dict[str, float] = {}
    for marker in law.panel:
        f = standardised(markers[marker], training.column(marker)[rows])
        seen = f[~np.isnan(f)]
        means[marker] = float(seen.mean()) if len(seen) else 0.0
    return SettingSpec(
        id=name,
        name=entry.name,
        line=entry.line,
        usual=law.usual,
        panel=law.panel,
        strategies=tuple(law.arms),
        means=means,
        ages=(law.age_low, law.age_high),
    )
