"""Prediction sets that miss more outcomes than they promise."""

from __future__ import annotations

import math

from resistml.checks.finding import Check, Report, figure

#: What sets promise, and how many standard errors of chance are let pass.
PROMISED, CHANCE = 0.9, 3.0


def _messages(report: Report) -> list[str]:
    held = figure(report, "doubt", "uncertainty", "sets", "coverage")
    n = figure(report, "doubt", "uncertainty", "sets", "n")
    if not n > 0:
        return []
    error = math.sqrt(PROMISED * (1 - PROMISED) / n)
    if not held < PROMISED - CHANCE * error:
        return []
    return [f"{held:.1%} of {n:,.0f} outcomes, {PROMISED:.0%} promised"]


CHECK = Check(
    code="H08",
    title="Prediction sets hold too little",
    severity="warning",
    asks="Prediction sets hold less than 90% of the outcomes, by more than chance.",
    messages=_messages,
)
