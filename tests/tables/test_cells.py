"""Columns of cells to numbers and text, from every form that a reader gives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.errors import TableError
from resistml.tables.cells import as_numbers, as_text, is_numeric, numbers, texts
from resistml.tables.rows import Rows
from resistml.tables.scalars import number_in_text

NAN = float("nan")


def objects(*cells: Any) -> np.ndarray[Any, Any]:
    """An object array, as JSON and Python give."""
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1.5, None, NAN]), [1.5, NAN, NAN]),
        (pa.array([1, None, 2**60]), [1, NAN, 2**60]),
        (pa.array([1, 2], pa.uint8()), [1, 2]),
        (pa.array([0.5, None], pa.float32()), [0.5, NAN]),
        (pa.array([Decimal("1.25"), None]), [1.25, NAN]),
        (pa.nulls(2), [NAN, NAN]),
        (pa.array(["1", "", " 2 ", "NA", None, "3e1"]), [1, NAN, 2, NAN, NAN, 30]),
        (pa.array(["1", "2"], pa.large_string()), [1, 2]),
        (pa.array(["1", "2", "1"]).dictionary_encode(), [1, 2, 1]),
        (objects(1, 2.5, None, "3", "na"), [1, 2.5, NAN, 3, NAN]),
    ],
    ids=str,
)
def test_numbers_of_every_form(column: Any, expected: list[float]) -> None:
    values, faults = numbers(column)
    assert faults == {}
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize(
    "column",
    [pa.array([True, None, False]), pa.array(["true", "", "0"]), objects(True, None, "False")],
)
def test_truth_is_taken_on_request(column: Any) -> None:
    values, faults = numbers(column, truth=True)
    assert faults == {}
    np.testing.assert_array_equal(values, [1, NAN, 0])


def test_booleans_are_no_numbers_otherwise() -> None:
    with pytest.raises(TypeError, match="bool"):
        numbers(pa.array([True]))
    assert set(numbers(objects(True, 1))[1]) == {0}


@pytest.mark.parametrize(
    "column", [pa.array([1.0, np.inf]), pa.array(["1", "1e999"]), objects(1, -np.inf)]
)
def test_endless_numbers_are_faults(column: Any) -> None:
    values, faults = numbers(column)
    assert faults == {1: "is not a finite number"}
    np.testing.assert_array_equal(values, [1, NAN])


@pytest.mark.parametrize(
    "column", [pa.array([date(2020, 1, 1)]), pa.array([b"1"]), pa.array([["a"]])]
)
def test_other_types_are_refused(column: Any) -> None:
    with pytest.raises(TypeError, match="is of type"):
        numbers(column)
    with pytest.raises(TypeError, match="is of type"):
        texts(column)


@given(st.lists(st.one_of(st.floats().map(repr), st.text(max_size=6)), max_size=30))
def test_a_column_of_text_is_read_as_its_cells_are(cells: list[str]) -> None:
    """The vectorised path and the single cell agree."""
    values, faults = numbers(pa.array(cells, pa.string()))
    for row, cell in enumerate(cells):
        one = number_in_text(cell, False)
        if isinstance(one, str):
            assert faults[row] == one
        else:
            np.testing.assert_array_equal(values[row], one)
            assert row not in faults


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["007", "", None]), ["007", "", ""]),
        (pa.array([7, None]), ["7", ""]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([None, None], pa.float64()), ["", ""]),
        (pa.nulls(2), ["", ""]),
        (objects("NA", 7, None, NAN), ["NA", "7", "", ""]),
    ],
    ids=str,
)
def test_texts_of_every_form(column: Any, expected: list[str]) -> None:
    values, faults = texts(column)
    assert faults == {}
    assert values.tolist() == expected


def test_texts_that_are_none() -> None:
    values, faults = texts(objects(1.5, True, ["a"], "\ud800", "ok"))
    assert list(values) == ["", "", "", "", "ok"]
    assert list(faults) == [0, 1, 2, 3]
    with pytest.raises(TypeError, match="double"):
        texts(pa.array([1.5]))


def test_is_numeric_by_type() -> None:
    assert is_numeric(pa.array([1]))
    assert is_numeric(pa.nulls(1))
    assert is_numeric(objects(1, None, 2.5, True))
    assert not is_numeric(pa.array(["1"]))
    assert not is_numeric(objects(1, "2"))


def test_strict_columns_name_the_place() -> None:
    rows = Rows("f.csv", {"a": pa.array(["1", "2", "x\x1b"]), "b": objects("k", 1.5)}, 10, 3)
    with pytest.raises(TableError) as caught:
        as_numbers(rows, "a")
    assert (caught.value.row, caught.value.column) == (13, "a")
    assert "x\\x1b" in str(caught.value)
    with pytest.raises(TableError, match=r"f.csv, row 12, column 'b': '1.5' is not text"):
        as_text(rows, "b")
    with pytest.raises(TableError, match="is of type"):
        as_text(Rows("f", {"a": pa.array([1.5])}, 0, 1), "a")
