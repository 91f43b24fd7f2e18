"""The learner as a scikit-learn classifier."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from resistml.evidence import load_evidence
from resistml.learn.data import as_model
from resistml.learn.fit import Fitted, fit_bag
from resistml.learn.frame import is_profile_table, known_words, records_from
from resistml.learn.params import Params, TrainingData
from resistml.learn.train import fit_model
from resistml.predict.model import Features, Model, bag_margins, calibrate, sigmoid
from resistml.world.draft import draft_world

Floats = npt.NDArray[np.float64]


class ResistanceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A bag of models, XGBoost on an additive base by default, calibrated out of bag.

    Two kinds of ``X`` are taken. A pandas DataFrame with the columns ``setting`` and
    ``strategy`` is a table of profiles: its markers are engaged with what each strategy is
    exposed to, with the signs that the evidence gives, and one model answers for any (patient,
    strategy). Any other numeric table is taken as it is, without signs.

    Parameters
    ----------
    family : str
        A key of :data:`resistml.families.FAMILIES`.
    bag, base, penalty, interactions : int, bool, float, str
        See :class:`resistml.learn.params.Params`, as for those that follow. Of a plain table no
        mechanisms are known, so that any of its columns may meet in a tree.
    rounds, checks, depth : int
    learning_rate, min_child_weight, reg_lambda, colsample : float
    catalog : path, optional
        Folder with entries to add to the catalog; for tables of profiles.
    random_state : int, RandomState or None, default 0
        Seed of the bootstrap and of the boosters.
    n_jobs : int or None, default None
        Threads; None, 0 and -1 = all. The result does not depend on it.

    Attributes
    ----------
    classes_ : (2,) array
        For profiles, 0 = objective response and 1 = resistant.
    n_features_in_ : int
    feature_names_in_ : array of str
        Only after fitting on a table with names.
    model_ : Model
        Only after fitting on profiles: the model as it ranks and explains.

    Notes
    -----
    Missing values (NaN) are allowed. Rows of profiles are put in the order of ``patient_id``
    where there is one, so that theirs does not matter.
    """

    def __init__(
        self,
        *,
        family: str = "xgboost",
        bag: int = 10,
        base: bool = True,
        penalty: float = 1.0,
        interactions: str = "any",
        rounds: int = 300,
        checks: int = 6,
        depth: int = 2,
        learning_rate: float = 0.05,
        min_child_weight: float = 20.0,
        reg_lambda: float = 10.0,
        colsample: float = 0.7,
        catalog: str | Path | None = None,
        random_state: Any = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.family = family
        self.bag = bag
        self.base = base
        self.penalty = penalty
        self.interactions = interactions
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
            If ``y`` has other than two classes, a parameter is out of range, or ``X`` is
            neither a table of profiles nor numeric.
        TableError
            If a row of profiles names an unknown setting or strategy.
        """
        params = Params(**{f.name: getattr(self, f.name) for f in fields(Params)})
        if is_profile_table(X):
            validate_data(self, X, skip_check_array=True)
            codes = self._codes(np.asarray(y))
            if len(codes) != len(X):
                raise ValueError(f"X has {len(X)} rows, y has {len(codes)}")
            self._fit_profiles(X, codes, params)
        else:
            X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
            self._fit_array(X, self._codes(y), params)
        return self

    def predict_proba(self, X: Any) -> Floats:
        """(n, 2) calibrated probabilities, in the order of ``classes_``."""
        check_is_fitted(self)
        margin = bag_margins(self.members_, self._features(X)).mean(axis=1)
        p = sigmoid(calibrate(self.knots_, margin))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(n,) the likelier class."""
        likelier = (self.predict_proba(X)[:, 1] > 0.5).astype(int)
        return np.asarray(self.classes_[likelier])

    def _codes(self, y: npt.NDArray[Any]) -> Floats:
        """(n,) 0 and 1 for the two classes."""
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        found = len(self.classes_)
        if found != 2:
            said = f"{found} class" if found == 1 else f"{found} classes"
            raise ValueError(f"Only binary classification is supported: y holds {said}")
        return codes.astype(float)

    def _fit_profiles(self, X: Any, codes: Floats, params: Params) -> None:
        evidence = load_evidence(None if self.catalog is None else Path(self.catalog))
        draft = draft_world(evidence)
        known_words(X, {name: law.arms for name, law in draft.settings.items()})
        records, strategy = records_from(X, tuple(draft.markers))
        spec, fitted = fit_model(
            evidence, records, strategy, codes, params, seed=self._seed(), threads=self._threads()
        )
        self._keep(fitted)
        self.model_: Model = as_model(spec, fitted)

    def _fit_array(self, X: Floats, codes: Floats, params: Params) -> None:
        if hasattr(self, "model_"):  # of an earlier fit, on profiles
            del self.model_
        measured = np.maximum((~np.isnan(X)).sum(axis=0), 1)
        self.means_ = np.nan_to_num(X, nan=0.0).sum(axis=0) / measured
        data = TrainingData(
            matrix=X,
            centred=self._centred(X),
            arms=np.zeros(len(X), dtype=np.int64),
            y=codes,
            n_arms=1,
            signed=np.zeros(X.shape[1], dtype=bool),
        )
        self._keep(fit_bag(data, params, self._seed(), self._threads()))

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _threads(self) -> int:
        return max(self.n_jobs or 0, 0)

    def _centred(self, X: Floats) -> Floats:
        return np.asarray(np.nan_to_num(X - self.means_, nan=0.0))

    def _keep(self, fitted: Fitted) -> None:
        self.members_ = fitted.members
        self.knots_ = np.array(fitted.knots)

    def _features(self, X: Any) -> Features:
        if hasattr(self, "model_"):
            if not is_profile_table(X):
                raise ValueError("fitted on profiles: X needs the columns setting and strategy")
            spec = self.model_.spec
            known_words(X, {name: law.strategies for name, law in spec.settings.items()})
            records, strategy = records_from(X, tuple(spec.markers))
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
