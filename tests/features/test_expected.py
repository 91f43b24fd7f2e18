"""What unmeasured markers are expected to be: the normal conditional mean, row by row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from resistml.features.expected import deviations, regression

Floats = npt.NDArray[np.float64]
NAN = np.nan


def normal(rng: np.random.Generator, p: int) -> tuple[Floats, Floats]:
    """A mean, and a covariance with correlations of all sizes."""
    root = rng.normal(size=(p, p))
    return rng.normal(size=p), root @ root.T + 0.1 * np.eye(p)


def gappy(rng: np.random.Generator, n: int, p: int, share: float = 0.4) -> Floats:
    f = 2 * rng.normal(size=(n, p))
    f[rng.random((n, p)) < share] = NAN
    return f


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_is_the_conditional_mean(seed: int, p: int) -> None:
    """By the precision matrix, which is another formula: -inverse(L_mm) L_mo (x_o - mean_o)."""
    rng = np.random.default_rng(seed)
    mean, covariance = normal(rng, p)
    f = gappy(rng, 8, p)
    found, precision = deviations(mean, covariance, f), np.linalg.inv(covariance)
    for row, x in zip(found, f, strict=True):
        m, o = np.isnan(x), ~np.isnan(x)
        np.testing.assert_array_equal(row[o], (x - mean)[o])
        pull = precision[np.ix_(m, o)] @ (x - mean)[o]
        expected = -np.linalg.solve(precision[np.ix_(m, m)], pull)
        np.testing.assert_allclose(row[m], expected, rtol=1e-7, atol=1e-8)


def test_is_the_likeliest_value_to_scipy() -> None:
    """Of a normal distribution the conditional mean is where the joint density is highest."""
    rng = np.random.default_rng(5)
    mean, covariance = normal(rng, 4)
    x = np.array([1.2, NAN, -0.4, NAN])
    law = multivariate_normal(mean, covariance)

    def surprise(values: Floats) -> float:
        full = x.copy()
        full[[1, 3]] = values
        return -float(law.logpdf(full))

    best = minimize(surprise, np.zeros(2), tol=1e-12)
    found = deviations(mean, covariance, x[None])[0, [1, 3]] + mean[[1, 3]]
    np.testing.assert_allclose(found, best.x, atol=1e-4)


def test_by_hand() -> None:
    """Correlated by a half, variances 1 and 4: a deviation of 2 lets 2 * 1 / 4 be expected."""
    covariance = np.array([[1.0, 1.0], [1.0, 4.0]])
    found = deviations(np.array([10.0, 20.0]), covariance, np.array([[NAN, 22.0], [11.0, NAN]]))
    np.testing.assert_allclose(found, [[0.5, 2.0], [1.0, 1.0]])
    slopes = regression(covariance, np.array([False, True]))
    np.testing.assert_allclose(slopes, [[0.25]])


def test_all_measured_or_none() -> None:
    mean, covariance = normal(np.random.default_rng(1), 3)
    f = np.array([[1.0, 2.0, 3.0], [NAN, NAN, NAN]])
    np.testing.assert_array_equal(deviations(mean, covariance, f), [f[0] - mean, np.zeros(3)])


def test_markers_that_hang_together_in_nothing_tell_nothing() -> None:
    found = deviations(np.ones(2), np.diag([1.0, 9.0]), np.array([[5.0, NAN]]))
    np.testing.assert_array_equal(found, [[4.0, 0.0]])


def test_patterns_beyond_eight_markers_are_told_apart() -> None:
    """Patterns are packed eight to a byte."""
    rng = np.random.default_rng(2)
    mean, covariance = normal(rng, 17)
    f = rng.normal(size=(17, 17))
    f[np.arange(17), np.arange(17)] = NAN
    found = deviations(mean, covariance, f)
    for j in range(17):
        seen = np.arange(17) != j
        expected = (f[j] - mean)[seen] @ regression(covariance, seen)[:, 0]
        assert found[j, j] == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 10), st.lists(st.integers(0, 59), min_size=1))
def test_a_row_does_not_hang_on_its_neighbours(seed: int, p: int, rows: list[int]) -> None:
    """To the last bit, whoever stands beside it."""
    rng = np.random.default_rng(seed)
    mean, covariance = normal(rng, p)
    f = gappy(rng, 60, p)
    whole = deviations(mean, covariance, f)
    np.testing.assert_array_equal(deviations(mean, covariance, f[rows]), whole[rows])


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0, 0)])
def test_no_rows_or_no_markers(shape: tuple[int, int]) -> None:
    p = shape[1]
    assert deviations(np.zeros(p), np.eye(p), np.zeros(shape)).shape == shape


def test_what_was_asked_is_left_as_it_was() -> None:
    f = np.array([[1.0, NAN]])
    deviations(np.ones(2), np.array([[1.0, 0.5], [0.5, 1.0]]), f)
    np.testing.assert_array_equal(f, [[1.0, NAN]])
