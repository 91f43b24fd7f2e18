"""What is asked of claims as such: a source, a role that works."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding

#: Share of the quantitative clinical claims that may be mere context.
CONTEXT_SHARE = 0.10
#: What the reason of a parameter says that later work will use.
DUE = "falls due with the monitoring model"

_WORD = re.compile(r"\w+")


def sources(evidence: Evidence) -> Iterator[Finding]:
    """E01: every claim names a source that some file of claims declares."""
    for name, claim in evidence.claims.items():
        if not claim.source:
            yield Finding("E01", name, "has no source")
        elif claim.source not in evidence.sources:
            yield Finding("E01", name, f"its source '{claim.source}' is declared nowhere")


def context_share(evidence: Evidence) -> Iterator[Finding]:
    """E07: context is the exception among quantitative clinical claims."""
    clinical = [
        c for c in evidence.claims.values() if c.quantitative and c.evidence_level == "clinical"
    ]
    context = [c.id for c in clinical if c.role == "context"]
    if len(context) > CONTEXT_SHARE * len(clinical):
        yield Finding(
            "E07",
            context[-1],
            f"{len(context)} of {len(clinical)} quantitative clinical claims are mere context; "
            f"at most {CONTEXT_SHARE:.0%} may be",
        )


def parameters(evidence: Evidence) -> Iterator[Finding]:
    """E09: a parameter is cited by an assumption, is a condition's value, or falls due later."""
    cited = {w for a in evidence.all_assumptions().values() for w in _WORD.findall(a.reason)}
    used = _used(evidence)
    for name, claim in evidence.claims.items():
        if claim.role != "parameter" or not claim.quantitative or DUE in claim.reason:
            continue
        if name not in cited and not any((m, claim.low) in used for m in claim.markers):
            yield Finding(
                "E09",
                name,
                "sets nothing: no assumption's reason cites it and no condition uses its value "
                f"(else let its reason say that it {DUE})",
            )


def _used(evidence: Evidence) -> set[tuple[str, float | str | None]]:
    """Columns and values of the conditions of targets and of eligibility."""
    populations = [c.population for c in evidence.claims.values() if c.role == "target"]
    eligibility = [c for s in evidence.strategies.values() for c in s.eligibility]
    return {(c.column, c.value) for tests in (*populations, *eligibility) for c in tests}
