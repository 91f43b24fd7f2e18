"""A model no better than a constant."""

from __future__ import annotations

import pytest

from resistml.checks.h01_no_better_than_constant import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("learners", "xgboost", "logloss"), 0.6, "0.6000 against 0.6000"),
        (("learners", "xgboost", "logloss"), 0.7, "refused"),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H01", "error")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("learners", "xgboost", "logloss"), 0.5999),
        (("learners", "xgboost", "logloss"), None),
        (("learners", "constant"), {}),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
