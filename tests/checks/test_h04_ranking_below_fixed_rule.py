"""A ranking below one order for all."""

from __future__ import annotations

import pytest

from resistml.checks.h04_ranking_below_fixed_rule import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("learners", "xgboost", "value"), 0.5, "response 50.0% if the ranking is followed, 56.7%"),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H04", "error")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("learners", "xgboost", "value"), 0.567),
        (("learners", "xgboost", "value"), None),
        (("value_fixed_rule",), None),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
