"""The decision curve in figures and in words."""

from __future__ import annotations

from dataclasses import dataclass

from resistml.evaluate.net_benefit import DecisionCurve
from resistml.report.words import MODEL, percent

#: Thresholds of the table.
SHOWN = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Benefit:
    """Net benefits at a threshold, in true positives per patient."""

    threshold: float
    model: float
    low: float
    high: float
    fair: float
    everybody: float


def benefits(curve: DecisionCurve | None) -> list[Benefit]:
    """A row for each threshold of the table."""
    if curve is None:
        return []
    nan = (float("nan"),) * len(curve.threshold)
    columns = (curve.learners[MODEL], curve.low, curve.high, curve.learners.get("fair", nan))
    rows = zip(curve.threshold, *columns, curve.everybody, strict=True)
    return [Benefit(*row) for row in rows if row[0] in SHOWN]


def useful_words(curve: DecisionCurve | None) -> str:
    """From where to where the model is surely better than acting on all, and on none."""
    if curve is None:
        return ""
    ends = zip(curve.low, curve.everybody, strict=True)
    useful = [k for k, (low, everybody) in enumerate(ends) if low > max(everybody, 0.0)]
    if not useful:
        return (
            "At no threshold does the lower end of the model's interval lie above both acting on "
            "all and on none."
        )
    first, last = useful[0], useful[-1]
    said = f"{percent(curve.threshold[first], 0)} to {percent(curve.threshold[last], 0)}"
    gaps = "" if len(useful) == last - first + 1 else ", not all of them"
    return (
        "The lower end of the model's interval lies above both acting on all and on none at "
        f"thresholds from {said}{gaps} (of {percent(curve.threshold[0], 0)} to "
        f"{percent(curve.threshold[-1], 0)} looked at)."
    )
