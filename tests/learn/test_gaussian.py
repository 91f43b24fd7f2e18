"""Mean and covariance from records with gaps, against closed forms and simulations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resistml.learn.gaussian as module
from resistml.learn.gaussian import PRIOR, mean_and_covariance, shrunk_moments

Floats = npt.NDArray[np.float64]
NAN = np.nan


def correlated(rng: np.random.Generator, n: int) -> tuple[Floats, Floats, Floats]:
    """Mean, covariance, and n draws of four markers, some closely correlated."""
    root = np.array([[1, 0, 0, 0], [0.8, 0.6, 0, 0], [0.3, -0.4, 1, 0], [0, 0, 0.9, 2.0]])
    mean = np.array([1.0, -2.0, 0.0, 3.0])
    return mean, root @ root.T, mean + rng.normal(size=(n, 4)) @ root.T


def prior_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maximum likelihood itself, to many digits."""
    monkeypatch.setattr(module, "PRIOR", 0.0)
    monkeypatch.setattr(module, "_STILL", 1e-12)
    monkeypatch.setattr(module, "_ROUNDS", 5_000)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 60), st.integers(1, 6))
def test_nothing_missing_gives_the_moments_pulled_towards_independence(
    seed: int, n: int, p: int
) -> None:
    f = np.random.default_rng(seed).normal(size=(n, p)) * 3 + 1
    mean, covariance = mean_and_covariance(f)
    sample = np.atleast_2d(np.cov(f.T, bias=True))
    expected = (n * sample + PRIOR * np.diag(np.diag(sample))) / (n + PRIOR)
    np.testing.assert_allclose(mean, f.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(covariance, expected, atol=1e-10)


def test_one_marker_with_gaps_has_the_closed_form_of_regression(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where only the second has gaps, maximum likelihood regresses it on the first (Anderson
    1957), and takes the first from everybody."""
    prior_free(monkeypatch)
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    y = 1 + 0.8 * x + rng.normal(size=300)
    seen = x > rng.normal(size=300)
    mean, covariance = mean_and_covariance(np.column_stack([x, np.where(seen, y, NAN)]))
    inner = np.cov(x[seen], y[seen], bias=True)
    slope = inner[0, 1] / inner[0, 0]
    rest = inner[1, 1] - slope * inner[0, 1]
    assert abs(x[seen].mean() - x.mean()) > 0.1
    expected = y[seen].mean() + slope * (x.mean() - x[seen].mean())
    np.testing.assert_allclose(mean, [x.mean(), expected], atol=1e-8)
    across = slope * x.var()
    np.testing.assert_allclose(
        covariance, [[x.var(), across], [across, rest + slope * across]], atol=1e-8
    )


def test_with_gaps_everywhere_the_likelihood_is_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the maximum of the observed likelihood its derivatives are 0: by finite differences."""
    from scipy.stats import multivariate_normal

    prior_free(monkeypatch)
    rng = np.random.default_rng(8)
    f = correlated(rng, 80)[2][:, :3]
    f[rng.random(f.shape) < 0.3] = NAN
    mean, covariance = mean_and_covariance(f)

    def likelihood(mean: Floats, covariance: Floats) -> float:
        total = 0.0
        for row in f:
            o = ~np.isnan(row)
            if o.any():
                law = multivariate_normal(mean[o], covariance[np.ix_(o, o)])
                total += float(law.logpdf(row[o]))
        return total

    top, h = likelihood(mean, covariance), 1e-4
    for i in range(3):
        up = np.eye(3)[i] * h
        slope = (likelihood(mean + up, covariance) - likelihood(mean - up, covariance)) / (2 * h)
        assert slope == pytest.approx(0, abs=1e-3)
        assert likelihood(mean + 1e3 * up, covariance) < top - 0.01
        for j in range(i + 1):
            turn = np.zeros((3, 3))
            turn[i, j] = turn[j, i] = h
            slope = likelihood(mean, covariance + turn) - likelihood(mean, covariance - turn)
            assert slope / (2 * h) == pytest.approx(0, abs=1e-3)


def test_recovers_what_was_simulated() -> None:
    """A covariance from pairs of n * 0.7^2 patients has a standard error below sqrt(2 v w / n);
    five are allowed, and the pull of the prior, PRIOR / n of each."""
    rng, n = np.random.default_rng(1), 8_000
    mean, covariance, f = correlated(rng, n)
    f[rng.random(f.shape) < 0.3] = NAN
    found, spread = mean_and_covariance(f)
    deviation = np.sqrt(np.diag(covariance))
    assert (np.abs(found - mean) < 5 * deviation / np.sqrt(0.7 * n)).all()
    allowed = 5 * np.outer(deviation, deviation) * np.sqrt(2 / (0.49 * n))
    assert (np.abs(spread - covariance) < allowed + np.abs(covariance) * PRIOR / n).all()


def test_gaps_that_another_marker_explains_do_not_mislead() -> None:
    """The second is measured where the first is high: its mean among those is far off."""
    rng, n = np.random.default_rng(2), 8_000
    mean, covariance, f = correlated(rng, n)
    f[f[:, 0] < mean[0], 1] = NAN
    found, spread = mean_and_covariance(f)
    naive = np.nanmean(f[:, 1])
    assert naive - mean[1] > 0.5
    # Half of the patients, on a regression that extrapolates: about twice the usual error.
    assert abs(found[1] - mean[1]) < 5 * 2 / np.sqrt(n / 2)
    assert spread[0, 1] == pytest.approx(covariance[0, 1], abs=5 * 2 / np.sqrt(n / 2))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 12), st.integers(1, 14), st.floats(0, 1))
