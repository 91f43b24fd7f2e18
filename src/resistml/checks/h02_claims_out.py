"""The world does not give what the review reports."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, rows


def _messages(report: Report) -> list[str]:
    out = [str(row.get("claim")) for row in rows(report, "audit") if row.get("status") == "out"]
    return [f"{len(out)} claims: {', '.join(out)}"] if out else []


CHECK = Check(
    code="H02",
    title="Claims out of what is reported",
    severity="error",
    asks=(
        "A target claim's value in the world is outside of what the claim allows, and "
        "no conflict explains it."
    ),
    messages=_messages,
)
