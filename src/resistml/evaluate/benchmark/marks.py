"""The marks that the model is held against, and which of them it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from resistml.evaluate.benchmark.scenarios import POLICY_COUNT, POLICY_PATIENTS
from resistml.evaluate.peers import MODEL, PEERS

Summary = list[dict[str, Any]]

#: Peers that are not the model itself in another family.
OTHERS = tuple(name for name, peer in PEERS.items() if not peer.of_model)
#: Worlds and sizes in which the model is to beat each of them on the same draw.
AGAINST = (("default", 20_000), ("default", 100_000))
#: Where the catalog misleads, it is still to beat those who know nothing of it.
MISLED = ("knowledge", 20_000), ("knowledge", 100_000)


@dataclass(frozen=True)
class Bound:
    """A figure of the model's mean over seeds that is to lie between ``low`` and ``high``."""

    world: str
    patients: int
    figure: str
    low: float | None = None
    high: float | None = None

    @property
    def words(self) -> str:
        """What it asks."""
        low = None if self.low is None else f"{self.low:g}"
        high = None if self.high is None else f"{self.high:g}"
        if low is not None and high is not None:
            return f"{low} to {high}"
        return f"at most {high}" if low is None else f"at least {low}"

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high)


BOUNDS = (
    Bound("default", 5_000, "captured_least", low=0.0),
    Bound("default", 20_000, "captured", low=0.88),
    Bound("default", 100_000, "captured", low=0.95),
    Bound("default", 20_000, "auc_gap", high=0.005),
    Bound("default", 100_000, "auc_gap", high=0.003),
    Bound("default", 20_000, "mae", high=0.025),
    Bound("default", 100_000, "mae", high=0.015),
    Bound("default", 20_000, "ece", high=0.01),
    Bound("default", 20_000, "ece_worst_setting", high=0.03),
    Bound("default", 20_000, "coverage", low=0.88, high=0.92),
    Bound("default", 20_000, "coverage_worst_setting", low=0.85),
    Bound("default", 20_000, "p_best_error", high=0.05),
    Bound("form", 100_000, "captured", low=0.90),
)
#: Of 200 right 95% intervals so many hold the truth (binomial, 95%).
POLICY = Bound("default", POLICY_PATIENTS, "policy_covered", low=184, high=196)


def marks(summary: Summary, policy: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each mark as ``world, patients, what, asked, found, se, reached``.

    ``reached`` is None where the benchmark did not run what the mark is about; ``found`` then is
    None too.

    Parameters
    ----------
    policy : mapping
        Of a world, the figures of :func:`resistml.evaluate.off_policy.replicates`.
    """
    rows = {(r["world"], r["patients"], r["learner"]): r for r in summary}
    found = [_bounded(bound, rows.get((bound.world, bound.patients, MODEL))) for bound in BOUNDS]
    for world, patients in AGAINST:
        found += _beaten(rows, world, patients, OTHERS)
    for world, patients in MISLED:
        found += _beaten(rows, world, patients, ("xgboost_plain",))
    return [*found, _policy(policy.get(POLICY.world))]


def _bounded(bound: Bound, row: Mapping[str, Any] | None) -> dict[str, Any]:
    figure = None if row is None else row.get(bound.figure)
    value, se = (figure["mean"], figure["se"]) if isinstance(figure, dict) else (figure, None)
    reached = None if value is None else bound.holds(value)
    return _mark(bound.world, bound.patients, bound.figure, bound.words, value, se, reached)


def _beaten(
    rows: Mapping[Any, Mapping[str, Any]], world: str, patients: int, peers: Iterable[str]
) -> list[dict[str, Any]]:
    """Whether the model captures more than each peer on every draw that both have."""
    out = []
    for name in peers:
        row = rows.get((world, patients, name), {})
        against = row.get("model_against", {}).get("captured")
        what, asked = f"captured, less that of {name}", "more on every draw"
        if against is None:
            out.append(_mark(world, patients, what, asked, None, None, None))
        else:
            won = against["wins"] == against["of"]
            asked += f": {against['wins']} of {against['of']}"
            out.append(_mark(world, patients, what, asked, against["mean"], against["se"], won))
    return out


def _policy(found: Mapping[str, Any] | None) -> dict[str, Any]:
    whole = found is not None and found["replicates"] == POLICY_COUNT
    value = found["covered"] if found is not None and whole else None
    asked, reached = f"{POLICY.words} of {POLICY_COUNT}", None
    if value is not None:
        reached = POLICY.holds(value)
    return _mark(POLICY.world, POLICY.patients, POLICY.figure, asked, value, None, reached)


def _mark(
    world: str,
    patients: int,
    what: str,
    asked: str,
    value: float | None,
    se: float | None,
    reached: bool | None,
) -> dict[str, Any]:
    where = {"world": world, "patients": patients, "what": what, "asked": asked}
    return {**where, "found": value, "se": se, "reached": reached}
