"""Treatment chosen by what is not recorded."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, part


def _messages(report: Report) -> list[str]:
    if part(report, "config", "cohort").get("assignment") != "hidden_confounding":
        return []
    return ["treatment depended on true markers beyond the record: rates by strategy are biased"]


CHECK = Check(
    code="H10",
    title="Hidden confounding",
    severity="error",
    asks=(
        "The config has treatment depend on what is not recorded, which no method here can undo."
    ),
    messages=_messages,
)
