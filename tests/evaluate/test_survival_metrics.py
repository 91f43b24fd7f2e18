"""Figures on censored times, held against closed forms and what is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.evaluate.survival_metrics import (
    Seen,
    before,
    brier_scores,
    calibration_at,
    calibration_error,
    censoring_curve,
    concordance,
    integrated_brier,
    uno,
)


def seen(months: list[float], event: list[int]) -> Seen:
    return Seen(np.array(months, dtype=float), np.array(event) == 1)


def test_concordance_by_hand() -> None:
    """Pairs: (1, 2), (1, 3), (1, 4), (3, 4); the patient of 2 months was lost."""
    four = seen([1, 2, 3, 4], [1, 0, 1, 1])
    assert concordance(four, np.array([4.0, 3.0, 2.0, 1.0])) == 1.0
    assert concordance(four, np.array([1.0, 2.0, 3.0, 4.0])) == 0.0
    assert concordance(four, np.array([2.0, 3.0, 2.0, 1.0])) == (0 + 0.5 + 1 + 1) / 4
    assert concordance(four, np.zeros(4)) == 0.5


def test_equal_times() -> None:
    """An event comes before an end of follow-up at the same time; two events tell nothing."""
    risk = np.array([2.0, 1.0])
    assert concordance(seen([5, 5], [1, 0]), risk) == 1.0
    assert np.isnan(concordance(seen([5, 5], [1, 1]), risk))
    assert np.isnan(concordance(seen([5, 6], [0, 0]), risk))


def test_only_pairs_of_a_stratum_are_compared() -> None:
    four, risk = seen([1, 2, 3, 4], [1, 1, 1, 1]), np.array([1.0, 0.0, 9.0, 8.0])
    assert concordance(four, risk) == 2 / 6
    assert concordance(four, risk, strata=np.array([0, 0, 1, 1])) == 1.0
    assert concordance(four, risk, until=2.0) == 1 / 3
    assert concordance(four, risk, weight=np.array([1.0, 0.0, 5.0, 0.0])) == (1 + 5) / (3 + 5)


def test_many_patients_are_compared_in_blocks() -> None:
    rng = np.random.default_rng(0)
    n = 1_300
    times, event, risk = rng.random(n).round(2), rng.random(n) < 0.7, rng.random(n).round(1)
    right = total = 0.0
    for i in np.flatnonzero(event):
        later = (times > times[i]) | ((times == times[i]) & ~event)
        total += later.sum()
        right += (risk[i] > risk[later]).sum() + 0.5 * (risk[i] == risk[later]).sum()
    assert concordance(Seen(times, event), risk) == pytest.approx(right / total, abs=1e-12)


def exponential(n: int, seed: int, *, censored: bool) -> tuple[Seen, np.ndarray]:
    """Half of the patients have three times the hazard of the others, of mean 10 months."""
    rng = np.random.default_rng(seed)
    hazard = np.where(np.arange(n) % 2 == 0, 0.1, 0.3)
    times = rng.exponential(1 / hazard)
    until = rng.exponential(8.0, n) if censored else np.full(n, np.inf)
    return Seen(np.minimum(times, until), times <= until), hazard


def test_concordance_of_exponential_times() -> None:
    """Of unlike patients 3 in 4 pairs go right, of like ones the equal risks count a half."""
    data, hazard = exponential(4_000, 1, censored=False)
    se = 0.5 / 4_000**0.5
    assert concordance(data, hazard) == pytest.approx(0.5 * 0.75 + 0.5 * 0.5, abs=4 * se)


def test_uno_does_not_hang_on_the_censoring() -> None:
    """It is the share among pairs whose first event comes before 10 months. Harrell's is not:
    follow-up leaves early pairs, in which the hazards tell less apart."""
    n = 6_000
    rng = np.random.default_rng(2)
    early = np.arange(n) % 2 == 0  # risks tell apart the early events, not the late ones
    times = np.where(rng.random(n) < np.where(early, 0.5, 0.1), 0, 5) + rng.uniform(0, 5, n)
    risk = np.where(early, 1.0, 0.0)
    whole = Seen(times, np.ones(n, dtype=bool))
    lost = rng.exponential(4.0, n)
    part = Seen(np.minimum(times, lost), times <= lost)
    truth = concordance(whole, risk)
    assert uno(whole, risk, 10.0) == pytest.approx(truth, abs=1e-12)
    assert uno(part, risk, 10.0) == pytest.approx(truth, abs=0.015)
    assert concordance(part, risk) > truth + 0.03


def test_censoring_curve_by_hand() -> None:
    """Of four, one is lost at 2 (of three left) and one at 4 (the last)."""
    four = seen([1, 2, 3, 4], [1, 0, 1, 0])
    curve = censoring_curve(four)
    np.testing.assert_allclose(curve.survival, [1, 2 / 3, 2 / 3, 0])
    np.testing.assert_allclose(before(curve, np.array([0.5, 2.0, 2.5, 4.0])), [1, 1, 2 / 3, 2 / 3])


def test_brier_score_by_hand() -> None:
    """At 2.5 months: one gone (weight 1), one lost (0), two left (weight 1 / (2/3))."""
    four = seen([1, 2, 3, 4], [1, 0, 1, 0])
    survival = np.array([[0.3], [0.5], [0.6], [0.9]])
    expected = (0.3**2 / 1 + 0 + (0.4**2 + 0.1**2) / (2 / 3)) / 4
    np.testing.assert_allclose(brier_scores(four, survival, np.array([2.5])), expected)


def test_brier_score_without_censoring_is_the_mean_square() -> None:
    data, _ = exponential(500, 4, censored=False)
    survival = np.random.default_rng(5).random((500, 3))
    months = np.array([1.0, 5.0, 12.0])
    free = data.months[:, None] > months
    expected = ((free - survival) ** 2).mean(axis=0)
    np.testing.assert_allclose(brier_scores(data, survival, months), expected)


def test_brier_score_makes_good_for_what_is_lost() -> None:
    """The truth's score is mean S (1 - S), censored or not; a sample of 20,000 is within 0.01."""
    data, hazard = exponential(20_000, 6, censored=True)
    months = np.array([2.0, 5.0, 10.0])
    survival = np.exp(-hazard[:, None] * months)
    expected = (survival * (1 - survival)).mean(axis=0)
    np.testing.assert_allclose(brier_scores(data, survival, months), expected, atol=0.01)
    worse = brier_scores(data, np.clip(survival + 0.2, 0, 1), months)
    assert (worse > expected + 0.02).all()


