"""What the solver may move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit

from resistml.evidence import Evidence
from resistml.world.draft import draft_world
from resistml.world.moments import response_moments
from resistml.world.unknowns import STEEP, Unknown, cut_of, labelled, list_unknowns


@pytest.fixture(scope="module")
def unknowns(evidence: Evidence) -> dict[tuple[str, str, str], Unknown]:
    draft = draft_world(evidence)
    return {u.name: u for u in list_unknowns(evidence, draft, response_moments(evidence))}


def test_each_arm_has_a_free_intercept(
    evidence: Evidence, unknowns: dict[tuple[str, str, str], Unknown]
) -> None:
    arms = {(s, a) for s in evidence.modelled_settings for a in evidence.arms_of(s)}
    assert {n[1:] for n in unknowns if n[0] == "alpha"} == arms
    intercepts = [u for n, u in unknowns.items() if n[0] == "alpha"]
    assert all(u.middle is None for u in intercepts)
    assert all((u.low, u.high) == (-STEEP, STEEP) for u in intercepts)


def test_cuts_are_free_where_a_claim_speaks_of_complete_responses(
    evidence: Evidence, unknowns: dict[tuple[str, str, str], Unknown]
) -> None:
    told = {
        (cell.setting, cell.arm)
        for m in response_moments(evidence)
        if m.endpoint == "cr"
        for cell in m.cells
    }
    assert {n[1:] for n in unknowns if n[0] == "kappa"} == told
    # A cut below 0 would make complete responses commoner than responses.
    assert all(u.low > 0 for n, u in unknowns.items() if n[0] == "kappa")


def test_markers_of_the_claims_are_held_to_their_assumptions(
    evidence: Evidence, unknowns: dict[tuple[str, str, str], Unknown]
) -> None:
    effect = evidence.markers["ABCB1"].effect
    found = unknowns["effect", "", "ABCB1"]
    assert (found.middle, found.half) == (effect.value, pytest.approx(effect.half_width))
    assert found.low == pytest.approx(effect.low, abs=1e-8)
    assert found.high == pytest.approx(effect.high, abs=1e-8)
    place = unknowns["location", "crc_advanced", "ABCB1"]
    median = evidence.distribution("ABCB1", "crc_advanced").median
    assert median is not None
    assert place.middle == pytest.approx(math.log(median.value))
    assert place.half == pytest.approx(math.log(median.high / median.low) / 2)


def test_all_start_inside_their_bounds(unknowns: dict[tuple[str, str, str], Unknown]) -> None:
    assert all(u.low < u.start < u.high for u in unknowns.values())


def test_the_cut_that_leaves_a_share() -> None:
    eta, weight = np.linspace(-2, 2, 101), np.linspace(0, 1, 101)
    for share in (0.01, 0.4, 0.99):
        cut = cut_of(eta, weight, share)
        assert weight @ expit(eta - cut) / (weight @ expit(eta)) == pytest.approx(share)
    assert cut_of(eta, weight, 1.0) == pytest.approx(0.0, abs=1e-9)


def test_an_unknown_is_identified_where_claims_halve_its_variance() -> None:
    """By hand: of one unknown and one claim the variance is 1 / (1 + (slope * half)^2)."""
    held = Unknown(("effect", "", "PUMP"), 1.0, 0.0, 2.0, 1.0, 0.5)
    free = Unknown(("alpha", "early", "plain"), 0.0, -STEEP, STEEP)
    name = "effect.PUMP"
    assert labelled([held], np.array([[2.1]])) == {name: "claim-identified"}
    assert labelled([held], np.array([[1.9]])) == {name: "assumption-only"}
    assert labelled([held], np.zeros((0, 1))) == {name: "assumption-only"}
    # One claim on a sum tells of the one that is less held.
    both = labelled([held, free], np.array([[2.1, 2.1]]))
    assert both == {name: "assumption-only", "alpha.early.plain": "claim-identified"}
