"""One error tree: what was wrong, where, what is allowed and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class ResistmlError(Exception):
    """Root of all errors that resistml raises on purpose.

    Parameters
    ----------
    message : str
        What is wrong, with the value at fault.
    file, row, column, key :
        Where it is wrong; ``row`` counts data rows from 1.
    allowed : str
        What would have been right.
    hint : str
        How to mend it.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        key: str | None = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else str(file)
        self.row = row
        self.column = column
        self.key = key
        self.allowed = allowed
        self.hint = hint

    def __str__(self) -> str:
        places = [
            self.file,
            None if self.row is None else f"row {self.row}",
            None if self.column is None else f"column '{self.column}'",
            None if self.key is None else f"key '{self.key}'",
        ]
        where = ", ".join(p for p in places if p)
        lines = [f"{where}: {self.message}" if where else self.message]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class InputError(ResistmlError):
    """A fault of a file, a header, a config, the usage or the training data."""

    exit_code = 2


class UsageError(InputError):
    """A command was called with words it does not take."""


class CatalogError(InputError):
    """The catalog, or an overlay of it, does not hold together."""


class ConfigError(InputError):
    """A run config has an unknown key or a value that is not allowed."""


class TableError(InputError):
    """A table cannot be read, or lacks what the job needs."""


class WorldError(InputError):
    """No world meets the claims it was asked to meet, or a world file is unreadable."""


class ModelError(InputError):
    """A model bundle is missing, damaged or of another schema."""


class OutputError(InputError):
    """The place to write to exists already or cannot be written."""


class CheckFailed(ResistmlError):
    """A check ran and said no: an audit, an evidence check, a promotion."""

    exit_code = 4


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice most like ``name``, or None if none is near."""
    lowered = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def did_you_mean(name: str, choices: Iterable[str]) -> str | None:
    """A hint that names the nearest valid choice, or None."""
    found = nearest(name, choices)
    return None if found is None else f"did you mean '{found}'?"


def listed(choices: Iterable[str], most: int = 12) -> str:
    """Choices as a short, readable list."""
    names = sorted(choices)
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown}, ... ({len(names)} in all)"
