"""What pydantic finds wrong, in the words that all of the project's errors use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from resistml.errors import did_you_mean, listed

#: What is said of a key that no model has.
UNKNOWN = "unknown key"
#: Longest value that a message repeats.
_LONGEST = 60


@dataclass(frozen=True)
class Fault:
    """The first thing wrong: where (dotted key), what, what is allowed, how to mend it."""

    key: str
    message: str
    allowed: str | None
    hint: str | None


def first_fault(exc: ValidationError, model: type[BaseModel]) -> Fault:
    """The first error that ``model`` raised, with the nearest valid name where there is one."""
    first = exc.errors()[0]
    loc, kind, value = first["loc"], first["type"], first["input"]
    key = ".".join(str(part) for part in loc if part != "[key]")
    if kind == "extra_forbidden":
        known = _fields(model, loc[:-1])
        return Fault(key, UNKNOWN, listed(known), did_you_mean(str(loc[-1]), known))
    if kind == "missing":
        return Fault(key, "is missing", None, "add it")
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", first["ctx"]["expected"])
        hint = did_you_mean(str(value), choices)
        return Fault(key, f"is not one of the choices, got {_short(value)}", listed(choices), hint)
    message = first["msg"].removeprefix("Value error, ")
    if not isinstance(value, (dict, list, tuple, BaseModel)):
        message = f"{message}, got {_short(value)}"
    return Fault(key, message, None, None)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _fields(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Names of the keys that may stand at a place; keys and indices of containers are passed."""
    at = model
    for part in loc:
        found = {_name(at, field): field for field in at.model_fields}
        if isinstance(part, str) and part in found:
            at = model_in(at.model_fields[found[part]].annotation) or at
    return [_name(at, field) for field in at.model_fields]


def _name(model: type[BaseModel], field: str) -> str:
    return model.model_fields[field].alias or field


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model class inside an annotation such as ``dict[str, X]`` or ``X | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (model_in(part) for part in get_args(annotation))
    return next((model for model in inside if model is not None), None)
