"""Rows that share a pattern."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from resistml.features.matrix import Records
from resistml.predict.patterns import (
    grouped,
    labels,
    mostly_unmeasured,
    nothing_measured,
    reasons,
    unmeasured,
)
from tests.predict.tiny import tiny_profiles, tiny_spec

NAN = float("nan")


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(bool, st.tuples(st.integers(0, 12), st.integers(0, 20))))
def test_labels_name_what_is_true_in_each_row(true: np.ndarray) -> None:
    names = [f"n{j}" for j in range(true.shape[1])]
    expected = [tuple(n for n, t in zip(names, row, strict=True) if t) for row in true]
    assert labels(true, names) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c"])), st.data())
def test_grouped_splits_the_rows_that_are_asked_for(words: list[str], data: st.DataObject) -> None:
    array = np.array(words, dtype=object)
    rows = np.array(
        [i for i in range(len(words)) if data.draw(st.booleans(), label=f"row {i}")], dtype=np.int64
    )
    found = grouped(array, rows)
    assert list(found) == list(dict.fromkeys(array[rows]))
    for word, members in found.items():
        assert members.tolist() == [i for i in rows if words[i] == word]


def test_unmeasured_is_by_panel() -> None:
    records = Records(
        np.array(["a", "b"], dtype=object),
        np.array(["one", "one"], dtype=object),
        {"A": np.array([NAN, 1.0]), "T": np.array([0.0, NAN])},
    )
    rows = np.array([0, 1])
    np.testing.assert_array_equal(
        unmeasured(tiny_spec(), records, "one", rows), [[True, False, True], [False, True, True]]
    )
    np.testing.assert_array_equal(unmeasured(tiny_spec(), records, "two", rows), [[True], [False]])


def test_nothing_measured_needs_a_panel() -> None:
    assert nothing_measured(np.array([[True, True], [True, False]])).tolist() == [True, False]
    assert nothing_measured(np.zeros((2, 0), dtype=bool)).tolist() == [False, False]


@pytest.mark.parametrize(
    ("absent", "mostly"),
    [
        ([True, True, False], True),
        ([True, False, False], False),
        ([True, True, True], False),  # nothing measured is said of it instead
        ([True, False], False),
        ([True, False, True, False], False),
        ([], False),
    ],
)
def test_more_than_half_unmeasured(absent: list[bool], mostly: bool) -> None:
    assert mostly_unmeasured(np.array([absent], dtype=bool)).tolist() == [mostly]


NEEDS = "immune needs P >= 50 or T == 1 and ecog < 2"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"P": 60}, ""),
        ({"P": 40, "T": 1, "ecog": 1}, ""),
        ({"P": 40, "T": 0, "ecog": 1}, f"{NEEDS}; P is 40, T is 0, ecog is 1"),
        ({"P": 40, "T": 1, "ecog": 2}, f"{NEEDS}; P is 40, T is 1, ecog is 2"),
        ({"T": 0}, f"{NEEDS}; P not measured"),
        ({"P": 40, "T": 1}, f"{NEEDS}; ecog not measured"),
        ({"P": 40, "ecog": 0}, f"{NEEDS}; T not measured"),
        ({}, f"{NEEDS}; P, T, ecog not measured"),
    ],
)
def test_reasons_say_what_is_needed_and_what_it_hangs_on(
    row: dict[str, float], reason: str
) -> None:
    """Among other rows, so that one's reason cannot be another's."""
    profiles = tiny_profiles({"P": 99}, row, {"P": 0, "T": 0, "ecog": 0})
    found = reasons(tiny_spec(), profiles.records, "immune", np.array([0, 1, 2]))
    assert found == ["", reason, f"{NEEDS}; P is 0, T is 0, ecog is 0"]


def test_a_strategy_for_all_needs_nothing() -> None:
    profiles = tiny_profiles({}, {})
    assert reasons(tiny_spec(), profiles.records, "chemo", np.array([0, 1])) == ["", ""]
