"""Strategies that hardly any training patient had."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, rows


def _messages(report: Report) -> list[str]:
    found = [flag for flag in rows(report, "flags") if flag.get("code") == "few_patients"]
    return [str(flag.get("message", "")) for flag in found]


CHECK = Check(
    code="H11",
    title="Strategies with few training patients",
    severity="warning",
    asks="A strategy has too few training patients in its setting for the model to answer.",
    messages=_messages,
)
