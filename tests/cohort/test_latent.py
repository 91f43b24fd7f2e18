"""Draws of the latent markers: weights, leaning, and what they cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, ndtri
from scipy.stats import norm, qmc

from resistml.cohort.latent import Latent, Seen, draw_latent
from resistml.world.compiled import Compiled, compile_setting
from resistml.world.laws import World
from resistml.world.missing import with_missing
from tests.world.uneven import FRAIL, OWN, uneven_world

WORLD = uneven_world()
C = compile_setting(WORLD, "early")
NONE = float("nan")
#: PUMP, PUMP2, STEM, LIGAND, CELLS
RECORDS = np.array(
    [
        [NONE, NONE, NONE, NONE, NONE],
        [2.5, NONE, 0.0, 12.0, NONE],
        [NONE, 0.8, 0.04, 0.0, 6.0],
        [6.0, 3.0, NONE, NONE, 0.0],
    ]
)
FRAIL_ONES = np.array([False, True, False, True])


def draws(c: Compiled, seen: Seen, pairs: int = 64, seed: int = 0) -> Latent:
    """Antithetic draws of the records above."""
    n, factors, n_c = len(seen.low), c.loadings.shape[1], len(c.continuous)
    rng = np.random.default_rng(seed)
    width = factors + 2 * n_c
    u = qmc.Sobol(width, scramble=True, rng=rng).random(pairs) + rng.random((n, 1, width))
    u = np.clip(u % 1.0, 1e-12, 1 - 1e-12)
    within = {j: u[:, :, factors + n_c + j] for j in range(n_c)}
    normal = ndtri(u[:, :, : factors + n_c])
    return draw_latent(c, seen, normal[:, :, :factors], normal[:, :, factors:], within)


def seen_in(world: World, c: Compiled) -> Seen:
    return Seen.of(world, c, RECORDS, FRAIL_ONES)


def test_weights_add_up_to_1_for_each_patient() -> None:
    for kind in ("catalogued", "at_random"):
        world = with_missing(WORLD, kind)
        c = compile_setting(world, "early")
        weights = draws(c, seen_in(world, c)).weights
        assert weights.shape == (2, 4, 64)
        np.testing.assert_allclose(weights.sum(axis=(0, 2)), 1.0, rtol=1e-12)
        # Partners weigh the same if nothing speaks for the one or the other.
        assert np.array_equal(weights[0], weights[1]) == (kind == "at_random")


def test_the_pattern_says_who_is_missing_and_how_likely_that_was() -> None:
    seen = seen_in(WORLD, C)
    assert [j for j, _, _ in seen.pattern] == [0, 2, 4]
    for j, sign, log_odds in seen.pattern:
        np.testing.assert_array_equal(sign == 1, np.isnan(RECORDS[:, j]))
        expected = C.missing.intercept[j] + FRAIL * FRAIL_ONES
        np.testing.assert_allclose(log_odds, expected)


def test_it_leans_to_where_the_unmeasured_are_likeliest() -> None:
    seen, grid = seen_in(WORLD, C), np.linspace(-4, 4, 80_001)
    assert not seen.lean[~np.isnan(RECORDS)].any()
    assert not seen.lean[:, [1, 3]].any()
    for j, _, log_odds in seen.pattern:
        for i in np.flatnonzero(np.isnan(RECORDS[:, j])):
            density = norm.pdf(grid) * expit(log_odds[i] + OWN[C.continuous[j]] * grid)
            assert seen.lean[i, j] == pytest.approx(grid[density.argmax()], abs=1e-4)
            assert np.sign(seen.lean[i, j]) == np.sign(OWN[C.continuous[j]])


def test_weights_are_the_chance_of_the_pattern_less_what_was_leaned() -> None:
    seen = seen_in(WORLD, C)
    z = np.random.default_rng(2).standard_normal((4, 3, 5))
    found = np.exp(seen.log_weight(C.missing.own, z))
    for i in range(4):
        chance = np.exp(-(z[i] @ seen.lean[i]))
        for j in (0, 2, 4):
            odds = C.missing.intercept[j] + FRAIL * FRAIL_ONES[i]
            gone = expit(odds + OWN[C.continuous[j]] * z[i, :, j])
            chance *= gone if np.isnan(RECORDS[i, j]) else 1 - gone
        np.testing.assert_allclose(found[i], chance, rtol=1e-12)


def test_one_unmeasured_marker_against_its_density_by_quadrature() -> None:
    seen = seen_in(WORLD, C)
    found = draws(C, seen, pairs=2**15).mean[0]  # nothing measured
    grid = np.linspace(-9, 9, 20_001)
    # PUMP and PUMP2 share a factor: what is missing of the one speaks of the other.
    expected = np.zeros(5)
    for j in (0, 2, 4):
        odds = C.missing.intercept[j] + OWN[C.continuous[j]] * grid
        density = norm.pdf(grid) * expit(odds)
        expected[j] = (grid @ density) / density.sum()
    alone = [draws(C, _only(seen, j), pairs=2**15).mean[0] for j in (0, 2, 4)]
    for k, j in enumerate((0, 2, 4)):
        # One reason at a time: its own mean, and on the others by their correlation with it.
        np.testing.assert_allclose(alone[k], C.covariance[:, j] * expected[j], atol=2e-3)
    assert abs(found[0] - expected[0]) > 0.01


def _only(seen: Seen, j: int) -> Seen:
    """With what one marker's absence says alone."""
    lean = np.zeros_like(seen.lean)
    lean[:, j] = seen.lean[:, j]
    return replace(seen, lean=lean, pattern=[x for x in seen.pattern if x[0] == j])


def test_leaning_changes_no_expectation_and_makes_draws_better() -> None:
    leaning = seen_in(WORLD, C)
    upright = replace(leaning, lean=np.zeros_like(leaning.lean))
    limit = draws(C, leaning, pairs=2**15).mean
    np.testing.assert_allclose(draws(C, upright, pairs=2**15).mean, limit, atol=8e-3)

    def error(seen: Seen) -> float:
        found = [draws(C, seen, seed=s).mean - limit for s in range(40)]
        return float(np.sqrt(np.mean(np.square(found))))

    assert error(leaning) < 0.8 * error(upright)


def effective(seen: Seen) -> np.ndarray:
    """Share of the draws that count, by patient."""
    weights = draws(C, seen, pairs=1_024).weights
    return np.asarray(1 / (weights**2).sum(axis=(0, 2)) / weights[:, 0].size)


def test_hardly_any_draw_is_lost_to_the_weights() -> None:
    leaning = seen_in(WORLD, C)
    # Nothing measured: three strong reasons at once.
    assert effective(leaning)[0] > 0.8
    assert effective(replace(leaning, lean=np.zeros_like(leaning.lean)))[0] < 0.6


@pytest.mark.parametrize("own", [-20.0, 20.0])
def test_a_reason_like_a_threshold_stays_finite(own: float) -> None:
    markers = {**WORLD.markers, "PUMP": replace(WORLD.markers["PUMP"], missing_own=own)}
    world = replace(WORLD, markers=markers)
    c = compile_setting(world, "early")
    z = draws(c, seen_in(world, c), pairs=4_096)
    assert np.isfinite(z.weights).all()
    assert np.isfinite(z.mean).all()
    # Three in ten are missing: those above, or below, a bound. The other missing values, all
    # moderately correlated with it, say a little as well.
    everybody = norm.pdf(norm.ppf(0.3)) / 0.3
    assert np.sign(own) * z.mean[0, 0] == pytest.approx(everybody, abs=0.1)
