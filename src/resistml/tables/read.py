"""The one reader of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from resistml.tables.cells import Words, as_numbers, as_text, is_numeric
from resistml.tables.csv_file import csv_rows
from resistml.tables.json_file import json_lines_rows, json_rows
from resistml.tables.parquet_file import parquet_rows
from resistml.tables.rows import Choose, Rows
from resistml.tables.source import Format, Source, open_source

_READERS: dict[Format, Callable[[Source, Choose | None], Iterator[Rows]]] = {
    "csv": csv_rows,
    "json": json_rows,
    "jsonl": json_lines_rows,
    "parquet": parquet_rows,
}


def iter_rows(source: str | Path, choose: Choose | None = None) -> Iterator[Rows]:
    """Read a table batch by batch, in memory that does not grow with it.

    Parameters
    ----------
    source : str or Path
        A file ending in .csv, .json, .jsonl, .ndjson or .parquet; ``-`` is standard input,
        whose format is told from its first bytes.
    choose : callable, optional
        Gets the names of the columns and returns those to read; may raise TableError. JSON
        lines have no header: there it is asked for each batch.

    Yields
    ------
    Rows
        Never empty.

    Raises
    ------
    TableError
        If the file cannot be read as a table.
    """
    with open_source(source) as opened:
        yield from _READERS[opened.format](opened, choose)


def read_rows(source: str | Path) -> dict[str, Words | npt.NDArray[np.float64]]:
    """A whole table as NumPy columns.

    Returns
    -------
    dict of str to (n,) array
        float64 where every cell is a number or null in the file's own types (NaN = null), else
        object arrays of text ("" = null). All columns of a CSV file are text.

    Raises
    ------
    TableError
        If the file cannot be read as a table, or a column is neither numbers nor text.
    """
    batches = list(iter_rows(source))
    names = dict.fromkeys(name for batch in batches for name in batch.columns)
    out = {}
    for name in names:
        parts = [batch.columns.get(name) for batch in batches]
        numeric = all(part is None or is_numeric(part) for part in parts)
        pieces = [
            _missing(len(batch), numeric)
            if part is None
            else as_numbers(batch, name)
            if numeric
            else as_text(batch, name)
            for batch, part in zip(batches, parts, strict=True)
        ]
        out[name] = np.concatenate(pieces)
    return out


def _missing(size: int, numeric: bool) -> npt.NDArray[np.generic]:
    return np.full(size, np.nan) if numeric else np.full(size, "", dtype=object)
