"""Rows of a CSV file, streamed: every cell is text until a column says otherwise."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from resistml.errors import TableError
from resistml.tables.rows import BATCH, Choose, Rows, check_names
from resistml.tables.source import Source

#: Bytes read at a time; a longer row, or header, is refused.
BLOCK_BYTES = 4 * 1024 * 1024
_MAX_HEADER = 1024 * 1024


def csv_rows(source: Source, choose: Choose | None) -> Iterator[Rows]:
    """Batches of rows; the header is checked first.

    Raises
    ------
    TableError
        If the file is empty, its header is not that of a table, a row has a field too many or
        too few, or a quotation mark is never closed.
    """
    import pyarrow as pa

    text = source.text()
    names = _header(text, source.name)
    check_names(names, source.name)
    wanted = names if choose is None else tuple(choose(names))
    if not text.peek(1):
        raise TableError("holds a header but no rows", file=source.name)
    first, last, crooked = 0, None, _Crooked(source.name)
    try:
        for batch in _batches(text, names, wanted, crooked):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            last = columns[names[-1]][-1].as_py() if batch.num_rows else last
            kept = {name: columns[name] for name in wanted}
            for start in range(0, batch.num_rows, BATCH):
                size = min(BATCH, batch.num_rows - start)
                cut = {name: column.slice(start, size) for name, column in kept.items()}
                yield Rows(source.name, cut, first + start, size)
            first += batch.num_rows
    except pa.ArrowInvalid as exc:
        raise crooked.fault or _unparsed(str(exc), source.name) from None
    _check_closed(text, last, source.name)
    if first == 0:
        raise TableError("holds a header but no rows", file=source.name)


def _header(text: io.BufferedReader, name: str) -> tuple[str, ...]:
    line = b""
    while not line.strip(b"\r\n"):
        line = _line(text)
        if not line:
            raise TableError("is empty", file=name)
        if len(line) > _MAX_HEADER:
            raise TableError(
                "has a header that does not end", file=name, allowed=f"{_MAX_HEADER:,} bytes"
            )
    try:
        names = next(csv.reader([line.decode()], strict=True))
    except (csv.Error, UnicodeDecodeError) as exc:
        raise TableError(f"has a header that cannot be read: {exc}", file=name) from None
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and mark in names[0]:
            raise TableError(f"is separated by {word}", file=name, hint="save it with commas")
    return tuple(names)


def _line(text: io.BufferedReader) -> bytes:
    """One line, whether lines end with LF, CR or both."""
    line = bytearray()
    while len(line) <= _MAX_HEADER:
        byte = text.read(1)
        line += byte
        if byte in (b"", b"\n"):
            break
        if byte == b"\r":
            if text.peek(1)[:1] == b"\n":
                line += text.read(1)
            break
    return bytes(line)


class _Crooked:
    """Keeps the first row that has not as many fields as the header."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.fault: TableError | None = None

    def __call__(self, row: Any) -> str:
        many, due = row.actual_columns, row.expected_columns
        self.fault = self.fault or TableError(
            f"has {many} field{'' if many == 1 else 's'}, the header {due}",
            file=self._name,
            row=row.number,
            hint="put text that holds a comma or a line break in quotation marks, and close them",
        )
        return "error"


def _batches(
    text: io.BufferedReader, names: tuple[str, ...], wanted: tuple[str, ...], crooked: _Crooked
) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    columns = list(dict.fromkeys([*wanted, names[-1]]))
    reader = arrow_csv.open_csv(
        text,
        read_options=arrow_csv.ReadOptions(
            column_names=list(names), block_size=BLOCK_BYTES, use_threads=False
        ),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=crooked),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            include_columns=columns,
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    yield from reader


def _unparsed(message: str, name: str) -> TableError:
    if "straddling" in message:
        return TableError(
            f"has a row longer than {BLOCK_BYTES:,} bytes",
            file=name,
            hint="is a quotation mark left open?",
        )
    if "Empty" in message:
        return TableError("holds a header but no rows", file=name)
    return TableError(f"is not CSV: {message}", file=name)


def _check_closed(text: io.BufferedReader, last: str | None, name: str) -> None:
    """A mark left open swallows the file's end, which then stands in the last cell."""
    quotes: int = text.raw.quotes  # type: ignore[attr-defined]
    if quotes % 2 and last is not None and ("\n" in last or "\r" in last):
        raise TableError(
            "has a quotation mark that is never closed",
            file=name,
            hint="close it, or write a mark inside quoted text twice",
        )
