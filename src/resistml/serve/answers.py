"""Answers to requests, as the text of JSON: the same rows that the commands print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from resistml.columns import SERVED
from resistml.errors import ResistmlError
from resistml.explain.mechanisms import explain_profiles
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.serve import asked
from resistml.serve.limits import Limits
from resistml.serve.refusal import Refusal
from resistml.tables import Profiles, json_lines, profiles_from_rows

Rows = dict[str, Any]


def _rank(model: Model, profiles: Profiles, **options: Any) -> Rows:
    return rank(model, profiles, everything=options.pop("all", False), **options)


#: By the path, what is asked and the options that it takes.
QUESTIONS: dict[str, tuple[Callable[..., Rows], Mapping[str, type]]] = {
    "/score": (score, {}),
    "/rank": (_rank, {"all": bool, "by": str}),
    "/explain": (explain_profiles, {"full": bool}),
}


def described(model: Model, limits: Limits) -> dict[str, Any]:
    """What the server is, for whoever asks it for ``/``."""
    return {
        "notice": NOTICE,
        "model": named(model),
        "settings": list(model.spec.settings),
        "paths": {
            "GET": ["/", "/ping", "/health"],
            "POST": ["/invocations", *QUESTIONS],
        },
        "limits": {"body_bytes": limits.body, "rows": limits.rows},
    }


def named(model: Model) -> dict[str, Any]:
    """Which model answers."""
    return {"name": model.about.get("name"), "hash": model.hash}


def answer(
    model: Model, path: str, query: Mapping[str, str], body: bytes, limits: Limits
) -> Iterator[str]:
    """The pieces of the text that answers a question: ``notice``, ``model``, ``rejected`` (row,
    from 1, id and reason), ``ignored`` (columns not used) and ``rows``, as the command prints them.

    Raises
    ------
    Refusal
        If the request as a whole cannot be answered; a row at fault spoils no other.
    """
    ask, known = QUESTIONS[path]
    chosen = asked.options(query, known)
    profiles = _profiles(model, asked.profile_rows(asked.document(body), limits))
    try:
        lines = list(json_lines(ask(model, profiles, **chosen)))
    except ResistmlError as exc:
        raise Refusal.of(exc) from None
    head = {
        "notice": NOTICE,
        "model": named(model),
        "rejected": [
            {"row": row + 1, "patient_id": str(profiles.records.patient_id[row]), "message": text}
            for row, text in sorted(profiles.rejected.items())
        ],
        "ignored": list(profiles.ignored),
    }
    return _document(head, "rows", lines)


def invoked(model: Model, body: bytes, limits: Limits) -> Iterator[str]:
    """The pieces of the answer in MLflow's schema: ``predictions``, a row per profile in order."""
    profiles = _profiles(model, asked.mlflow_rows(asked.document(body), limits))
    scores = score(model, profiles)
    lines = list(json_lines({name: scores[name] for name in SERVED}))
    return _document({"notice": NOTICE}, "predictions", lines)


def _profiles(model: Model, rows: Any) -> Profiles:
    try:
        return profiles_from_rows(rows, model.spec, name="the body")
    except ResistmlError as exc:
        raise Refusal.of(exc) from None


def _document(head: dict[str, Any], name: str, lines: list[str]) -> Iterator[str]:
    text = json.dumps(head, ensure_ascii=False, allow_nan=False)
    yield f'{text[:-1]}, "{name}": ['
    yield ", ".join(lines)
    yield "]}"
