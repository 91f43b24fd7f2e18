"""A model that is silent too often, or answers where it should not."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure

#: Share of ordinary patients. One in a hundred is what the limits are set to.
MOST = 0.03


def _messages(report: Report) -> list[str]:
    share = figure(report, "doubt", "abstention", "ordinary", "abstained")
    return [f"{share:.1%} of fresh patients of the same world"] if share > MOST else []


CHECK = Check(
    code="H15",
    title="Abstains too often",
    severity="warning",
    asks=f"The model abstains from more than {MOST:.0%} of fresh patients of its own world.",
    messages=_messages,
)
