"""Weight given to markers that do nothing."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure

#: Share of the markers' mean absolute contribution.
MOST = 0.02


def _messages(report: Report) -> list[str]:
    share = figure(report, "fidelity", "inert")
    return [f"{share:.1%} of the mean absolute contribution of markers"] if share > MOST else []


CHECK = Check(
    code="H14",
    title="Inert markers are given weight",
    severity="warning",
    asks=(
        f"Markers that in truth do nothing get more than {MOST:.0%} of the mean absolute "
        "contribution."
    ),
    messages=_messages,
)
