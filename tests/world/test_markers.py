"""True and recorded markers of drawn patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from resistml.features.links import forward
from resistml.rng import BLOCK, Streams
from resistml.world.compiled import compile_setting
from resistml.world.markers import (
    Noise,
    Patients,
    draw_noise,
    draw_patients,
    record_bounds,
    recorded_columns,
)
from tests.world.tiny import tiny_world

TINY = tiny_world()
C = compile_setting(TINY, "early")
N = 100_000


def noise(n: int = N, seed: int = 1) -> Noise:
    """Random numbers of n patients."""
    rng = np.random.default_rng(seed)
    shape = (n, len(C.markers))
    return Noise(
        rng.standard_normal(shape),
        rng.standard_normal(shape),
        rng.random(shape),
        rng.random((n, 3)),
    )


@pytest.fixture(scope="module")
def p() -> Patients:
    return draw_patients(TINY, C, noise(), np.arange(N))


def link(values: np.ndarray, marker: str) -> np.ndarray:
    """Link-scale true values of a column of ``true`` (an intensity, for counts)."""
    kind = C.kinds[C.continuous.index(marker)]
    return np.log(values) if kind == "count" else forward(kind, values)


def test_latent_values_have_the_correlations_of_the_law(p: Patients) -> None:
    z = np.column_stack(
        [(link(p.true[:, i], m) - C.location[i]) / C.spread[i] for i, m in enumerate(C.continuous)]
    )
    # Standard error of a correlation: (1 - r^2) / sqrt(n) <= 0.0032; of a mean 0.0032, of a
    # variance sqrt(2 / n) = 0.0045. 4.5 standard errors allow for the 20 figures.
    assert np.abs(np.corrcoef(z.T) - C.covariance).max() < 4.5 / np.sqrt(N)
    assert np.abs(z.mean(axis=0)).max() < 4.5 / np.sqrt(N)
    assert np.abs(z.var(axis=0) - 1).max() < 4.5 * np.sqrt(2 / N)


def test_f_standardises_the_true_values(p: Patients) -> None:
    for i, marker in enumerate(C.continuous):
        expected = (link(p.true[:, i], marker) - C.centre[i]) / C.scale[i]
        np.testing.assert_allclose(p.f[:, i], expected, atol=1e-6)
    assert np.array_equal(p.f[:, 5:], p.true[:, 5:])


@pytest.mark.parametrize("marker", ["PUMP", "PUMP2"])
def test_recorded_is_true_plus_error_of_the_stated_size(p: Patients, marker: str) -> None:
    i = C.continuous.index(marker)
    error = np.log(p.recorded[:, i]) - np.log(p.true[:, i])
    error = error[~np.isnan(error)]
    stated = TINY.markers[marker].error * TINY.settings["early"].spread[marker]
    # Standard errors: of a mean sd / sqrt(n), of a deviation sd / sqrt(2 n).
    assert abs(error.mean()) < 4 * stated / np.sqrt(len(error))
    assert abs(error.std() / stated - 1) < 4 / np.sqrt(2 * len(error))


def test_errors_are_independent_of_the_truth_and_of_each_other(p: Patients) -> None:
    whole = ~np.isnan(p.recorded[:, :2]).any(axis=1)
    error = np.log(p.recorded[whole, :2]) - np.log(p.true[whole, :2])
    r = np.corrcoef(np.column_stack([error, p.f[whole]]).T)[:2]
    np.put_along_axis(r, np.array([[0], [1]]), 0.0, axis=1)
    assert np.abs(r).max() < 4.5 / np.sqrt(whole.sum())


def test_values_are_missing_at_the_stated_rate_and_at_random(p: Patients) -> None:
    gone = np.isnan(p.recorded)
    rate = np.array([TINY.settings["early"].missing[m] for m in C.markers])
    assert np.abs(gone.mean(axis=0) - rate).max() < 4.5 * np.sqrt(0.1 * 0.9 / N)
    for i in range(len(C.markers)):
        r = np.corrcoef(np.column_stack([gone[:, i], p.f]).T)[0, 1:]
        assert np.abs(r).max() < 4.5 / np.sqrt(N)


@pytest.mark.parametrize("marker", ["STEM", "LIGAND"])
def test_what_lies_below_the_limit_is_recorded_as_0(p: Patients, marker: str) -> None:
    i, limit = C.continuous.index(marker), TINY.markers[marker].limit
    assert limit is not None
    seen = p.recorded[:, i][~np.isnan(p.recorded[:, i])]
    assert not ((seen > 0) & (seen < limit)).any()
    # Measured = true + error: normal, with both variances.
    sd = np.hypot(C.spread[i], C.error[i])
    share = norm.cdf((C.limit[i] - C.location[i]) / sd)
    assert 0.05 < share < 0.95
    assert abs((seen == 0).mean() - share) < 4 * np.sqrt(share * (1 - share) / len(seen))
    # The true value is kept all the same.
    assert (p.true[:, i] > 0).all()


def test_counts_are_whole_and_true_intensities_are_not(p: Patients) -> None:
    i = C.continuous.index("CELLS")
    seen = p.recorded[:, i][~np.isnan(p.recorded[:, i])]
    assert np.array_equal(seen, np.floor(seen))
    assert (seen == 0).any()
    assert not np.array_equal(p.true[:, i], np.floor(p.true[:, i]))
    share = norm.cdf((0 - C.location[i]) / np.hypot(C.spread[i], C.error[i]))  # intensity below 1
    assert abs((seen == 0).mean() - share) < 4 * np.sqrt(share * (1 - share) / len(seen))


@pytest.mark.parametrize("marker", ["GATE", "RAS"])
def test_mutations_are_called_wrong_as_often_as_stated(p: Patients, marker: str) -> None:
    i, law = C.markers.index(marker), TINY.markers[marker]
    true, called = p.true[:, i], p.recorded[:, i]
    prevalence = TINY.settings["early"].prevalence[marker]
    assert abs(true.mean() - prevalence) < 4 * np.sqrt(prevalence * (1 - prevalence) / N)
    for state, rate in ((1, law.false_negative), (0, law.false_positive)):
        calls = called[(true == state) & ~np.isnan(called)]
        assert abs((calls != state).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / len(calls))


def test_values_stay_within_the_markers_range() -> None:
    narrow = {**TINY.markers, "PUMP": replace(TINY.markers["PUMP"], low=1.0, high=2.0)}
    p = draw_patients(replace(TINY, markers=narrow), C, noise(2_000), np.arange(2_000))
    seen = p.recorded[:, 0][~np.isnan(p.recorded[:, 0])]
    assert (seen.min(), seen.max()) == (1.0, 2.0)


def test_sex_and_performance_status_take_their_shares(p: Patients) -> None:
    for found, share in (
        (p.female == 1, 0.4),
        (p.ecog == 0, 0.35),
        (p.ecog == 1, 0.5),
        (p.ecog == 2, 0.15),
    ):
        assert abs(found.mean() - share) < 4 * np.sqrt(share * (1 - share) / N)


def test_rows_of_a_block_do_not_depend_on_which_others_are_drawn() -> None:
    dice = noise(500)
    whole = draw_patients(TINY, C, dice, np.arange(500))
    some = draw_patients(TINY, C, dice, np.array([3, 77, 400]))
    np.testing.assert_array_equal(whole.recorded[[3, 77, 400]], some.recorded)
    np.testing.assert_array_equal(whole.age[[3, 77, 400]], some.age)


def test_what_conditions_may_ask_of(p: Patients) -> None:
    columns = recorded_columns(C, p)
    assert set(columns) == {*C.markers, "age", "ecog", "sex", "line"}
    assert (columns["line"] == 1).all()
    assert set(np.unique(columns["sex"])) == {0, 1}


BOUNDS = [
    ("PUMP", 2.0, (np.log(2.0), np.log(2.0))),
    ("PUMP", np.nan, (-np.inf, np.inf)),
    ("STEM", 0.05, (np.log(0.05 / 0.95), np.log(0.05 / 0.95))),
    ("STEM", 0.0, (-np.inf, np.log(0.01 / 0.99))),
    ("STEM", np.nan, (-np.inf, np.inf)),
    ("LIGAND", 50.0, (0.0, 0.0)),
    ("LIGAND", 0.0, (-np.inf, np.log(0.01 / 0.99))),
    ("CELLS", 0.0, (-np.inf, 0.0)),
    ("CELLS", 4.0, (np.log(4), np.log(5))),
    ("CELLS", np.nan, (-np.inf, np.inf)),
]


@pytest.mark.parametrize(("marker", "value", "expected"), BOUNDS)
def test_what_a_record_says_of_the_measured_value(
    marker: str, value: float, expected: tuple[float, float]
) -> None:
    recorded = np.full((1, len(C.continuous)), np.nan)
    i = C.continuous.index(marker)
    recorded[0, i] = value
    low, high = record_bounds(TINY, C, recorded)
    assert (low[0, i], high[0, i]) == pytest.approx(expected)


def test_bounds_hold_the_measured_value_of_every_patient() -> None:
    dice = noise(20_000)
    p = draw_patients(TINY, C, replace(dice, missing=np.ones_like(dice.missing)), np.arange(20_000))
    z = dice.latent[:, :5] @ np.linalg.cholesky(C.covariance).T
    measured = C.location + C.spread * z + C.error * dice.error[:, :5]
    low, high = record_bounds(TINY, C, p.recorded[:, :5])
    assert (low <= measured + 1e-6).all()
    assert (measured <= high + 1e-6).all()


def test_a_blocks_noise_is_keyed_by_its_number() -> None:
    one, again = draw_noise(Streams(1), 0, 4), draw_noise(Streams(1), 0, 4)
    other, seed = draw_noise(Streams(1), 1, 4), draw_noise(Streams(2), 0, 4)
    assert one.latent.shape == (BLOCK, 4)
    np.testing.assert_array_equal(one.latent, again.latent)
    assert abs(np.corrcoef(one.latent[:, 0], other.latent[:, 0])[0, 1]) < 4.5 / np.sqrt(BLOCK)
    assert abs(np.corrcoef(one.latent[:, 0], seed.latent[:, 0])[0, 1]) < 4.5 / np.sqrt(BLOCK)
