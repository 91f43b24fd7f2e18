"""One cell: the number it holds, or what is wrong with it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

#: Words that stand for a missing value, in any case.
MISSING = ("", "na", "nan", "n/a", "null", "none", "<na>")

#: A number in text: plain digits with a point, perhaps an exponent.
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
#: What sexes are called in tables, and what they are recorded as.
SEX = {"female": 1.0, "f": 1.0, "male": 0.0, "m": 0.0}

_TRUTH = {"true": 1.0, "false": 0.0}
#: Forms of what is no number, with what to say of them.
_PROBLEMS = (
    (r"[+-]?[0-9]+,[0-9]+", "has a decimal comma (write 2.5, not 2,5)"),
    (r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", "has a comma between thousands (leave it out)"),
    (r"[+-]?(inf|infinity)", "is not a finite number"),
    (r"[<>≤≥~].*", "is not a number (write the number alone; 0 for below a detection limit)"),
    (
        rf"{NUMBER}(\s+[^0-9\s].*|[^\W0-9_][^0-9]*|[%‰°/].*)",
        "has a unit in the cell (write the number alone)",
    ),
)


def is_missing(text: str) -> bool:
    """Whether text stands for a missing value."""
    return text.strip().lower() in MISSING


def level_of(cell: str) -> str:
    """A category's level as it is shown: a whole number without its point."""
    text = cell.strip()
    if not re.fullmatch(NUMBER, text):
        return text
    number = float(text)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def number_in_text(text: str, truth: bool) -> float | str:
    """The number that a cell holds, NaN if it is missing, or what is wrong with it."""
    stripped = text.strip().lower()
    if stripped in MISSING:
        return float("nan")
    if truth and stripped in _TRUTH:
        return _TRUTH[stripped]
    if re.fullmatch(NUMBER, stripped):
        value = float(stripped)
        return value if abs(value) < float("inf") else "is not a finite number"
    for form, problem in _PROBLEMS:
        if re.fullmatch(form, stripped):
            return problem
    return "is not a number"


def number_of(cell: Any, truth: bool) -> float | str:
    """The number that an object is, NaN if it is missing, or what is wrong with it."""
    if isinstance(cell, str):
        return number_in_text(cell, truth)
    if isinstance(cell, (bool, np.bool_)):
        return float(cell) if truth else "is not a number"
    if is_null(cell):
        return float("nan")
    if not isinstance(cell, (int, float, np.integer, np.floating)):
        return "is not a number"
    try:
        value = float(cell)
    except OverflowError:
        return "is not a finite number"
    return "is not a finite number" if abs(value) == float("inf") else value


def is_null(cell: Any) -> bool:
    """None, NaN, or the marks by which pandas says the same."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, (float, np.floating)) and bool(np.isnan(cell))


def is_unicode(text: str) -> bool:
    """Whether text can be written as UTF-8, which half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
