"""Boosted trees, one model of all patients, as people fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.evaluate.peers.training import Fit, Singles, Table, Training
from resistml.features.matrix import Records, Words

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]

#: Share of patients held out to choose the number of trees.
HELD_OUT = 0.2
#: Rounds without gain after which boosting ends.
PATIENCE = 50
#: Most trees; where boosting ended before is what counts.
MOST = 4_000
#: XGBoost, one of the depths being chosen on the patients held out.
XGBOOST: dict[str, Any] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "eta": 0.05,
    "min_child_weight": 5,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}
DEPTHS = (2, 4)
#: HistGradientBoosting.
HIST: dict[str, Any] = {"learning_rate": 0.05, "max_leaf_nodes": 8}


def xgboost_on(table: Table) -> Fit:
    """XGBoost: rounds and depth by early stopping on held-out patients, then refitted on all."""

    def fit(training: Training) -> Predictor:
        x = table.make(training.spec, training.records, training.strategy)
        signs = table.signs(training.spec)
        more = {} if signs is None else {"monotone_constraints": signs}
        common = {**XGBOOST, **more, "seed": training.seed, "nthread": training.threads}
        booster = _refitted(x, training.y, common, training.seed)

        def predict(new: Records, arm: Words) -> Floats:
            return np.asarray(booster.inplace_predict(table.make(training.spec, new, arm)), float)

        return predict

    return fit


def _refitted(x: Singles, y: Floats, common: dict[str, Any], seed: int) -> xgb.Booster:
    import xgboost as xgb

    used, held = split(len(y), seed)
    threads = common["nthread"]
    first = xgb.DMatrix(x[used], y[used], nthread=threads)
    judge = xgb.DMatrix(x[held], y[held], nthread=threads)
    found = []
    for depth in DEPTHS:
        stopped = xgb.train(
            {**common, "max_depth": depth},
            first,
            MOST,
            evals=[(judge, "held_out")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        found.append((float(stopped.best_score), depth, stopped.best_iteration + 1))
    _, depth, rounds = min(found)
    whole = xgb.DMatrix(x, y, nthread=threads)
    return xgb.train({**common, "max_depth": depth}, whole, rounds)


def hist_on(table: Table) -> Fit:
    """scikit-learn's HistGradientBoosting: rounds by early stopping, then refitted on all."""

    def fit(training: Training) -> Predictor:
        from sklearn.ensemble import HistGradientBoostingClassifier

        x = table.make(training.spec, training.records, training.strategy)
        settings = {
            **HIST,
            "monotonic_cst": table.signs(training.spec),
            "random_state": training.seed,
        }
        stopped = HistGradientBoostingClassifier(
            **settings,
            max_iter=MOST,
            early_stopping=True,
            validation_fraction=HELD_OUT,
            n_iter_no_change=PATIENCE // 2,
        ).fit(x, training.y)
        rounds = max(stopped.n_iter_ - PATIENCE // 2, 1)
        fitted = HistGradientBoostingClassifier(
            **settings, max_iter=rounds, early_stopping=False
        ).fit(x, training.y)

        def predict(new: Records, arm: Words) -> Floats:
            return np.asarray(fitted.predict_proba(table.make(training.spec, new, arm))[:, 1])

        return predict

    return fit


def split(n: int, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows to fit on and rows held out, by lot."""
    rows = np.random.default_rng(seed).permutation(n)
    held = max(int(n * HELD_OUT), 1)
    return rows[held:], rows[:held]
