"""Net benefit is what Vickers and Elkin (2006) define, and equals its closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.evaluate.net_benefit import THRESHOLDS, decision_curve, everybody, net_benefit

AT = np.array([0.1, 0.25, 0.5, 0.8])


def test_by_hand() -> None:
    """Ten patients, four with the event. From 0.5 on five are acted on, three of them rightly: at
    odds of 1 that is 3/10 - 2/10."""
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    y = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 0], dtype=float)
    assert net_benefit(y, p, np.array([0.5])) == pytest.approx([0.1])
    # From 0.2 on eight are acted on, all four among them, at odds of a quarter: 4/10 - 4/10 / 4.
    assert net_benefit(y, p, np.array([0.2])) == pytest.approx([0.3])


def test_who_is_right_gains_the_prevalence_and_who_acts_on_none_gains_nothing() -> None:
    y = np.array([1.0] * 3 + [0.0] * 7)
    assert net_benefit(y, y, AT) == pytest.approx([0.3] * 4)
    assert net_benefit(y, np.zeros(10), AT) == pytest.approx([0.0] * 4)


def test_acting_on_all_is_what_a_certain_prediction_gains() -> None:
    y = np.array([1.0] * 3 + [0.0] * 7)
    assert net_benefit(y, np.ones(10), AT) == pytest.approx(everybody(0.3, AT))
    assert everybody(0.3, np.array([0.3])) == pytest.approx([0.0])  # it breaks even there


def test_a_true_probability_that_is_even_gains_half_of_what_is_left() -> None:
    """Of risks even on 0 to 1, and right, the integrals give (1 - t) / 2; the grid is off by
    less than its step."""
    p = (np.arange(20_000) + 0.5) / 20_000
    assert net_benefit(p, p, AT) == pytest.approx((1 - AT) / 2, abs=5e-5)


def test_a_weight_is_so_many_patients() -> None:
    rng = np.random.default_rng(3)
    y, p = rng.integers(0, 2, 50).astype(float), rng.random(50)
    rows = rng.integers(0, 50, 80)
    weight = np.bincount(rows, minlength=50).astype(float)
    assert net_benefit(y, p, AT, weight) == pytest.approx(net_benefit(y[rows], p[rows], AT))


def test_no_prediction_beats_the_truth() -> None:
    rng = np.random.default_rng(11)
    p = rng.beta(1.5, 1.2, 40_000)
    y = (rng.random(len(p)) < p).astype(float)
    noisy = np.clip(p + rng.normal(0, 0.2, len(p)), 0.01, 0.99)
    at = np.array(THRESHOLDS)
    # Expected values, with the truth in place of outcomes: no chance is in them.
    assert (net_benefit(p, p, at) >= net_benefit(p, noisy, at) - 1e-12).all()
    # A patient adds at most 1, or takes away the odds: so far may outcomes be off, at 5 errors.
    off = np.abs(net_benefit(y, p, at) - net_benefit(p, p, at))
    assert (off <= 5 * np.maximum(1, at / (1 - at)) / np.sqrt(len(p))).all()


def test_curve_has_the_models_interval_and_all_learners() -> None:
    rng = np.random.default_rng(5)
    p = rng.random(2_000)
    y = (rng.random(2_000) < p).astype(float)
    found = decision_curve(
        y, {"xgboost": p, "constant": np.full(2_000, 0.5)}, "xgboost", resamples=40, rng=rng
    )
    assert (found.n, found.threshold) == (2_000, THRESHOLDS)
    assert found.prevalence == y.mean()
    assert found.everybody == pytest.approx(everybody(float(y.mean()), np.array(THRESHOLDS)))
    assert set(found.learners) == {"xgboost", "constant"}
    ends = zip(found.low, found.learners["xgboost"], found.high, strict=True)
    # The whole sample's figure may lie a little outside of a percentile interval of 40.
    assert sum(low <= value <= high for low, value, high in ends) >= 88
    # Half a point of standard error at t = 0.5: the value is +-1 or 0 per patient.
    half = (found.high[45] - found.low[45]) / 2
    assert 0.5 * 1.96 / np.sqrt(2_000) < half < 1.5 * 1.96 / np.sqrt(2_000)


def test_a_constant_is_worth_no_more_than_acting_on_all_or_none() -> None:
    y = np.array([1.0] * 6 + [0.0] * 4)
    found = decision_curve(
        y, {"m": np.full(10, 0.6)}, "m", resamples=5, rng=np.random.default_rng(0)
    )
    best = np.maximum(found.everybody, 0)
    assert found.learners["m"] == pytest.approx(
        np.where(np.array(THRESHOLDS) <= 0.6, found.everybody, 0.0)
    )
    assert (np.array(found.learners["m"]) <= best + 1e-12).all()
