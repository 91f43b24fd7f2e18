"""Ensembles: many worlds that the same evidence allows.

Each world is solved to figures drawn within the claims' uncertainty, with every assumption drawn
evenly within its plausible range, and is audited against what is reported: a draw that leaves
any claim outside its uncertainty is refused. Shares of worlds show how sensitive a result is to
the evidence; they are not probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import BaseModel

from resistml.errors import WorldError
from resistml.evidence import Evidence, require_sound
from resistml.evidence.schema import Assumption, Claim
from resistml.rng import Streams
from resistml.world.audit import AuditRow, audit
from resistml.world.laws import World
from resistml.world.solve import solve_drawn
from resistml.world.time_moments import point_tolerance

#: Fresh patients per setting on which a world of an ensemble is audited.
PATIENTS = 50_000
#: Draws after which an ensemble gives up on a world that evidence allows.
ATTEMPTS = 20
#: 95% of a normal distribution lies within so many standard errors.
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Member:
    """A world of an ensemble.

    ``rows`` hold it against the reported ranges, points widened by their declared uncertainty;
    ``refused`` counts the draws before it that no world could meet.
    """

    number: int
    world: World
    rows: list[AuditRow]
    refused: int


def ensemble(
    evidence: Evidence,
    worlds: int,
    seed: int,
    variant: str = "default",
    patients: int = PATIENTS,
) -> Iterator[Member]:
    """Draw so many worlds, one at a time.

    Parameters
    ----------
    worlds : int
        At least 1.
    seed : int
        World k depends on the seed and on k alone, not on how many there are.

    Raises
    ------
    WorldError
        If the evidence allows hardly any world: ``ATTEMPTS`` draws in a row failed.
    """
    require_sound(evidence)
    reported = widened(evidence)
    for number in range(worlds):
        yield _member(evidence, reported, number, seed, variant, patients)


def _member(
    evidence: Evidence, reported: Evidence, number: int, seed: int, variant: str, patients: int
) -> Member:
    failed: list[str] = []
    for attempt in range(ATTEMPTS):
        drawn = drawn_evidence(evidence, seed, number * ATTEMPTS + attempt)
        try:
            solved = solve_drawn(drawn, variant, seed, prove=False)
        except WorldError as exc:
            failed.append(exc.message)
            continue
        world = replace(solved, catalog_hash=evidence.hash)
        rows = audit(reported, world, patients)
        out = [row.claim for row in rows if row.status == "out"]
        if not out:
            return Member(number, world, rows, attempt)
        failed.append(f"out of range: {', '.join(out)}")
    raise WorldError(
        f"{ATTEMPTS} draws in a row gave no world that meets the claims; the last: {failed[-1]}",
        hint="widen the ranges of the assumptions about these claims' arms",
    )


def drawn_evidence(evidence: Evidence, seed: int, number: int) -> Evidence:
    """The evidence with every assumption, and every target's figure, drawn within its range.

    Each draw has a stream of its own, so that an entry more leaves the others as they were.
    """
    streams = Streams(seed)

    def uniform(path: str) -> float:
        return float(streams.generator(f"ensemble.{path}", number).random())

    def entries(kind: str) -> dict[str, Any]:
        return {k: _drawn(f"{kind}.{k}", v, uniform) for k, v in getattr(evidence, kind).items()}

    kinds = ("markers", "settings", "strategies", "assumptions")
    claims = {
        name: drawn_claim(evidence, claim, streams.generator(f"ensemble.claims.{name}", number))
        for name, claim in evidence.claims.items()
    }
    return replace(evidence, claims=claims, **{kind: entries(kind) for kind in kinds})


def _drawn(path: str, value: Any, uniform: Any) -> Any:
    """A part of an entry with the assumptions in it drawn."""
    if isinstance(value, Assumption):
        middle = value.low + (value.high - value.low) * uniform(path)
        return value.model_copy(update={"value": middle})
    if isinstance(value, BaseModel):
        parts = {k: getattr(value, k) for k in type(value).model_fields}
        return value.model_copy(
            update={k: _drawn(f"{path}.{k}", part, uniform) for k, part in parts.items()}
        )
    if isinstance(value, dict):
        return {k: _drawn(f"{path}.{k}", part, uniform) for k, part in value.items()}
    return value


def drawn_claim(evidence: Evidence, claim: Claim, rng: np.random.Generator) -> Claim:
    """A target with a figure drawn: evenly within a range, by its declared error about a point.

    A bound stays a bound, and a window in which relapse sets in stays a window.
    """
    window = claim.endpoint == "onset"
    if claim.role != "target" or claim.bound != "about" or window:
        return claim
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    if claim.low < claim.high:
        figure = float(rng.uniform(claim.low, claim.high))
    else:
        low, high = uncertainty(evidence, claim)
        error = (high - low) / (2 * _Z95)
        figure = float(np.clip(claim.low + error * rng.standard_normal(), low, high))
    return claim.model_copy(update={"low": figure, "high": figure})


def widened(evidence: Evidence) -> Evidence:
    """The evidence with targets widened to all that a drawn world may show: points to their
    declared uncertainty, and everything by the tolerance that a point has in the audit."""
    claims = {
        name: _widened(evidence, claim) if claim.role == "target" else claim
        for name, claim in evidence.claims.items()
    }
    return replace(evidence, claims=claims)


def _widened(evidence: Evidence, claim: Claim) -> Claim:
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    low, high = claim.low, claim.high
    if low == high and claim.bound == "about":
        low, high = uncertainty(evidence, claim)
    relative = evidence.endpoints[claim.endpoint].unit != "fraction" or claim.measure != "level"
    return claim.model_copy(
        update={
            "low": low - point_tolerance(low, low, "about", relative),
            "high": high + point_tolerance(high, high, "about", relative),
        }
    )


def uncertainty(evidence: Evidence, claim: Claim) -> tuple[float, float]:
    """The 95% interval about a figure reported as a point.

    Binomial with the claim's ``n`` for a rate; for a time in proportion to it, as that of an
    exponential's median, 1 / sqrt(n).
    """
    assert claim.low is not None  # a target has a range
    rate = evidence.endpoints[claim.endpoint].unit == "fraction" and claim.measure == "level"
    spread = (claim.low * (1 - claim.low)) ** 0.5 if rate else claim.low
    wide = _Z95 * spread / claim.n**0.5
    if rate:
        return max(claim.low - wide, 0.0), min(claim.low + wide, 1.0)
    return claim.low - wide, claim.low + wide
