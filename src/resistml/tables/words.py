"""What messages say of names, values and types."""

from __future__ import annotations

from typing import Any


def label(text: str, most: int = 60) -> str:
    """A name or a value fit for a message: cut, and with nothing unprintable in it."""
    cut = text if len(text) <= most else text[:most] + "..."
    return cut if cut.isprintable() else repr(cut)[1:-1]


def shown(value: Any, most: int = 40) -> str:
    """A cell's value in quotation marks, or ``the cell`` if there is none."""
    text = "" if value is None else str(value)
    return f"'{label(text, most)}'" if text.strip() else "the cell"


def type_name(value: Any) -> str:
    """What a value of JSON or Python is, with its article."""
    names: dict[type, str] = {
        list: "a list",
        tuple: "a list",
        dict: "an object",
        str: "text",
        bool: "true or false",
        type(None): "null",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), f"of type {type(value).__name__}")
