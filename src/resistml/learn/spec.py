"""Cuts a model's feature spec from the catalog and the training patients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.documents import rounded
from resistml.evidence import Claim, Evidence
from resistml.features.matrix import Records, standardised
from resistml.features.ramps import ramps, segment_shares
from resistml.features.spec import (
    CautionSpec,
    ClaimSpec,
    FeatureSpec,
    MarkerSpec,
    SettingSpec,
    StrategySpec,
    spec_from_json,
)
from resistml.learn.gaussian import mean_and_covariance
from resistml.world.draft import tests
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]

#: Significant digits of a spec's numbers.
DIGITS = 12


def build_spec(evidence: Evidence, world: World, training: Records) -> FeatureSpec:
    """The spec of a model trained on ``training``; of the world it takes definitions, never truth.

    What a world defines (links, standardisation, exposures, eligibility) is knowledge that the
    learner is given; its solved effects and intercepts are not read. Numbers are rounded to
    what a bundle stores, so that the model that is fitted is the very one that is loaded.
    """
    markers = {m: catalog_marker(evidence, world, m) for m in world.markers}
    strategies = {a: catalog_strategy(evidence, world, a) for a in world.strategies}
    settings = {s: _setting(evidence, world, s, markers, training) for s in world.settings}
    cited = {c for marker in markers.values() for c in marker.claims}
    cited |= {c for strategy in strategies.values() for c in strategy.claims}
    spec = FeatureSpec(
        catalog_hash=evidence.hash,
        frailty_age=world.constants["frailty_age"],
        groups={m: x.name for m, x in evidence.mechanisms.items()},
        markers=markers,
        settings=settings,
        strategies=strategies,
        claims={name: catalog_claim(c) for name, c in evidence.claims.items() if name in cited},
    )
    return spec_from_json(rounded(spec.to_json(), DIGITS))


def catalog_claim(claim: Claim) -> ClaimSpec:
    """A claim as a spec carries it."""
    return ClaimSpec(
        id=claim.id,
        section=claim.section,
        summary=claim.summary,
        endpoint=claim.endpoint,
        low=claim.low,
        high=claim.high,
        unit=claim.unit,
        evidence_level=claim.evidence_level,
        caveat=claim.caveat,
        settings=claim.settings,
    )


def catalog_marker(evidence: Evidence, world: World, name: str) -> MarkerSpec:
    """A marker of the catalog as the model sees it."""
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


def catalog_strategy(evidence: Evidence, world: World, name: str) -> StrategySpec:
    """A strategy of the catalog as the model sees it."""
    entry, law = evidence.strategies[name], world.strategies[name]
    return StrategySpec(
        id=name,
        name=entry.name,
        treatment_class=entry.treatment_class,
        exposure=dict(law.exposure),
        eligibility=law.eligibility,
        cautions=tuple(
            CautionSpec(c.text, c.section, tests(evidence, c.when)) for c in entry.cautions
        ),
        claims=tuple(evidence.claims_on(strategy=name)),
    )


def _setting(
    evidence: Evidence,
    world: World,
    name: str,
    markers: dict[str, MarkerSpec],
    training: Records,
) -> SettingSpec:
    entry, law = evidence.settings[name], world.settings[name]
    return SettingSpec(
        id=name,
        name=entry.name,
        line=entry.line,
        usual=law.usual,
        panel=law.panel,
        strategies=tuple(law.arms),
        ages=(law.age_low, law.age_high),
        **described(law.panel, markers, training, name),
    )


def described(
    panel: tuple[str, ...],
    markers: dict[str, MarkerSpec],
    training: Records,
    setting: str,
    moments: Callable[[Floats], tuple[Floats, Floats]] = mean_and_covariance,
) -> dict[str, Any]:
    """What a setting's spec says of its training patients: means, covariance, ramps, segments.

    ``moments`` gives the mean (P,) and covariance (P, P) of f (n, P), NaN = unmeasured.
    """
    known = [standardised(markers[m], training.column(m)) for m in panel]
    mine = training.setting == setting
    f = np.column_stack(known)[mine] if known else np.zeros((int(mine.sum()), 0))
    mean, covariance = moments(f)
    seen = {m: f[~np.isnan(f[:, j]), j] for j, m in enumerate(panel)}
    return {
        "means": dict(zip(panel, mean.tolist(), strict=True)),
        "covariance": tuple(tuple(row) for row in covariance.tolist()),
        "ramp_means": {
            m: tuple(ramps(x if len(x) else np.zeros(1)).mean(axis=0).tolist())
            for m, x in seen.items()
        },
        "segment_shares": {m: tuple(segment_shares(x).tolist()) for m, x in seen.items()},
    }
