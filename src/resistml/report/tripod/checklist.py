"""The checklist's items, each with the answer of a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from resistml.documents import read_yaml
from resistml.errors import InputError
from resistml.report.context import ReportContext
from resistml.report.tripod import discussion, introduction, methods, open_science, results
from resistml.report.tripod.answer import Answer, Answering

#: What answers each item.
ANSWERS: dict[str, Answering] = {
    **introduction.ANSWERS,
    **methods.ANSWERS,
    **open_science.ANSWERS,
    **results.ANSWERS,
    **discussion.ANSWERS,
}


@dataclass(frozen=True)
class Item:
    """An item; ``of`` is D (development), E (evaluation) or DE."""

    id: str
    section: str
    title: str
    of: str
    asks: str


@dataclass(frozen=True)
class Row:
    """An item with its answer."""

    item: Item
    answer: Answer


@cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(Path(__file__).with_name("items.yaml"), InputError)
    return found


@cache
def items() -> tuple[Item, ...]:
    """The items in the order of the checklist."""
    return tuple(Item(**item) for item in _file()["items"])


def answered(context: ReportContext) -> tuple[Row, ...]:
    """Every item with the run's answer."""
    return tuple(Row(item, ANSWERS[item.id](context)) for item in items())


def document(context: ReportContext) -> dict[str, Any]:
    """The answered checklist as plain data."""
    return {
        "notice": context.notice,
        "title": context.title,
        "checklist": "TRIPOD+AI",
        "reference": _file()["reference"],
        "items": [
            {
                "item": row.item.id,
                "section": row.item.section,
                "title": row.item.title,
                "of": row.item.of,
                "asks": row.item.asks,
                "status": row.answer.status,
                "answer": row.answer.text,
                "report_sections": list(row.answer.sections),
            }
            for row in answered(context)
        ],
    }
