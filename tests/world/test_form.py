"""How markers act: bends, their slopes, and pairs that do more than their sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.world.compiled import compile_setting
from resistml.world.form import BENDS, bent, bent_slope
from resistml.world.laws import Synergy, World
from tests.world.tiny import tiny_world

F = np.linspace(-4, 4, 161)


def bent_world(*synergies: Synergy, **bends: str) -> World:
    """The small world with markers bent at 0.3."""
    world = tiny_world()
    markers = {
        m: replace(law, bend=bends.get(m, "linear"), turn=0.3, steepness=2.0)
        for m, law in world.markers.items()
    }
    return replace(world, markers=markers, synergies=synergies)


@pytest.mark.parametrize("bend", BENDS)
@given(turn=st.floats(-2, 2), steepness=st.floats(0.5, 6))
def test_slopes_are_the_derivatives(bend: str, turn: float, steepness: float) -> None:
    step = 1e-6
    up, down = (bent(bend, turn, steepness, F + s) for s in (step, -step))
    slope = bent_slope(bend, turn, steepness, F)
    np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=0, atol=1e-6)


@pytest.mark.parametrize("bend", BENDS)
def test_no_bend_turns_resistance_into_sensitivity(bend: str) -> None:
    assert np.all(np.diff(bent(bend, 0.3, 3.0, F)) >= 0)


def test_a_threshold_is_low_or_high() -> None:
    g = bent("threshold", 0.5, 3.0, np.array([-2.0, 0.5, 3.0]))
    np.testing.assert_allclose(g, [-1, 0, 1], atol=1e-5)


def test_saturation_follows_f_and_then_stays() -> None:
    g = bent("saturating", 0.5, 4.0, np.array([-4.0, 4.0, 8.0]))
    np.testing.assert_allclose(g, [-4.0, 0.5, 0.5], atol=1e-5)


def test_an_inert_marker_has_no_bearing() -> None:
    assert not bent("inert", 0.0, 1.0, F).any()


@pytest.mark.parametrize("function", [bent, bent_slope])
def test_an_unknown_bend_is_named(function: object) -> None:
    with pytest.raises(ValueError, match="unknown bend 'wavy'"):
        function("wavy", 0.0, 1.0, F)  # type: ignore[operator]


def test_the_default_world_is_linear_in_f() -> None:
    c = compile_setting(tiny_world(), "early")
    f = np.random.default_rng(0).standard_normal((50, len(c.markers)))
    assert c.additive
    assert c.terms(f) is f
    np.testing.assert_array_equal(c.log_odds(f, 0), c.alpha + f @ c.weights.T)


def test_log_odds_by_hand_in_a_bent_world() -> None:
    world = bent_world(Synergy("PUMP", "STEM", 0.4), PUMP="threshold", STEM="saturating")
    c = compile_setting(world, "early")
    f = np.random.default_rng(1).standard_normal((20, len(c.markers)))
    hazard = np.full((20, len(c.arms)), 0.1)
    g = {m: f[:, j] for j, m in enumerate(c.markers)}
    g["PUMP"] = np.tanh(2 * (g["PUMP"] - 0.3))
    g["STEM"] = 0.3 - np.log1p(np.exp(2 * (0.3 - g["STEM"]))) / 2
    for a, arm in enumerate(c.arms):
        exposure = world.strategies[arm].exposure
        wanted = c.alpha[a] - 0.1
        for m, law in world.markers.items():
            wanted = wanted - law.effect * exposure.get(m, 0.0) * g[m]
        both = max(exposure.get("PUMP", 0), 0) * max(exposure.get("STEM", 0), 0)
        wanted = wanted - 0.4 * both * g["PUMP"] * g["STEM"]
        np.testing.assert_allclose(c.log_odds(f, hazard)[:, a], wanted, rtol=1e-12)


def test_a_synergy_spares_arms_that_neutralise_one_of_the_two() -> None:
    c = compile_setting(bent_world(Synergy("STEM", "LIGAND", 0.4)), "early")
    immune = c.arms.index("immune")  # exploits LIGAND
    assert c.pair_weights[immune, 0] == 0
    assert not c.pair_weights.any()  # no other arm is exposed to LIGAND


def test_a_synergy_outside_the_panel_is_no_term() -> None:
    world = bent_world(Synergy("PUMP", "STEM", 0.4))
    law = world.settings["early"]
    panel = tuple(m for m in law.panel if m != "STEM")
    less = replace(law, panel=panel)
    c = compile_setting(replace(world, settings={**world.settings, "early": less}), "early")
    assert c.additive
