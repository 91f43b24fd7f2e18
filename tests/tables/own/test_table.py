"""Tables of one or several files, as text that knows where it stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from resistml.errors import TableError
from resistml.tables.own.table import Table, files_of, known_column, read_table
from resistml.tables.own.values import missing_keys

MISSING = missing_keys(None)


def read(path: Path) -> Table:
    return read_table(path, lambda names: names, MISSING)


def test_parquet_types_are_text_as_in_csv(tmp_path: Path) -> None:
    columns = {
        "whole": pa.array([1, 2, None]),
        "real": pa.array([1.0, 2.5, None]),
        "truth": pa.array([True, False, None]),
        "text": pa.array(["a", " b ", None]),
        "words": pa.array(["x", "y", None]).dictionary_encode(),
        "nothing": pa.nulls(3),
    }
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    found = {name: cells.tolist() for name, cells in read(tmp_path / "t.parquet").columns.items()}
    assert found == {
        "whole": ["1", "2", ""],
        "real": ["1", "2.5", ""],
        "truth": ["true", "false", ""],
        "text": ["a", "b", ""],
        "words": ["x", "y", ""],
        "nothing": ["", "", ""],
    }


def test_numbers_keep_all_their_digits(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=50) * 10.0 ** np.arange(-25, 25)
    parquet.write_table(pa.table({"x": values}), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").numbers("x").tolist() == values.tolist()


def test_files_of_a_folder_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.csv", "a.CSV", "c.txt"):
        (tmp_path / name).write_text("x\n1\n")
    (tmp_path / "d.csv").mkdir()
    assert [path.name for path in files_of(tmp_path)] == ["a.CSV", "b.csv"]
    table = read(tmp_path)
    assert table.file.tolist() == [0, 1]
    assert table.row.tolist() == [1, 1]


def test_a_fault_counts_the_rows_like_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n1\ntwo\n3\nfour\n")
    with pytest.raises(TableError, match=r"'two' is not a number \(and so in 1 more") as caught:
        read(tmp_path / "t.csv").numbers("x")
    assert caught.value.row == 2


def test_rows_that_were_left_out_do_not_shift_the_count(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n2\nthree\n")
    table = read(tmp_path / "t.csv").take(np.array([2]))
    with pytest.raises(TableError, match="'three'") as caught:
        table.numbers("x")
    assert caught.value.row == 3


def test_columns_are_named_if_one_is_not_there() -> None:
    assert known_column("a", ["a"], "t.csv", "data.id") == "a"
    with pytest.raises(TableError, match="has no column 'albumn'") as caught:
        known_column("albumn", ["albumin", "age"], "t.csv", "data.id")
    assert caught.value.allowed == "its columns: age, albumin"
    assert caught.value.hint == "did you mean 'albumin'?"
