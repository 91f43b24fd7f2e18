"""Columns that told the model nothing."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, rows


def _messages(report: Report) -> list[str]:
    found = [
        flag for flag in rows(report, "flags") if flag.get("code") in ("constant", "unmeasured")
    ]
    return [str(flag.get("message", "")) for flag in found]


CHECK = Check(
    code="H12",
    title="Columns without information",
    severity="notice",
    asks=("A marker or clinical column has one value in all training patients, or none in any."),
    messages=_messages,
)
