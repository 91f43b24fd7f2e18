"""Intervals that hold too little."""

from __future__ import annotations

import pytest

from resistml.checks.h07_intervals import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("doubt", "uncertainty", "overall", "coverage"), 0.8, "80.0% of the fair probabilities"),
        (
            ("doubt", "uncertainty", "by_setting", "large", "coverage"),
            0.7,
            "less than 80% in 1 of 1 settings: large (70%)",
        ),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H07", "warning")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("doubt", "uncertainty", "overall", "coverage"), 0.85),
        (("doubt", "uncertainty", "by_setting", "large", "coverage"), 0.8),
        (("doubt", "uncertainty", "by_setting", "small", "coverage"), 0.1),
        (("doubt",), None),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
