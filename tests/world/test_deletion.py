"""Minimal conflict sets by deletion, on sets whose conflicts are known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from resistml.world.deletion import holding


def gap_of(*conflicts: set[str]):  # type: ignore[no-untyped-def]
    """A gap of one point wherever a set holds one of the conflicts."""

    def gap(claims: Sequence[str]) -> float:
        return 1.0 if any(c <= set(claims) for c in conflicts) else 0.0

    return gap


@pytest.mark.parametrize(
    ("conflicts", "keep", "expected"),
    [
        ([{"a", "b"}], "a", {"a", "b"}),
        ([{"a", "b"}], "c", set()),  # the conflict stands without it
        ([{"a", "b", "c"}], "b", {"a", "b", "c"}),
        ([{"a"}], "a", {"a"}),  # out of reach by itself
        ([{"a", "b"}, {"b", "c"}], "c", {"b", "c"}),  # another one is broken up on the way
        ([{"a", "b"}, {"d"}], "a", {"a", "b"}),
        ([], "a", set()),
    ],
)
def test_the_minimal_set_that_holds_a_claim(
    conflicts: list[set[str]], keep: str, expected: set[str]
) -> None:
    found = holding(gap_of(*conflicts), keep, ["a", "b", "c", "d"])
    assert set(found) == expected
    assert len(found) == len(expected)


def test_no_more_sets_are_asked_about_than_claims_need() -> None:
    asked: list[tuple[str, ...]] = []
    known = gap_of({"a", "b"})

    def gap(claims: Sequence[str]) -> float:
        asked.append(tuple(claims))
        return float(known(claims))

    holding(gap, "a", [*"abcdefgh"])
    assert len(asked) <= 1 + 8  # the whole, and each claim left out once