def test_is_positive_definite_whoever_is_there(seed: int, n: int, p: int, gaps: float) -> None:
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(n, 1)) + 1e-3 * rng.normal(size=(n, p))  # all but the same
    f[rng.random(f.shape) < gaps] = NAN
    mean, covariance = mean_and_covariance(f)
    assert mean.shape == (p,)
    assert np.isfinite(mean).all()
    np.testing.assert_array_equal(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance)[0] > 1e-9


def test_marker_that_nobody_has_is_on_its_own() -> None:
    f = correlated(np.random.default_rng(4), 50)[2]
    f[:, 2] = NAN
    mean, covariance = mean_and_covariance(f)
    assert mean[2] == 0.0
    np.testing.assert_allclose(covariance[2], [0, 0, 1, 0], atol=1e-12)
    rest = [0, 1, 3]
    alone = mean_and_covariance(f[:, rest])
    np.testing.assert_allclose(mean[rest], alone[0], atol=1e-12)
    np.testing.assert_allclose(covariance[np.ix_(rest, rest)], alone[1], atol=1e-12)


def test_one_patient_is_the_mean_and_tells_no_spread() -> None:
    mean, covariance = mean_and_covariance(np.array([[3.0, NAN, -1.0]]))
    np.testing.assert_allclose(mean, [3.0, 0.0, -1.0])
    # His own variance is 0: what remains is the prior's share of 1.
    share = PRIOR / (PRIOR + 1)
    np.testing.assert_allclose(covariance, np.diag([share, 1.0, share]), atol=1e-12)


@pytest.mark.parametrize("shape", [(0, 3), (0, 0), (5, 0)])
def test_no_patients_or_no_markers(shape: tuple[int, int]) -> None:
    mean, covariance = mean_and_covariance(np.zeros(shape))
    np.testing.assert_array_equal(mean, np.zeros(shape[1]))
    np.testing.assert_array_equal(covariance, np.eye(shape[1]))


def test_who_was_measured_in_nothing_changes_nothing_but_the_pull() -> None:
    """They add neither to the mean nor to correlations, to which they are but indifferent."""
    f = correlated(np.random.default_rng(5), 400)[2]
    more = np.vstack([f, np.full((100, 4), NAN)])
    mean, covariance = mean_and_covariance(more)
    np.testing.assert_allclose(mean, f.mean(axis=0), atol=1e-9)
    sample = np.cov(f.T, bias=True)
    expected = (400 * sample + PRIOR * np.diag(np.diag(sample))) / (400 + PRIOR)
    # Rounds end where entries move by less than a thousandth.
    np.testing.assert_allclose(covariance, expected, atol=0.01)


def test_units_do_not_matter() -> None:
    f = correlated(np.random.default_rng(6), 200)[2]
    f[np.random.default_rng(7).random(f.shape) < 0.2] = NAN
    unit = np.array([1e-3, 1.0, 10.0, 1e3])
    mean, covariance = mean_and_covariance(f)
    scaled = mean_and_covariance(f * unit)
    np.testing.assert_allclose(scaled[0], mean * unit, rtol=1e-9)
    np.testing.assert_allclose(scaled[1], covariance * np.outer(unit, unit), rtol=1e-8)


class TestShrunkMoments:
    def test_of_many_patients_they_are_the_plain_ones(self) -> None:
        rng = np.random.default_rng(0)
        f = rng.multivariate_normal([1.0, -2.0], [[1.0, 0.6], [0.6, 4.0]], 20_000)
        mean, covariance = shrunk_moments(f)
        np.testing.assert_allclose(mean, f.mean(axis=0))
        np.testing.assert_allclose(covariance, np.cov(f.T), rtol=0.02, atol=0.02)

    def test_with_more_markers_than_patients_they_can_be_divided_by(self) -> None:
        rng = np.random.default_rng(1)
        f = rng.normal(size=(20, 60))
        f[rng.random(f.shape) < 0.3] = np.nan
        f[:, 5] = np.nan
        mean, covariance = shrunk_moments(f)
        assert np.linalg.eigvalsh(covariance).min() > 0
        assert (mean[5], covariance[5, 5]) == (0.0, 1.0)

    def test_nobody_and_no_marker(self) -> None:
        assert shrunk_moments(np.zeros((0, 2)))[1].tolist() == [[1.0, 0.0], [0.0, 1.0]]
        assert shrunk_moments(np.zeros((3, 0)))[0].shape == (0,)
