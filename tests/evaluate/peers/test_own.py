"""A user's own estimators in the benchmark."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from resistml.errors import ConfigError
from resistml.evaluate.judge import Judge
from resistml.evaluate.metrics import auc
from resistml.evaluate.peers import Training, own_peers
from resistml.features.matrix import arm_codes

MODULE = "tests.evaluate.peers.test_own"
ready = LogisticRegression(C=0.3)


class Recorder(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Keeps the table that it is fitted on, and says the classes' shares."""

    seen: list[np.ndarray] = []  # noqa: RUF012

    def __init__(self, nan: bool = False) -> None:
        self.nan = nan

    def fit(self, X: np.ndarray, y: np.ndarray) -> Recorder:
        self.seen.append(X)
        self.classes_ = np.unique(y)
        self.share_ = float(np.mean(y))
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.tile([1 - self.share_, self.share_], (len(X), 1))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.nan
        return tags


def entry_points(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Installed packages that offer these learners."""
    found = {k: EntryPoint(k, f"{MODULE}:{v}", "resistml.learners") for k, v in values.items()}
    monkeypatch.setattr("resistml.evaluate.peers.own.own_families", lambda: found)


def test_an_estimator_is_cloned_and_learns(training: Training, judge: Judge) -> None:
    mine = LogisticRegression(max_iter=500)
    peer = own_peers({"mine": mine})["mine"]
    given = judge.given
    records, arm = judge.oracle_records.take(given), judge.arm[given]
    p = peer.fit(training)(records, arm)
    rate = training.rates[arm_codes(training.spec, records.setting, arm)]
    assert auc(judge.resistant, p) > auc(judge.resistant, rate) + 0.05
    assert not hasattr(mine, "coef_")
    assert (peer.knows, peer.gives) == ("exposures", "risk")


@pytest.mark.parametrize("nan", [False, True])
def test_missing_values_go_to_those_who_take_them(nan: bool, training: Training) -> None:
    Recorder.seen.clear()
    predict = own_peers({"mine": Recorder(nan)})["mine"].fit(training)
    table = Recorder.seen[0]
    assert np.isnan(table).any() == nan
    columns, arms = len(training.spec.columns), len(training.spec.arms)
    assert table.shape == (len(training.y), columns + arms)
    np.testing.assert_array_equal(table[:, columns:].sum(axis=1), 1)
    p = predict(training.records, training.strategy)
    assert p == pytest.approx(training.y.mean())  # the column of the class 1


def test_pipelines_that_impute_get_what_is_missing(training: Training) -> None:
    made = make_pipeline(SimpleImputer(), HistGradientBoostingClassifier(max_iter=5))
    assert np.ptp(own_peers({"m": made})["m"].fit(training)(training.records, training.strategy))


@pytest.mark.parametrize(
    ("name", "estimator", "said"),
    [
        ("logistic", LogisticRegression(), "the name 'logistic' is taken"),
        ("xgboost", LogisticRegression(), "the name 'xgboost' is taken"),
        ("mine", Ridge(), "Ridge lacks predict_proba"),
        ("mine", LogisticRegression, "is a class"),
        ("mine", "logistic", "str lacks fit, predict_proba, get_params"),
    ],
)
def test_what_cannot_stand_in_the_benchmark(name: str, estimator: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        own_peers({name: estimator})
    assert caught.value.key == f"learners.{name}"


def test_an_estimator_that_fails_is_named(training: Training) -> None:
    peer = own_peers({"mine": LogisticRegression(C=-1)})["mine"]
    with pytest.raises(ConfigError, match="could not be fitted: InvalidParameterError") as caught:
        peer.fit(training)
    assert caught.value.key == "learners.mine"


def test_recipes_tell_estimators_apart() -> None:
    made: dict[str, Any] = {
        "a": LogisticRegression(),
        "b": LogisticRegression(),
        "c": LogisticRegression(C=2),
        "d": make_pipeline(SimpleImputer(), LogisticRegression()),
        "e": make_pipeline(SimpleImputer(strategy="median"), LogisticRegression()),
        "f": Recorder(),
    }
    recipes = {name: str(peer.recipe) for name, peer in own_peers(made).items()}
    assert recipes["a"] == recipes["b"]
    assert len(set(recipes.values())) == 5


@pytest.mark.parametrize("value", ["ready", "Recorder", "made"])
def test_entry_points_give_estimators(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry_points(monkeypatch, theirs=value)
    assert list(own_peers()) == ["theirs"]


def test_what_is_given_goes_before_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry_points(monkeypatch, mine="ready")
    assert own_peers({"mine": Recorder()})["mine"].recipe["class"].endswith("Recorder")


@pytest.mark.parametrize("value", ["nothing", "broken"])
def test_an_entry_point_that_cannot_be_loaded(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry_points(monkeypatch, theirs=value)
    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        own_peers()
    assert caught.value.key == "resistml.learners.theirs"
    assert f"{MODULE}:{value}" in str(caught.value)


def made() -> Recorder:
    return Recorder()


def broken() -> Callable[[], Any]:
    raise RuntimeError("no licence")
