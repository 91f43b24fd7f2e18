"""What observed data say of the ranking, against the truth."""

from __future__ import annotations

from resistml.checks.finding import Check, Report, figure, part


def _messages(report: Report) -> list[str]:
    policy = part(report, "policy")
    if policy.get("covered") is not False:
        return []
    low, high = (figure(policy, "estimate", end) for end in ("low", "high"))
    return [
        f"{low:.1%} to {high:.1%} does not hold the true {figure(policy, 'true'):.1%}; by chance "
        "one in twenty does not, under hidden confounding many more"
    ]


CHECK = Check(
    code="H09",
    title="Policy interval misses the truth",
    severity="warning",
    asks=(
        "The 95% interval that observed data give for the ranking's value does not hold "
        "the true one."
    ),
    messages=_messages,
)
