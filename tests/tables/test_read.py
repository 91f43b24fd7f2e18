"""The reader as a whole: batches, types and standard input."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from resistml.errors import TableError
from resistml.tables import iter_rows, read_rows

Save = Callable[..., Path]
NAN = float("nan")


def test_csv_is_text_throughout(save: Save) -> None:
    columns = read_rows(save("a,b\n007,1.5\nNA,\n"))
    assert {name: values.tolist() for name, values in columns.items()} == {
        "a": ["007", "NA"],
        "b": ["1.5", ""],
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.json", '[{"a": "007", "b": 1.5, "c": true}, {"a": null, "b": null}]'),
        ("p.jsonl", '{"a": "007", "b": 1.5, "c": true}\n{"a": null}\n'),
    ],
)
def test_json_has_numbers_and_text(save: Save, name: str, content: str) -> None:
    columns = read_rows(save(content, name))
    assert columns["a"].tolist() == ["007", ""]
    np.testing.assert_array_equal(columns["b"], [1.5, NAN])
    np.testing.assert_array_equal(columns["c"], [1.0, NAN])


def test_parquet_has_its_own_types(tmp_path: Path) -> None:
    table = pa.table({"a": ["007", None], "b": [1, 2], "c": [True, None]})
    parquet.write_table(table, tmp_path / "p.parquet")
    columns = read_rows(tmp_path / "p.parquet")
    assert columns["a"].tolist() == ["007", ""]
    np.testing.assert_array_equal(columns["b"], [1.0, 2.0])
    np.testing.assert_array_equal(columns["c"], [1.0, NAN])


def test_a_column_of_neither_is_named(tmp_path: Path, save: Save) -> None:
    parquet.write_table(pa.table({"a": [b"x"]}), tmp_path / "p.parquet")
    with pytest.raises(TableError, match="column 'a': is of type binary"):
        read_rows(tmp_path / "p.parquet")
    with pytest.raises(TableError, match=r"row 2, column 'a': '1\.5' is not text"):
        read_rows(save('[{"a": "x"}, {"a": 1.5}]', "p.json"))


def test_columns_that_start_late_are_missing_before(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistml.tables import json_file

    monkeypatch.setattr(json_file, "BATCH", 1)
    columns = read_rows(save('{"a": 1}\n{"b": "x", "a": 2}\n{"c": 3}\n', "p.jsonl"))
    np.testing.assert_array_equal(columns["a"], [1, 2, NAN])
    assert columns["b"].tolist() == ["", "x", ""]
    np.testing.assert_array_equal(columns["c"], [NAN, NAN, 3])


@pytest.mark.parametrize(
    "data", [b"a,b\n1,2\n", b'[{"a": "1", "b": "2"}]', b'{"a": "1", "b": "2"}\n']
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert {name: values.tolist() for name, values in read_rows("-").items()} == {
        "a": ["1"],
        "b": ["2"],
    }


def test_faults_on_standard_input_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(TableError, match="<stdin>: is empty"):
        read_rows("-")


def test_only_chosen_columns_are_yielded(save: Save) -> None:
    rows = next(iter_rows(save("a,b,c\n1,2,3\n"), lambda names: names[::2]))
    assert list(rows.columns) == ["a", "c"]


def test_reading_can_stop_early(save: Save) -> None:
    batches = iter_rows(save("a\n" + "1\n" * 200_000))
    assert len(next(batches)) == 65_536
    batches.close()  # type: ignore[attr-defined]
