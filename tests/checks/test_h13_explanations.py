"""Explanations that stray."""

from __future__ import annotations

import pytest

from resistml.checks.h13_explanations import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("fidelity", "correlation"), 0.85, "correlation 0.85"),
        (("fidelity", "leading"), 0.5, "right in 50%, a guess in 53%"),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H13", "warning")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("fidelity", "correlation"), 0.9),
        (("fidelity", "correlation"), None),
        (("fidelity", "leading"), None),
        (("fidelity",), {}),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
