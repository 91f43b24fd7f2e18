"""Calibration intercept and slope are of maximum likelihood, in the whole and by setting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from resistml.evaluate.calibration_curves import (
    BINS,
    SETTING_BINS,
    calibration_curve,
    calibrations,
    intercept_slope,
)


def drawn(n: int = 6_000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """True risks, and outcomes drawn with them."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1.6, 1.3, n)
    return (rng.random(n) < p).astype(float), p


def logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def test_intercept_of_equal_risks_is_the_outcomes_log_odds() -> None:
    """With all risks at a half, the likelihood is a binomial: intercept logit(m), standard error
    1 / sqrt(n m (1 - m))."""
    y = np.array([1.0] * 30 + [0.0] * 70)
    found, slope = intercept_slope(y, np.full(100, 0.5))
    assert found.value == pytest.approx(math.log(0.3 / 0.7))
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 / math.sqrt(21))
    assert math.isnan(slope.value)  # one risk says nothing of a slope


def test_slope_is_that_of_a_logistic_regression() -> None:
    y, p = drawn()
    _, slope = intercept_slope(y, p)
    fitted = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(p)[:, None], y)
    assert slope.value == pytest.approx(float(fitted.coef_[0, 0]), abs=1e-4)


def test_right_risks_have_slope_one_and_intercept_nought() -> None:
    """95% intervals of 200 draws hold the truth in 190 on average, binomial error 3.1; at four
    errors 178 to 200."""
    held = np.zeros(2)
    for seed in range(200):
        y, p = drawn(400, seed)
        intercept, slope = intercept_slope(y, p)
        held += [intercept.low <= 0 <= intercept.high, slope.low <= 1 <= slope.high]
    assert (held >= 178).all()


def test_too_extreme_risks_have_a_slope_below_one_and_low_ones_an_intercept_above_nought() -> None:
    y, p = drawn(40_000)
    extreme = 1 / (1 + np.exp(-2 * logit(p)))
    assert intercept_slope(y, extreme)[1].value == pytest.approx(0.5, abs=0.03)
    low = 1 / (1 + np.exp(-(logit(p) - 0.4)))
    assert intercept_slope(y, low)[0].value == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("y", [np.ones(20), np.zeros(20)])
def test_one_outcome_alone_says_nothing(y: np.ndarray) -> None:
    p = np.linspace(0.1, 0.9, 20)
    for found in intercept_slope(y, p):
        assert math.isnan(found.value)


def test_outcomes_that_are_told_apart_have_no_slope() -> None:
    p = np.linspace(0.05, 0.95, 40)
    assert math.isnan(intercept_slope((p > 0.5).astype(float), p)[1].value)


def test_risks_of_nought_and_one_are_borne() -> None:
    y = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    intercept, _ = intercept_slope(y, np.array([0.0, 0.2, 0.6, 1.0, 1.0, 0.0]))
    assert math.isfinite(intercept.value)


def test_curves_by_bins_add_up() -> None:
    y, p = drawn(1_003)
    found = calibration_curve(y, p, p, 7)
    assert len(found.predicted) == 7
    assert sum(found.count) == found.n == 1_003
    assert np.dot(found.observed, found.count) == pytest.approx(y.sum())
    assert found.fair == pytest.approx(found.predicted)
    assert list(found.predicted) == sorted(found.predicted)


def test_each_setting_has_its_own() -> None:
    y, p = drawn(900)
    setting = np.array(["b"] * 500 + ["a"] * 400, dtype=object)
    found = calibrations(y, p, p, setting)
    assert list(found.by_setting) == ["a", "b"]
    assert len(found.overall.predicted) == BINS
    alone = calibration_curve(y[500:], p[500:], p[500:], SETTING_BINS)
    assert found.by_setting["a"] == alone
