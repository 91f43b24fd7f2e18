"""A table of one or several files, as text cells that know where they stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError, did_you_mean, listed
from resistml.tables.cells import as_numbers, as_text, is_numeric
from resistml.tables.own.values import key_of
from resistml.tables.read import iter_rows
from resistml.tables.rows import Rows
from resistml.tables.scalars import level_of, number_in_text
from resistml.tables.words import label, shown

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]

#: Endings of the files that are read from a folder.
ENDINGS = (".csv", ".parquet")
#: Gets the names of a table's columns, and returns those to read.
Choose = Callable[[tuple[str, ...]], Collection[str]]


@dataclass(frozen=True)
class Table:
    """n rows as text; a missing cell is "".

    Attributes
    ----------
    columns : mapping of str to (n,) array of str
    files : tuple of str
    file, row : (n,) arrays
        Index of the file that each row stands in, and its number there, from 1.
    """

    columns: Mapping[str, Words]
    files: tuple[str, ...]
    file: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: npt.NDArray[np.int64]) -> Table:
        """The given rows, in the given order."""
        columns = {name: cells[rows] for name, cells in self.columns.items()}
        return Table(columns, self.files, self.file[rows], self.row[rows])

    def keys(self, column: str) -> Words:
        """(n,) what each cell is compared by."""
        return self._mapped(column, key_of)

    def levels(self, column: str) -> Words:
        """(n,) each cell as a category's level."""
        return self._mapped(column, level_of)

    def numbers(self, column: str, allowed: str = "numbers, or empty") -> Floats:
        """(n,) a column's numbers; NaN where a cell is missing.

        Raises
        ------
        TableError
            At the first cell that is no number.
        """
        cells = self.columns[column]
        known = {cell: number_in_text(cell, truth=False) for cell in dict.fromkeys(cells.tolist())}
        wrong = np.array([isinstance(known[cell], str) for cell in cells], dtype=bool)
        if wrong.any():
            first = cells[int(np.argmax(wrong))]
            self.refuse(column, wrong, str(known[first]), allowed)
        return np.array([known[cell] for cell in cells], dtype=np.float64)

    def refuse(
        self,
        column: str,
        at: npt.NDArray[np.bool_],
        problem: str,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Raise TableError for the first row where ``at`` holds, if there is one."""
        rows = np.flatnonzero(at)
        if not len(rows):
            return
        row = int(rows[0])
        more = f" (and so in {len(rows) - 1:,} more rows)" if len(rows) > 1 else ""
        raise TableError(
            f"{shown(self.columns[column][row])} {problem}{more}",
            file=self.files[self.file[row]],
            row=int(self.row[row]),
            column=label(column),
            allowed=allowed,
            hint=hint,
        )

    def _mapped(self, column: str, change: Callable[[str], str]) -> Words:
        cells = self.columns[column]
        known = {cell: change(cell) if cell else "" for cell in dict.fromkeys(cells.tolist())}
        return np.array([known[cell] for cell in cells], dtype=object)


def read_table(path: Path, choose: Choose, missing: Collection[str]) -> Table:
    """Read a CSV or Parquet file, or all of a folder, one after the other.

    Parameters
    ----------
    choose : callable
        Chooses the columns to read; may raise TableError.
    missing : collection of str
        Keys of the words that stand for a missing value.

    Raises
    ------
    TableError
        If a file cannot be read, lacks a column that the first has, or a folder holds none.
    """
    files = files_of(path)
    names: tuple[str, ...] | None = None
    parts: list[tuple[int, Rows]] = []
    for i, file in enumerate(files):
        seen: list[tuple[str, ...]] = []

        def chosen(here: tuple[str, ...], seen: list[tuple[str, ...]] = seen) -> Sequence[str]:
            seen.append(here)
            return tuple(choose(here))

        parts += [(i, rows) for rows in iter_rows(file, chosen)]
        names = names or seen[0]
        _same_columns(names, seen[0], files[0], file)
    kept = list(dict.fromkeys(name for _, rows in parts for name in rows.columns))
    columns = {
        name: np.concatenate([_cells(rows, name, missing) for _, rows in parts]) for name in kept
    }
    return Table(
        columns,
        tuple(map(str, files)),
        np.concatenate([np.full(len(rows), i) for i, rows in parts]),
        np.concatenate([rows.first + 1 + np.arange(len(rows)) for _, rows in parts]),
    )


def files_of(path: Path) -> list[Path]:
    """The files that a path names: itself, or those of a folder, by name."""
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS and p.is_file())
    if not found:
        raise TableError(
            "is a folder without tables", file=path, allowed=f"files ending in {', '.join(ENDINGS)}"
        )
    return found


def known_column(name: str, names: Collection[str], file: str | Path, key: str) -> str:
    """``name`` if a table has it.

    Raises
    ------
    TableError
        If not, with the config's key that asks for it and the nearest column.
    """
    if name not in names:
        raise TableError(
            f"has no column '{label(name)}', which the config's `{key}` names",
            file=file,
            allowed=f"its columns: {label(listed(names, most=100), 2000)}",
            hint=did_you_mean(name, names),
        )
    return name


def _same_columns(first: Collection[str], here: Collection[str], file: Path, other: Path) -> None:
    odd = sorted(set(first) ^ set(here))
    if odd:
        raise TableError(
            f"differs from {file.name} in {len(odd)} column(s): {label(listed(odd), 300)}",
            file=other,
            hint="tables of one folder need the same columns",
        )


def _cells(rows: Rows, name: str, missing: Collection[str]) -> Words:
    """A column as text, "" where missing."""
    column = rows.columns[name]
    kind = str(getattr(column, "type", ""))
    if is_numeric(column) and kind != "string":
        values = as_numbers(rows, name)
        truth = kind == "bool"
        cells = [_text(value, truth) for value in values.tolist()]
    else:
        cells = as_text(rows, name).tolist()
    void = {cell: not cell.strip() or key_of(cell) in missing for cell in dict.fromkeys(cells)}
    return np.array(["" if void[cell] else cell.strip() for cell in cells], dtype=object)


def _text(value: float, truth: bool) -> str:
    if value != value:
        return ""
    return ("true" if value else "false") if truth else level_of(repr(value))
