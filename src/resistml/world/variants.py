"""Misspecified worlds: the truth departs from what a learner is told by the catalog.

    form        some markers act as thresholds, some saturate, one or more are inert, and some
                pairs of different mechanisms do more than their sum
    knowledge   some exposures are gone, some are there that the catalog denies, and the signs
                of some are flipped

What the review itself reports stays true: an exposure that a claim rests on is never touched,
nor is a marker that a claim conditions on made inert, and every variant is solved to all claims
as the default world is. Which markers and exposures it strikes is drawn, by seed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from resistml.errors import ConfigError, did_you_mean
from resistml.evidence import Evidence
from resistml.evidence.sets import exposures_set
from resistml.rng import Streams
from resistml.world.laws import StrategyLaw, Synergy, World
from resistml.world.moments import Cell, claim_cells

Variant = Literal["default", "form", "knowledge"]
VARIANTS: tuple[str, ...] = get_args(Variant)
#: An exposure: strategy and marker.
_Exposure = tuple[str, str]


def misspecified(evidence: Evidence, draft: World, variant: str, seed: int) -> World:
    """The draft of a world with a misspecification put in, yet to be solved.

    Parameters
    ----------
    variant : {"default", "form", "knowledge"}
        ``default`` leaves the draft as it is.
    seed : int
        Which markers, pairs and exposures it strikes.

    Raises
    ------
    ConfigError
        For a variant that is not known.
    """
    if variant not in VARIANTS:
        raise ConfigError(
            f"unknown variant '{variant}'",
            key="cohort.variant",
            allowed=", ".join(VARIANTS),
            hint=did_you_mean(variant, VARIANTS),
        )
    if variant == "default":
        return draft
    rng = Streams(seed).generator(f"variant.{variant}")
    changed = _form if variant == "form" else _knowledge
    return replace(changed(evidence, draft, rng), variant=variant)


def _form(evidence: Evidence, draft: World, rng: np.random.Generator) -> World:
    k = draft.constants
    tested = {t[0] for cell in _cells(evidence) for t in cell.conditions}
    drawn = rng.permutation(sorted(draft.markers))
    inert = [m for m in drawn if m not in tested][: _count(k["variant_inert_share"], len(drawn))]
    rest = [m for m in drawn if m not in inert and draft.markers[m].kind != "mutation"]
    sharp = _count(k["variant_threshold_share"], len(rest))
    flat = _count(k["variant_saturating_share"], len(rest))
    bends = dict.fromkeys(inert, "inert") | dict.fromkeys(rest[:sharp], "threshold")
    bends |= dict.fromkeys(rest[sharp : sharp + flat], "saturating")
    turns = k["variant_turn_spread"] * rng.standard_normal(len(drawn))
    markers = dict(draft.markers)
    for marker, turn in zip(drawn, turns, strict=True):
        if marker in bends:
            markers[marker] = replace(
                markers[marker],
                bend=bends[marker],
                turn=float(turn),
                steepness=k["variant_steepness"],
            )
    return replace(draft, markers=markers, synergies=_synergies(draft, rest, rng))


def _synergies(draft: World, markers: list[str], rng: np.random.Generator) -> tuple[Synergy, ...]:
    """Pairs of two mechanisms that some setting measures together."""
    panels = [set(law.panel) for law in draft.settings.values()]
    pairs = [
        (a, b)
        for i, a in enumerate(markers)
        for b in markers[i + 1 :]
        if draft.markers[a].mechanism != draft.markers[b].mechanism
        and any({a, b} <= panel for panel in panels)
    ]
    wanted = min(round(draft.constants["variant_synergies"]), len(pairs))
    chosen = rng.permutation(len(pairs))[:wanted]
    effect = draft.constants["variant_synergy_effect"]
    return tuple(Synergy(*pairs[i], effect) for i in sorted(int(i) for i in chosen))


def _knowledge(evidence: Evidence, draft: World, rng: np.random.Generator) -> World:
    k = draft.constants
    told = [(a, m) for a, law in draft.strategies.items() for m in law.exposure]
    denied = [
        (a, m)
        for a, law in draft.strategies.items()
        for m in sorted(_measured(draft, a))
        if m not in law.exposure
    ]
    kept = _claimed(evidence)
    changed = _count(k["variant_exposures_changed"], len(told))
    struck = _shuffled([x for x in (*told, *denied) if x not in kept], rng)[:changed]
    flipped = _count(k["variant_signs_flipped"], len(told))
    loose = [x for x in told if x not in kept and x not in struck]
    new = {x: -_exposure(draft, x) for x in _shuffled(loose, rng)[:flipped]}
    sizes = [abs(_exposure(draft, x)) for x in told]
    for pair in struck:
        added = float(rng.choice(sizes) * rng.choice([-1.0, 1.0]))
        new[pair] = 0.0 if pair in told else added
    strategies = {a: _exposed(law, new) for a, law in draft.strategies.items()}
    return replace(draft, strategies=strategies)


def _shuffled(pairs: list[_Exposure], rng: np.random.Generator) -> list[_Exposure]:
    return [pairs[i] for i in rng.permutation(len(pairs))]


def _exposed(law: StrategyLaw, new: dict[_Exposure, float]) -> StrategyLaw:
    mine = {m: value for (a, m), value in new.items() if a == law.id}
    exposure = {m: x for m, x in {**law.exposure, **mine}.items() if x != 0}
    return replace(law, exposure=exposure)


def _exposure(draft: World, pair: _Exposure) -> float:
    return draft.strategies[pair[0]].exposure[pair[1]]


def _measured(draft: World, strategy: str) -> set[str]:
    """Markers in the panel of a setting where the strategy is open."""
    return {m for law in draft.settings.values() if strategy in law.arms for m in law.panel}


def _claimed(evidence: Evidence) -> set[_Exposure]:
    """Exposures that a claim rests on: it conditions the arm on the marker, or the arm's
    eligibility does, or it sets them."""
    out = exposures_set(evidence)
    for cell in _cells(evidence):
        rules = evidence.strategies[cell.arm].eligibility
        columns = {t[0] for t in cell.conditions} | {c.column for rule in rules for c in rule}
        out |= {(cell.arm, column) for column in columns}
    return out


def _cells(evidence: Evidence) -> list[Cell]:
    targets = (c for c in evidence.claims.values() if c.role == "target")
    return [cell for claim in targets for cell in claim_cells(evidence, claim)]


def _count(share: float, of: int) -> int:
    """A share as a number, one at least."""
    return max(1, round(share * of))
