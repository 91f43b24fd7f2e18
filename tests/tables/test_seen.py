"""Ids that went by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from resistml.tables.seen import Seen


def words(values: list[str]) -> npt.NDArray[np.object_]:
    """An object array of text."""
    return np.array([*values, ""], dtype=object)[:-1]


@given(st.lists(st.lists(st.text("ab", max_size=3), max_size=12), max_size=12))
def test_the_second_and_later_ones_are_told_as_a_set_would(blocks: list[list[str]]) -> None:
    seen, known = Seen(), set[str]()
    for block in blocks:
        expected = []
        for value in block:
            expected.append(value in known)
            known.add(value)
        assert seen.again(words(block)).tolist() == expected


def test_memory_is_eight_bytes_an_id_in_few_runs() -> None:
    seen = Seen()
    for block in range(50):
        assert not seen.again(words([f"P{block}-{i}" for i in range(1_000)])).any()
    runs = seen._runs
    assert sum(run.nbytes for run in runs) == 8 * 50_000
    assert len(runs) <= 8
    assert seen.again(words(["P0-0", "new", "P49-999"])).tolist() == [True, False, True]
