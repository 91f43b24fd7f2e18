"""Claims that the world does not give."""

from __future__ import annotations

import pytest

from resistml.checks.h02_claims_out import CHECK
from tests.checks.conftest import Altered, Report


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("audit",),
            [
                {"claim": "a", "status": "out"},
                {"claim": "b", "status": "within"},
                {"claim": "c", "status": "out"},
            ],
            "2 claims: a, c",
        ),
    ],
)
def test_it_finds(altered: Altered, path: tuple[str, ...], value: object, said: str) -> None:
    (found,) = CHECK.run(altered(*path, value))
    assert (found.code, found.severity) == ("H02", "error")
    assert said in found.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("audit",), [{"claim": "a", "status": "tension"}]),
        (("audit",), None),
    ],
)
def test_it_is_silent(altered: Altered, path: tuple[str, ...], value: object) -> None:
    assert CHECK.run(altered(*path, value)) == []


def test_it_is_silent_of_a_sound_run_and_of_nothing(sound: Report) -> None:
    assert CHECK.run(sound) == []
    assert CHECK.run({}) == []
