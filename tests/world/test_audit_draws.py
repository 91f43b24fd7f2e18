"""What fresh patients show of a figure, and how well."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.world.audit_draws import Found, mean, median, ratio, short_of_half


def test_the_median_of_pooled_cells_and_its_error() -> None:
    """Exponential times: the median is log 2, its standard error 1 / sqrt(n)."""
    rng = np.random.default_rng(3)
    n = 100_000
    parts = [Found(rng.exponential(size=n // 2), n) for _ in range(2)]
    middle, se = median(parts)
    assert se == pytest.approx(1 / n**0.5, rel=0.05)
    assert middle == pytest.approx(np.log(2), abs=4 / n**0.5)


def test_a_pooled_mean_counts_cells_by_their_share_of_their_setting() -> None:
    parts = [Found(np.ones(300), 1_000), Found(np.zeros(100), 1_000)]
    value, se = mean(parts)
    assert value == pytest.approx(0.75)
    assert se == 0


def test_the_error_of_a_ratio_is_that_of_its_logarithm() -> None:
    rng = np.random.default_rng(4)
    parts = [Found((rng.random(50_000) < p).astype(float), 50_000) for p in (0.6, 0.4)]
    value, se = ratio(parts[:1], parts[1:])
    expected = 1.5 * np.sqrt(0.4 / 0.6 / 50_000 + 0.6 / 0.4 / 50_000)
    assert se == pytest.approx(expected, rel=0.05)
    assert value == pytest.approx(1.5, abs=4 * se)


def test_by_how_many_a_median_is_missed() -> None:
    parts = [Found(np.arange(100.0), 100)]
    assert short_of_half(parts, 40.0, 60.0) == 0
    assert short_of_half(parts, 60.0, 80.0) == pytest.approx(0.1)  # 40 are free until then
    assert short_of_half(parts, 20.0, 40.0) == pytest.approx(0.09)  # 59 still are
