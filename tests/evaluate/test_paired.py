"""Paired differences: the figures' own, signed so that better is above 0, honest intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from resistml.errors import TableError
from resistml.evaluate.metrics import auc, brier, log_loss
from resistml.evaluate.paired import gains
from tests.tracking.logged import judged


def test_the_figures_are_those_of_the_metrics() -> None:
    first, second = judged(0.2), judged(0.7)
    found = gains(first, second)
    y = first.resistant
    assert found["log"].first == pytest.approx(log_loss(y, first.p))
    assert found["brier"].second == pytest.approx(brier(y, second.p))
    assert found["auc"].first == pytest.approx(auc(y, first.p))
    assert found["auc"].gain == pytest.approx(auc(y, first.p) - auc(y, second.p))
    assert found["log"].gain == pytest.approx(log_loss(y, second.p) - log_loss(y, first.p))


def test_better_is_above_nothing_and_the_other_way_round_below() -> None:
    there, back = gains(judged(0.1), judged(0.9)), gains(judged(0.9), judged(0.1))
    for name in ("log", "brier", "auc"):
        assert there[name].low > 0
        assert back[name].gain == pytest.approx(-there[name].gain)
        assert back[name].low == pytest.approx(-there[name].high)


def test_ties_count_half_in_the_auc() -> None:
    coarse = replace(judged(0.3), p=np.round(judged(0.3).p, 1))
    found = gains(coarse, judged(0.5))["auc"]
    assert found.first == pytest.approx(auc(coarse.resistant, coarse.p))


def test_a_model_is_no_better_than_itself() -> None:
    for gain in gains(judged(0.3), judged(0.3)).values():
        assert (gain.gain, gain.low, gain.high) == (0.0, 0.0, 0.0)


def test_standard_errors_are_those_of_a_bootstrap_over_patients() -> None:
    first, second = judged(0.2, n=1_000), judged(0.5, n=1_000)
    found = gains(first, second)
    rng = np.random.default_rng(5)
    drawn: dict[str, list[float]] = {"log": [], "auc": []}
    count = 400
    for _ in range(count):
        rows = rng.integers(0, 1_000, 1_000)
        y, a, b = first.resistant[rows], first.p[rows], second.p[rows]
        drawn["log"].append(log_loss(y, b) - log_loss(y, a))
        drawn["auc"].append(auc(y, a) - auc(y, b))
    for name, values in drawn.items():
        error = (found[name].high - found[name].low) / (2 * 1.959964)
        # The relative error of a standard deviation of n normal draws is 1 / sqrt(2 n).
        assert np.std(values) == pytest.approx(error, rel=4 / np.sqrt(2 * count))


def test_of_two_models_that_are_alike_one_in_forty_seems_better() -> None:
    """Two equally noisy models over many cohorts: the lower end is above 0 as often as stated."""
    rng = np.random.default_rng(8)
    count, better = 600, {"log": 0, "auc": 0}
    base = judged(0.0, n=300)
    for _ in range(count):
        truth = rng.uniform(0.1, 0.9, 300)
        y = (rng.uniform(size=300) < truth).astype(float)
        one, two = (np.clip(truth + rng.normal(0, 0.1, 300), 0.02, 0.98) for _ in range(2))
        found = gains(replace(base, resistant=y, p=one), replace(base, resistant=y, p=two))
        for name in better:
            better[name] += found[name].low > 0
    most = binom.ppf(0.9999, count, 0.025)
    least = binom.ppf(0.0001, count, 0.025)
    assert all(least <= seen <= most for seen in better.values()), better


def test_patients_whom_one_was_never_asked_of_do_not_count() -> None:
    first = judged(0.2)
    p = first.p.copy()
    p[:100] = np.nan
    assert gains(replace(first, p=p), judged(0.5))["log"].n == len(p) - 100


def test_other_patients_are_refused() -> None:
    with pytest.raises(TableError, match="not judged on the same patients"):
        gains(judged(0.2), judged(0.2, patients=2))


def test_one_outcome_alone_tells_nothing() -> None:
    same = replace(judged(0.2), resistant=np.ones(400))
    with pytest.raises(TableError, match="cannot be told apart on 400 patients"):
        gains(same, same)
