"""The T-learner: a model of its own for each setting and strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.evaluate.peers.training import RECORDED, Fit, Singles, Training
from resistml.features.matrix import Records, Words, arm_codes, model_matrix
from resistml.features.spec import FeatureSpec

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]

#: An arm gets a model of its own from so many patients, and so many of the rarer outcome.
LEAST, LEAST_OF_EACH = 50, 10
#: Rounds are chosen by cross-validation in so many folds.
FOLDS, MOST, PATIENCE = 5, 500, 25
SETTINGS: dict[str, Any] = {
    "objective": "binary:logistic",
    "eval_metric": "logloss",
    "tree_method": "hist",
    "eta": 0.05,
    "max_depth": 2,
    "min_child_weight": 5,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}


def t_learner(*, engaged: bool) -> Fit:
    """XGBoost for each arm; one with too few patients keeps its constant.

    Parameters
    ----------
    engaged : bool
        Whether an arm's model sees only what bears on its strategy, with the known signs, or
        all that is recorded.
    """

    def fit(training: Training) -> Predictor:
        spec, rate = training.spec, training.rates
        codes = arm_codes(spec, training.records.setting, training.strategy)
        models: dict[int, xgb.Booster] = {}
        for k in range(len(spec.arms)):
            rows = np.flatnonzero(codes == k)
            y = training.y[rows]
            if len(rows) < LEAST or min(y.sum(), len(y) - y.sum()) < LEAST_OF_EACH:
                continue
            x = _inputs(spec, k, training.records.take(rows), engaged)
            signs = _signs(spec, k) if engaged else None
            models[k] = _boosted(x, y, signs, training.seed, training.threads)

        def predict(new: Records, arm: Words) -> Floats:
            asked = arm_codes(spec, new.setting, arm)
            out = rate[asked]
            for k, booster in models.items():
                rows = np.flatnonzero(asked == k)
                if len(rows):
                    out[rows] = booster.inplace_predict(_inputs(spec, k, new.take(rows), engaged))
            return np.asarray(out)

        return predict

    return fit


def _inputs(spec: FeatureSpec, k: int, records: Records, engaged: bool) -> Singles:
    """Columns of the k-th arm's model, for patients of its setting."""
    setting, strategy = spec.arms[k]
    if not engaged:
        names = (*spec.settings[setting].panel, *RECORDED)
        return np.column_stack([records.column(name) for name in names]).astype(np.float32)
    same = np.full(len(records), strategy, dtype=object)
    matrix = model_matrix(spec, records, same)
    return matrix[:, _bearing(spec, k)].astype(np.float32)


def _bearing(spec: FeatureSpec, k: int) -> npt.NDArray[np.int64]:
    """Columns of the model matrix that bear on an arm; the clinical ones always do."""
    setting, strategy = spec.arms[k]
    exposure, panel = spec.strategies[strategy].exposure, spec.settings[setting].panel
    bears = [
        name not in spec.markers or (name in panel and exposure.get(name, 0.0) != 0.0)
        for name in spec.columns
    ]
    return np.flatnonzero(bears)


def _signs(spec: FeatureSpec, k: int) -> tuple[int, ...]:
    return tuple(int(spec.columns[j] in spec.markers) for j in _bearing(spec, k))


def _boosted(
    x: Singles, y: Floats, signs: tuple[int, ...] | None, seed: int, threads: int
) -> xgb.Booster:
    import xgboost as xgb

    data = xgb.DMatrix(x, y, nthread=threads)
    settings = {**SETTINGS, "seed": seed, "nthread": threads}
    if signs is not None:
        settings["monotone_constraints"] = signs
    path = xgb.cv(
        settings,
        data,
        MOST,
        nfold=FOLDS,
        stratified=True,
        early_stopping_rounds=PATIENCE,
        seed=seed,
        as_pandas=False,
    )
    return xgb.train(settings, data, np.size(path["test-logloss-mean"]))
