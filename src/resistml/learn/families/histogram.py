"""scikit-learn's histogram boosting from the base's margin, kept as XGBoost trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from resistml.learn.families import Grow
from resistml.learn.families.alone import no_trees
from resistml.learn.families.translate import Nodes, booster_of
from resistml.learn.params import Params, TrainingData

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]


def histogram(data: TrainingData, params: Params, threads: int) -> Grow:
    """Trees of ``HistGradientBoostingRegressor`` under the loss of the classifier.

    Notes
    -----
    One thread is used whatever is asked for: its sums over patients follow the number of
    threads. A leaf's curvature is at most a quarter per patient, so ``min_child_weight`` becomes
    four times as many patients; ``colsample`` is the share of columns that each split sees.
    """
    inputs = data.matrix.astype(np.float32)
    empty = no_trees(inputs.shape[1])

    def grow(weight: Floats, start: Floats, seed: int) -> xgb.Booster:
        rows = np.repeat(np.arange(len(weight)), weight.astype(np.int64))
        fitted = fit_from(start[rows], inputs[rows], data.y[rows], _settings(data, params, seed))
        return booster_of(trees_of(fitted), empty)

    return grow


def fit_from(start: Floats, inputs: npt.NDArray[Any], y: Floats, settings: dict[str, Any]) -> Any:
    """A fitted ``HistGradientBoostingRegressor`` whose trees add to the margins ``start``.

    It is the regressor and not the classifier, which would take a single class for 0; the trees
    are the same.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    with threadpool_limits(limits=1, user_api="openmp"):
        model = HistGradientBoostingRegressor(
            loss=_loss_from(start), early_stopping=False, categorical_features=None, **settings
        )
        # A column without a value would stop it; without two it is never split on.
        return model.fit(np.where(np.isnan(inputs).all(axis=0), 0, inputs), y)


def trees_of(fitted: Any) -> list[Nodes]:
    """The nodes of each tree, in rounds' order."""
    return [predictors[0].nodes for predictors in fitted._predictors]


def _loss_from(start: Floats) -> Any:
    """The log-loss of margins that begin at ``start`` (n,), which the library knows not to do."""
    from sklearn._loss.loss import HalfBinomialLoss

    class FromMargin(HalfBinomialLoss):  # type: ignore[misc]
        def fit_intercept_only(self, y_true: Floats, sample_weight: Any = None) -> Floats:
            return np.zeros(1)

        def gradient_hessian(
            self, y_true: Floats, raw_prediction: Floats, **options: Any
        ) -> tuple[Floats, Floats]:
            margin = start + raw_prediction.ravel()
            found: tuple[Floats, Floats] = super().gradient_hessian(y_true, margin, **options)
            return found

    return FromMargin()


def _settings(data: TrainingData, params: Params, seed: int) -> dict[str, Any]:
    return {
        "learning_rate": params.learning_rate,
        "max_iter": params.rounds,
        "max_depth": params.depth,
        "max_leaf_nodes": 2**params.depth,
        "min_samples_leaf": max(1, round(4 * params.min_child_weight)),
        "l2_regularization": params.reg_lambda,
        "max_features": params.colsample,
        "monotonic_cst": data.signed.astype(int),
        "interaction_cst": [set(group) for group in data.groups(params)] or None,
        "random_state": seed,
    }
