"""Figures, against scikit-learn and closed forms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from resistml.evaluate.metrics import (
    auc,
    bootstrapped,
    brier,
    calibration,
    calibration_error,
    log_loss,
)

Floats = npt.NDArray[np.float64]


def drawn(seed: int, n: int = 200, ties: bool = False) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    y = (rng.random(n) < p).astype(float)
    y[:2] = 0, 1
    return y, np.round(p, 1) if ties else p


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_as_scikit_learn_has_them(seed: int, ties: bool) -> None:
    y, p = drawn(seed, ties=ties)
    assert auc(y, p) == pytest.approx(reference.roc_auc_score(y, p))
    inside = np.clip(p, 1e-6, 1 - 1e-6)
    assert log_loss(y, inside) == pytest.approx(reference.log_loss(y, inside))
    assert brier(y, p) == pytest.approx(reference.brier_score_loss(y, p))


@pytest.mark.parametrize(
    ("y", "p", "expected"),
    [
        ([0, 1], [0.2, 0.8], 1.0),
        ([0, 1], [0.8, 0.2], 0.0),
        ([0, 1, 1], [0.5, 0.5, 0.5], 0.5),
        ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75),  # scikit-learn's own example
    ],
)
def test_auc_by_hand(y: list[int], p: list[float], expected: float) -> None:
    assert auc(np.array(y), np.array(p)) == expected


@pytest.mark.parametrize("y", [[], [1.0, 1.0], [0.0]])
def test_auc_of_one_class_is_none(y: list[float]) -> None:
    assert np.isnan(auc(np.array(y), np.full(len(y), 0.5)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_auc_depends_on_the_order_alone(seed: int) -> None:
    y, p = drawn(seed)
    assert auc(y, p) == auc(y, np.log(p + 1e-9))
    assert auc(1 - y, p) == pytest.approx(1 - auc(y, p))


def test_log_loss_by_hand_and_at_the_ends() -> None:
    assert log_loss(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    wrong = log_loss(np.array([1.0]), np.array([0.0]))
    assert wrong == pytest.approx(-np.log(1e-12))
    assert log_loss(np.array([1.0]), np.array([1.0])) == pytest.approx(0, abs=1e-11)


def test_calibration_bins_are_of_equal_size_and_rising() -> None:
    y, p = drawn(1, n=205)
    predicted, true, count = calibration(y, p)
    assert count.sum() == 205
    assert set(count) == {20.0, 21.0}
    assert (np.diff(predicted) > 0).all()
    assert (count @ predicted) / 205 == pytest.approx(p.mean())
    assert (count @ true) / 205 == pytest.approx(y.mean())


def test_calibration_of_fewer_rows_than_bins() -> None:
    predicted, true, count = calibration(np.array([1.0, 0.0]), np.array([0.9, 0.2]))
    assert (predicted.tolist(), true.tolist(), count.tolist()) == ([0.2, 0.9], [0, 1], [1, 1])


def test_calibration_error_closed_form() -> None:
    p = np.linspace(0.1, 0.8, 100)
    assert calibration_error(p, p) == 0
    assert calibration_error(p + 0.1, p) == pytest.approx(0.1)
    half = np.where(np.arange(100) < 50, 0.2, 0.0)
    assert calibration_error(p + half, p) == pytest.approx(0.1)


def test_a_perfect_prediction_errs_by_chance_against_outcomes() -> None:
    """Per bin of m = 100 the error is |N(0, s)| with s = sqrt(p (1 - p) / m), whose mean is
    s * sqrt(2 / pi); averaged over uniform p (mean of sqrt(p (1 - p)) is pi / 8): 0.0313.
    The mean of 300 replicates of ten bins each has a standard error below 0.0006.
    """
    found = [calibration_error(*drawn(seed, n=1_000)) for seed in range(300)]
    expected = np.pi / 8 / 10 * np.sqrt(2 / np.pi)
    assert np.mean(found) == pytest.approx(expected, abs=0.0024)


def test_bootstrap_interval_of_a_mean() -> None:
    """Its half width is 1.96 s / sqrt(n); a 2.5% quantile of 4,000 resamples has a standard
    error of sqrt(0.025 * 0.975 / 4,000) / 0.0584 = 0.042 s / sqrt(n); five of them are let pass."""
    values = np.random.default_rng(0).normal(size=400)
    found = bootstrapped(
        lambda rows: float(values[rows].mean()), 400, 4_000, np.random.default_rng(1)
    )
    unit = values.std() / 20
    assert found.value == values.mean()
    assert (found.value - found.low) / unit == pytest.approx(1.96, abs=0.21)
    assert (found.high - found.value) / unit == pytest.approx(1.96, abs=0.21)


def test_bootstrap_covers() -> None:
    """The 95% interval of an AUC covers the truth in 95% of 200 draws: within four binomial
    standard errors (0.0154), and a percentile bootstrap of n = 300 is short by up to 0.02."""
    rng = np.random.default_rng(0)
    truth = 0.7602  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt(2))
    inside = 0
    for _ in range(200):
        y = np.repeat([0.0, 1.0], 150)
        p = rng.normal(size=300) + y
        found = bootstrapped(lambda i, y=y, p=p: auc(y[i], p[i]), 300, 200, rng)  # type: ignore[misc]
        inside += found.low <= truth <= found.high
    assert 0.95 - 4 * 0.0154 - 0.02 < inside / 200 <= 1


def test_bootstrap_leaves_out_what_has_no_figure() -> None:
    def figure(rows: npt.NDArray[np.int64]) -> float:
        return float("nan") if 0 not in rows else float(len(set(rows.tolist())))

    found = bootstrapped(figure, 5, 200, np.random.default_rng(0))
    assert found.value == 5
    assert 1 <= found.low <= found.high <= 5
    nothing = bootstrapped(lambda rows: float("nan"), 5, 20, np.random.default_rng(0))
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()
