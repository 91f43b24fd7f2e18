"""A model far from the fair oracle."""

from __future__ import annotations

import pytest

from resistml.checks.h05_discrimination import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("learners", "xgboost", "auc", "value"), 0.8, "0.041 below the 0.841"),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H05", "warning")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("learners", "xgboost", "auc", "value"), 0.8311),
        (("learners", "xgboost", "auc", "value"), 0.85),
        (("learners", "xgboost", "auc", "value"), None),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
