"""Prediction sets that hold too little."""

from __future__ import annotations

import pytest

from resistml.checks.h08_prediction_sets import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("doubt", "uncertainty", "sets", "coverage"),
            0.88,
            "88.0% of 10,000 outcomes, 90% promised",
        ),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H08", "warning")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("doubt", "uncertainty", "sets"), None),
        (("doubt", "uncertainty", "sets", "n"), 0),
        (("doubt", "uncertainty", "sets", "coverage"), 0.8911),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []


def test_chance_is_let_pass_and_shrinks_with_the_patients(altered: Altered) -> None:
    """Three standard errors: of 100 outcomes 9 points, of 10,000 less than one."""
    assert CHECK.run(altered("doubt", "uncertainty", "sets", {"n": 100, "coverage": 0.82})) == []
    assert CHECK.run(altered("doubt", "uncertainty", "sets", {"n": 10_000, "coverage": 0.82}))
