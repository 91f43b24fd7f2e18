"""Claims that contradict each other, between which the world stands."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, rows


def _messages(report: Report) -> list[str]:
    held = [
        str(row.get("claim")) for row in rows(report, "audit") if row.get("status") == "tension"
    ]
    if not held:
        return []
    return [f"the world stands between {len(held)} claims that cannot all hold: {', '.join(held)}"]


CHECK = Check(
    code="H03",
    title="Claims in tension",
    severity="notice",
    asks="Target claims cannot all hold, so the world lies between them.",
    messages=_messages,
)
