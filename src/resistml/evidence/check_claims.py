"""What is asked of claims as such: a source, and few of mere context."""

from __future__ import annotations

from collections.abc import Iterator

from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding

#: Share of the quantitative clinical claims that may be mere context.
CONTEXT_SHARE = 0.10


def sources(evidence: Evidence) -> Iterator[Finding]:
    """E01: every claim names a source that some file of claims declares."""
    for name, claim in evidence.claims.items():
        if not claim.source:
            yield Finding("E01", name, "has no source", "source")
        elif claim.source not in evidence.sources:
            words = f"its source '{claim.source}' is declared nowhere"
            yield Finding("E01", name, words, "source")


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
            "role",
        )
