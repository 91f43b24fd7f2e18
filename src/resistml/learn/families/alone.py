"""The base alone, and no trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.learn.families import Grow
from resistml.learn.params import Params, TrainingData

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]


def alone(data: TrainingData, params: Params, threads: int) -> Grow:
    """Grows nothing."""
    nothing = no_trees(data.matrix.shape[1])

    def grow(weight: Floats, start: Floats, seed: int) -> xgb.Booster:
        return nothing

    return grow


def no_trees(columns: int) -> xgb.Booster:
    """A booster over so many columns that adds 0 to every margin."""
    import xgboost as xgb

    matrix = xgb.DMatrix(np.zeros((2, columns)), label=[0.0, 1.0], nthread=1)
    settings = {"objective": "binary:logistic", "base_score": 0.5, "nthread": 1}
    return xgb.train(settings, matrix, num_boost_round=0)
