"""Columns to CSV text, JSON values and Arrow arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.tables.encode import (
    arrow_column,
    arrow_kind,
    csv_cells,
    disarmed,
    json_cells,
    json_objects,
    row_count,
    unicode,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("007", "007"),
        ("", ""),
        ("a\x1b[0m\0", "a\ufffd[0m\ufffd"),
    ],
)
def test_formulas_and_controls_are_disarmed(text: str, safe: str) -> None:
    assert disarmed(text) == safe


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (np.array([1.5, NAN, 1 / 3, 1e-9]), ["1.5", "", "0.333333", "1e-09"]),
        ([1.5, None, NAN], ["1.5", "", ""]),
        (np.array([1, -2]), ["1", "-2"]),
        (np.array([True, False]), ["true", "false"]),
        (np.array(["a", None], dtype=object), ["a", ""]),
        ([["a", "b"], [], ("c",)], ["a;b", "", "c"]),
        ([["=a", "b"]], ["'=a;b"]),
        (np.array(["x", "y"]), ["x", "y"]),
        ([np.float64(0.5), np.int64(3)], ["0.5", "3"]),
        (["\ud800"], ["?"]),
    ],
    ids=str,
)
def test_csv_cells(values: Any, cells: list[str]) -> None:
    assert csv_cells(values) == cells


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (np.array([1.5, NAN, 1 / 3]), [1.5, None, 0.333333]),
        (np.array([1, 2]), [1, 2]),
        ([True, None, "a", "=1"], [True, None, "a", "=1"]),
        ([["a", "b"], []], [["a", "b"], []]),
        ([np.int64(3), np.bool_(True), np.float32(0.5)], [3, True, 0.5]),
        (["\ud800"], ["?"]),
    ],
    ids=str,
)
def test_json_cells(values: Any, cells: list[Any]) -> None:
    assert json_cells(values) == cells


def test_all_digits_on_request() -> None:
    assert csv_cells(np.array([1 / 3]), None) == [repr(1 / 3)]
    assert json_cells([1 / 3], None) == [1 / 3]


@pytest.mark.parametrize("cells", [csv_cells, json_cells])
def test_infinite_numbers_are_never_written(cells: Any) -> None:
    with pytest.raises(ValueError, match="infinite"):
        cells(np.array([np.inf]))


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        (np.array([1.5, NAN]), "double", [1.5, None]),
        (np.array([1.5], np.float32), "double", [1.5]),
        (np.array([1, 2], np.int8), "int64", [1, 2]),
        (np.array([True]), "bool", [True]),
        ([1, 2], "int64", [1, 2]),
        ([1, None], "int64", [1, None]),
        ([1, 2.5], "double", [1.0, 2.5]),
        ([True, False], "bool", [True, False]),
        (["a", None, ""], "string", ["a", None, ""]),
        ([1, "a"], "string", ["1", "a"]),
        ([], "double", []),
        ([None], "double", [None]),
        ([["a"], None, ()], "list", [["a"], [], []]),
        (["\ud800"], "string", ["?"]),
    ],
    ids=str,
)
def test_arrow_columns(values: Any, kind: str, cells: list[Any]) -> None:
    assert arrow_kind(values) == kind
    array = arrow_column(values)
    array.validate(full=True)
    assert array.to_pylist() == cells


def test_a_kind_can_be_given() -> None:
    assert arrow_column([1, None], "string").to_pylist() == ["1", None]
    assert str(arrow_column([None], "double").type) == "double"


def test_objects_are_rows() -> None:
    assert list(json_objects({"a": [1, 2], "b": ["x", None]})) == [
        {"a": 1, "b": "x"},
        {"a": 2, "b": None},
    ]


def test_columns_must_agree_in_length() -> None:
    assert row_count({"a": [1, 2], "b": np.array([3, 4])}) == 2
    assert row_count({}) == 0
    with pytest.raises(ValueError, match="differ in length"):
        row_count({"a": [1], "b": []})


@given(st.text())
def test_disarmed_text_never_starts_a_formula(text: str) -> None:
    assert not disarmed(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whole_text_is_kept(text: str) -> None:
    assert unicode(text) == text
