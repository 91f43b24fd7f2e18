"""JSON documents and JSON lines: strict, with the row of a fault."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.errors import TableError
from resistml.tables import json_file
from resistml.tables.json_file import json_lines_rows, json_rows
from resistml.tables.source import Source

SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
RECORDS = st.lists(st.fixed_dictionaries({"a": SCALAR, "b": SCALAR}), min_size=1, max_size=6)
DEEP = "[" * 100_000


def read(reader: Any, data: str | bytes) -> dict[str, list[Any]]:
    """All columns, as lists."""
    raw = data.encode() if isinstance(data, str) else data
    out: dict[str, list[Any]] = {}
    for rows in reader(Source("f.json", "json", io.BytesIO(raw)), None):
        for name, column in rows.columns.items():
            out.setdefault(name, []).extend(column)
    return out


@pytest.mark.parametrize(
    "data",
    [
        '[{"a": "007", "b": 1}, {"a": "x", "b": null}]',
        '\ufeff[{"a": "007", "b": 1}, {"a": "x"}]',
        '{"profiles": [{"a": "007", "b": 1}, {"a": "x"}]}',
        '{"notice": "n", "rows": [{"a": "007", "b": 1}, {"a": "x"}]}',
    ],
)
def test_documents_are_read(data: str) -> None:
    assert read(json_rows, data) == {"a": ["007", "x"], "b": [1, None]}


@pytest.mark.parametrize(
    "data",
    [
        '{"a": "007", "b": 1}\n{"a": "x", "b": null}\n',
        '\ufeff{"a": "007", "b": 1}\r\n\r\n{"a": "x"}',
        '  {"a": "007", "b": 1}  \n\n\n {"a": "x"}\n\n',
    ],
)
def test_lines_are_read(data: str) -> None:
    assert read(json_lines_rows, data) == {"a": ["007", "x"], "b": [1, None]}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("[]", "holds no rows"),
        ('{"profiles": []}', "holds no rows"),
        ('[{"a": 1}', "not valid JSON"),
        ('[{"a": NaN}]', "NaN is not JSON"),
        ('[{"a": -Infinity}]', "-Infinity is not JSON"),
        ('[{"a": 1, "a": 2}]', "key 'a' stands twice"),
        ("[{'a': 1}]", "not valid JSON"),
        ("3", "holds a single value"),
        ('"a"', "holds a single value"),
        ('{"a": 1}', r"key 'a': is not expected here(.|\n)*single profile in \[ \]"),
        ('{"notice": "n"}', "holds no array of rows"),
        ('{"rows": {"a": 1}}', "holds no array of rows"),
        ('{"rows": [], "profiles": []}', "holds no array of rows"),
        ('[{"a": 1}, 2]', "row 2: is a number, not an object"),
        ('[{"a": [1]}]', "row 1, column 'a': holds a list"),
        ('[{"": 1}]', "column 1 has no name"),
        (DEEP, "nested too deeply"),
        ('[{"a": ' + "9" * 5_000 + "}]", "not valid JSON"),
        ("[{}]", None),
    ],
)
def test_faults_of_documents(data: str, problem: str | None) -> None:
    if problem is None:
        assert read(json_rows, data) == {}
        return
    with pytest.raises(TableError, match=problem) as caught:
        read(json_rows, data)
    assert caught.value.file == "f.json"


GOOD = '{"a": 1}\n'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (GOOD + '{"a": ', "row 2: is not valid JSON"),
        (GOOD * 3 + '{"a": NaN}', "row 4: .*NaN is not JSON"),
        (GOOD + '{"a": 1, "a": 2}\n' + GOOD, "row 2: .*key 'a' stands twice"),
        (GOOD + "[1]\n", r"row 2: is not an object: \[1\]"),
        (GOOD + "\n\n7\n", "row 2: is not an object: 7"),
        (GOOD + '{"a": 1},{"a": 2}\n', "row 2: is not valid JSON"),
        ('{"a": 1\n"b": 2},{"c": 3}\n', "row 1: is not valid JSON"),
        ('{"a": {}\n{"b": 2}\n', "row 1: is not valid JSON"),
        ('{"a": [{"x": 1}\n{"y": 2}]},{"b": 0}\n', "row 1.*(not valid JSON|holds a list)"),
        (GOOD + '{"a": {"b": 1}}\n', "row 2, column 'a': holds an object"),
        (GOOD + '{"a": ' + DEEP, "row 2: .*nested too deeply"),
    ],
)
def test_faults_of_lines_have_their_row(data: str, problem: str) -> None:
    with pytest.raises(TableError, match=problem):
        read(json_lines_rows, data)


@pytest.mark.parametrize("reader", [json_rows, json_lines_rows])
def test_bytes_that_are_no_text(reader: Any) -> None:
    with pytest.raises(TableError, match="not UTF-8"):
        read(reader, b'{"a": "\xff"}')
    with pytest.raises(TableError, match="NUL"):
        read(reader, b'{"a": "\0"}')


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "MAX_DOCUMENT", 100)
    monkeypatch.setattr(json_file, "MAX_LINE", 100)
    long = '{"a": "' + "x" * 200 + '"}'
    with pytest.raises(TableError, match="larger than 100 bytes"):
        read(json_rows, f"[{long}]")
    with pytest.raises(TableError, match="line longer than 100 bytes"):
        read(json_lines_rows, long)


def test_rows_are_counted_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "BATCH", 10)
    records = [{"a": i} for i in range(25)]
    document = Source("f", "json", io.BytesIO(json.dumps(records).encode()))
    lines = Source("f", "json", io.BytesIO("\n".join(map(json.dumps, records)).encode()))
    for batches in (list(json_rows(document, None)), list(json_lines_rows(lines, None))):
        assert [len(rows) for rows in batches] == [10, 10, 5]
        assert [rows.cell("a", 0) for rows in batches] == [rows.first for rows in batches]


@given(RECORDS)
def test_what_json_writes_is_read_back(records: list[dict[str, Any]]) -> None:
    expected = {name: [record[name] for record in records] for name in ("a", "b")}
    assert read(json_rows, json.dumps(records)) == expected
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    assert read(json_lines_rows, lines) == expected


@settings(max_examples=300)
@given(st.text('[]{}:,"a1\n \\', max_size=30))
def test_no_text_raises_anything_but_our_error(data: str) -> None:
    for reader in (json_rows, json_lines_rows):
        with suppress(TableError):
            read(reader, data)


@settings(max_examples=300)
@given(st.lists(st.text('[]{}:,"a1 ', min_size=1, max_size=14), min_size=1, max_size=4))
def test_lines_parsed_together_are_those_parsed_alone(lines: list[str]) -> None:
    """The fast path takes no line that is not an object by itself."""
    try:
        found = read(json_lines_rows, "\n".join(lines))
    except TableError:
        return
    alone = [json.loads(line) for line in lines if line.strip()]
    names = dict.fromkeys(name for record in alone for name in record)
    assert found == {name: [record.get(name) for record in alone] for name in names}
