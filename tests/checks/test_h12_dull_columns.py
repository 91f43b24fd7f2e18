"""Columns without information."""

from __future__ import annotations

import pytest

from resistml.checks.h12_dull_columns import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("flags",), [{"code": "constant", "message": "one value"}], "one value"),
        (("flags",), [{"code": "unmeasured", "message": "none at all"}], "none at all"),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H12", "notice")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("flags",), [{"code": "few_patients", "message": "x"}]),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
