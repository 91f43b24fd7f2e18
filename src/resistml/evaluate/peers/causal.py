"""EconML's doubly robust learners: what a strategy adds, estimated in each setting apart.

They give differences between a patient's strategies, and no probability: so they are judged by
their ranking alone. EconML is the extra ``peers``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.evaluate.peers.training import RECORDED, Fit, Training
from resistml.features.matrix import Records, Words, arm_codes
from resistml.features.spec import FeatureSpec

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
#: Makes an EconML estimator from a seed and a number of threads.
Maker = Callable[[int, int], Any]

#: An arm is compared from so many patients, and so many of the rarer outcome.
LEAST, LEAST_OF_EACH = 30, 5
#: Propensities are kept above this; cross-fitting takes so many folds.
LEAST_PROPENSITY, FOLDS = 0.02, 3
#: Trees of the forest, and patients in each of their leaves.
TREES, LEAF = 300, 20
#: Ridge penalties, of which cross-validation chooses, of the final stage.
PENALTIES = tuple(float(10**k) for k in np.linspace(0, 4, 9))


def dr_learner() -> Fit:
    """DRLearner with logistic nuisances and a ridge regression for the effects."""

    def make(seed: int, threads: int) -> Any:
        from econml.dr import DRLearner
        from sklearn.linear_model import RidgeCV

        return DRLearner(model_final=RidgeCV(PENALTIES), **_nuisances(seed))

    return _per_setting(make)


def dr_forest() -> Fit:
    """ForestDRLearner with logistic nuisances."""

    def make(seed: int, threads: int) -> Any:
        from econml.dr import ForestDRLearner

        return ForestDRLearner(
            n_estimators=TREES, min_samples_leaf=LEAF, n_jobs=threads or -1, **_nuisances(seed)
        )

    return _per_setting(make)


def _nuisances(seed: int) -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegression

    return {
        "model_propensity": LogisticRegression(C=0.1, max_iter=1_000),
        "model_regression": LogisticRegression(C=0.1, max_iter=1_000),
        "discrete_outcome": True,
        "min_propensity": LEAST_PROPENSITY,
        "cv": FOLDS,
        "random_state": seed,
    }


def _per_setting(make: Maker) -> Fit:
    def fit(training: Training) -> Predictor:
        spec, rate = training.spec, training.rates
        models = {s: _fitted(training, s, make) for s in spec.settings}

        def predict(new: Records, arm: Words) -> Floats:
            """A score: its differences within a patient are effects on p(resistance)."""
            out = rate[arm_codes(spec, new.setting, arm)]
            for setting, model in models.items():
                if model is None:
                    continue
                base = rate[spec.arms.index((setting, model.arms[0]))]
                for k, name in enumerate(model.arms):
                    rows = np.flatnonzero((new.setting == setting) & (arm == name))
                    if len(rows):
                        out[rows] = base + model.effect(spec, new.take(rows), k)
            return np.asarray(out)

        return predict

    return fit


@dataclass(frozen=True)
class _Effects:
    """The model of a setting: effects against the first of ``arms``."""

    setting: str
    arms: tuple[str, ...]
    prepared: Any
    estimator: Any

    def effect(self, spec: FeatureSpec, records: Records, k: int) -> Floats:
        """(n,) what the k-th arm adds to p(resistance)."""
        if k == 0:
            return np.zeros(len(records))
        x = self.prepared.transform(_recorded(spec, self.setting, records))
        return np.asarray(self.estimator.effect(x, T0=0, T1=k)).ravel()


def _fitted(training: Training, setting: str, make: Maker) -> _Effects | None:
    """The model of a setting, or None where there are not two arms to compare."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    spec = training.spec
    rows = np.flatnonzero(training.records.setting == setting)
    arms = _compared(spec.settings[setting].strategies, training.strategy[rows], training.y[rows])
    if len(arms) < 2:
        return None
    rows = rows[np.isin(training.strategy[rows].astype(str), arms)]
    prepared = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    x = prepared.fit_transform(_recorded(spec, setting, training.records.take(rows)))
    given = np.array([arms.index(name) for name in training.strategy[rows]])
    estimator = make(training.seed, training.threads)
    with warnings.catch_warnings():  # EconML hands its outcomes to scikit-learn as a column
        warnings.filterwarnings("ignore", message="A column-vector y was passed")
        estimator.fit(training.y[rows].astype(int), given, X=x)
    return _Effects(setting, arms, prepared, estimator)


def _compared(strategies: tuple[str, ...], given: Words, y: Floats) -> tuple[str, ...]:
    """Arms with patients enough, the most usual one first."""
    counts: dict[str, int] = {}
    for name in strategies:
        mine = y[given == name]
        if len(mine) >= LEAST and min(mine.sum(), len(mine) - mine.sum()) >= LEAST_OF_EACH:
            counts[name] = len(mine)
    return tuple(sorted(counts, key=lambda name: -counts[name]))


def _recorded(spec: FeatureSpec, setting: str, records: Records) -> Floats:
    names = (*spec.settings[setting].panel, *RECORDED)
    return np.column_stack([records.column(name) for name in names])
