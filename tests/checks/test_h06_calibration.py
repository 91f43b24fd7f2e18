"""Probabilities that are not what they say."""

from __future__ import annotations

import pytest

from resistml.checks.h06_calibration import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("learners", "xgboost", "ece"), 0.02, "0.020 over all patients, above 0.01"),
        (
            ("subgroups", "setting", "large", "ece", "value"),
            0.05,
            "above 0.03 in 1 of 1 settings: large (0.050)",
        ),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H06", "warning")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("learners", "xgboost", "ece"), 0.01),
        (("subgroups", "setting", "large", "ece", "value"), 0.03),
        (("subgroups", "setting", "small", "ece", "value"), 0.9),
        (("subgroups",), {}),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []


def test_both_are_told(altered: Altered) -> None:
    altered("learners", "xgboost", "ece", 0.02)
    found = CHECK.run(altered("subgroups", "setting", "large", "ece", "value", 0.05))
    assert len(found) == 2
