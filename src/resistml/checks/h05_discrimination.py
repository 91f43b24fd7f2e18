"""A model far from the best that could be known from the same records."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure

#: AUC below the fair oracle's. A tenth of what there is to gain over a constant per strategy.
GAP = 0.01


def _messages(report: Report) -> list[str]:
    mine = figure(report, "learners", "xgboost", "auc", "value")
    fair = figure(report, "fair", "auc", "value")
    if not fair - mine > GAP:
        return []
    return [f"AUC {mine:.3f}, {fair - mine:.3f} below the {fair:.3f} of the fair oracle"]


CHECK = Check(
    code="H05",
    title="Discrimination well below the fair oracle's",
    severity="warning",
    asks=f"The AUC is more than {GAP:g} below that of the fair oracle.",
    messages=_messages,
)
