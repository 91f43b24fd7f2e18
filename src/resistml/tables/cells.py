"""Cells to numbers and text: strict, fast where all is well, exact about what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.tables import arrays
from resistml.tables.rows import Column, Rows
from resistml.tables.scalars import (
    MISSING,
    NUMBER,
    is_null,
    is_unicode,
    number_in_text,
    number_of,
)
from resistml.tables.words import label, shown

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]

#: What is wrong, by index of the row.
Faults = dict[int, str]


def numbers(column: Column, *, truth: bool = False) -> tuple[Floats, Faults]:
    """A column as numbers.

    Parameters
    ----------
    column : array
        Arrow numbers or text, or objects.
    truth : bool
        Whether true and false are taken, as 1 and 0.

    Returns
    -------
    values : (n,) array
        NaN where a cell is missing or at fault.
    faults : dict of int to str
        What is wrong with the cells at fault; infinite counts as wrong.

    Raises
    ------
    TypeError
        If the column is neither numbers nor text.
    """
    if isinstance(column, np.ndarray):
        return _numbers_of_objects(column, truth)
    kind = _kind(column)
    if kind == "text":
        return _numbers_of_text(_text(column), truth)
    if kind == "null" or (kind == "truth" and truth):
        return _numbers_of_truth(column), {}
    if kind != "number":
        raise TypeError(f"is of type {label(str(column.type))}")
    values = arrays.floats(column.cast("float64", safe=False))
    return _finite(values)


def texts(column: Column) -> tuple[Words, Faults]:
    """A column as text; a missing cell is "". Whole numbers become their digits.

    Raises
    ------
    TypeError
        If the column is neither text nor whole numbers nor wholly missing.
    """
    if isinstance(column, np.ndarray):
        return _texts_of_objects(column)
    kind = _kind(column)
    if kind == "text":
        return arrays.words(_text(column)), {}
    if column.null_count == len(column):
        return np.full(len(column), "", dtype=object), {}
    if kind == "number" and "int" in str(column.type):
        return arrays.words(column.cast("string")), {}
    raise TypeError(f"is of type {label(str(column.type))}")


def is_numeric(column: Column) -> bool:
    """Whether a column's own type is a number; an object array's, if every cell is one or None."""
    if isinstance(column, np.ndarray):
        return all(type(cell) in (int, float, bool, type(None)) for cell in column)
    return _kind(column) in ("number", "truth", "null")


def as_numbers(rows: Rows, name: str) -> Floats:
    """A column as numbers; raises TableError at the first cell that is none."""
    try:
        values, faults = numbers(rows.columns[name], truth=True)
    except TypeError as exc:
        raise TableError(str(exc), file=rows.name, column=label(name), allowed="numbers") from None
    _raise_first(rows, name, faults, "numbers")
    return values


def as_text(rows: Rows, name: str) -> Words:
    """A column as text; raises TableError at the first cell that is none."""
    try:
        values, faults = texts(rows.columns[name])
    except TypeError as exc:
        raise TableError(str(exc), file=rows.name, column=label(name), allowed="text") from None
    _raise_first(rows, name, faults, "text")
    return values


def _raise_first(rows: Rows, name: str, faults: Faults, allowed: str) -> None:
    for row, problem in sorted(faults.items())[:1]:
        raise TableError(
            f"{shown(rows.cell(name, row))} {problem}",
            file=rows.name,
            row=rows.place(row),
            column=label(name),
            allowed=allowed,
        )


def _kind(column: Any) -> str:
    import pyarrow.types as types

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text"
    if types.is_boolean(kind):
        return "truth"
    if types.is_null(kind):
        return "null"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    return "other"


def _text(column: Any) -> Any:
    return column if str(column.type) == "string" else column.cast("string")


def _numbers_of_truth(column: Any) -> Floats:
    if column.null_count == len(column):
        return np.full(len(column), np.nan)
    return np.where(arrays.valid(column), arrays.bools(column), np.nan)


def _finite(values: Floats) -> tuple[Floats, Faults]:
    endless = np.isinf(values)
    faults = dict.fromkeys(np.flatnonzero(endless).tolist(), "is not a finite number")
    return np.where(endless, np.nan, values), faults


def _numbers_of_text(column: Any, truth: bool) -> tuple[Floats, Faults]:
    """Cells that are plainly numbers are cast at once; the others are looked at one by one."""
    import pyarrow.compute as compute

    plain = compute.match_substring_regex(column, f"^{NUMBER}$")
    at = arrays.bools(plain)
    values = np.full(len(column), np.nan)
    values[at] = arrays.floats(column.filter(plain).cast("float64"))
    values, faults = _finite(values)
    others = np.flatnonzero(~at & arrays.valid(column))
    rest = arrays.at(column, others)
    missing = compute.is_in(compute.ascii_lower(rest), value_set=arrays.from_texts(list(MISSING)))
    for row in others[~arrays.bools(missing)].tolist():
        value = number_in_text(column[row].as_py(), truth)
        if isinstance(value, float):
            values[row] = value
        else:
            faults[row] = value
    return values, faults


def _numbers_of_objects(column: Words, truth: bool) -> tuple[Floats, Faults]:
    values = np.full(len(column), np.nan)
    faults: Faults = {}
    for row, cell in enumerate(column):
        value = number_of(cell, truth)
        if isinstance(value, float):
            values[row] = value
        else:
            faults[row] = value
    return values, faults


def _texts_of_objects(column: Words) -> tuple[Words, Faults]:
    values = np.full(len(column), "", dtype=object)
    faults: Faults = {}
    for row, cell in enumerate(column):
        if is_null(cell):
            continue
        if isinstance(cell, (int, np.integer)) and not isinstance(cell, bool):
            values[row] = str(cell)
        elif not isinstance(cell, str):
            faults[row] = "is not text"
        elif is_unicode(cell):
            values[row] = str(cell)
        else:
            faults[row] = "is not valid Unicode"
    return values, faults
