"""Exact Shapley values of trees, for single columns or for groups of them as the players.

What is not known to a coalition is averaged over, as TreeSHAP does: at a split on a column outside
of it both ways are taken, in the shares of the training patients who went each. A leaf then adds

    value * product over the players on its path of (a_g inside the coalition, b_g outside)

with a_g = 1 where the row goes the leaf's way at all splits of player g, else 0, and b_g the share
of patients who do. The Shapley values of such a product have a closed form.

References
----------
S. M. Lundberg et al., "From local explanations to global understanding with explainable AI for
trees", Nature Machine Intelligence 2 (2020); for single columns it is XGBoost's ``pred_contribs``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import factorial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from resistml.predict.ubj import parse_ubj

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tree:
    """One tree, a value per node; the root is node 0.

    Attributes
    ----------
    left, right : (nodes,) arrays of int
        Children; -1 at a leaf.
    column : (nodes,) array of int
    threshold : (nodes,) array of float32
        Below it a row goes left; of a leaf, its value in log-odds.
    missing_left : (nodes,) array of bool
        Where a row goes that has no value.
    cover : (nodes,) array
        Weight of the training patients who came by.
    """

    left: Ints
    right: Ints
    column: Ints
    threshold: npt.NDArray[np.float32]
    missing_left: Bools
    cover: Floats

    @cached_property
    def depth(self) -> int:
        """Splits on the longest path."""
        deep = np.zeros(len(self.left), dtype=np.int64)
        for node in range(len(self.left)):  # children come after their parents
            if self.left[node] >= 0:
                deep[[self.left[node], self.right[node]]] = deep[node] + 1
        return int(deep.max())

    def paths(self) -> Iterator[tuple[int, list[tuple[int, bool]]]]:
        """Each leaf, with the splits on its way and whether it goes left at each."""
        waiting: list[tuple[int, list[tuple[int, bool]]]] = [(0, [])]
        while waiting:
            node, way = waiting.pop()
            if self.left[node] < 0:
                yield node, way
                continue
            waiting.append((int(self.left[node]), [*way, (node, True)]))
            waiting.append((int(self.right[node]), [*way, (node, False)]))

    def goes_left(self, matrix: npt.NDArray[np.float32]) -> Bools:
        """(nodes, n) whether each row would go left at each split."""
        x = matrix[:, self.column].T
        return np.where(np.isnan(x), self.missing_left[:, None], x < self.threshold[:, None])


#: Trees by booster, since reading them takes as long as asking them about a thousand rows.
_READ: WeakKeyDictionary[Any, tuple[Tree, ...]] = WeakKeyDictionary()


def read_trees(booster: xgb.Booster) -> tuple[Tree, ...]:
    """The trees of a booster, which must not be trained further."""
    if booster not in _READ:
        _READ[booster] = tuple(_trees(booster))
    return _READ[booster]


def _trees(booster: xgb.Booster) -> Iterator[Tree]:
    model = parse_ubj(bytes(booster.save_raw("ubj")))["learner"]["gradient_booster"]["model"]
    for raw in model["trees"]:
        yield Tree(
            left=np.asarray(raw["left_children"], dtype=np.int64),
            right=np.asarray(raw["right_children"], dtype=np.int64),
            column=np.asarray(raw["split_indices"], dtype=np.int64),
            threshold=np.asarray(raw["split_conditions"], dtype=np.float32),
            missing_left=np.asarray(raw["default_left"], dtype=bool),
            cover=np.asarray(raw["sum_hessian"], dtype=float),
        )


def shapley_values(
    trees: Sequence[Tree],
    matrix: npt.NDArray[np.float32],
    player: Ints,
    players: int,
) -> Floats:
    """(n, players) Shapley values of the trees' sum, against the training patients' mean.

    Parameters
    ----------
    matrix : (n, columns) array
        With NaN where unmeasured.
    player : (columns,) array of int
        The player that each column belongs to, in [0, players).

    Notes
    -----
    Takes time in proportion to rows, leaves and the players on a path.
    """
    out = np.zeros((players, len(matrix)))
    for tree in trees:
        left = tree.goes_left(matrix)
        for leaf, way in tree.paths():
            if way:
                _add_leaf(out, tree, left, leaf, way, player)
    return np.ascontiguousarray(out.T)


def _add_leaf(
    out: Floats,
    tree: Tree,
    left: Bools,
    leaf: int,
    way: list[tuple[int, bool]],
    player: Ints,
) -> None:
    """Add to (players, n) what the players on a leaf's path have of its value."""
    follows: dict[int, Bools] = {}
    share: dict[int, float] = {}
    for node, goes in way:
        mine = int(player[tree.column[node]])
        along = left[node] if goes else ~left[node]
        child = tree.left[node] if goes else tree.right[node]
        follows[mine] = follows[mine] & along if mine in follows else along
        share[mine] = share.get(mine, 1.0) * float(tree.cover[child] / tree.cover[node])
    names, value = list(share), float(tree.threshold[leaf])
    outside = np.array([share[name] for name in names])
    code = np.zeros(out.shape[1], dtype=np.int64)
    for k, name in enumerate(names):
        code |= follows[name].astype(np.int64) << k
    table = value * product_game(tuple(outside.tolist()))
    for k, name in enumerate(names):
        out[name] += table[k][code]


@lru_cache(maxsize=4_096)
def product_game(outside: tuple[float, ...]) -> Floats:
    """(k, 2^k) Shapley values of the game whose worth is a product over its k players.

    Parameters
    ----------
    outside : tuple of float
        The factor b_g of each player who is not in the coalition.

    Returns
    -------
    array
        For each player, at place c: where the factor a_g of a player in the coalition is the
        g-th bit of c.
    """
    k = len(outside)
    bits = ((np.arange(2**k) >> np.arange(k)[:, None]) & 1).astype(float)
    weights = [factorial(s) * factorial(k - s - 1) / factorial(k) for s in range(k)]
    out = np.empty((k, 2**k))
    for g in range(k):
        by_size = np.zeros((k, 2**k))  # sums over coalitions of the others, by their size
        by_size[0] = 1.0
        for other in range(k):
            if other != g:
                by_size[1:] = outside[other] * by_size[1:] + bits[other] * by_size[:-1]
                by_size[0] *= outside[other]
        out[g] = (bits[g] - outside[g]) * np.tensordot(weights, by_size, axes=1)
    return out
