"""Weight for markers that do nothing."""

from __future__ import annotations

import pytest

from resistml.checks.h14_inert_markers import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("fidelity", "inert"), 0.05, "5.0% of the mean absolute contribution"),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H14", "warning")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("fidelity", "inert"), 0.02),
        (("fidelity", "inert"), None),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
