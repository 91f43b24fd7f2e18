"""Trees of scikit-learn as XGBoost trees: the same margins, at thresholds and where missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xgboost as xgb
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from resistml.learn.families.alone import no_trees
from resistml.learn.families.histogram import trees_of
from resistml.learn.families.translate import above, booster_of
from resistml.predict.booster import load_booster

Singles = npt.NDArray[np.float32]
COLUMNS = 5


def table(seed: int = 0, n: int = 2_000) -> tuple[Singles, npt.NDArray[np.float64]]:
    """Columns with a tenth missing, one of them of few values, one never missing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, COLUMNS)).astype(np.float32)
    X[:, 3] = np.round(X[:, 3])
    eta = 2 * X[:, 0] * (X[:, 1] > 0) - X[:, 2] + X[:, 3]
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 4] = np.nan_to_num(X[:, 4])
    y = (rng.random(n) < expit(np.nan_to_num(eta) + np.isnan(X[:, 0]))).astype(float)
    return X, y


def fitted(rounds: int = 100, depth: int = 4, **settings: Any) -> Any:
    model = HistGradientBoostingClassifier(
        max_iter=rounds, max_depth=depth, early_stopping=False, random_state=0, **settings
    )
    return model.fit(*table())


def added(model: Any, X: Singles) -> npt.NDArray[np.float64]:
    """What the trees add, by scikit-learn's own account."""
    return np.asarray(model._raw_predict(X).ravel() - model._baseline_prediction.ravel())


def translated(model: Any) -> xgb.Booster:
    return booster_of(trees_of(model), no_trees(COLUMNS))


def rounding(model: Any) -> float:
    """XGBoost adds the leaves up in float32: half a last place of the sum for each tree."""
    sizes = sum(float(np.abs(nodes["value"]).max()) for nodes in trees_of(model))
    return float(len(trees_of(model)) * sizes * np.finfo(np.float32).eps / 2)


@pytest.mark.parametrize("depth", [1, 2, 6])
@pytest.mark.parametrize("signed", [False, True])
def test_margins_are_its_own(depth: int, signed: bool) -> None:
    signs = {"monotonic_cst": [1, 1, 0, 0, 0], "interaction_cst": [{0, 1}, {2, 3, 4}]}
    model = fitted(20, depth, **(signs if signed else {}))
    new, _ = table(seed=7, n=5_000)
    new[0] = np.nan
    for X in (table()[0], new):
        theirs, ours = added(model, X), translated(model).inplace_predict(X, predict_type="margin")
        assert np.abs(ours - theirs).max() < min(rounding(model), 1e-6)
        assert np.ptp(ours) > 1


def test_many_trees_differ_by_rounding_alone() -> None:
    model = fitted(300, 3, learning_rate=0.05)
    X, _ = table(seed=7)
    ours = translated(model).inplace_predict(X, predict_type="margin")
    assert np.abs(ours - added(model, X)).max() < 1e-5 < rounding(model)


def test_values_at_the_thresholds_go_the_same_way() -> None:
    """Every finite threshold as a float32, and its neighbours on both sides."""
    model = fitted(30)
    rows = []
    for nodes in trees_of(model):
        for node in nodes[(nodes["is_leaf"] == 0) & np.isfinite(nodes["num_threshold"])]:
            at = np.float32(node["num_threshold"])
            for value in (np.nextafter(at, np.float32(-9)), at, np.nextafter(at, np.float32(9))):
                row = np.zeros(COLUMNS, dtype=np.float32)
                row[node["feature_idx"]] = value
                rows.append(row)
    X = np.array(rows)
    ours = translated(model).inplace_predict(X, predict_type="margin")
    np.testing.assert_allclose(ours, added(model, X), atol=1e-6)
    assert len(X) > 300


@given(
    st.floats(-1e30, 1e30, allow_subnormal=False) | st.floats(-2, 2, allow_subnormal=False),
    st.floats(-1e30, 1e30, allow_subnormal=False),
)
@example(0.0, 0.0)
@example(-1e-40, 0.0)
@example(1e-40, 0.0)
@example(-float(np.finfo(np.float32).tiny), 0.0)
def test_least_single_above(threshold: float, value: float) -> None:
    """x < above(t) says of any normal float32 what x <= t does."""
    split, tiny = above(np.array([threshold]))[0], np.finfo(np.float32).tiny
    near = np.float32(threshold)
    around = [np.nextafter(near, np.float32(to)) for to in (-np.inf, np.inf)]
    for x in (np.float32(value), near, split, np.float32(0), tiny, -tiny, *around):
        if x == 0 or abs(x) >= tiny:
            assert (x < split) == (float(x) <= threshold)


