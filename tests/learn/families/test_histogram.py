"""Histogram boosting from a margin: the library's own trees, begun where the base ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import logit
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from resistml.learn.families.histogram import fit_from, histogram, trees_of
from resistml.learn.params import Params
from tests.learn.families.test_translate import table
from tests.learn.test_fit import data

SETTINGS: dict[str, Any] = {"max_iter": 10, "max_depth": 3, "random_state": 4}


def test_from_the_overall_rate_the_trees_are_the_classifier_s() -> None:
    """Which begins at the log-odds of the mean, and is otherwise left alone."""
    X, y = table()
    theirs = HistGradientBoostingClassifier(early_stopping=False, **SETTINGS).fit(X, y)
    ours = fit_from(np.full(len(y), logit(y.mean())), X, y, SETTINGS)
    for a, b in zip(trees_of(ours), trees_of(theirs), strict=True):
        for name in ("feature_idx", "num_threshold", "missing_go_to_left", "left", "count"):
            np.testing.assert_array_equal(a[name], b[name])
        np.testing.assert_allclose(a["value"], b["value"], rtol=1e-4, atol=1e-7)


def test_begins_where_it_is_told() -> None:
    """From margins that are already right there is nothing to add; from none, there is."""
    rng = np.random.default_rng(0)
    X, _ = table(n=20_000)
    truth = 2 * np.nan_to_num(X[:, 0].astype(float))
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-truth))).astype(float)
    settings = {**SETTINGS, "max_iter": 30, "min_samples_leaf": 400}
    added = {}
    for name, start in (("truth", truth), ("nothing", np.zeros(len(X)))):
        added[name] = np.std(fit_from(start, X, y, settings)._raw_predict(X))
    # A leaf of 400 at p (1 - p) >= 0.1 errs by 1 / sqrt(400 * 0.1) = 0.16 at most.
    assert added["truth"] < 0.16
    assert added["nothing"] > 1


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_outcome_alone_in_a_bootstrap_sample(outcome: float) -> None:
    """Trees then lean towards it: a classifier would have taken either for the first class."""
    X, _ = table(n=300)
    found = fit_from(np.zeros(300), X, np.full(300, outcome), SETTINGS)
    assert np.sign(found._raw_predict(X)).mean() == (1 if outcome else -1)


def test_column_without_a_value() -> None:
    X, y = table()
    X[:, 2] = np.nan
    found = fit_from(np.zeros(len(y)), X, y, SETTINGS)
    used = {
        int(f) for nodes in trees_of(found) for f in nodes["feature_idx"][nodes["is_leaf"] == 0]
    }
    assert used
    assert 2 not in used


def test_patients_count_as_often_as_they_are_drawn() -> None:
    """A patient drawn twice is two patients; one who was not drawn is nobody."""
    d, params = data(n=400), Params(family="hist_gradient_boosting", rounds=5, min_child_weight=5)
    rng = np.random.default_rng(1)
    weight = rng.integers(0, 3, 400).astype(float)
    start = np.zeros(400)
    one = histogram(d, params, 1)(weight, start, 3)
    start[weight == 0] = 50  # of nobody
    assert one.save_raw() == histogram(d, params, 1)(weight, start, 3).save_raw()
    assert one.save_raw() != histogram(d, params, 1)(np.ones(400), np.zeros(400), 3).save_raw()
    root = one.get_dump(with_stats=True)[0].splitlines()[0]
    assert f"cover={weight.sum():.0f}" in root


def test_threads_of_the_library_change_nothing() -> None:
    d, params = data(n=3_000), Params(family="hist_gradient_boosting", rounds=5)
    found = set()
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            grown = histogram(d, params, threads)(np.ones(3_000), np.zeros(3_000), 3)
        found.add(bytes(grown.save_raw()))
    assert len(found) == 1


def test_settings_are_read_in_its_own_way() -> None:
    """Leaves of four patients per unit of curvature; depth as it is."""
    d = data(n=2_000)
    params = Params(family="hist_gradient_boosting", rounds=4, depth=2, min_child_weight=25)
    grown = histogram(d, params, 1)(np.ones(2_000), np.zeros(2_000), 3)
    assert grown.num_boosted_rounds() == 4
    for tree in grown.get_dump(with_stats=True):
        leaves = [line for line in tree.splitlines() if "leaf=" in line]
        assert len(leaves) <= 4
        assert min(float(line.rpartition("cover=")[2]) for line in leaves) >= 100
