"""Parquet: batches of flat columns; damage and nesting are named."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from resistml.errors import TableError
from resistml.tables import parquet_file
from resistml.tables.parquet_file import parquet_rows
from resistml.tables.source import Source


def stored(table: pa.Table, **options: Any) -> bytes:
    """A table as Parquet bytes."""
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, **options)
    return buffer.getvalue()


def read(data: bytes, choose: Any = None) -> dict[str, list[Any]]:
    """All columns, as lists."""
    out: dict[str, list[Any]] = {}
    for rows in parquet_rows(Source("f.parquet", "parquet", io.BytesIO(data)), choose):
        for name, column in rows.columns.items():
            out.setdefault(name, []).extend(column.to_pylist())
    return out


TABLE = pa.table({"id": ["007", None], "x": [1.5, None], "n": [1, 2], "a.b": [True, False]})


def test_columns_come_back() -> None:
    assert read(stored(TABLE)) == TABLE.to_pydict()


def test_only_chosen_columns_are_read() -> None:
    assert read(stored(TABLE), lambda names: ["x"]) == {"x": [1.5, None]}
    assert read(stored(TABLE), lambda names: ["a.b"]) == {"a.b": [True, False]}


def test_rows_are_counted_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "BATCH", 7)
    data = stored(pa.table({"a": list(range(20))}), row_group_size=10)
    batches = list(parquet_rows(Source("f", "parquet", io.BytesIO(data)), None))
    assert sum(map(len, batches)) == 20
    assert all(rows.cell("a", 0) == rows.first for rows in batches)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not a Parquet file"),
        (b"PAR1", "is not a Parquet file"),
        (b"a,b\n1,2\n", "is not a Parquet file"),
        (stored(TABLE)[:-20], "is not a Parquet file"),
        (stored(TABLE.slice(0, 0)), "holds no rows"),
        (stored(pa.table({"a": [[1]]})), "column 'a': is nested"),
        (stored(pa.table({"a": [{"b": 1}]})), "column 'a': is nested"),
        (stored(pa.table([[1], [2]], names=["a", "a"])), "column 'a': stands twice"),
        (stored(pa.table({"": [1]})), "column 1 has no name"),
        (stored(pa.table({"a": pa.array([b"\xff"]).view(pa.string())})), "not UTF-8"),
    ],
)
def test_faults_of_the_file_are_named(data: bytes, problem: str) -> None:
    with pytest.raises(TableError, match=problem) as caught:
        read(data)
    assert caught.value.file == "f.parquet"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_raises_nothing_but_our_error(data: st.DataObject) -> None:
    whole = stored(TABLE, compression="zstd")
    at = data.draw(st.integers(4, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= data.draw(st.integers(1, 255))
    with suppress(TableError):
        read(bytes(damaged))
