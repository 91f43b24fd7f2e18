"""Rows as columns of cells, whatever they were read from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resistml.errors import TableError
from resistml.tables.arrays import from_bools, from_floats, from_ints
from resistml.tables.words import label, type_name

#: A column: an Arrow array, or an object array of what JSON or Python gave.
Column = Any

#: Picks the columns to read out of those that there are; may raise TableError.
Choose = Callable[[tuple[str, ...]], Sequence[str]]

#: Rows per batch, so that memory does not grow with the file.
BATCH = 65_536

#: More columns than a spreadsheet can hold are refused.
MAX_COLUMNS = 16_384


@dataclass(frozen=True)
class Rows:
    """A batch of rows as columns of cells that are not interpreted yet.

    Attributes
    ----------
    name : str
        The file, for messages.
    columns : mapping of str to column
        All of one length; :mod:`resistml.tables.cells` makes numbers and text of them.
    first : int
        Data rows before this batch in the file.
    size : int
        Number of rows.
    """

    name: str
    columns: Mapping[str, Column]
    first: int
    size: int

    def __len__(self) -> int:
        return self.size

    def cell(self, column: str, row: int) -> Any:
        """What stands in a cell, as Python; None if it is null."""
        value = self.columns[column][row]
        return value.as_py() if hasattr(value, "as_py") else value

    def place(self, row: int) -> int:
        """The row's number in the file, from 1."""
        return self.first + row + 1


def check_names(names: Sequence[str], file: str) -> None:
    """Raise TableError if a column has no name, or the name of another, or there are too many."""
    if len(names) > MAX_COLUMNS:
        raise TableError(
            f"has {len(names):,} columns", file=file, allowed=f"at most {MAX_COLUMNS:,}"
        )
    seen: set[str] = set()
    for i, name in enumerate(names):
        if not name.strip():
            raise TableError(
                f"column {i + 1} has no name", file=file, hint="name it in the header, or drop it"
            )
        if name in seen:
            raise TableError(
                "stands twice in the header", file=file, column=label(name), hint="keep one"
            )
        seen.add(name)


def rows_from_records(records: Sequence[Any], name: str, first: int, choose: Choose | None) -> Rows:
    """Rows from a list of objects; a key that one of them lacks is null there.

    Raises
    ------
    TableError
        If a record is no object, or holds a list or an object.
    """
    columns: dict[str, Any] = {}
    for i, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise TableError(f"is {type_name(record)}, not an object", file=name, row=first + i + 1)
        for key, value in record.items():
            if isinstance(value, (list, tuple, dict)):
                raise TableError(
                    f"holds {type_name(value)}",
                    file=name,
                    row=first + i + 1,
                    column=label(str(key)),
                    allowed="a number, text or null",
                )
            if key not in columns:
                columns[key] = np.full(len(records), None, dtype=object)
            columns[key][i] = value
    names = tuple(str(key) for key in columns)
    check_names(names, name)
    wanted = names if choose is None else choose(names)
    return Rows(name, {key: columns[key] for key in wanted}, first, len(records))


def rows_from_columns(columns: Mapping[str, Any], name: str, choose: Choose | None) -> Rows:
    """Rows from columns: lists, tuples, NumPy or Arrow arrays.

    Raises
    ------
    TableError
        If the columns differ in length.
    """
    names = tuple(str(key) for key in columns)
    check_names(names, name)
    cells = {str(key): _column(values) for key, values in columns.items()}
    size = len(next(iter(cells.values()))) if cells else 0
    for key, values in cells.items():
        if len(values) != size:
            raise TableError(
                f"has {len(values):,} rows, the first column {size:,}",
                file=name,
                column=label(key),
            )
    wanted = names if choose is None else choose(names)
    return Rows(name, {key: cells[key] for key in wanted}, 0, size)


def _column(values: Iterable[Any]) -> Column:
    if hasattr(values, "combine_chunks"):  # an Arrow column
        chunk = values.combine_chunks()
        return chunk.combine_chunks() if hasattr(chunk, "combine_chunks") else chunk
    if hasattr(values, "buffers"):
        return values
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return _numeric(values)
    cells = list(values)
    out = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        out[i] = cell
    return out


def _numeric(values: Any) -> Column:
    if values.dtype.kind == "b":
        return from_bools(values)
    if values.dtype.kind in "iu":
        return from_ints(values)
    return from_floats(values)
