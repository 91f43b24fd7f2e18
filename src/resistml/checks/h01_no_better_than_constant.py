"""A model that tells no more than each strategy's rate explains nothing."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure
from resistml.explain.refusal import NO_BETTER


def _messages(report: Report) -> list[str]:
    mine = figure(report, "learners", "xgboost", "logloss")
    constant = figure(report, "learners", "constant", "logloss")
    if not mine >= constant:
        return []
    return [
        f"log-loss {mine:.4f} against {constant:.4f} of a constant for each setting and strategy: "
        "what tells patients apart was not learned, so its explanations are refused"
    ]


CHECK = Check(
    code=NO_BETTER,
    title="No better than a constant",
    severity="error",
    asks=(
        "The model's log-loss on fresh patients is no lower than that of a constant per "
        "setting and strategy."
    ),
    messages=_messages,
)
