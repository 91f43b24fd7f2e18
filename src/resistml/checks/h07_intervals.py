"""Intervals that hold less than they promise."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure, part

#: Share of the fair probabilities that 90% intervals must hold: of all, and of a setting, in which
#: errors go together, since all patients of an arm share its rate.
OVERALL, GROUP = 0.85, 0.8
LARGE = 200


def _messages(report: Report) -> list[str]:
    said = []
    overall = figure(report, "doubt", "uncertainty", "overall", "coverage")
    if overall < OVERALL:
        said.append(f"{overall:.1%} of the fair probabilities lie in their 90% intervals")
    shares = {
        setting: figure(held, "coverage")
        for setting, held in part(report, "doubt", "uncertainty", "by_setting").items()
        if figure(held, "n") >= LARGE
    }
    below = [f"{setting} ({share:.0%})" for setting, share in shares.items() if share < GROUP]
    if below:
        said.append(
            f"less than {GROUP:.0%} in {len(below)} of {len(shares)} settings: {', '.join(below)}"
        )
    return said


CHECK = Check(
    code="H07",
    title="Intervals too narrow",
    severity="warning",
    asks=(
        f"The 90% intervals hold less than {OVERALL:.0%} of the fair probabilities, or "
        f"less than {GROUP:.0%} in a setting with {LARGE} answers or more."
    ),
    messages=_messages,
)
