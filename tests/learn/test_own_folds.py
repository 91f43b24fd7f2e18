"""Folds: everybody once, outcomes spread, groups and times kept apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.errors import TableError
from resistml.learn.own_folds import Split

Y = (np.arange(100) % 4 == 0).astype(float)


def parts(split: Split, seed: int = 0) -> list[tuple[set[int], set[int]]]:
    return [(set(a.tolist()), set(b.tolist())) for a, b in split.outer(Y, seed)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8))
def test_by_lot_each_is_left_out_once_and_outcomes_are_spread(seed: int, folds: int) -> None:
    found = list(Split(folds=folds).outer(Y, seed))
    held = np.concatenate([b for _, b in found])
    assert sorted(held.tolist()) == list(range(100))
    assert len(found) == folds
    for train, mine in found:
        assert not set(train) & set(mine)
        assert abs(Y[mine].sum() - 25 / folds) <= 1


def test_seeds_give_folds_of_their_own() -> None:
    assert parts(Split(), 1) == parts(Split(), 1)
    assert parts(Split(), 1) != parts(Split(), 2)


def test_groups_stay_together_inside_and_out() -> None:
    by = np.array([f"g{i // 5}" for i in range(100)], dtype=object)
    split = Split("group", by)
    for train, held in split.outer(Y, 3):
        assert not set(by[train]) & set(by[held])
    codes = split.inner_codes(Y, 3)
    assert all(len(set(codes[by == g])) == 1 for g in set(by))


def test_sites_are_left_out_one_at_a_time() -> None:
    by = np.array(["a", "b", "c", "d"] * 25, dtype=object)
    by = by[np.random.default_rng(0).permutation(100)]
    found = list(Split("site", by, repeats=5).outer(Y, 0))
    assert [set(by[held]) for _, held in found] == [{"a"}, {"b"}, {"c"}, {"d"}]
    assert Split("site", by, repeats=5).rounds == 1


def test_by_time_later_ones_are_judged_by_earlier_ones() -> None:
    time = np.random.default_rng(0).permutation(100) // 4.0  # four patients of each time
    found = list(Split("time", time).outer(Y, 0))
    assert len(found) == 5
    for train, held in found:
        assert time[train].max() < time[held].min()
    later = [time[held].min() for _, held in found]
    assert later == sorted(later)


def test_few_of_an_outcome_make_fewer_folds() -> None:
    y = np.zeros(40)
    y[:3] = 1
    assert len(list(Split().outer(y, 0))) == 3


@pytest.mark.parametrize(
    ("split", "y", "said"),
    [
        (Split(), np.array([1.0, 0, 0, 0]), "too few to split"),
        (Split("site", np.array(["a"] * 100, dtype=object)), Y, "1 sites"),
        (Split("time", np.ones(100)), Y, "1 times"),
        (Split("site", np.where(Y == 1, "a", "b").astype(object)), Y, "the same outcome"),
    ],
)
def test_what_cannot_be_split_is_refused(split: Split, y: np.ndarray, said: str) -> None:
    with pytest.raises(TableError, match=said):
        list(split.outer(y, 0))


@pytest.mark.parametrize(
    ("kind", "by"), [("stratified", np.ones(3)), ("group", None), ("lot", None)]
)
def test_a_split_that_makes_no_sense_is_a_fault(kind: str, by: np.ndarray | None) -> None:
    with pytest.raises(ValueError, match="a split by"):
        Split(kind, by)


def test_taking_rows_takes_their_groups() -> None:
    by = np.array(["a", "b", "c"], dtype=object)
    assert Split("group", by).take(np.array([2, 0])).by.tolist() == ["c", "a"]  # type: ignore[union-attr]