def test_integrated_brier_is_the_mean_over_months() -> None:
    """Of an even coin it is a quarter, whatever happens, without censoring."""
    data, _ = exponential(300, 7, censored=False)
    months = np.linspace(1, 20, 15)
    assert integrated_brier(data, np.full((300, 15), 0.5), months) == pytest.approx(0.25)
    survival = np.random.default_rng(8).random((300, 2))
    ends = np.array([2.0, 6.0])
    both = brier_scores(data, survival, ends)
    assert integrated_brier(data, survival, ends) == pytest.approx(both.mean())


def test_calibration_of_the_truth_and_of_a_bias() -> None:
    """Two hazards, five bins of each: what is observed is within 4 standard errors of 0.011."""
    data, hazard = exponential(20_000, 9, censored=True)
    truth = np.exp(-hazard * 5.0)
    jitter = truth + np.random.default_rng(1).uniform(-1e-9, 1e-9, len(truth))
    bins = calibration_at(data, jitter, 5.0, truth)
    assert bins["count"] == [2_000.0] * 10
    np.testing.assert_allclose(bins["predicted"], [np.exp(-1.5)] * 5 + [np.exp(-0.5)] * 5)
    np.testing.assert_allclose(bins["observed"], bins["predicted"], atol=4 * 0.013)
    np.testing.assert_allclose(bins["fair"], bins["predicted"])
    assert calibration_error(bins) < 0.015
    assert calibration_error(bins, "fair") == pytest.approx(0, abs=1e-8)
    off = calibration_at(data, jitter + 0.1, 5.0, truth)
    assert calibration_error(off, "fair") == pytest.approx(0.1, abs=1e-8)
    assert calibration_error(off) == pytest.approx(0.1, abs=0.015)


def test_calibration_error_by_hand() -> None:
    bins = {"predicted": [0.2, 0.8], "observed": [0.3, 0.6], "count": [3.0, 1.0]}
    assert calibration_error(bins) == pytest.approx((3 * 0.1 + 1 * 0.2) / 4)


def test_fewer_patients_than_bins() -> None:
    three = calibration_at(seen([1, 2, 3], [1, 1, 1]), np.array([0.1, 0.5, 0.9]), 2.0)
    assert three["observed"] == [0.0, 0.0, 1.0]
    assert three["count"] == [1.0, 1.0, 1.0]
    assert "fair" not in three
