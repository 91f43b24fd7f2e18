"""The fixed sample on which a world is solved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from resistml.world.compiled import compile_setting
from resistml.world.laws import World
from resistml.world.sample import POINTS, draw_base, ecog_class, f_values, truncated_age
from tests.world.tiny import tiny_world

C = compile_setting(tiny_world(), "early")
BASE = draw_base(C)


def test_it_is_the_same_every_time() -> None:
    again = draw_base(C)
    for name in ("z", "mutated", "age", "ecog", "progress"):
        assert np.array_equal(getattr(BASE, name), getattr(again, name))


def test_moments_are_those_of_the_law() -> None:
    # Scrambled Sobol points err far less than a random sample, whose standard error of a
    # mean would be 1 / sqrt(8192) = 0.011.
    assert np.abs(BASE.z.mean(axis=0)).max() < 0.005
    assert np.abs(np.cov(BASE.z.T) - C.covariance).max() < 0.02
    assert BASE.mutated.mean(axis=0) == pytest.approx(C.prevalence, abs=0.005)
    assert (BASE.ecog == 1).mean() == pytest.approx(0.5, abs=0.005)
    assert (BASE.ecog == 2).mean() == pytest.approx(0.15, abs=0.005)
    assert np.sort(BASE.progress) == pytest.approx((np.arange(POINTS) + 0.5) / POINTS, abs=0.005)


def test_mutations_are_independent_of_all_else() -> None:
    columns = np.column_stack([BASE.z, BASE.mutated, BASE.age, BASE.ecog, BASE.progress])
    r = np.corrcoef(columns.T)[5:7]
    np.put_along_axis(r, np.array([[5], [6]]), 0.0, axis=1)
    # 5 standard errors of a correlation, 1 / sqrt(n), for 18 pairs.
    assert np.abs(r).max() < 5 / np.sqrt(POINTS)


def test_ages_are_whole_years_of_a_truncated_normal() -> None:
    u = (np.arange(100_000) + 0.5) / 100_000
    law = C.law
    a, b = (law.age_low - law.age_mean) / law.age_sd, (law.age_high - law.age_mean) / law.age_sd
    expected = truncnorm(a, b, law.age_mean, law.age_sd)
    age = truncated_age(C, u)
    assert np.array_equal(age, np.floor(age))
    assert age.min() >= 30
    assert age.max() <= 90
    for year in (50, 66, 70, 85):
        assert (age <= year).mean() == pytest.approx(expected.cdf(year + 1), abs=2e-5)


@pytest.mark.parametrize(
    ("uniform", "state"), [(0.0, 2.0), (0.149, 2.0), (0.151, 1.0), (0.649, 1.0), (0.651, 0.0)]
)
def test_performance_states_take_their_shares(uniform: float, state: float) -> None:
    assert ecog_class(C, np.array([uniform]))[0] == state


def test_f_is_standardised_by_the_marker_not_by_the_setting() -> None:
    f = f_values(C, BASE)
    i = C.continuous.index("STEM")
    # location -4.2, spread 1.1 in the setting; centre -4, scale 1 in the marker.
    assert f[:, i] == pytest.approx((-4.2 + 1.1 * BASE.z[:, i] + 4.0) / 1.0)
    assert np.array_equal(f[:, 5:], BASE.mutated)


def test_marginals_of_the_shipped_settings_are_normal(world: World) -> None:
    for setting in world.settings:
        c = compile_setting(world, setting)
        z = np.sort(draw_base(c).z, axis=0)
        ranks = (np.arange(len(z)) + 0.5) / len(z)
        # Kolmogorov distance: a random sample would reach 1.63 / sqrt(n) at 1%.
        assert np.abs(norm.cdf(z) - ranks[:, None]).max() < 1.63 / np.sqrt(len(z))
