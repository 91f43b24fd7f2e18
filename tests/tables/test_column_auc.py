"""How well one column tells an outcome, out of fold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_auc_score

from resistml.tables.column_auc import _ranks, binned_auc, column_auc


@pytest.mark.parametrize("seed", range(3))
def test_ranks_are_scipys(seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 30, 200).astype(float)
    assert _ranks(values).tolist() == rankdata(values).tolist()


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0, 2.0])
def test_of_two_normal_laws(shift: float) -> None:
    """Φ(d / √2), less what twenty bins lose; with m per class its error is 1 / √(6 m) at most."""
    rng = np.random.default_rng(1)
    y = np.tile([0.0, 1.0], 4_000)
    auc = column_auc(rng.normal(size=8_000) + shift * y, y)
    assert auc == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=0.01 + 4 / np.sqrt(6 * 4_000))


def test_the_way_and_the_shape_do_not_matter() -> None:
    rng = np.random.default_rng(2)
    y = (rng.random(2_000) < 0.5).astype(float)
    x = y + rng.normal(size=2_000)
    assert column_auc(-x, y) == pytest.approx(column_auc(x, y), abs=0.02)
    humps = np.where(y == 1, rng.choice([-5, 5], 2_000), 0) + rng.normal(size=2_000)
    assert column_auc(humps, y) > 0.95


def test_who_is_unmeasured_tells_too() -> None:
    rng = np.random.default_rng(3)
    y = (rng.random(1_000) < 0.5).astype(float)
    assert column_auc(np.where(y == 1, np.nan, rng.normal(size=1_000)), y) > 0.999


def test_bins_are_scored_by_the_other_folds() -> None:
    rng = np.random.default_rng(4)
    bins = rng.integers(0, 6, 3_000)
    y = (rng.random(3_000) < 0.2 + 0.1 * bins).astype(float)
    assert binned_auc(bins, y) == pytest.approx(roc_auc_score(y, bins), abs=0.01)


def test_noise_of_many_levels_is_worth_nothing() -> None:
    rng = np.random.default_rng(5)
    aucs = [binned_auc(rng.integers(0, 200, 400), np.tile([0.0, 1.0], 200)) for _ in range(20)]
    assert np.mean(aucs) == pytest.approx(0.5, abs=4 * 0.029 / np.sqrt(20))
