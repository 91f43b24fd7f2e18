"""A ranking worth less than one order for all patients of a setting."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure


def _messages(report: Report) -> list[str]:
    mine = figure(report, "learners", "xgboost", "value")
    rule = figure(report, "value_fixed_rule")
    if not mine < rule:
        return []
    return [f"response {mine:.1%} if the ranking is followed, {rule:.1%} by the best fixed order"]


CHECK = Check(
    code="H04",
    title="Ranking below the best fixed rule",
    severity="error",
    asks=(
        "The true response rate under the learned ranking is below that under the best "
        "fixed order per setting."
    ),
    messages=_messages,
)
