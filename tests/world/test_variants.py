"""Misspecified worlds: what they change, what they never touch, and that they still solve."""

from __future__ import annotations

import pytest

from resistml.errors import ConfigError
from resistml.evidence import Evidence
from resistml.evidence.sets import exposures_set
from resistml.world.audit import audit
from resistml.world.draft import draft_world
from resistml.world.laws import World
from resistml.world.moments import claim_cells
from resistml.world.solve import solve_world
from resistml.world.variants import misspecified

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def draft(evidence: Evidence) -> World:
    return draft_world(evidence)


def exposures(world: World) -> dict[tuple[str, str], float]:
    """All exposures of a world that are not nil."""
    return {(a, m): x for a, law in world.strategies.items() for m, x in law.exposure.items()}


def test_the_default_is_the_draft_itself(evidence: Evidence, draft: World) -> None:
    assert misspecified(evidence, draft, "default", 1) is draft


def test_an_unknown_variant_is_refused(evidence: Evidence, draft: World) -> None:
    with pytest.raises(ConfigError, match="did you mean 'knowledge'"):
        misspecified(evidence, draft, "knowlege", 1)


@pytest.mark.parametrize("variant", ["form", "knowledge"])
def test_the_seed_decides_what_is_struck(evidence: Evidence, draft: World, variant: str) -> None:
    one, again, other = (misspecified(evidence, draft, variant, s) for s in (1, 1, 2))
    assert one == again
    assert one != other
    assert one.variant == variant


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_of_bends_are_as_assumed(evidence: Evidence, draft: World, seed: int) -> None:
    world = misspecified(evidence, draft, "form", seed)
    k = world.constants
    bends = [law.bend for law in world.markers.values()]
    inert = max(1, round(k["variant_inert_share"] * len(bends)))
    assert bends.count("inert") == inert
    for bend, share in (("threshold", "threshold"), ("saturating", "saturating")):
        wanted = k[f"variant_{share}_share"] * len(bends)
        assert 1 <= bends.count(bend) <= wanted + 1  # of the continuous ones that are not inert
    assert all(law.bend in ("linear", "inert") for law in world.markers.values()
               if law.kind == "mutation")  # fmt: skip
    assert world.strategies == draft.strategies


@pytest.mark.parametrize("seed", SEEDS)
def test_synergies_tie_two_mechanisms_measured_together(
    evidence: Evidence, draft: World, seed: int
) -> None:
    world = misspecified(evidence, draft, "form", seed)
    assert len(world.synergies) == round(world.constants["variant_synergies"])
    for pair in world.synergies:
        one, other = world.markers[pair.first], world.markers[pair.second]
        assert one.mechanism != other.mechanism
        assert any({one.id, other.id} <= set(s.panel) for s in world.settings.values())
        assert "inert" not in (one.bend, other.bend)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_marker_that_a_claim_conditions_on_is_never_inert(
    evidence: Evidence, draft: World, seed: int
) -> None:
    world = misspecified(evidence, draft, "form", seed)
    targets = [c for c in evidence.claims.values() if c.role == "target"]
    tested = {t[0] for c in targets for cell in claim_cells(evidence, c) for t in cell.conditions}
    assert tested & set(world.markers)
    assert not [m for m in tested if m in world.markers and world.markers[m].bend == "inert"]


@pytest.mark.parametrize("seed", SEEDS)
def test_wrong_knowledge_has_the_shares_assumed(
    evidence: Evidence, draft: World, seed: int
) -> None:
    told, true = exposures(draft), exposures(misspecified(evidence, draft, "knowledge", seed))
    gone, new = set(told) - set(true), set(true) - set(told)
    flipped = {x for x in set(told) & set(true) if told[x] == -true[x]}
    same = {x for x in set(told) & set(true) if told[x] == true[x]}
    assert len(gone) + len(new) == round(0.2 * len(told))
    assert len(new) > 5
    assert len(flipped) == round(0.1 * len(told))
    assert len(gone) + len(flipped) + len(same) == len(told)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_claims_rest_on_stays_true(evidence: Evidence, draft: World, seed: int) -> None:
    told, true = exposures(draft), exposures(misspecified(evidence, draft, "knowledge", seed))
    targets = [c for c in evidence.claims.values() if c.role == "target"]
    rests = {
        (cell.arm, test[0])
        for c in targets
        for cell in claim_cells(evidence, c)
        for test in cell.conditions
    }
    assert len(rests) > 20
    set_by_claims = exposures_set(evidence)
    assert len(set_by_claims) == 7
    for pair in rests | set_by_claims:
        assert told.get(pair, 0.0) == true.get(pair, 0.0), pair


@pytest.mark.parametrize("variant", ["form", "knowledge"])
def test_a_misspecified_world_meets_all_claims(evidence: Evidence, variant: str) -> None:
    world = solve_world(evidence, variant, 1)
    rows = audit(evidence, world, patients=100_000)
    assert [row.claim for row in rows if row.status == "out"] == []
    assert world.variant == variant
    assert sum(row.status == "within" for row in rows) > 80
