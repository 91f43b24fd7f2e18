"""Rows of JSON documents and JSON lines, parsed strictly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from resistml.documents import parse_json
from resistml.errors import TableError, listed
from resistml.tables.rows import BATCH, Choose, Rows, rows_from_records
from resistml.tables.source import WRAPPERS, Source
from resistml.tables.words import label

#: A document has to be held whole, lines need not.
MAX_DOCUMENT = 256 * 1024 * 1024
MAX_LINE = 16 * 1024 * 1024
#: Bytes of lines parsed at a time.
_PORTION = 64 * 1024 * 1024


def json_rows(source: Source, choose: Choose | None) -> Iterator[Rows]:
    """Batches of a document: an array of objects, or an object with one under ``profiles``.

    Raises
    ------
    TableError
        If the text is not strict JSON (NaN and doubled keys are refused) or of another form.
    """
    data = source.text().read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise TableError(
            f"is larger than {MAX_DOCUMENT:,} bytes",
            file=source.name,
            hint="use JSON lines, CSV or Parquet, which are read piece by piece",
        )
    if not data.strip():
        raise TableError("is empty", file=source.name)
    try:
        records = _records(parse_json(data.decode()), source.name)
    except ValueError as exc:
        raise TableError(f"is not valid JSON: {exc}", file=source.name) from None
    if not records:
        raise TableError("holds no rows", file=source.name)
    for start in range(0, len(records), BATCH):
        yield rows_from_records(records[start : start + BATCH], source.name, start, choose)


def _records(document: Any, name: str) -> list[Any]:
    form = 'an array of objects, or {"profiles": [...]}'
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise TableError("holds a single value", file=name, allowed=form)
    for key in document:
        if key not in WRAPPERS | {"notice"}:
            raise TableError(
                "is not expected here",
                file=name,
                key=label(key),
                allowed=form,
                hint="put a single profile in [ ]",
            )
    found = [document[key] for key in sorted(WRAPPERS) if key in document]
    if len(found) != 1 or not isinstance(found[0], list):
        raise TableError("holds no array of rows", file=name, allowed=form)
    return found[0]


def json_lines_rows(source: Source, choose: Choose | None) -> Iterator[Rows]:
    """Batches of JSON lines: an object a line; blank lines are skipped.

    Raises
    ------
    TableError
        At the first line that is not a strict JSON object.
    """
    first = 0
    for lines in _portions(source):
        records = _parsed(lines, source.name, first)
        yield rows_from_records(records, source.name, first, choose)
        first += len(lines)
    if first == 0:
        raise TableError("is empty", file=source.name)


def _portions(source: Source) -> Iterator[list[bytes]]:
    text = source.text()
    lines: list[bytes] = []
    size = 0
    while line := text.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise TableError(f"has a line longer than {MAX_LINE:,} bytes", file=source.name)
        if stripped := line.strip():
            lines.append(stripped)
            size += len(stripped)
        if len(lines) == BATCH or size > _PORTION:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines


def _parsed(lines: Sequence[bytes], name: str, first: int) -> list[Any]:
    """The object of each line.

    Parsing all lines as one array is several times faster. It cannot mistake a broken line
    for a whole one: each starts with ``{`` and ends with ``}``, there are as many objects as
    lines, and an object inside an object is refused later on.
    """
    if all(line[:1] == b"{" and line[-1:] == b"}" for line in lines):
        try:
            records = parse_json((b"[" + b",\n".join(lines) + b"]").decode())
        except ValueError:
            records = []
        if len(records) == len(lines):
            return list(records)
    return [_one(line, name, first + i + 1) for i, line in enumerate(lines)]


def _one(line: bytes, name: str, row: int) -> Any:
    try:
        record = parse_json(line.decode())
    except ValueError as exc:
        problem = str(exc).removeprefix("line 1, ")
        raise TableError(f"is not valid JSON: {problem}", file=name, row=row) from None
    if not isinstance(record, dict):
        raise TableError(
            f"is not an object: {label(line.decode())}",
            file=name,
            row=row,
            allowed=f"an object a line, in a file ending in {listed(['.jsonl', '.ndjson'])}",
        )
    return record
