"""Rows out of records and columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from resistml.errors import TableError
from resistml.tables.rows import MAX_COLUMNS, check_names, rows_from_columns, rows_from_records
from resistml.tables.words import label, shown, type_name


def test_records_become_columns_with_null_where_a_key_lacks() -> None:
    rows = rows_from_records([{"a": 1, "b": "x"}, {"b": "y", "c": None}], "f", 5, None)
    assert {name: list(cells) for name, cells in rows.columns.items()} == {
        "a": [1, None],
        "b": ["x", "y"],
        "c": [None, None],
    }
    assert (len(rows), rows.place(1)) == (2, 7)
    assert rows.cell("b", 1) == "y"


@pytest.mark.parametrize("record", [1, "a", None, [1], True])
def test_records_that_are_no_objects_are_named(record: Any) -> None:
    with pytest.raises(TableError, match=r"f, row 2: is .*, not an object"):
        rows_from_records([{"a": 1}, record], "f", 0, None)


@pytest.mark.parametrize("value", [[1], {"b": 1}, (1, 2)])
def test_nested_cells_are_named(value: Any) -> None:
    with pytest.raises(TableError, match=r"row 11, column 'a': holds (a list|an object)"):
        rows_from_records([{"a": value}], "f", 10, None)


@pytest.mark.parametrize(
    "values",
    [[1, 2], (1, 2), np.array([1, 2]), pa.array([1, 2]), pa.chunked_array([[1], [2]])],
    ids=lambda v: type(v).__name__,
)
def test_columns_of_many_kinds(values: Any) -> None:
    rows = rows_from_columns({"a": values}, "f", None)
    assert [rows.cell("a", 0), rows.cell("a", 1)] == [1, 2]


@pytest.mark.parametrize(
    ("values", "kind"),
    [(np.array([1.5]), "double"), (np.array([1], np.int8), "int64"), (np.array([True]), "bool")],
)
def test_numpy_columns_keep_their_type(values: Any, kind: str) -> None:
    assert str(rows_from_columns({"a": values}, "f", None).columns["a"].type) == kind


def test_columns_of_unequal_length_are_named() -> None:
    with pytest.raises(TableError, match="column 'b': has 1 rows, the first column 2"):
        rows_from_columns({"a": [1, 2], "b": [1]}, "f", None)


def test_only_chosen_columns_are_kept() -> None:
    rows = rows_from_columns({"a": [1], "b": [2]}, "f", lambda names: names[1:])
    assert list(rows.columns) == ["b"]
    rows = rows_from_records([{"a": 1, "b": 2}], "f", 0, lambda names: names[:1])
    assert list(rows.columns) == ["a"]


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["a", ""], "column 2 has no name"),
        (["a", "  "], "column 2 has no name"),
        (["a", "b", "a"], "column 'a': stands twice"),
        ([f"c{i}" for i in range(MAX_COLUMNS + 1)], "16,385 columns"),
    ],
)
def test_names_that_make_no_header(names: list[str], problem: str) -> None:
    with pytest.raises(TableError, match=problem):
        check_names(names, "f")


def test_labels_are_short_and_printable() -> None:
    assert label("abc") == "abc"
    assert label("a" * 100) == "a" * 60 + "..."
    assert label("\x1b[31mred\u202e") == "\\x1b[31mred\\u202e"
    assert shown("x" * 50) == "'" + "x" * 40 + "...'"
    assert shown(None) == shown(" ") == "the cell"
    assert shown(1.5) == "'1.5'"


def test_type_names_are_english() -> None:
    values: list[Any] = [[], {}, "a", None, 1, True]
    assert [type_name(value) for value in values] == [
        "a list",
        "an object",
        "text",
        "null",
        "a number",
        "true or false",
    ]
    assert type_name(1j) == "of type complex"
