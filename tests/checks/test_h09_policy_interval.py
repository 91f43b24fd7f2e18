"""A policy interval that misses the truth."""

from __future__ import annotations

import pytest

from resistml.checks.h09_policy_interval import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("policy",),
            {"estimate": {"low": 0.6, "high": 0.65}, "true": 0.57, "covered": False},
            "60.0% to 65.0% does not hold the true 57.0%",
        ),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H09", "warning")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("policy", "covered"), None),
        (("policy",), None),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
