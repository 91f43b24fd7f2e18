"""The section `tune:`: a range that makes no sense is refused where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from resistml.config import ModelConfig, load_config, validated
from resistml.config_tune import Range, TuneConfig, space_fault
from resistml.errors import ConfigError
from resistml.learn.tuning.space import Space


def failure(space: Any, **more: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        validated({"tune": {"space": space, **more}})
    return caught.value


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"low": 1}, "needs low and high, or choices"),
        ({}, "needs low and high, or choices"),
        ({"log": True}, "needs low and high, or choices"),
        ({"low": 3, "high": 3}, "low is 3, which is not below high, 3"),
        ({"low": 4, "high": 2}, "low is 4, which is not below high, 2"),
        ({"low": 0, "high": 2, "log": True}, "low is 0, but log needs it above 0"),
        ({"low": 1, "high": 2, "choices": [1, 2]}, "takes neither low, high nor log"),
        ({"log": True, "choices": [1, 2]}, "takes neither low, high nor log"),
        ({"choices": []}, "needs two choices or more"),
        ({"choices": [1]}, "needs two choices or more"),
        ({"choices": [1, 2, 1]}, "none of them twice"),
    ],
)
def test_a_range_that_makes_no_sense(values: dict[str, Any], message: str) -> None:
    error = failure({"depth": values})
    assert error.key == "tune.space.depth"
    assert message in error.message


@pytest.mark.parametrize(
    ("space", "key", "message", "hint"),
    [
        ({}, "tune.space", "is empty", "name a key of `model:`"),
        ({"dept": {"low": 1, "high": 2}}, "tune.space.dept", "no key to tune", "'depth'"),
        ({"threads": {"low": 1, "high": 2}}, "tune.space.threads", "no key to tune", ""),
        ({"n": {"low": 1, "high": 2}}, "tune.space.n", "no key to tune", ""),
        ({"base": {"low": 0, "high": 1}}, "tune.space.base", "is no number", "choices"),
        ({"depth": {"low": 0, "high": 2}}, "tune.space.depth.low", "got 0", ""),
        ({"depth": {"low": 1, "high": 99}}, "tune.space.depth.high", "got 99", ""),
        ({"depth": {"low": 1.5, "high": 3}}, "tune.space.depth.low", "fractional part", ""),
        ({"penalty": {"low": 0, "high": 3}}, "tune.space.penalty.low", "greater than 0", ""),
        ({"colsample": {"choices": [0.5, 2]}}, "tune.space.colsample.choices", "got 2", ""),
        ({"depth": {"low": 1, "hihg": 3}}, "tune.space.depth.hihg", "unknown key", "'high'"),
    ],
)
def test_a_space_is_held_against_the_model(space: Any, key: str, message: str, hint: str) -> None:
    error = failure(space)
    assert error.key == key
    assert message in error.message
    assert hint in (error.hint or "")
    assert "KEY" not in (error.hint or "")


def test_every_number_of_the_model_can_be_tuned_but_its_threads() -> None:
    error = failure({"nothing": {"low": 1, "high": 2}})
    allowed = space_fault({}, ModelConfig())
    assert error.allowed is not None
    assert allowed is not None
    assert allowed.allowed == error.allowed
    assert "learning_rate" in error.allowed
    assert "threads" not in error.allowed


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"trials": 0}, "tune.trials"),
        ({"timeout": 0}, "tune.timeout"),
        ({"repeats": 0}, "tune.repeats"),
        ({"seed": -1}, "tune.seed"),
        ({"trails": 3}, "tune.trails"),
    ],
)
def test_faults_beside_the_space(change: dict[str, Any], key: str) -> None:
    assert failure({"depth": {"low": 1, "high": 2}}, **change).key == key


def test_a_fault_put_in_by_hand_is_told_as_such() -> None:
    with pytest.raises(ConfigError, match="put in by --set"):
        load_config("tune", ("tune.space.depth.high=99",))


def test_choices_keep_their_kind() -> None:
    found = validated({"tune": {"space": {"base": {"choices": [True, False]}}}}).tune
    assert found is not None
    assert found.space["base"].choices == (True, False)
    assert list(found.space["base"].named()) == [("choices", True), ("choices", False)]
    assert list(Range(low=1, high=2).named()) == [("low", 1.0), ("high", 2.0)]


def test_a_config_tunes_nothing_unless_it_says_so() -> None:
    assert load_config("default").tune is None
    assert load_config("tune", ("tune=",)).tune is None


def test_the_shipped_study_is_not_judged_on_what_chose_it() -> None:
    shipped = load_config("tune")
    assert isinstance(shipped.tune, TuneConfig)
    assert shipped.seed != load_config("default").seed
    assert shipped.model == load_config("default").model


def test_the_shipped_study_begins_with_the_default_settings() -> None:
    shipped = load_config("tune")
    assert shipped.tune is not None
    start = {key: getattr(shipped.model, key) for key in shipped.tune.space}
    assert Space(shipped.tune.space, start).first() == start
