"""Values of cells as a config states them: 1, 1.0 and "1" are one, and so are True and true."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from resistml.tables.scalars import MISSING, NUMBER

T = TypeVar("T")
Value = bool | int | float | str

_NUMBER = re.compile(NUMBER)


def key_of(value: Value) -> str:
    """What a value is compared by."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip()
    return repr(float(text)) if _NUMBER.fullmatch(text) else text.casefold()


def keys_of(values: Iterable[Value] | None) -> frozenset[str]:
    """What several values are compared by; of None, none."""
    return frozenset(map(key_of, values or ()))


def missing_keys(words: Iterable[Value] | None) -> frozenset[str]:
    """Keys of what stands for a missing value: the usual words, and those a config declares."""
    return keys_of(MISSING) | keys_of(words)


def lookup(values: Mapping[T, Iterable[Value]]) -> dict[str, T]:
    """What each key stands for.

    Raises
    ------
    ValueError
        If a value is said to stand for two things.
    """
    out: dict[str, T] = {}
    for meaning, stated in values.items():
        for value in stated:
            if out.setdefault(key_of(value), meaning) != meaning:
                raise ValueError(f"'{value}' is said to be both {out[key_of(value)]} and {meaning}")
    return out
