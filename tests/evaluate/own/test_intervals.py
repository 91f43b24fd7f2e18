"""Intervals: against closed forms, and against how often they hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from resistml.evaluate.metrics import auc
from resistml.evaluate.own.intervals import corrected, delong, normal


def test_the_correction_by_hand() -> None:
    values = np.array([0.7, 0.8, 0.75, 0.65, 0.85])
    found = corrected(values, np.full(5, 80.0), np.full(5, 20.0))
    error = np.sqrt((1 / 5 + 20 / 80) * values.var(ddof=1))
    assert found.value == pytest.approx(0.75)
    assert found.error == pytest.approx(error)
    assert found.high - found.value == pytest.approx(student.ppf(0.975, 4) * error)
    assert found.interval.low == found.low


def test_more_repeats_do_not_narrow_it_beyond_what_folds_share() -> None:
    values = np.random.default_rng(0).normal(size=5_000)
    found = corrected(values, np.full(5_000, 80.0), np.full(5_000, 20.0))
    assert found.error == pytest.approx(np.sqrt(0.25) * values.std(), rel=0.01)


def test_folds_that_tell_nothing_are_left_out() -> None:
    values = np.array([0.7, np.nan, 0.8])
    same = corrected(values[[0, 2]], np.full(2, 8.0), np.full(2, 2.0))
    assert corrected(values, np.full(3, 8.0), np.full(3, 2.0)) == same
    assert np.isnan(corrected(np.array([np.nan]), np.ones(1), np.ones(1)).value)
    assert np.isnan(corrected(np.array([0.5]), np.ones(1), np.ones(1)).error)


def test_delong_is_the_auc_and_its_variance_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(300) < 0.4).astype(float)
    p, q = y + rng.normal(size=300), np.round(y + 2 * rng.normal(size=300))
    found, covariance = delong(y, p, q)
    assert found.tolist() == pytest.approx([auc(y, p), auc(y, q)])
    draws = [rng.integers(0, 300, 300) for _ in range(2_000)]
    resampled = np.cov([[auc(y[i], x[i]) for i in draws] for x in (p, q)])
    # A variance of 2,000 draws has a relative standard error of sqrt(2 / 2000) = 3%.
    np.testing.assert_allclose(np.diag(covariance), np.diag(resampled), rtol=0.15)
    assert covariance[0, 1] == pytest.approx(resampled[0, 1], abs=0.15 * resampled[1, 1])


def test_delong_of_one_prediction() -> None:
    y = np.array([0, 0, 1, 1.0])
    found, covariance = delong(y, np.array([0.1, 0.4, 0.3, 0.9]))
    assert found.tolist() == [0.75]
    assert covariance.shape == (1, 1)
    assert covariance[0, 0] == pytest.approx(0.125 / 2 + 0.125 / 2)


def test_normal() -> None:
    found = normal(1.0, 0.5)
    assert (found.low, found.high) == (pytest.approx(0.02, abs=1e-3), pytest.approx(1.98, abs=1e-3))
