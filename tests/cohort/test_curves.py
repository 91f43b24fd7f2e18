"""Kaplan-Meier curves and intervals against closed forms, published values and brute force."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from resistml.cohort.curves import (
    Curve,
    at_risk,
    kaplan_meier,
    log_log,
    median_time,
    normal_quantile,
    wilson,
)

Floats = npt.NDArray[np.float64]

#: Weeks in remission under 6-mercaptopurine (Freireich et al. 1963), the textbook example.
WEEKS = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35.0])
RELAPSED = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]) == 1
#: Survival, and its 95% bounds on the scale log(-log S), by lifelines 0.30.
LIFELINES = {
    6.0: (0.857143, 0.619718, 0.951552),
    10.0: (0.752941, 0.503200, 0.889362),
    22.0: (0.537815, 0.267779, 0.746791),
    23.0: (0.448179, 0.188052, 0.680143),
}


def by_hand(times: Floats, event: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The product-limit estimate and Greenwood's error at each distinct time, by their sums."""
    survival, total, out = 1.0, 0.0, []
    for t in np.unique(times):
        n, d = int((times >= t).sum()), int(((times == t) & event).sum())
        survival *= 1 - d / n
        total += d / (n * (n - d)) if n > d else 0.0
        out.append((survival, survival * total**0.5))
    return tuple(np.array(out).T)  # type: ignore[return-value]


def test_the_textbook_example_comes_out_as_published() -> None:
    curve = kaplan_meier(WEEKS, RELAPSED)
    for t, (expected, low, high) in LIFELINES.items():
        survival, error = curve.at(t)
        bounds = log_log(survival[None], error[None], 0.95)
        assert (survival, *bounds) == pytest.approx((expected, low, high), abs=1e-6)
    assert curve.at(10.0)[1] == pytest.approx(0.0963, abs=5e-5)
    assert median_time(curve, 0.95) == (23.0, 13.0, float("inf"))


@pytest.mark.parametrize("seed", range(5))
def test_any_curve_is_what_its_sums_give(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.round(rng.exponential(10, 300), 0) + 1  # with ties
    event = rng.random(300) < 0.7
    curve = kaplan_meier(times, event)
    survival, error = by_hand(times, event)
    np.testing.assert_allclose(curve.survival, survival, atol=1e-12)
    np.testing.assert_allclose(curve.error, np.where(survival > 0, error, 0.0), atol=1e-12)


def test_without_censoring_it_is_the_share_left_with_a_binomial_error() -> None:
    times = np.random.default_rng(3).exponential(5, 400)
    curve = kaplan_meier(times, np.ones(400, dtype=bool))
    for t in (1.0, 4.0, 9.0):
        left = float((times > t).mean())
        survival, error = curve.at(t)
        assert survival == pytest.approx(left, abs=1e-12)
        assert error == pytest.approx((left * (1 - left) / 400) ** 0.5, rel=1e-9)


def test_before_the_first_time_all_are_free_and_after_the_last_it_stays() -> None:
    curve = kaplan_meier(np.array([3.0, 5.0, 8.0]), np.array([True, True, False]))
    np.testing.assert_allclose(curve.at(np.array([0.0, 2.99, 3.0, 100.0]))[0], [1, 1, 2 / 3, 1 / 3])
    assert curve.at(2.99)[1] == 0


def test_a_curve_that_ends_at_nothing_has_no_error_there() -> None:
    curve = kaplan_meier(np.array([3.0, 5.0]), np.array([True, True]))
    assert curve.survival[-1] == 0
    assert curve.error[-1] == 0
    assert np.isfinite(curve.error).all()
    none = kaplan_meier(np.array([3.0, 5.0]), np.array([False, False]))
    np.testing.assert_array_equal(none.survival, 1.0)
    np.testing.assert_array_equal(none.error, 0.0)


def test_equal_weights_change_nothing_and_others_cost_precision() -> None:
    plain = kaplan_meier(WEEKS, RELAPSED)
    same = kaplan_meier(WEEKS, RELAPSED, np.full(21, 4.0))
    np.testing.assert_allclose(same.error, plain.error)
    weight = np.where(np.arange(21) % 3 == 0, 3.0, 1.0)
    heavy = kaplan_meier(WEEKS, RELAPSED, weight)
    repeated = kaplan_meier(*(np.repeat(x, weight.astype(int)) for x in (WEEKS, RELAPSED)))
    np.testing.assert_allclose(heavy.survival, repeated.survival)
    kish = (weight**2).sum() / weight.sum()
    np.testing.assert_allclose(heavy.error, repeated.error * kish**0.5)


def test_the_interval_of_a_median_narrows_with_the_level_and_can_be_unknown() -> None:
    times = np.random.default_rng(8).exponential(10, 500)
    curve = kaplan_meier(times, np.ones(500, dtype=bool))
    median, low, high = median_time(curve, 0.95)
    assert median == pytest.approx(np.median(times), rel=0.01)
    # 1 / (2 f sqrt(n)) with f = log(2) / median / 2 * ... for an exponential law: se = 10 / sqrt(n)
    assert high - low == pytest.approx(2 * 1.96 * 10 / 500**0.5, rel=0.2)
    _, low_half, high_half = median_time(curve, 0.5)
    assert low < low_half < median < high_half < high
    flat = Curve(np.array([1.0]), np.array([0.9]), np.array([0.01]))
    assert median_time(flat, 0.95) == (float("inf"),) * 3


@pytest.mark.parametrize(("k", "n"), [(0, 12), (5, 20), (77, 78), (30, 30), (450, 900)])
def test_wilson_agrees_with_scipy(k: int, n: int) -> None:
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k / n, n, 0.95) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_normal_quantiles() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(0.99) == pytest.approx(2.575829, abs=1e-6)


def test_numbers_at_risk_count_those_who_reach_a_time() -> None:
    np.testing.assert_array_equal(
        at_risk(np.array([5.0, 1.0, 3.0, 3.0]), np.array([0.0, 1.0, 3.0, 3.1, 9.0])),
        [4, 4, 3, 1, 0],
    )
