"""Minimal conflict sets, by deletion: claims are taken out one at a time, and stay out if the
rest still conflicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Claim = TypeVar("Claim")

#: Violations below this count as none, in percentage points.
NOTHING = 1e-3


def holding(
    gap: Callable[[Sequence[Claim]], float], keep: Claim, candidates: Sequence[Claim]
) -> list[Claim]:
    """A minimal conflict set among the candidates that holds ``keep``; empty if none is found.

    Conflicts that stand without ``keep`` are broken up, a claim at a time.

    Parameters
    ----------
    gap : callable
        How far, in percentage points, the nearest world stays from meeting a set of claims.
    keep : Claim
    candidates : sequence of Claim
        ``keep`` among them.
    """
    pool = list(candidates)
    while gap(pool) > NOTHING:
        members = _minimal(gap, keep, pool)
        if keep in members:
            return members
        pool = [m for m in pool if m != members[0]]
    return []


def _minimal(
    gap: Callable[[Sequence[Claim]], float], keep: Claim, candidates: list[Claim]
) -> list[Claim]:
    """Take out each claim without which the rest still conflicts; ``keep`` is tried last."""
    members = list(candidates)
    for claim in [*(m for m in candidates if m != keep), keep]:
        rest = [m for m in members if m != claim]
        if rest and gap(rest) > NOTHING:
            members = rest
    return members
