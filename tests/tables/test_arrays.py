"""NumPy to Arrow and back through buffers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.tables import arrays

FLOATS = st.lists(st.one_of(st.floats(), st.just(float("nan"))), max_size=40)
TEXTS = st.lists(st.text(max_size=8), max_size=40)


@given(FLOATS)
def test_floats_come_back_and_nan_is_null(values: list[float]) -> None:
    data = np.array(values, dtype=float)
    array = arrays.from_floats(data)
    array.validate(full=True)
    assert array.null_count == np.isnan(data).sum()
    np.testing.assert_array_equal(arrays.floats(array), data)


@given(FLOATS, st.integers(0, 40), st.integers(0, 40))
def test_slices_are_read_at_their_offset(values: list[float], start: int, size: int) -> None:
    data = np.array(values, dtype=float)
    cut = arrays.from_floats(data).slice(min(start, len(data)), size)
    np.testing.assert_array_equal(arrays.floats(cut), data[start : start + size])
    np.testing.assert_array_equal(arrays.valid(cut), ~np.isnan(data[start : start + size]))


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 40))
def test_bools_come_back(values: list[bool], start: int) -> None:
    array = arrays.from_bools(np.array(values, dtype=bool))
    array.validate(full=True)
    assert arrays.bools(array.slice(min(start, len(values)))).tolist() == values[start:]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_ints_come_back(values: list[int]) -> None:
    assert arrays.ints(arrays.from_ints(np.array(values, dtype=np.int64))).tolist() == values


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), max_size=40), st.integers(0, 40))
def test_words_come_back_and_null_is_empty(values: list[str | None], start: int) -> None:
    array = arrays.from_texts(values)
    array.validate(full=True)
    assert array.to_pylist() == values
    expected = [value or "" for value in values[start:]]
    assert arrays.words(array.slice(min(start, len(values)))).tolist() == expected


@given(st.lists(TEXTS, max_size=10))
def test_lists_come_back(values: list[list[str]]) -> None:
    array = arrays.from_lists(values)
    array.validate(full=True)
    assert array.to_pylist() == values


def test_equal_words_are_one_object() -> None:
    words = arrays.words(arrays.from_texts(["a-setting", "another", "a-setting"]))
    assert words[0] is words[2]


def test_at_takes_rows_in_order() -> None:
    array = arrays.from_texts(["a", "b", "c"])
    assert arrays.at(array, np.array([2, 0])).to_pylist() == ["c", "a"]


def test_null_booleans_are_false() -> None:
    assert arrays.bools(pa.array([True, None, False])).tolist() == [True, False, False]


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_neither_reading_nor_writing_imports_pandas(tmp_path: Path, ending: str) -> None:
    """Scoring must start fast and without pandas, which Arrow's conversions would import."""
    program = f"""
import sys
import numpy as np
from resistml.tables import iter_rows, read_rows, write_rows
columns = {{
    "patient_id": np.array(["007", "b"], dtype=object),
    "value": np.array([1.5, np.nan]),
    "count": np.array([1, 2]),
    "flag": np.array([True, False]),
    "text": ["1", "NA"],
}}
write_rows(columns, {str(tmp_path / "t")!r} + ".{ending}", notice="n")
assert read_rows({str(tmp_path / "t")!r} + ".{ending}")["patient_id"].tolist() == ["007", "b"]
from resistml.tables.cells import numbers, texts
for rows in iter_rows({str(tmp_path / "t")!r} + ".{ending}"):
    for name in ("value", "count", "flag", "text"):
        numbers(rows.columns[name], truth=True)
    rows.cell("text", 0)
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