def test_above_infinity_is_the_greatest() -> None:
    assert above(np.array([np.inf, 1e300])).tolist() == [np.finfo(np.float32).max] * 2


def test_split_on_missing_alone() -> None:
    """Whether a value is there is all that counts: its threshold is written as infinity."""
    X = np.zeros((400, COLUMNS), dtype=np.float32)
    X[::2, 1] = np.nan
    y = np.isnan(X[:, 1]).astype(float)
    model = HistGradientBoostingRegressor(max_iter=3, early_stopping=False).fit(X, y)
    assert any(np.isinf(nodes["num_threshold"]).any() for nodes in trees_of(model))
    X[0, 1] = 1e30
    np.testing.assert_allclose(
        translated(model).inplace_predict(X, predict_type="margin"), added(model, X), atol=1e-6
    )


def test_tree_without_a_split() -> None:
    X, _ = table(n=100)
    model = HistGradientBoostingRegressor(max_iter=2, early_stopping=False).fit(X, np.ones(100))
    assert all(len(nodes) == 1 for nodes in trees_of(model))
    assert translated(model).num_boosted_rounds() == 2
    np.testing.assert_allclose(
        translated(model).inplace_predict(X, predict_type="margin"), added(model, X), atol=1e-7
    )


def test_contributions_add_up_and_are_shapley_values() -> None:
    """Against the weighted mean over subsets of columns, worked out from the trees themselves."""
    model = fitted(5, 3)
    booster, X = translated(model), table(seed=3, n=200)[0]
    found = booster.predict(xgb.DMatrix(X), pred_contribs=True)
    margin = booster.inplace_predict(X, predict_type="margin")
    np.testing.assert_allclose(found.sum(axis=1), margin, atol=1e-5)
    trees = trees_of(model)
    for i in range(5):
        np.testing.assert_allclose(found[i, :-1], shapley(trees, X[i]), atol=1e-5)


def shapley(trees: list[Any], x: Singles) -> npt.NDArray[np.float64]:
    """Shapley values of path-dependent expectations, over all subsets of columns."""
    from itertools import combinations
    from math import factorial

    def expected(nodes: Any, known: tuple[int, ...], at: int = 0) -> float:
        node = nodes[at]
        if node["is_leaf"]:
            return float(node["value"])
        left, right, value = node["left"], node["right"], x[node["feature_idx"]]
        if node["feature_idx"] in known:
            goes = node["missing_go_to_left"] if np.isnan(value) else value <= node["num_threshold"]
            return expected(nodes, known, left if goes else right)
        share = nodes[left]["count"] / node["count"]
        return float(
            share * expected(nodes, known, left) + (1 - share) * expected(nodes, known, right)
        )

    def worth(known: tuple[int, ...]) -> float:
        return sum(expected(nodes, known) for nodes in trees)

    out = np.zeros(COLUMNS)
    for j in range(COLUMNS):
        others = [k for k in range(COLUMNS) if k != j]
        for size in range(COLUMNS):
            weight = factorial(size) * factorial(COLUMNS - size - 1) / factorial(COLUMNS)
            for known in combinations(others, size):
                out[j] += weight * (worth((*known, j)) - worth(known))
    return out


def test_what_is_written_is_accepted_when_a_bundle_is_loaded() -> None:
    booster = translated(fitted(5))
    loaded = load_booster(bytes(booster.save_raw("ubj")), COLUMNS)
    X, _ = table(seed=1)
    np.testing.assert_array_equal(loaded.inplace_predict(X), booster.inplace_predict(X))
    cut = booster[:2]
    assert cut.num_boosted_rounds() == 2


def test_categories_are_refused() -> None:
    X, y = table()
    X[:, 3] = np.nan_to_num(X[:, 3]) + 10
    settings = {"early_stopping": False, "max_iter": 3, "categorical_features": [3]}
    model = HistGradientBoostingClassifier(**settings).fit(X[:, [0, 1, 2, 3, 4]], y)
    with pytest.raises(ValueError, match="splits on categories"):
        translated(model)
