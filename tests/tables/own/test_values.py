"""Values of configs and cells are compared by what they mean, not by how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.tables.own.values import key_of, lookup
from resistml.tables.scalars import level_of


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, "1", True),
        (1, "1.0", True),
        (1, " 1 ", True),
        (True, "TRUE", True),
        (True, 1, False),
        ("F", "f", True),
        ("1e3", 1000, True),
        ("CR", "PR", False),
        (-9, "-9.0", True),
    ],
)
def test_keys(one: object, other: object, same: bool) -> None:
    assert (key_of(one) == key_of(other)) == same  # type: ignore[arg-type]


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_are_one_level_in_csv_and_parquet(n: int) -> None:
    assert level_of(str(n)) == level_of(f"{n}.0") == str(n)


@pytest.mark.parametrize("text", ["2.50", " skin ", "IV", "x=1"])
def test_levels_stay_as_they_are_written(text: str) -> None:
    assert level_of(text) == {"2.50": "2.5"}.get(text, text.strip())


def test_lookup_refuses_two_meanings() -> None:
    assert lookup({1.0: [1, "yes"], 0.0: ["no"]}) == {"1.0": 1.0, "yes": 1.0, "no": 0.0}
    with pytest.raises(ValueError, match="said to be both"):
        lookup({1.0: ["YES"], 0.0: ["yes"]})
