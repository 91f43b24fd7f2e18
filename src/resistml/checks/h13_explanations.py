"""Explanations that are not the truth's."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure

#: Correlation within setting and strategy. Of the variance of the truth a fifth is then missed.
LEAST = 0.9


def _messages(report: Report) -> list[str]:
    said = []
    correlation = figure(report, "fidelity", "correlation")
    if correlation < LEAST:
        said.append(f"correlation {correlation:.2f} with the fair truth, below {LEAST:g}")
    right, guess = (figure(report, "fidelity", name) for name in ("leading", "leading_guess"))
    if right <= guess:
        said.append(f"the leading mechanism is right in {right:.0%}, a guess in {guess:.0%}")
    return said


CHECK = Check(
    code="H13",
    title="Explanations stray from the truth",
    severity="warning",
    asks=(
        f"Contributions of mechanisms correlate by less than {LEAST:g} with the fair "
        "truth, or name the leading mechanism no better than a guess by setting and "
        "strategy."
    ),
    messages=_messages,
)
