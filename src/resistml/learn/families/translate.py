"""Writes trees of scikit-learn's histogram boosting as an XGBoost model, split for split."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xgboost as xgb

#: The nodes of one tree, as scikit-learn holds them: a record each, the root first.
Nodes = npt.NDArray[Any]

#: What XGBoost writes as the parent of a root.
_NO_PARENT = 2_147_483_647


def booster_of(trees: list[Nodes], empty: xgb.Booster) -> xgb.Booster:
    """A booster that adds to a margin what the trees do, for inputs in float32.

    Parameters
    ----------
    trees : list of record arrays
        Nodes with ``feature_idx, num_threshold, missing_go_to_left, left, right, value, is_leaf,
        count``; no categories.
    empty : Booster
        Without trees, over the same columns.

    Notes
    -----
    scikit-learn goes left where x <= t, XGBoost where x < t; for float32 x the first is the
    second at the least float32 above t.
    """
    import xgboost as xgb

    document = json.loads(bytes(empty.save_raw("json")))
    columns = document["learner"]["learner_model_param"]["num_feature"]
    model = document["learner"]["gradient_booster"]["model"]
    model["gbtree_model_param"]["num_trees"] = str(len(trees))
    model["iteration_indptr"] = list(range(len(trees) + 1))
    model["tree_info"] = [0] * len(trees)
    model["trees"] = [_tree(i, nodes, columns) for i, nodes in enumerate(trees)]
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(json.dumps(document).encode()))
    return booster


def above(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The least float32 above each threshold, of those that are finite and normal.

    Numbers nearer to 0 than the least normal one are passed over: processors may be set to take
    them for 0. Of infinity it is the greatest that there is.
    """
    single = np.finfo(np.float32)
    with np.errstate(over="ignore", under="ignore"):
        nearest = thresholds.astype(np.float32)
        up = np.where(nearest > thresholds, nearest, np.nextafter(nearest, np.float32(np.inf)))
    up = np.where(np.abs(thresholds) < single.tiny, single.tiny * (thresholds >= 0), up)
    up = np.where(thresholds == -single.tiny, 0, up)
    return np.asarray(np.minimum(up, single.max), dtype=np.float32)


def _by_level(nodes: Nodes) -> list[int]:
    """The nodes level by level, siblings side by side, which XGBoost's TreeSHAP relies on."""
    order = [0]
    for node in order:  # it grows as it is read
        if not nodes["is_leaf"][node]:
            order += [int(nodes["left"][node]), int(nodes["right"][node])]
    return order


def _tree(index: int, nodes: Nodes, columns: str) -> dict[str, Any]:
    order = _by_level(nodes)
    n, nodes = len(nodes), nodes[order]
    leaf = nodes["is_leaf"].astype(bool)
    if nodes["is_categorical"][~leaf].any():
        raise ValueError("a tree splits on categories, which cannot be written")
    place = np.argsort(order)
    left, right = (
        np.where(leaf, -1, place[np.where(leaf, 0, nodes[side])]) for side in ("left", "right")
    )
    parents = np.full(n, _NO_PARENT)
    for children in (left, right):
        parents[children[~leaf]] = np.flatnonzero(~leaf)
    split = np.where(leaf, nodes["value"], above(np.where(leaf, 0.0, nodes["num_threshold"])))
    return {
        "base_weights": nodes["value"].tolist(),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": np.where(leaf, 0, nodes["missing_go_to_left"]).tolist(),
        "id": index,
        "left_children": left.tolist(),
        "loss_changes": np.where(leaf, 0.0, nodes["gain"]).tolist(),
        "parents": parents.tolist(),
        "right_children": right.tolist(),
        "split_conditions": split.tolist(),
        "split_indices": np.where(leaf, 0, nodes["feature_idx"]).tolist(),
        "split_type": [0] * n,
        # What TreeSHAP weighs nodes by; here each patient counts as one.
        "sum_hessian": nodes["count"].astype(float).tolist(),
        "tree_param": {
            "num_deleted": "0",
            "num_feature": columns,
            "num_nodes": str(n),
            "size_leaf_vector": "1",
        },
    }
