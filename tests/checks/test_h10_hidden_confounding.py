"""Hidden confounding, by the config."""

from __future__ import annotations

import pytest

from resistml.checks.h10_hidden_confounding import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("config", "cohort", "assignment"), "hidden_confounding", "rates by strategy are biased"),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H10", "error")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("config", "cohort", "assignment"), "randomised"),
        (("config",), {}),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
