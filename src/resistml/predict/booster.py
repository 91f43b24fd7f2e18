"""Loads a booster, after its trees have been found to be trees.

XGBoost trusts what it loads: cut short, it may end the whole process; with a node that points
out of its tree, it may read what is not its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from resistml.predict.ubj import parse_ubj

if TYPE_CHECKING:
    import xgboost as xgb

#: Objective of the risk model's boosters.
BINARY = "binary:logistic"
#: Arrays of a tree, a value per node.
_PER_NODE = (
    "base_weights",
    "default_left",
    "left_children",
    "loss_changes",
    "parents",
    "right_children",
    "split_conditions",
    "split_indices",
    "split_type",
    "sum_hessian",
)


def load_booster(content: bytes, columns: int, objective: str = BINARY) -> xgb.Booster:
    """A booster of trees over so many columns, from the bytes of a UBJ file.

    Parameters
    ----------
    objective : str
        What it must have been trained for, in XGBoost's words.

    Raises
    ------
    ValueError
        If it is not that.
    """
    import xgboost as xgb

    try:
        _check(parse_ubj(content)["learner"], columns, objective)
    except (AttributeError, IndexError, KeyError, TypeError) as exc:
        raise ValueError(f"a booster is not as XGBoost saves it: {exc!r}") from None
    booster = xgb.Booster()
    try:
        booster.load_model(bytearray(content))
    except xgb.core.XGBoostError as exc:
        raise ValueError(str(exc).splitlines()[0]) from None
    return booster


def _check(learner: dict[str, Any], columns: int, objective: str) -> None:
    parameters, booster = learner["learner_model_param"], learner["gradient_booster"]
    _equal("booster", booster["name"], "gbtree")
    _equal("objective", learner["objective"]["name"], objective)
    _equal("columns", int(parameters["num_feature"]), columns)
    _equal("classes", int(parameters["num_class"]), 0)
    _equal("targets", int(parameters["num_target"]), 1)
    model = booster["model"]
    trees = model["trees"]
    _equal("trees", int(model["gbtree_model_param"]["num_trees"]), len(trees))
    _equal("groups", list(model["tree_info"]), [0] * len(trees))
    _equal("rounds", list(model["iteration_indptr"]), list(range(len(trees) + 1)))
    for index, tree in enumerate(trees):
        _equal("tree", int(tree["id"]), index)
        _check_tree(tree, columns)


def _check_tree(tree: dict[str, Any], columns: int) -> None:
    """Raise ValueError unless every node but the root is the child of one node before it."""
    n = int(tree["tree_param"]["num_nodes"])
    _equal("columns of a tree", int(tree["tree_param"]["num_feature"]), columns)
    _equal("values of a leaf", int(tree["tree_param"]["size_leaf_vector"]), 1)
    nodes = {name: np.asarray(tree[name]) for name in _PER_NODE}
    for name, values in nodes.items():
        _equal(f"{name} of a tree", values.shape, (n,))
    left, right = nodes["left_children"].astype(int), nodes["right_children"].astype(int)
    splits = np.flatnonzero(left != -1)
    children = np.concatenate([left[splits], right[splits]])
    before = np.tile(splits, 2)
    whole = np.array_equal(np.sort(children), np.arange(1, n)) and (children > before).all()
    if n < 1 or not whole or (right[left == -1] != -1).any():
        raise ValueError("a booster's tree is no tree")
    if not np.array_equal(nodes["parents"].astype(int)[children], before):
        raise ValueError("a booster's tree names other parents than its children do")
    if not np.array_equal(right[splits], left[splits] + 1):  # XGBoost goes right by adding 1
        raise ValueError("a booster's tree does not number a right child after its left one")
    for name in ("categories", "categories_nodes", "categories_segments", "categories_sizes"):
        _equal(name, len(tree[name]), 0)
    index = nodes["split_indices"].astype(int)
    if (index < 0).any() or (index >= columns).any() or nodes["split_type"].any():
        raise ValueError("a booster's tree splits on a column that is not there")
    if not all(np.isfinite(nodes[name]).all() for name in ("split_conditions", "base_weights")):
        raise ValueError("a booster's tree holds a number that is none")


def _equal(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise ValueError(f"a booster's {what}: {found!r}, not {wanted!r}")
