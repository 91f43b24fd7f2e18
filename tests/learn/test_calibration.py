"""Calibration: never worse than none, the right line, finite at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from resistml.learn.calibration import Knots, log_loss, platt
from resistml.predict.model import calibrate


def line(knots: Knots) -> tuple[float, float]:
    """Slope and value at 0."""
    (x0, y0), (x1, y1) = knots
    slope = (y1 - y0) / (x1 - x0)
    return slope, y0 - slope * x0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, 5, 40, 300]), st.floats(0.05, 30))
def test_log_loss_is_improved_or_kept(seed: int, n: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    margin, y = rng.normal(scale=size, size=n), rng.integers(0, 2, n).astype(float)
    after = calibrate(np.array(platt(margin, y)), margin)
    assert log_loss(after, y) <= log_loss(margin, y) + 1e-9


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, 0.7), (2.0, -1.0)])
def test_line_is_recovered(slope: float, shift: float) -> None:
    """n = 40,000: the standard errors of slope and shift are near 0.02 and 0.012 at most
    (information n p (1 - p) (1, m^2), p (1 - p) about 0.15); four of them are allowed."""
    rng = np.random.default_rng(0)
    margin = rng.normal(size=40_000)
    y = (rng.random(len(margin)) < expit(slope * margin + shift)).astype(float)
    found = line(platt(margin, y))
    assert found == pytest.approx((slope, shift), abs=0.08)


def test_equals_an_unpenalised_fit_where_there_is_much_data() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    margin = rng.normal(size=50_000)
    y = (rng.random(len(margin)) < expit(1.4 * margin - 0.3)).astype(float)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(margin[:, None], y)
    expected = (theirs.coef_[0, 0], theirs.intercept_[0])
    # The ridge moves a parameter by 1 / information times its distance from (1, 0): 0.4 / 6,000.
    assert line(platt(margin, y)) == pytest.approx(expected, abs=3e-4)


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_one_class_alone_stays_finite(y: float) -> None:
    margin = np.linspace(-1, 1, 50)
    knots = platt(margin, np.full(50, y))
    assert np.isfinite(knots).all()


def test_classes_apart_stay_finite() -> None:
    margin = np.concatenate([np.linspace(-2, -1, 20), np.linspace(1, 2, 20)])
    slope, _ = line(platt(margin, (margin > 0).astype(float)))
    assert 1 < slope < 20


def test_order_is_never_turned_round() -> None:
    rng = np.random.default_rng(2)
    margin = rng.normal(size=2_000)
    y = (rng.random(2_000) < expit(-3 * margin)).astype(float)
    assert line(platt(margin, y))[0] > 0


@pytest.mark.parametrize("margin", [[], [0.3], [0.3, 0.3], [0.3, 0.3 + 1e-12]])
def test_too_few_margins_still_give_a_line(margin: list[float]) -> None:
    values = np.array(margin)
    knots = np.array(platt(values, np.zeros(len(values))))
    assert knots[1, 0] - knots[0, 0] > 1e-7
    assert np.isfinite(calibrate(knots, np.array([-5.0, 0.0, 5.0]))).all()


def test_log_loss_closed_form() -> None:
    margin = np.array([0.0, np.log(3.0)])
    # p = 1/2 and 3/4.
    expected = -(np.log(0.5) + np.log(0.25)) / 2
    assert log_loss(margin, np.array([1.0, 0.0])) == pytest.approx(expected)
    assert log_loss(np.zeros(0), np.zeros(0)) == 0.0
