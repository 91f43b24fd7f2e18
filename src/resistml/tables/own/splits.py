"""The columns of an own table that patients are split by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from resistml.tables.own.cohort import Words
from resistml.tables.own.table import Table
from resistml.tables.scalars import number_in_text

if TYPE_CHECKING:
    from resistml.config_data import DataConfig

#: Dates whose order is that of their text.
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?([T ].*)?")


def split_columns(table: Table, data: DataConfig) -> dict[str, Words]:
    """The column that patients are split by; none where they are by lot, or the table lacks it.

    Times come as numbers where all are, else as text in the order of time.

    Raises
    ------
    TableError
        If a cell is empty, or a time is neither a number nor a date that begins with its year.
    """
    column = data.split.column
    if column is None or column not in table.columns:
        return {}
    cells = table.levels(column)
    table.refuse(column, cells == "", "is empty", f"a {data.split.by} in every row")
    if data.split.by != "time":
        return {column: cells}
    numbers = {cell: number_in_text(cell, truth=False) for cell in dict.fromkeys(cells.tolist())}
    if not any(isinstance(number, str) for number in numbers.values()):
        return {column: np.array([numbers[cell] for cell in cells], dtype=object)}
    wrong = np.array([_DATE.fullmatch(cell) is None for cell in cells], dtype=bool)
    table.refuse(column, wrong, "is no time that can be put in order", "numbers, or 2024-03-31")
    return {column: cells}
