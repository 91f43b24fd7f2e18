"""Cuts a feature spec from a table of one's own, and from the catalog where they share markers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from resistml.documents import rounded
from resistml.evidence import Evidence
from resistml.features.links import forward
from resistml.features.spec import (
    FeatureSpec,
    MarkerSpec,
    OutcomeSpec,
    SettingSpec,
    StrategySpec,
    Test,
    spec_from_json,
)
from resistml.learn.gaussian import shrunk_moments
from resistml.learn.own_patients import CohortLike, FeatureLike, OwnPatients
from resistml.learn.spec import DIGITS, catalog_claim, catalog_marker, catalog_strategy, described
from resistml.world.draft import draft_world
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]
#: By strategy, how a marker's resistance bears on it.
Exposures = dict[str, float]

#: What a prior may be: nothing, the signs of shared markers, or the world's model of them.
PRIORS = ("none", "directions", "world")
#: Fewest patients of a group who had an arm for it to be open to the group.
OPEN = 5
#: Numbers none of which is below 0, and as skewed as this, are taken by their logarithm.
SKEWED = 1.5
#: Share of values at either end that are drawn in before a number is centred and scaled.
_TAIL = 0.01
#: A value so many spans beyond those of training is held to be a mistake, not a patient.
_BEYOND = 9.0
#: Class of a strategy that the catalog does not know.
OWN_CLASS = "own"


def own_spec(
    evidence: Evidence, cohort: CohortLike | OwnPatients, prior: str = "none"
) -> FeatureSpec:
    """The spec of a model trained on one's own patients.

    Parameters
    ----------
    prior : str
        Of :data:`PRIORS`. Without one, a shared marker's slopes are free in sign, unless the table
        says a direction; with one, its signs are the catalog's.

    Notes
    -----
    A feature bears on every strategy. What ``direction`` -1 says, exposures of -1 do: slopes on
    exposure * f are not negative. Shared markers keep the catalog's entry, and with a prior its
    exposures, where the strategies are the catalog's, or where it has one sign for all.
    """
    patients = cohort if isinstance(cohort, OwnPatients) else OwnPatients.of(cohort)
    draft = draft_world(evidence)
    told = {} if prior == "none" else shared_exposures(draft, patients)
    markers, exposure = {}, {}
    for feature in patients.features:
        values = patients.records.column(feature.name)
        if np.isnan(values).all():
            continue  # nothing to centre, and nothing to learn
        markers[feature.name], exposure[feature.name] = _feature(
            evidence, draft, feature, values, told.get(feature.name)
        )
    strategies = {a: _strategy(evidence, draft, a, exposure) for a in patients.strategies}
    if patients.groups:
        strategies = {a: _opened(x, patients) for a, x in strategies.items()}
    cited = {c for m in markers.values() for c in m.claims}
    cited |= {c for s in strategies.values() for c in s.claims}
    spec = FeatureSpec(
        catalog_hash=evidence.hash,
        frailty_age=draft.constants["frailty_age"],
        groups={m: x.name for m, x in evidence.mechanisms.items()},
        markers=markers,
        settings={
            s: _setting(evidence, s, patients, markers)
            for s in dict.fromkeys(s for s, _ in patients.arms or patients.had)
        },
        strategies=strategies,
        claims={name: catalog_claim(c) for name, c in evidence.claims.items() if name in cited},
        outcome=OutcomeSpec(patients.label, patients.responded, patients.treatments),
        age_centre=_mean_age(patients),
    )
    return spec_from_json(rounded(spec.to_json(), DIGITS))


def _mean_age(patients: OwnPatients) -> float:
    age = patients.records.column("age")
    return 60.0 if np.isnan(age).all() else float(np.nanmean(age))


def shared(patients: OwnPatients) -> dict[str, str]:
    """Markers of the catalog by the name of the feature that each is."""
    return {f.name: f.catalog for f in patients.features if f.catalog is not None}


def shared_exposures(world: World, patients: OwnPatients) -> dict[str, Exposures]:
    """Per shared feature and strategy what the catalog says of them, where it says a sign.

    Of a strategy that the catalog does not know, a marker is held to bear on it as it does on
    strategies at large, if it has one sign on all of those that it bears on.
    """
    found, arms = {}, patients.strategies
    for name, marker in shared(patients).items():
        if marker not in world.markers:
            continue
        known = [s.exposure[marker] for s in world.strategies.values() if marker in s.exposure]
        usual = float(np.mean(known)) if known and len({np.sign(x) for x in known}) == 1 else None
        each = {
            a: world.strategies[a].exposure.get(marker, 0.0) if a in world.strategies else usual
            for a in arms
        }
        said = {a: x for a, x in each.items() if x is not None}
        if len(said) == len(arms) and any(said.values()):
            found[name] = said
    return found


def prior_slopes(world: World, spec: FeatureSpec, patients: OwnPatients) -> Floats:
    """(markers,) slopes of the world's law for the markers that are shared; 0 for all others.

    Per unit of exposure * f, in log-odds of resistance. Of a marker whose direction nobody says
    nothing is taken.
    """
    known = shared(patients)
    return np.array(
        [
            world.markers[known[name]].effect
            if name in known and known[name] in world.markers and marker.direction
            else 0.0
            for name, marker in spec.markers.items()
        ]
    )


def _feature(
    evidence: Evidence,
    draft: World,
    feature: FeatureLike,
    values: Floats,
    told: Exposures | None,
) -> tuple[MarkerSpec, Exposures | float]:
    """The marker of a feature, and its exposure of each strategy or of all."""
    stated = float(feature.direction)
    if feature.catalog is not None and feature.catalog in draft.markers:
        marker = replace(catalog_marker(evidence, draft, feature.catalog), id=feature.name)
        exposure: Exposures | float = told if told is not None else stated or 1.0
        direction = 1 if told is not None or stated else 0
        return replace(marker, direction=direction, source=feature.source), exposure
    kind = feature.kind
    if kind == "measure" and skewed(values):
        kind = "log_measure"
    limit = _limit(kind, values)
    low, high = _bounds(kind, values)
    centre, scale = (0.0, 1.0) if kind == "mutation" else _centre(kind, values, limit)
    marker = MarkerSpec(
        id=feature.name,
        name=feature.name,
        kind=kind,
        unit=feature.unit,
        mechanism=feature.mechanism,
        low=low,
        high=high,
        centre=centre,
        scale=scale,
        limit=limit,
        claims=(),
        direction=int(np.sign(stated)),
        source=feature.source,
        level=feature.level,
    )
    return marker, stated or 1.0


def skewed(values: Floats) -> bool:
    """Whether numbers are none below 0, and far more spread above their middle than below."""
    seen = values[~np.isnan(values)]
    spread = seen.std()
    if seen.min() < 0 or spread == 0:
        return False
    return bool(np.mean(((seen - seen.mean()) / spread) ** 3) > SKEWED)


def _limit(kind: str, values: Floats) -> float | None:
    """Of a number taken by its logarithm, the least that is above 0, where some are 0."""
    if kind != "log_measure" or not (values == 0).any():
        return None
    above = values[values > 0]
    return float(above.min()) if len(above) else None


def _bounds(kind: str, values: Floats) -> tuple[float, float]:
    """What a profile may have; beyond what patients have, the model abstains."""
    if kind == "mutation" or kind == "fraction":
        return 0.0, 1.0
    if kind == "percent":
        return 0.0, 100.0
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    more = _BEYOND * max(high - low, abs(high), 1.0)
    return (0.0 if low >= 0 else low - more), high + more


def _centre(kind: str, values: Floats, limit: float | None) -> tuple[float, float]:
    """Mean and standard deviation on the link scale, the ends drawn in."""
    if limit is not None:
        values = np.where(values < limit, limit / 2, values)
    g = forward(kind, values[~np.isnan(values)])
    g = np.clip(g, *np.quantile(g, [_TAIL, 1 - _TAIL]))
    spread = float(g.std())
    return float(g.mean()), spread if spread > 1e-9 else 1.0


def _strategy(
    evidence: Evidence, draft: World, name: str, exposure: Mapping[str, Exposures | float]
) -> StrategySpec:
    borne = {m: x[name] if isinstance(x, dict) else x for m, x in exposure.items()}
    borne = {m: x for m, x in borne.items() if x != 0}
    if name in draft.strategies:
        known = catalog_strategy(evidence, draft, name)
        # Whom it is open to is told by who had it: the record may lack what the catalog asks for.
        return replace(known, exposure=borne, eligibility=())
    return StrategySpec(name, name, OWN_CLASS, borne, (), (), ())


def _opened(strategy: StrategySpec, patients: OwnPatients) -> StrategySpec:
    """The strategy open to those groups of patients of whom :data:`OPEN` or more had it."""
    values = np.column_stack([patients.records.column(name) for name in patients.groups])
    had = values[(patients.strategy == strategy.id) & ~np.isnan(values).any(axis=1)]
    kinds, count = np.unique(had, axis=0, return_counts=True)
    alternatives: tuple[tuple[Test, ...], ...] = tuple(
        tuple((name, "==", float(x)) for name, x in zip(patients.groups, kind, strict=True))
        for kind in kinds[count >= OPEN]
    )
    return replace(strategy, eligibility=alternatives)


def _setting(
    evidence: Evidence, name: str, patients: OwnPatients, markers: dict[str, MarkerSpec]
) -> SettingSpec:
    mine = patients.records.setting == name
    panel = tuple(m for m in markers if not np.isnan(patients.records.column(m)[mine]).all())
    arms = tuple(a for s, a in patients.arms or patients.had if s == name)
    given = [int((patients.strategy[mine] == arm).sum()) for arm in arms]
    known = evidence.settings.get(name)
    return SettingSpec(
        id=name,
        name=name if known is None else known.name,
        line=1 if known is None else known.line,
        usual=arms[int(np.argmax(given))],
        panel=panel,
        strategies=arms,
        ages=(0.0, 120.0),
        **described(panel, markers, patients.records, name, shrunk_moments),
    )


__all__ = [
    "OPEN",
    "PRIORS",
    "own_spec",
    "prior_slopes",
    "shared",
    "shared_exposures",
]
