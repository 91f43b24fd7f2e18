"""The learner as a scikit-learn classifier."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from resistml.evidence import load_evidence
from resistml.features.build import build_spec
from resistml.features.matrix import Records, Words
from resistml.learn.data import as_model, members, training_data
from resistml.learn.fit import Fitted, Params, TrainingData, fit_bag
from resistml.predict.model import Features, Model, bag_margins, calibrate, sigmoid
from resistml.world.draft import draft_world

Floats = npt.NDArray[np.float64]


class ResistanceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Bagged XGBoost on an additive base, calibrated out of bag.

    Two kinds of ``X`` are taken. A pandas DataFrame with the columns ``setting`` and
    ``strategy`` is a table of profiles: its markers are engaged with what each strategy is
    exposed to, with the signs that the evidence gives, and one model answers for any (patient,
    strategy). Any other numeric table is taken as it is, without signs.

    Parameters
    ----------
    bag, base, penalty, rounds, checks, depth, learning_rate, min_child_weight, reg_lambda, colsample
        See :class:`resistml.learn.fit.Params`.
    catalog : path, optional
        Folder with entries to add to the catalog; for tables of profiles.
    random_state : int, default 0
        Seed of the bootstrap and of the boosters.
    n_jobs : int, default 0
        Threads; 0 = all.

    Attributes
    ----------
    classes_ : (2,) array
        For profiles, 0 = objective response and 1 = resistant.
    n_features_in_ : int
    model_ : Model
        Only after fitting on profiles: the model as it ranks and explains.

    Notes
    -----
    Missing values (NaN) are allowed.
    """

    def __init__(
        self,
        *,
        bag: int = 10,
        base: bool = True,
        penalty: float = 2.0,
        rounds: int = 300,
        checks: int = 6,
        depth: int = 2,
        learning_rate: float = 0.05,
        min_child_weight: float = 20.0,
        reg_lambda: float = 10.0,
        colsample: float = 0.7,
        catalog: str | Path | None = None,
        random_state: int = 0,
        n_jobs: int = 0,
    ) -> None:
        self.bag = bag
        self.base = base
        self.penalty = penalty
        self.rounds = rounds
        self.checks = checks
        self.depth = depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.reg_lambda = reg_lambda
        self.colsample = colsample
        self.catalog = catalog
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> ResistanceClassifier:
        """Fit on n rows; ``y`` has two classes, of which the greater one is predicted.

        Raises
        ------
        ValueError
            If ``y`` has other than two classes, or ``X`` is not what the class says.
        """
        profiles = is_profile_table(X)
        if profiles:
            self.n_features_in_ = X.shape[1]
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
            target = np.asarray(y)
        else:
            X, target = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        check_classification_targets(target)
        self.classes_, codes = np.unique(target, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(
                f"Only binary classification is supported: y holds {len(self.classes_)} "
                f"class{'' if len(self.classes_) == 1 else 'es'}"
            )
        params = Params(**{f.name: getattr(self, f.name) for f in fields(Params)})
        data = self._profile_data(X, codes) if profiles else self._array_data(X, codes)
        fitted = fit_bag(data, params, self.random_state, self.n_jobs)
        self._keep(fitted, profiles)
        return self

    def predict_proba(self, X: Any) -> Floats:
        """(n, 2) calibrated probabilities, in the order of ``classes_``."""
        check_is_fitted(self)
        features = self._features(X)
        margin = bag_margins(self.members_, features).mean(axis=1)
        p = sigmoid(calibrate(self.knots_, margin))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(n,) the likelier class."""
        return np.asarray(self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)])

    def _profile_data(self, X: Any, codes: npt.NDArray[np.int64]) -> TrainingData:
        evidence = load_evidence(None if self.catalog is None else Path(self.catalog))
        draft = draft_world(evidence)
        records, strategy = records_from(X, tuple(draft.markers))
        order = np.argsort(records.patient_id.astype(str), kind="stable")
        self._spec = build_spec(evidence, draft, records.take(order))
        y = codes[order].astype(float)
        return training_data(self._spec, records.take(order), strategy[order], y)

    def _array_data(self, X: Floats, codes: npt.NDArray[np.int64]) -> TrainingData:
        with np.errstate(invalid="ignore"):
            self.means_ = np.nan_to_num(np.nanmean(X, axis=0)) if len(X) else X[:0]
        return TrainingData(
            matrix=X,
            centred=self._centred(X),
            arms=np.zeros(len(X), dtype=np.int64),
            y=codes.astype(float),
            n_arms=1,
            signed=np.zeros(X.shape[1], dtype=bool),
        )

    def _centred(self, X: Floats) -> Floats:
        return np.asarray(np.nan_to_num(X - self.means_, nan=0.0))

    def _keep(self, fitted: Fitted, profiles: bool) -> None:
        self.members_ = members(fitted)
        self.knots_ = np.array(fitted.knots)
        if profiles:
            self.model_: Model = as_model(self._spec, fitted)

    def _features(self, X: Any) -> Features:
        if hasattr(self, "model_"):
            if not is_profile_table(X):
                raise ValueError("fitted on profiles: X needs the columns setting and strategy")
            records, strategy = records_from(X, tuple(self.model_.spec.markers))
            return self.model_.features(records, strategy)
        X = validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")
        zeros = np.zeros(len(X), dtype=np.int64)
        return Features(X.astype(np.float32), self._centred(X), zeros)

    def __sklearn_tags__(self) -> Any:
        """Two classes, missing values allowed."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def is_profile_table(X: Any) -> bool:
    """Whether ``X`` is a DataFrame of profiles."""
    columns = getattr(X, "columns", None)
    return columns is not None and {"setting", "strategy"} <= {str(c) for c in columns}


def records_from(X: Any, markers: tuple[str, ...]) -> tuple[Records, Words]:
    """Records and strategies of a DataFrame of profiles; row numbers serve where ids lack."""
    ids = X["patient_id"] if "patient_id" in X.columns else [f"{i:012d}" for i in range(len(X))]
    columns = {
        name: np.asarray(X[name], dtype=float)
        for name in (*markers, "age", "ecog")
        if name in X.columns
    }
    if "sex" in X.columns:
        sex = np.asarray(X["sex"], dtype=object)
        known = {"female": 1.0, "male": 0.0}
        columns["sex"] = np.array([known.get(value, np.nan) for value in sex])
    records = Records(
        np.asarray(ids, dtype=object), np.asarray(X["setting"], dtype=object), columns
    )
    return records, np.asarray(X["strategy"], dtype=object)
