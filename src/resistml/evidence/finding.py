"""What a check of the catalog finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from resistml.errors import did_you_mean


@dataclass(frozen=True)
class Finding:
    """Something in the catalog that does not hold together.

    Attributes
    ----------
    code : str
        Stable code of the check, such as ``E03``.
    entry : str
        Id of the entry at fault.
    message : str
        What is wrong with it.
    """

    code: str
    entry: str
    message: str


def unknown(entry: str, what: str, name: str, known: Iterable[str]) -> Finding:
    """E02: a name that no entry of the catalog bears."""
    hint = did_you_mean(name, known)
    return Finding("E02", entry, f"unknown {what} '{name}'" + (f": {hint}" if hint else ""))
