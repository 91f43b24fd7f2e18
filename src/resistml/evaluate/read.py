"""Reads a run's ``metrics.json`` back into an evaluation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from resistml.documents import read_json
from resistml.errors import ModelError
from resistml.evaluate.evaluation import Evaluation


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation that ``metrics.json`` holds; None in it is NaN where a number belongs.

    Raises
    ------
    ModelError
        For a file that is not what a run of this release writes.
    """
    document = read_json(path, ModelError)
    try:
        found: Evaluation = typed(document, Evaluation)
    except (TypeError, ValueError, KeyError, AttributeError) as exc:
        raise ModelError(
            f"are not the figures of a run of this release ({exc})",
            file=path,
            hint="train the config again",
        ) from None
    return found


def typed(value: Any, kind: Any) -> Any:
    """Plain data as a value of a type: dataclasses, unions with None, mappings and sequences.

    Keys that a dataclass does not have are passed over; fields that have a default may be absent.

    Raises
    ------
    TypeError, ValueError, AttributeError
        Where the data do not fit.
    """
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _union(value, get_args(kind))
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(value, kind)
    if origin is not None:
        return _collection(value, origin, get_args(kind))
    return _plain(value, kind)


def _union(value: Any, kinds: tuple[Any, ...]) -> Any:
    if value is None and NoneType in kinds:
        return None
    rest = [kind for kind in kinds if kind is not NoneType]
    return typed(value, rest[0]) if len(rest) == 1 else value


def _dataclass(value: Any, kind: type) -> Any:
    hints = get_type_hints(kind)
    taken = {f.name: typed(value[f.name], hints[f.name]) for f in fields(kind) if f.name in value}
    return kind(**taken)


def _collection(value: Any, origin: Any, kinds: tuple[Any, ...]) -> Any:
    if issubclass(origin, Mapping):
        return {key: typed(one, kinds[1]) for key, one in value.items()}
    make: Callable[[Any], Any] = tuple if origin is tuple else list
    if origin is tuple and kinds and kinds[-1] is not Ellipsis:
        return make(typed(one, each) for one, each in zip(value, kinds, strict=True))
    return make(typed(one, kinds[0]) for one in value)


def _plain(value: Any, kind: Any) -> Any:
    if kind is float:
        return math.nan if value is None else float(value)
    if kind in (int, str, bool):
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} stands where {kind.__name__} is to stand")
        return value
    return value
