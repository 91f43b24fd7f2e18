"""Single cells: numbers, missing words, and what is said of the rest."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.tables.scalars import is_missing, is_null, is_unicode, number_in_text, number_of

NUMBERS = {
    "0": 0.0,
    "-0": 0.0,
    "12": 12.0,
    "+1.5": 1.5,
    "1.": 1.0,
    ".5": 0.5,
    "2e3": 2000.0,
    "2E-3": 0.002,
    "  7 ": 7.0,
    "1e-999": 0.0,
}
PROBLEMS = {
    "2,5": "decimal comma",
    "-0,25": "decimal comma",
    "1,234.5": "comma between thousands",
    "1,234,567": "comma between thousands",
    "12 mut/Mb": "unit in the cell",
    "45%": "unit in the cell",
    "3mg": "unit in the cell",
    "<0.1": "below a detection limit",
    "≥50": "below a detection limit",
    "inf": "not a finite number",
    "-Infinity": "not a finite number",
    "1e999": "not a finite number",
    "high": "is not a number",
    "1_000": "is not a number",
    "0x10": "is not a number",
    "１２": "is not a number",
    "1.2.3": "is not a number",
    "--1": "is not a number",
    "true": "is not a number",
    "=1+1": "is not a number",
}


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_numbers_are_read(text: str, value: float) -> None:
    assert number_in_text(text, False) == value


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "NaN", "NULL", "None", "n/a", "<NA>"])
def test_missing_words_are_nan(text: str) -> None:
    assert is_missing(text)
    value = number_in_text(text, False)
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(("text", "problem"), PROBLEMS.items())
def test_what_is_no_number_is_told_apart(text: str, problem: str) -> None:
    found = number_in_text(text, False)
    assert isinstance(found, str)
    assert problem in found


@pytest.mark.parametrize(("text", "value"), [("true", 1.0), ("FALSE", 0.0), (" True ", 1.0)])
def test_truth_is_taken_where_it_is_meant(text: str, value: float) -> None:
    assert number_in_text(text, True) == value


@pytest.mark.parametrize("cell", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_null_objects_are_missing(cell: Any) -> None:
    assert is_null(cell)
    value = number_of(cell, False)
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [(3, 3.0), (2.5, 2.5), (np.int8(4), 4.0), (np.float32(0.5), 0.5), ("1.5", 1.5)],
)
def test_objects_that_are_numbers(cell: Any, value: float) -> None:
    assert number_of(cell, False) == value


@pytest.mark.parametrize("cell", [True, np.bool_(False), [1], {"a": 1}, Decimal(1), 1j, b"1"])
def test_objects_that_are_no_numbers(cell: Any) -> None:
    assert number_of(cell, False) == "is not a number"


@pytest.mark.parametrize("cell", [10**400, float("inf"), -np.inf])
def test_endless_objects_are_not_finite(cell: Any) -> None:
    assert number_of(cell, False) == "is not a finite number"


def test_booleans_count_where_truth_is_meant() -> None:
    assert number_of(True, True) == 1.0
    assert number_of(np.bool_(False), True) == 0.0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_prints_is_read_back(value: float) -> None:
    assert number_in_text(repr(value), False) == value


@given(st.text(max_size=12))
def test_any_text_is_a_finite_number_missing_or_a_problem(text: str) -> None:
    found = number_in_text(text, True)
    assert isinstance(found, str) or not math.isinf(found)


def test_half_a_surrogate_pair_is_not_unicode() -> None:
    assert is_unicode("né")
    assert not is_unicode("\ud800")
