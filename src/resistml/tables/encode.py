"""Columns to what CSV, JSON and Parquet hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.tables import arrays

#: A column to write: an array, or a sequence of text, numbers, None, or lists of text.
Values = Sequence[Any] | npt.NDArray[Any]

#: Significant digits of floats in text formats.
DIGITS = 6

#: What a spreadsheet takes for the start of a formula, wide forms included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_CONTROLS = {code: "\ufffd" for code in (*range(32), 127) if chr(code) not in "\t\r\n"}


def row_count(columns: Mapping[str, Values]) -> int:
    """The length that all columns share.

    Raises
    ------
    ValueError
        If they differ in length.
    """
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"columns differ in length: {sizes}")
    return next(iter(sizes.values()), 0)


def csv_cells(values: Values, digits: int | None = DIGITS) -> list[str]:
    """A column as CSV text: lists joined by ``;``, NaN and None empty, formulas disarmed."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return [_number(value, digits) for value in values.tolist()]
    return [_csv_cell(value, digits) for value in _plain(values)]


def json_cells(values: Values, digits: int | None = DIGITS) -> list[Any]:
    """A column as JSON values: lists stay lists, NaN becomes None."""
    return [_json_cell(value, digits) for value in _plain(values)]


def json_objects(
    columns: Mapping[str, Values], digits: int | None = DIGITS
) -> Iterator[dict[str, Any]]:
    """The rows of columns as objects."""
    cells = [json_cells(values, digits) for values in columns.values()]
    names = list(columns)
    for row in zip(*cells, strict=True):
        yield dict(zip(names, row, strict=True))


def arrow_column(values: Values, kind: str | None = None) -> arrays.Array:
    """A column as an Arrow array of ``double``, ``int64``, ``bool``, ``string`` or ``list``.

    Parameters
    ----------
    values : array or sequence
        NaN and None become null.
    kind : str, optional
        Told from the values if not given: object arrays are lists if they hold one, numbers if
        they hold nothing else, else text.
    """
    cells = _plain(values)
    kind = kind or arrow_kind(values)
    if kind == "list":
        return arrays.from_lists([[unicode(str(x)) for x in cell or ()] for cell in cells])
    if kind == "string":
        return arrays.from_texts([None if _void(c) else unicode(str(c)) for c in cells])
    if kind == "bool":
        return arrays.from_bools(np.array(cells, dtype=np.bool_))
    if kind == "int64":
        there = np.array([cell is not None for cell in cells], dtype=np.bool_)
        whole = np.array([0 if cell is None else cell for cell in cells], dtype=np.int64)
        return arrays.from_ints(whole, there)
    return arrays.from_floats(np.array([np.nan if c is None else c for c in cells], np.float64))


def arrow_kind(values: Values) -> str:
    """The Arrow type that a column is written as."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return {"f": "double", "b": "bool"}.get(values.dtype.kind, "int64")
    types = {type(cell) for cell in values if cell is not None}
    if types & {list, tuple}:
        return "list"
    if types == {bool}:
        return "bool" if not any(cell is None for cell in values) else "string"
    if types == {int}:
        return "int64"
    # A column without a value is one of numbers: text that is missing is written as "".
    return "double" if types <= {int, float, np.float64} else "string"


def unicode(text: str) -> str:
    """Text that can be written as UTF-8: half a surrogate pair becomes ``?``."""
    return text.encode("utf-8", "replace").decode()


def _plain(values: Values) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _void(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _number(value: float, digits: int | None) -> str:
    if math.isnan(value):
        return ""
    if math.isinf(value):
        raise ValueError("an infinite number cannot be written")
    return repr(value) if digits is None else f"{value:.{digits}g}"


def _csv_cell(value: Any, digits: int | None) -> str:
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return _number(float(value), digits)
    if isinstance(value, (bool, int, np.integer, np.bool_)):
        return str(value).lower()
    text = ";".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return disarmed(unicode(text))


def disarmed(text: str) -> str:
    """Text that a spreadsheet takes for text; control characters are replaced."""
    text = text.translate(_CONTROLS)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json_cell(value: Any, digits: int | None) -> Any:
    if isinstance(value, (list, tuple)):
        return [_json_cell(item, digits) for item in value]
    if isinstance(value, str):
        return unicode(value)
    if isinstance(value, (float, np.floating)):
        text = _number(float(value), digits)
        return float(text) if text else None
    return value.item() if isinstance(value, np.generic) else value
