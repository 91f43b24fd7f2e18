"""CSV: what is read right, and what is named and refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.errors import TableError
from resistml.tables import csv_file
from resistml.tables.csv_file import csv_rows
from resistml.tables.source import Source

CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


def read(data: bytes | str, choose: Any = None) -> dict[str, list[Any]]:
    """All columns of CSV text, as lists."""
    raw = data.encode() if isinstance(data, str) else data
    out: dict[str, list[Any]] = {}
    for rows in csv_rows(Source("f.csv", "csv", io.BytesIO(raw)), choose):
        for name, column in rows.columns.items():
            out.setdefault(name, []).extend(column.to_pylist())
    return out


@pytest.mark.parametrize(
    "data",
    [
        "a,b\n007,x\nNA,\n",
        "a,b\r\n007,x\r\nNA,\r\n",
        "a,b\r007,x\rNA,\r",
        "a,b\n007,x\nNA,",
        "\ufeffa,b\n007,x\nNA,\n",
        "\n\na,b\n\n007,x\n\nNA,\n\n",
        '"a","b"\n"007","x"\n"NA",""\n',
    ],
)
def test_every_cell_is_text_as_it_stands(data: str) -> None:
    assert read(data) == {"a": ["007", "NA"], "b": ["x", ""]}


def test_quoted_cells_hold_commas_marks_and_line_breaks() -> None:
    data = 'a,b\n"x,y","say ""hi"""\n"two\nlines",é漢\n'
    assert read(data) == {"a": ["x,y", "two\nlines"], "b": ['say "hi"', "é漢"]}


def test_only_chosen_columns_are_read() -> None:
    assert read("a,b,c\n1,2,3\n", lambda names: ["b"]) == {"b": ["2"]}
    assert read("a,b,c\n1,2,3\n", lambda names: ["c", "a"]) == {"c": ["3"], "a": ["1"]}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("\ufeff", "is empty"),
        ("a,b\n", "a header but no rows"),
        ("a,b", "a header but no rows"),
        ("a,b\n\n\n", "a header but no rows"),
        ("a,a\n1,2\n", "column 'a': stands twice"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("a,b\n1,2\n3\n", "row 2: has 1 field, the header 2"),
        ("a,b\n1,2,3\n", "row 1: has 3 fields, the header 2"),
        ("a,b\n1,2\n\n3,4,5\n", "row 2: has 3 fields"),
        ("a;b\n1;2\n", "separated by semicolons"),
        ("a\tb\n1\t2\n", "separated by tabs"),
        ('"a,b\n1,2\n', "header that cannot be read"),
        ('a,b\n1,"2\n3,4\n', "never closed"),
        ('a,b\n"1,2\n3,4\n', "row 1: has 1 field"),
    ],
)
def test_faults_of_the_file_are_named(data: str, problem: str) -> None:
    with pytest.raises(TableError, match=problem) as caught:
        read(data)
    assert caught.value.file == "f.csv"
    assert caught.value.exit_code == 2


def test_a_fault_far_into_the_file_has_its_row() -> None:
    data = "a,b\n" + "1,2\n" * 1_500_000 + "3\n"
    with pytest.raises(TableError) as caught:
        read(data, lambda names: [])
    assert caught.value.row == 1_500_001


@pytest.mark.parametrize("bad", [b"\xff", b"\0"])
def test_text_that_is_none_is_named_wherever_it_is(bad: bytes) -> None:
    data = b"a,b\n" + b"1,2\n" * 300_000 + b"3," + bad + b"\n"
    with pytest.raises(TableError, match="line 300002"):
        read(data)


def test_a_row_longer_than_a_block_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 1_000)
    with pytest.raises(TableError, match="a row longer than 1,000 bytes"):
        read("a,b\n1,2\n" + "x" * 5_000 + ",1\n")


def test_a_header_without_end_is_refused() -> None:
    with pytest.raises(TableError, match="header that does not end"):
        read("a," * 1_000_000)


def test_rows_are_counted_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 4_096)
    monkeypatch.setattr(csv_file, "BATCH", 100)
    data = "a\n" + "".join(f"{i}\n" for i in range(5_000))
    batches = list(csv_rows(Source("f", "csv", io.BytesIO(data.encode())), None))
    assert len(batches) > 50
    assert all(0 < len(rows) <= 100 for rows in batches)
    for rows in batches:
        assert rows.cell("a", 0) == str(rows.first)
        assert rows.cell("a", len(rows) - 1) == str(rows.first + len(rows) - 1)


def test_ten_thousand_columns_are_read(save: Callable[..., Path]) -> None:
    names = [f"c{i}" for i in range(10_000)]
    data = ",".join(names) + "\n" + ",".join("1" * 10_000) + "\n"
    assert read(data, lambda seen: [seen[5_000]]) == {"c5000": ["1"]}


@settings(max_examples=150)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_what_a_csv_writer_writes_is_read_back(cells: list[tuple[str, str]]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("a", "b"), *cells])
    assert read(buffer.getvalue()) == {"a": [a for a, _ in cells], "b": [b for _, b in cells]}


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_our_error(data: bytes) -> None:
    for content in (data, b"a,b\n" + data, b'a,b\n1,"' + data):
        with suppress(TableError):
            read(content)
