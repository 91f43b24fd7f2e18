"""Formats by ending and by first bytes; text proven as it is read."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from resistml.errors import TableError
from resistml.tables.source import Source, open_source

Save = Callable[..., Path]


def text(data: bytes) -> io.BufferedReader:
    """The checked text of bytes."""
    return Source("f", "csv", io.BytesIO(data)).text()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.json", "json"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.parquet", "parquet"),
        ("with space é.csv", "csv"),
    ],
)
def test_the_ending_tells_the_format(save: Save, name: str, expected: str) -> None:
    with open_source(save("x", name)) as source:
        assert source.format == expected


@pytest.mark.parametrize("name", ["a.xlsx", "a.tsv", "a", "a.csv.gz"])
def test_other_endings_are_refused(save: Save, name: str) -> None:
    with (
        pytest.raises(TableError, match=r"allowed: .csv, .json") as caught,
        open_source(save("x", name)),
    ):
        pass
    assert caught.value.exit_code == 2


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"), open_source(tmp_path / "a.csv"):
        pass
    with pytest.raises(TableError, match="is a folder"), open_source(tmp_path):
        pass
    with pytest.raises(TableError, match="NUL byte"), open_source("a\0.csv"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_said(save: Save) -> None:
    path = save("x")
    path.chmod(0)
    with pytest.raises(TableError, match="cannot be read"), open_source(path):
        pass


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n", "csv"),
        (b"", "csv"),
        (b' [{"a": 1}]', "json"),
        (b'\xef\xbb\xbf[{"a": 1}]', "json"),
        (b'{"profiles": []}', "json"),
        (b'{"rows": [1]}\n', "json"),
        (b'{\n"profiles": []}', "json"),
        (b'{"a": 1}\n{"a": 2}\n', "jsonl"),
        (b'{"a": 1}', "jsonl"),
        (b'{"a": \xff}', "json"),
    ],
)
def test_standard_input_is_sniffed(
    monkeypatch: pytest.MonkeyPatch, data: bytes, expected: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    with open_source("-") as source:
        assert (source.name, source.format) == ("<stdin>", expected)
        assert source.stream.read() == data


def test_standard_input_that_is_closed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(TableError, match="<stdin>: is closed") as caught, open_source("-"):
        pass
    assert caught.value.exit_code == 2


def test_parquet_comes_through_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    parquet.write_table(pa.table({"a": list(range(100_000))}), buffer)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(buffer.getvalue())))
    with open_source("-") as source:
        assert source.format == "parquet"
        assert parquet.read_table(source.stream).num_rows == 100_000


def test_a_named_pipe_is_sniffed(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b'{"a": 1}\n',))
    writer.start()
    with open_source(path) as source:
        assert source.format == "jsonl"
        assert source.stream.read() == b'{"a": 1}\n'
    writer.join()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_utf8_comes_through_unchanged_but_for_the_mark(content: str) -> None:
    content = content.lstrip("\ufeff")
    for data in (content.encode(), content.encode("utf-8-sig")):
        if not data.startswith((b"PK\x03\x04",)):
            assert text(data).read() == content.encode()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("a,b\n".encode("utf-16"), "UTF-16"),
        ("a,b\n".encode("utf-16-be"), "line 1 holds a NUL byte"),
        ("a\né\n".encode("latin-1"), "line 2 is not UTF-8"),
        (b"a\nb\nc\0\n", "line 3 holds a NUL byte"),
        ("a\né".encode()[:-1], "line 2 is not UTF-8"),
        (b"PK\x03\x04rest", "spreadsheet or an archive"),
        (b"x" * 200_000 + b"\n\xff", "line 2 is not UTF-8"),
        (b"\n" * 70_000 + b"\0", "line 70001 holds a NUL"),
    ],
)
def test_other_text_is_named(data: bytes, problem: str) -> None:
    with pytest.raises(TableError, match=problem):
        text(data).read()


def test_a_character_split_between_reads_is_whole() -> None:
    data = b"x" * 65_535 + "é".encode() + b"y"
    assert text(data).read() == data
