"""Rows of a Parquet file, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resistml.errors import TableError
from resistml.tables.rows import BATCH, Choose, Rows, check_names
from resistml.tables.source import Source
from resistml.tables.words import label


def parquet_rows(source: Source, choose: Choose | None) -> Iterator[Rows]:
    """Batches of rows.

    Raises
    ------
    TableError
        If the file is no Parquet, is damaged, holds a nested column or no rows.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(source.stream, pre_buffer=False)
        names = tuple(file.schema_arrow.names)
        check_names(names, source.name)
        _check_flat(file.schema_arrow, source.name)
        wanted = names if choose is None else tuple(choose(names))
        if file.metadata.num_rows == 0:
            raise TableError("holds no rows", file=source.name)
        first = 0
        for batch in file.iter_batches(BATCH, columns=list(wanted), use_threads=False):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            for name, column in columns.items():
                _check_text(name, column, source.name)
            yield Rows(source.name, columns, first, batch.num_rows)
            first += batch.num_rows
    except (pa.ArrowException, OSError, ValueError, MemoryError) as exc:
        problem = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        raise TableError(
            f"is not a Parquet file, or is damaged: {label(problem, 200)}", file=source.name
        ) from None


def _check_flat(schema: Any, name: str) -> None:
    import pyarrow as pa

    for field in schema:
        if pa.types.is_nested(field.type):
            raise TableError(
                f"is nested ({label(str(field.type))})",
                file=name,
                column=label(field.name),
                allowed="numbers or text, one value a cell",
            )


def _check_text(column: str, values: Any, name: str) -> None:
    import pyarrow as pa

    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        raise TableError("holds text that is not UTF-8", file=name, column=label(column)) from None
