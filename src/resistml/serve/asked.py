"""Reads what a request asks: rows of profiles, and options in the query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resistml.documents import parse_json
from resistml.errors import did_you_mean, listed
from resistml.serve.limits import Limits
from resistml.serve.refusal import Refusal

#: Keys of MLflow's schema, one of which a request to ``/invocations`` holds.
MLFLOW_KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_FORM = 'an array of objects, or {"profiles": [...]}'
_SPLIT = 'of "dataframe_split", {"columns": [...], "data": [[...], ...]}'


def document(body: bytes) -> Any:
    """The JSON of a body, read strictly."""
    try:
        return parse_json(body.decode())
    except UnicodeDecodeError as exc:
        raise Refusal(400, f"the body is not UTF-8 (byte {exc.start})") from None
    except ValueError as exc:
        raise Refusal(400, f"the body is not valid JSON: {exc}", allowed=_FORM) from None


def profile_rows(asked: Any, limits: Limits) -> list[Any]:
    """The rows of a request to ``/score``, ``/rank`` or ``/explain``."""
    if isinstance(asked, dict):
        if set(asked) - {"notice"} != {"profiles"}:
            raise Refusal(
                400,
                f"the body's keys are {listed(map(str, asked)) or 'none'}",
                allowed=_FORM,
                hint="put a single profile in [ ]",
            )
        asked = asked["profiles"]
    if not isinstance(asked, list):
        raise Refusal(400, "the body holds no array of rows", allowed=_FORM)
    return _counted(asked, limits)


def mlflow_rows(asked: Any, limits: Limits) -> list[Any] | dict[str, list[Any]]:
    """The rows of a request in MLflow's schema; of ``inputs``, its columns."""
    held = [key for key in MLFLOW_KEYS if isinstance(asked, dict) and key in asked]
    if len(held) != 1:
        raise Refusal(
            400,
            f"the body holds {len(held)} of the keys of MLflow's schema",
            allowed=f"one of {', '.join(MLFLOW_KEYS)}",
        )
    if asked.get("params"):
        raise Refusal(400, "the model takes no params", hint='leave "params" out')
    (key,) = held
    given = asked[key]
    if key == "dataframe_split":
        return _counted(_split(given), limits)
    if key == "inputs" and isinstance(given, dict):
        return _columns(given, limits)
    if not isinstance(given, list):
        raise Refusal(400, f'"{key}" is no array of rows', allowed=_FORM.partition(",")[0])
    return _counted(given, limits)


def options(query: Mapping[str, str], known: Mapping[str, type]) -> dict[str, Any]:
    """The options of a query: of type bool, ``true`` or ``false``; of type str as they are."""
    found: dict[str, Any] = {}
    for name, text in query.items():
        if name not in known:
            raise Refusal(
                400,
                f"no option '{name}'",
                allowed=listed(known) or "none",
                hint=did_you_mean(name, known),
            )
        if known[name] is bool and text not in ("true", "false"):
            raise Refusal(400, f"option '{name}' is '{text}'", allowed="true or false")
        found[name] = text == "true" if known[name] is bool else text
    return found


def _split(given: Any) -> list[dict[str, Any]]:
    columns = given.get("columns") if isinstance(given, dict) else None
    data = given.get("data") if isinstance(given, dict) else None
    if not isinstance(columns, list) or not isinstance(data, list):
        raise Refusal(400, '"dataframe_split" holds no columns or no data', allowed=_SPLIT)
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) < len(columns):
        raise Refusal(400, "columns are no text, or one stands twice", allowed=_SPLIT)
    for k, row in enumerate(data, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            raise Refusal(400, f"row {k} has not {len(columns)} cells", allowed=_SPLIT)
    return [dict(zip(columns, row, strict=True)) for row in data]


def _columns(given: dict[str, Any], limits: Limits) -> dict[str, list[Any]]:
    columns = {k: v if isinstance(v, list) else [v] for k, v in given.items()}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise Refusal(400, "columns are of different lengths, or there are none")
    _counted(next(iter(columns.values())), limits)
    return columns


def _counted(rows: list[Any], limits: Limits) -> list[Any]:
    if not rows:
        raise Refusal(400, "the body holds no rows", allowed=_FORM)
    if len(rows) > limits.rows:
        raise Refusal(
            413,
            f"{len(rows):,} rows",
            allowed=f"{limits.rows:,} rows a request",
            hint="ask in parts, or use the command line, which takes tables of any length",
        )
    return rows
