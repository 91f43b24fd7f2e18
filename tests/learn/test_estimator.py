"""The learner among scikit-learn's: its contract, and what it does with profiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import resistml
from resistml.errors import TableError
from resistml.families import FAMILIES
from resistml.learn.estimator import ResistanceClassifier
from resistml.predict.rank import rank
from resistml.predict.score import score
from tests.patients import Patients

Floats = npt.NDArray[np.float64]
QUICK: dict[str, Any] = {"bag": 2, "rounds": 4, "checks": 2, "n_jobs": 1}


OTHERS = [name for name in FAMILIES if name != "xgboost"]


def expected_failed_checks(estimator: object) -> dict[str, str]:
    """Checks of scikit-learn's that must fail, each with the reason. There are none."""
    return {}


@parametrize_with_checks(
    [ResistanceClassifier(**QUICK)], expected_failed_checks=expected_failed_checks
)
def test_scikit_learn_contract(estimator: ResistanceClassifier, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [ResistanceClassifier(family=name, **QUICK) for name in OTHERS],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn_contract_of_other_families(
    estimator: ResistanceClassifier, check: Any
) -> None:
    check(estimator)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_a_plain_table(family: str) -> None:
    X, y = arrays()
    X[::9, 2] = np.nan
    found = ResistanceClassifier(family=family, **QUICK).fit(X, y)
    assert ((found.predict(X) == y).mean()) > 0.75
    assert found.predict_proba(np.full((1, 3), np.nan)).shape == (1, 2)


def test_unknown_family_is_said_when_fitting() -> None:
    with pytest.raises(ValueError, match="family is 'forest'; allowed: xgboost"):
        ResistanceClassifier(family="forest").fit(*arrays(n=40))


def arrays(seed: int = 0, n: int = 600) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    y = (rng.random(n) < expit(2 * X[:, 0] - X[:, 1])).astype(float)
    return X, y


@pytest.fixture(scope="module")
def table(patients: Patients) -> pd.DataFrame:
    """Profiles of the drawn patients, as a user would hold them."""
    kept = {
        name: values
        for name, values in patients.columns.items()
        if name not in ("response", "resistant") and not name.endswith(("_months", "_event"))
    }
    return pd.DataFrame(kept)


@pytest.fixture(scope="module")
def fitted(table: pd.DataFrame, patients: Patients) -> ResistanceClassifier:
    return ResistanceClassifier(**QUICK).fit(table, patients.y)


def test_public_name() -> None:
    assert resistml.ResistanceClassifier is ResistanceClassifier


def test_parameters_go_round() -> None:
    chosen = {"bag": 3, "depth": 4, "learning_rate": 0.3, "random_state": 7, "base": False}
    estimator = ResistanceClassifier(**chosen)
    copy = clone(estimator)
    assert copy is not estimator
    assert copy.get_params() == estimator.get_params()
    assert {k: copy.get_params()[k] for k in chosen} == chosen
    assert estimator.set_params(depth=2).depth == 2


def test_defaults_are_those_of_the_learner() -> None:
    from dataclasses import asdict

    from resistml.learn.fit import Params

    mine = ResistanceClassifier().get_params()
    assert {name: mine[name] for name in asdict(Params())} == asdict(Params())


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.zeros(30), "y holds 1 class$"),
        (np.arange(30) % 3, "y holds 3 classes$"),
        (np.linspace(0, 1, 30), "Unknown label type"),
    ],
)
def test_other_than_two_classes(y: Floats, said: str) -> None:
    X = arrays(n=30)[0]
    with pytest.raises(ValueError, match=said):
        ResistanceClassifier(**QUICK).fit(X, y)


def test_classes_may_have_names() -> None:
    X, y = arrays()
    words = np.where(y == 1, "resistant", "a response")
    found = ResistanceClassifier(**QUICK).fit(X, words)
    assert found.classes_.tolist() == ["a response", "resistant"]
    p = found.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert set(found.predict(X)) == {"a response", "resistant"}
    same = ResistanceClassifier(**QUICK).fit(X, y)
    np.testing.assert_array_equal(same.predict_proba(X), p)


def test_learns_and_allows_missing_values() -> None:
    X, y = arrays(n=3_000)
    X[np.random.default_rng(1).random(X.shape) < 0.1] = np.nan
    X = np.column_stack([X, np.full(len(X), np.nan)])
    p = ResistanceClassifier(**QUICK).fit(X[:2_000], y[:2_000]).predict_proba(X[2_000:])[:, 1]
    assert np.isfinite(p).all()
    from sklearn.metrics import roc_auc_score

    # The truth's own AUC, nothing missing, is near 0.91; the standard error here is 0.01.
    assert roc_auc_score(y[2_000:], p) > 0.83


def test_infinite_values_are_refused() -> None:
    X, y = arrays()
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        ResistanceClassifier(**QUICK).fit(X, y)


