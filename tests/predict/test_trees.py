"""Shapley values of trees: equal to XGBoost's and to the definition, for columns and for groups."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt
import pytest
import xgboost as xgb

from resistml.predict.trees import Tree, product_game, read_trees, shapley_values

Floats = npt.NDArray[np.float64]
COLUMNS = 5


def grown(depth: int, seed: int = 0, rounds: int = 12) -> tuple[xgb.Booster, Floats]:
    """A booster over five columns with gaps, of which three act on each other."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(600, COLUMNS)).astype(np.float32)
    x[rng.random(x.shape) < 0.15] = np.nan
    z = np.nan_to_num(x)
    y = (z[:, 0] * z[:, 1] * (1 + z[:, 2]) + z[:, 3] + rng.normal(size=600) > 0).astype(float)
    settings = {"objective": "binary:logistic", "max_depth": depth, "eta": 0.3, "nthread": 1}
    return xgb.train(settings, xgb.DMatrix(x, label=y), rounds), x


def by_definition(tree: Tree, row: Floats, player: list[int], players: int) -> Floats:
    """Weighted over all coalitions; outside of one, a split's children count by their cover."""

    def worth(coalition: frozenset[int], node: int = 0) -> float:
        left, right = int(tree.left[node]), int(tree.right[node])
        if left < 0:
            return float(tree.threshold[node])
        column = int(tree.column[node])
        if player[column] in coalition:
            x = row[column]
            goes = bool(tree.missing_left[node]) if np.isnan(x) else x < tree.threshold[node]
            return worth(coalition, left if goes else right)
        # In single precision the children's covers do not quite add up to their parent's.
        return sum(
            float(tree.cover[x] / tree.cover[node]) * worth(coalition, x) for x in (left, right)
        )

    out = np.zeros(players)
    for g in range(players):
        others = [h for h in range(players) if h != g]
        for size in range(players):
            weight = factorial(size) * factorial(players - size - 1) / factorial(players)
            for some in combinations(others, size):
                out[g] += weight * (worth(frozenset((*some, g))) - worth(frozenset(some)))
    return out


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_columns_as_players_equal_pred_contribs(depth: int) -> None:
    booster, x = grown(depth)
    trees = read_trees(booster)
    assert max(tree.depth for tree in trees) == depth
    found = shapley_values(trees, x, np.arange(COLUMNS), COLUMNS)
    expected = booster.predict(xgb.DMatrix(x), pred_contribs=True)
    assert np.ptp(expected[:, 0]) > 0.1
    # XGBoost sums in single precision: 12 trees of values about 1.
    np.testing.assert_allclose(found, expected[:, :-1], atol=5e-6)


@pytest.mark.parametrize("player", [[0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [0, 1, 2, 3, 4]])
def test_groups_as_players_equal_the_definition(player: list[int]) -> None:
    booster, x = grown(4, seed=3, rounds=3)
    trees, players = read_trees(booster), max(player) + 1
    rows = x[:25]
    found = shapley_values(trees, rows, np.array(player), players)
    expected = [sum(by_definition(tree, row, player, players) for tree in trees) for row in rows]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_of_pairwise_trees_a_group_has_the_sum_of_its_members() -> None:
    """With depth 2 no three columns act on each other, so sum and own value are the same."""
    booster, x = grown(2, rounds=40)
    trees, player = read_trees(booster), np.array([0, 0, 0, 1, 1])
    own = shapley_values(trees, x, player, 2)
    each = shapley_values(trees, x, np.arange(COLUMNS), COLUMNS)
    sums = np.column_stack([each[:, player == g].sum(axis=1) for g in (0, 1)])
    assert np.ptp(own[:, 0]) > 0.5
    np.testing.assert_allclose(own, sums, atol=1e-9)


def test_of_deeper_trees_it_may_not() -> None:
    booster, x = grown(4, rounds=40)
    trees, player = read_trees(booster), np.array([0, 0, 1, 1, 2])
    own = shapley_values(trees, x, player, 3)
    each = shapley_values(trees, x, np.arange(COLUMNS), COLUMNS)
    sums = np.column_stack([each[:, player == g].sum(axis=1) for g in range(3)])
    np.testing.assert_allclose(own.sum(axis=1), sums.sum(axis=1), atol=1e-9)
    assert np.abs(own - sums).max() > 0.01


def test_values_add_up_to_the_margin_less_its_mean() -> None:
    booster, x = grown(3)
    found = shapley_values(read_trees(booster), x, np.arange(COLUMNS), COLUMNS)
    margin = booster.predict(xgb.DMatrix(x), output_margin=True)
    mean = booster.predict(xgb.DMatrix(x[:1]), pred_contribs=True)[0, -1]
    np.testing.assert_allclose(found.sum(axis=1) + mean, margin, atol=1e-5)


def test_a_tree_that_is_a_leaf_adds_nothing() -> None:
    x = np.zeros((10, 2), dtype=np.float32)
    settings = {"objective": "binary:logistic", "base_score": 0.5}
    booster = xgb.train(settings, xgb.DMatrix(x, label=[1.0] * 9 + [0.0]), 2)
    trees = read_trees(booster)
    assert [tree.depth for tree in trees] == [0, 0]
    assert (shapley_values(trees, x, np.arange(2), 2) == 0).all()


def test_no_rows_and_no_trees() -> None:
    booster, x = grown(2)
    assert shapley_values(read_trees(booster), x[:0], np.arange(COLUMNS), COLUMNS).shape == (0, 5)
    assert (shapley_values((), x, np.arange(COLUMNS), COLUMNS) == 0).all()


def test_a_rows_values_are_its_own() -> None:
    booster, x = grown(3)
    trees = read_trees(booster)
    whole = shapley_values(trees, x, np.arange(COLUMNS), COLUMNS)
    alone = [shapley_values(trees, x[i : i + 1], np.arange(COLUMNS), COLUMNS)[0] for i in range(9)]
    np.testing.assert_array_equal(whole[:9], alone)


def test_a_booster_is_read_once() -> None:
    booster, _ = grown(2)
    assert read_trees(booster) is read_trees(booster)


def test_product_of_two_by_hand() -> None:
    """v({}) = b c, v({1}) = c, v({2}) = b, v({1, 2}) = 1 where both go the leaf's way."""
    b, c = 0.3, 0.8
    table = product_game((b, c))
    assert table[0][3] == pytest.approx(((c - b * c) + (1 - b)) / 2)
    assert table[1][3] == pytest.approx(((b - b * c) + (1 - c)) / 2)
    assert table[:, 3].sum() == pytest.approx(1 - b * c)
    # The first does not go its way: a coalition with him is worth nothing.
    assert table[0][2] == pytest.approx((-b * c - b) / 2)
    assert table[:, 0].sum() == pytest.approx(-b * c)
