"""XGBoost from the base's margin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.learn.families import Grow
from resistml.learn.params import Params, TrainingData

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]


def xgboost(data: TrainingData, params: Params, threads: int) -> Grow:
    """Trees of ``params.depth``."""
    import xgboost as xgb

    inputs = data.matrix.astype(np.float32)
    matrix = xgb.QuantileDMatrix(inputs, label=data.y, nthread=threads or None)
    settings = _settings(data, params, threads)

    def grow(weight: Floats, start: Floats, seed: int) -> xgb.Booster:
        matrix.set_info(weight=weight, base_margin=start)
        return xgb.train({**settings, "seed": seed}, matrix, num_boost_round=params.rounds)

    return grow


def _settings(data: TrainingData, params: Params, threads: int) -> dict[str, Any]:
    settings = {
        "objective": "binary:logistic",
        "base_score": 0.5,
        "tree_method": "hist",
        "max_depth": params.depth,
        "eta": params.learning_rate,
        "min_child_weight": params.min_child_weight,
        "lambda": params.reg_lambda,
        "colsample_bytree": params.colsample,
        "monotone_constraints": tuple(int(s) for s in data.signed),
        "nthread": threads,
        "verbosity": 0,
    }
    groups = data.groups(params)
    # As text: of a list it wants the columns' names.
    return {**settings, "interaction_constraints": json.dumps(groups)} if groups else settings