@pytest.mark.parametrize(("name", "value"), [("bag", 1), ("rounds", 0), ("penalty", -1.0)])
def test_parameters_out_of_range_are_said_when_fitting(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}; allowed"):
        ResistanceClassifier(**{**QUICK, name: value}).fit(*arrays(n=40))


def test_not_fitted() -> None:
    with pytest.raises(NotFittedError):
        ResistanceClassifier().predict(np.zeros((2, 3)))


def test_pipeline_and_cross_validation() -> None:
    X, y = arrays()
    scores = cross_val_score(
        make_pipeline(StandardScaler(), ResistanceClassifier(**QUICK)),
        X,
        y,
        cv=3,
        scoring="roc_auc",
    )
    assert (scores > 0.8).all()


def test_grid_search() -> None:
    search = GridSearchCV(ResistanceClassifier(**QUICK), {"depth": [1, 3]}, cv=2)
    assert search.fit(*arrays()).best_params_["depth"] in (1, 3)


@pytest.mark.parametrize("state", [3, np.int64(3), np.random.RandomState(3), None])
def test_kinds_of_random_state(state: object) -> None:
    X, y = arrays(n=100)
    found = ResistanceClassifier(**{**QUICK, "random_state": state}).fit(X, y)
    assert found.predict_proba(X).shape == (100, 2)


def test_threads_and_jobs_change_nothing() -> None:
    X, y = arrays(n=300)
    one, all_ = (
        ResistanceClassifier(**{**QUICK, "n_jobs": jobs}).fit(X, y).predict_proba(X)
        for jobs in (1, -1)
    )
    np.testing.assert_array_equal(one, all_)


def test_profiles_give_a_model_that_scores_and_ranks(
    fitted: ResistanceClassifier, table: pd.DataFrame, patients: Patients
) -> None:
    profiles = patients.profiles(fitted.model_.spec)
    p = fitted.predict_proba(table)[:, 1]
    answer = score(fitted.model_, profiles)
    ok = answer["status"] == "ok"
    assert ok.mean() > 0.95
    np.testing.assert_allclose(answer["p_resistance"][ok], p[ok], rtol=1e-12)
    ranked = rank(fitted.model_, profiles)
    assert {"ok"} <= set(ranked["status"])
    assert fitted.feature_names_in_.tolist() == list(table.columns)
    assert fitted.n_features_in_ == table.shape[1]


def test_profiles_learn_the_markers(fitted: ResistanceClassifier, table: pd.DataFrame) -> None:
    """High ABCB1 raises the risk under chemotherapy, since the evidence gives its sign."""
    row = table[(table.setting == "crc_advanced") & (table.strategy == "folfox")].iloc[[0]]
    low, high = (fitted.predict_proba(row.assign(ABCB1=x))[0, 1] for x in (0.1, 50.0))
    assert high > low + 0.02


def test_order_of_profiles_changes_nothing(
    fitted: ResistanceClassifier, table: pd.DataFrame, patients: Patients
) -> None:
    shuffled = np.random.default_rng(0).permutation(len(table))
    again = ResistanceClassifier(**QUICK).fit(table.iloc[shuffled], patients.y[shuffled])
    np.testing.assert_array_equal(again.predict_proba(table), fitted.predict_proba(table))


def test_profiles_in_a_pipeline_with_cross_validation(
    table: pd.DataFrame, patients: Patients
) -> None:
    whole = make_pipeline(ResistanceClassifier(**QUICK))
    scores = cross_val_score(whole, table, patients.y, cv=2, scoring="roc_auc")
    # 600 to judge on: the standard error of an AUC is 0.02.
    assert (scores > 0.65).all()


def test_fit_on_arrays_after_profiles_forgets_them(table: pd.DataFrame, patients: Patients) -> None:
    estimator = ResistanceClassifier(**QUICK).fit(table, patients.y)
    X, y = arrays(n=100)
    p = estimator.fit(X, y).predict_proba(X)
    assert not hasattr(estimator, "model_")
    assert not hasattr(estimator, "feature_names_in_")
    np.testing.assert_array_equal(p, ResistanceClassifier(**QUICK).fit(X, y).predict_proba(X))


def test_profiles_asked_without_their_columns(
    fitted: ResistanceClassifier, table: pd.DataFrame
) -> None:
    with pytest.raises(ValueError, match="X needs the columns setting and strategy"):
        fitted.predict_proba(table.drop(columns="strategy"))


def test_unknown_word_in_profiles(
    fitted: ResistanceClassifier, table: pd.DataFrame, patients: Patients
) -> None:
    wrong = table.copy()
    wrong.loc[7, "strategy"] = "folfix"
    for act in (fitted.predict_proba, lambda X: ResistanceClassifier(**QUICK).fit(X, patients.y)):
        with pytest.raises(TableError, match="row 8, column 'strategy'"):
            act(wrong)


def test_rows_and_outcomes_must_match(table: pd.DataFrame, patients: Patients) -> None:
    with pytest.raises(ValueError, match="X has 1200 rows, y has 10"):
        ResistanceClassifier(**QUICK).fit(table, patients.y[:10])
