"""Conditions on records: unmet, met, and undecided for want of a value."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.features.conditions import eligible, holds, undecided

NAN = float("nan")
RAS = (("KRAS", "==", 0.0), ("NRAS", "==", 0.0))


def columns(**values: list[float]) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    return {name: np.array(v, dtype=float) for name, v in values.items()}


class TestHolds:
    def test_all_must_be_met_and_missing_meets_none(self) -> None:
        seen = columns(KRAS=[0, 0, 1, NAN], NRAS=[0, 1, 0, 0])
        assert holds(seen, RAS, 4).tolist() == [True, False, False, False]

    def test_missing_meets_no_inequality_either(self) -> None:
        seen = columns(KRAS=[NAN])
        for op in ("==", "!=", "<", "<=", ">", ">="):
            assert not holds(seen, (("KRAS", op, 0.0),), 1)[0]

    def test_nothing_asked_is_met_by_all(self) -> None:
        assert holds({}, (), 3).tolist() == [True] * 3

    def test_absent_column_is_unmeasured_in_everyone(self) -> None:
        assert holds(columns(KRAS=[0, 0]), RAS, 2).tolist() == [False, False]


class TestEligible:
    def test_no_alternatives_is_everyone(self) -> None:
        assert eligible({}, (), 2).tolist() == [True, True]

    def test_one_alternative_is_enough(self) -> None:
        rules = ((("A", ">", 1.0),), (("B", "==", 1.0),))
        seen = columns(A=[2, 0, 0, NAN], B=[0, 1, 0, 1])
        assert eligible(seen, rules, 4).tolist() == [True, True, False, True]


class TestUndecided:
    @pytest.mark.parametrize(
        ("kras", "nras", "found"),
        [
            (0, 0, []),
            (1, 0, []),
            (NAN, 0, ["KRAS"]),
            (0, NAN, ["NRAS"]),
            (NAN, NAN, ["KRAS", "NRAS"]),
            (1, NAN, []),  # ruled out whatever NRAS is
            (NAN, 1, []),
        ],
    )
    def test_names_what_it_hangs_on(self, kras: float, nras: float, found: list[str]) -> None:
        assert undecided(columns(KRAS=[kras], NRAS=[nras]), (RAS,), 1) == [found]

    def test_met_alternative_decides(self) -> None:
        rules = ((("A", "==", 1.0),), (("B", "==", 1.0),))
        assert undecided(columns(A=[1], B=[NAN]), rules, 1) == [[]]
        assert undecided(columns(A=[0], B=[NAN]), rules, 1) == [["B"]]

    def test_absent_column_is_named_once(self) -> None:
        rules = ((("A", ">", 1.0), ("A", "<", 5.0)), (("A", ">", 9.0),))
        assert undecided({}, rules, 2) == [["A"], ["A"]]

    def test_no_alternatives_is_decided(self) -> None:
        assert undecided({}, (), 2) == [[], []]


COLUMN = st.lists(st.sampled_from([0.0, 1.0, NAN]), min_size=5, max_size=5)
RULES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"), st.sampled_from(["==", "!="]), st.sampled_from([0.0, 1.0])
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda test: test[0],  # none contradicts itself
    ),
    min_size=1,
    max_size=3,
)


@given(COLUMN, COLUMN, COLUMN, RULES)
def test_against_every_way_of_filling_in(
    a: list[float], b: list[float], c: list[float], rules: list[list[tuple[str, str, float]]]
) -> None:
    """Eligible = eligible however the gaps in its own alternative are filled; undecided = depends.

    The reference tries all completions of each row. A row counts as eligible only if a single
    alternative is met by what was measured, which is what a doctor can read off the chart; a row
    of which every completion is eligible by way of different alternatives stays undecided.
    """
    seen = columns(A=a, B=b, C=c)
    found, open_ = eligible(seen, rules, 5), undecided(seen, rules, 5)
    for row in range(5):
        record = {name: seen[name][row] for name in "ABC"}
        gaps = [name for name in "ABC" if np.isnan(record[name])]
        outcomes = set()
        for fill in itertools.product([0.0, 1.0], repeat=len(gaps)):
            full = {**record, **dict(zip(gaps, fill, strict=True))}
            outcomes.add(any(all(_test(full, t) for t in tests) for tests in rules))
        if found[row]:
            assert outcomes == {True}
            assert open_[row] == []
        elif open_[row]:
            assert True in outcomes
            assert set(open_[row]) <= set(gaps)
        else:
            assert outcomes == {False}


def _test(record: dict[str, float], test: tuple[str, str, float]) -> bool:
    column, op, value = test
    return (record[column] == value) == (op == "==")
