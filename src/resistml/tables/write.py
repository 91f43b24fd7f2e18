"""The one writer of tables: CSV, JSON, JSON lines and Parquet, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

from resistml.documents import new_file, refuse_existing
from resistml.errors import OutputError
from resistml.tables.encode import (
    DIGITS,
    Values,
    arrow_column,
    arrow_kind,
    csv_cells,
    disarmed,
    json_objects,
    row_count,
)
from resistml.tables.rows import BATCH
from resistml.tables.words import label


class Writer(Protocol):
    """Takes rows as columns, block by block; all blocks have the same columns."""

    def write(self, columns: Mapping[str, Values]) -> None:
        """Append rows."""


def write_rows(
    columns: Mapping[str, Values],
    out: str | Path | None,
    *,
    force: bool = False,
    notice: str = "",
    digits: int | None = DIGITS,
) -> None:
    """Write a table.

    Parameters
    ----------
    columns : mapping of str to array or sequence
        Text, numbers (NaN and None = missing), or lists of text.
    out : str, Path or None
        A file ending in .csv, .json, .jsonl, .ndjson or .parquet; None or ``-`` prints CSV.
    force : bool
        Whether an existing file is replaced.
    notice : str
        A key in JSON, metadata in Parquet, ``<name>.notice.txt`` beside CSV and JSON lines.
    digits : int or None
        Significant digits of floats in text; None = all.

    Raises
    ------
    OutputError
        If the file exists, cannot be written or has another ending. Nothing is left behind.
    """
    if out is None or str(out) == "-":
        _Csv(sys.stdout, digits).write(columns)
        return
    with row_writer(out, force=force, notice=notice, digits=digits) as writer:
        size = row_count(columns)
        for start in range(0, max(size, 1), BATCH):
            writer.write({name: v[start : start + BATCH] for name, v in columns.items()})


@contextmanager
def row_writer(
    out: str | Path, *, force: bool = False, notice: str = "", digits: int | None = DIGITS
) -> Iterator[Writer]:
    """A writer of a table that comes in blocks; the file appears when all are written.

    Parameters and errors are those of :func:`write_rows`.
    """
    path = Path(out)
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise OutputError(
            f"has the ending '{label(path.suffix)}'", file=path, allowed=", ".join(_FORMS)
        )
    with form(path, force, notice, digits) as writer:
        yield writer


def check_output(out: str | Path, *, force: bool) -> None:
    """Raise the OutputError that :func:`write_rows` would, before the work is done."""
    path = Path(out)
    if path.suffix.lower() not in _FORMS:
        raise OutputError(
            f"has the ending '{label(path.suffix)}'", file=path, allowed=", ".join(_FORMS)
        )
    refuse_existing(path, force)


def json_lines(columns: Mapping[str, Values], *, digits: int | None = DIGITS) -> Iterator[str]:
    """Rows as JSON objects, one a line, without line ends."""
    row_count(columns)
    for record in json_objects(columns, digits):
        yield json.dumps(record, ensure_ascii=False, allow_nan=False)


@contextmanager
def parquet_writer(
    path: str | Path, *, force: bool = False, metadata: Mapping[str, str] | None = None
) -> Iterator[Writer]:
    """A writer of Parquet, a row group per block.

    The first block fixes the columns and their types: float64 (NaN becomes null), int64, bool,
    string, or lists of string. Equal blocks give equal bytes.

    Parameters
    ----------
    path : str or Path
    force : bool
        Whether an existing file is replaced.
    metadata : mapping of str to str, optional
        Goes into the schema.

    Raises
    ------
    OutputError
        If the file exists or cannot be written.
    """
    with new_file(Path(path), force=force) as temporary:
        writer = _Parquet(temporary, dict(metadata or {}))
        try:
            yield writer
        finally:
            writer.close()


class _Parquet:
    def __init__(self, path: Path, metadata: Mapping[str, str]) -> None:
        self._path = path
        self._metadata = metadata
        self._kinds: dict[str, str] = {}
        self._writer: Any = None

    def write(self, columns: Mapping[str, Values]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        row_count(columns)
        if self._writer is None:
            self._kinds = {name: arrow_kind(values) for name, values in columns.items()}
        if list(columns) != list(self._kinds):
            raise ValueError(f"columns {list(columns)} after {list(self._kinds)}")
        cells = [arrow_column(columns[name], kind) for name, kind in self._kinds.items()]
        batch = pa.RecordBatch.from_arrays(cells, names=list(columns))
        if self._writer is None:
            schema = batch.schema.with_metadata(self._metadata or None)
            self._writer = parquet.ParquetWriter(str(self._path), schema, compression="zstd")
        self._writer.write_batch(batch.replace_schema_metadata(self._metadata or None))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _Csv:
    def __init__(self, stream: TextIO, digits: int | None) -> None:
        self._stream = stream
        self._digits = digits
        self._names: list[str] = []

    def write(self, columns: Mapping[str, Values]) -> None:
        row_count(columns)
        writer = csv.writer(_Lines(self._stream), lineterminator=_Lines.END)
        if not self._names:
            self._names = list(columns)
            writer.writerow([disarmed(name) for name in columns])
        cells = [csv_cells(values, self._digits) for values in columns.values()]
        writer.writerows(zip(*cells, strict=True))


class _Lines:
    """Lines of CSV, ended by a line feed.

    Older versions of Python quote a cell for the characters of the writer's own line ends alone: so
    that one with a carriage return is quoted as well, the writer ends lines by both.
    """

    END = "\r\n"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        return self._stream.write(line.removesuffix(self.END) + "\n")


class _JsonLines:
    def __init__(self, stream: TextIO, digits: int | None) -> None:
        self._stream = stream
        self._digits = digits

    def write(self, columns: Mapping[str, Values]) -> None:
        for line in json_lines(columns, digits=self._digits):
            self._stream.write(line + "\n")


class _Json(_JsonLines):
    """Rows of the array in ``{"notice": ..., "rows": [...]}``."""

    _before = "\n"

    def write(self, columns: Mapping[str, Values]) -> None:
        for line in json_lines(columns, digits=self._digits):
            self._stream.write(self._before + line)
            self._before = ",\n"


Form = Callable[[Path, bool, str, int | None], AbstractContextManager[Writer]]


@contextmanager
def _text(path: Path, force: bool) -> Iterator[TextIO]:
    with (
        new_file(path, force=force) as temporary,
        temporary.open("w", encoding="utf-8", newline="", buffering=io.DEFAULT_BUFFER_SIZE) as f,
    ):
        yield f


def _beside(kind: Callable[[TextIO, int | None], Writer]) -> Form:
    """A text format that has no room for a notice, which goes beside it."""

    @contextmanager
    def form(path: Path, force: bool, notice: str, digits: int | None) -> Iterator[Writer]:
        sidecar = path.with_name(path.name + ".notice.txt")
        told = not notice or _says(sidecar, notice)
        if not told:
            refuse_existing(sidecar, force)
        with _text(path, force) as stream:
            yield kind(stream, digits)
            if not told:
                with _text(sidecar, force) as beside:
                    beside.write(notice + "\n")

    return form


def _says(path: Path, notice: str) -> bool:
    return path.is_file() and path.read_bytes()[: 1 << 20] == (notice + "\n").encode()


@contextmanager
def _json(path: Path, force: bool, notice: str, digits: int | None) -> Iterator[Writer]:
    with _text(path, force) as stream:
        stream.write(f'{{"notice": {json.dumps(notice, ensure_ascii=False)},\n"rows": [')
        yield _Json(stream, digits)
        stream.write("\n]}\n")


@contextmanager
def _parquet(path: Path, force: bool, notice: str, digits: int | None) -> Iterator[Writer]:
    with parquet_writer(path, force=force, metadata={"notice": notice}) as writer:
        yield writer


_FORMS: dict[str, Form] = {
    ".csv": _beside(_Csv),
    ".json": _json,
    ".jsonl": _beside(_JsonLines),
    ".ndjson": _beside(_JsonLines),
    ".parquet": _parquet,
}
