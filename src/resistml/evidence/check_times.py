"""Times: nobody dies before he progresses or dies, so neither do medians say so (E14)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from resistml.evidence.cutoffs import compared_with
from resistml.evidence.evidence import Evidence, strategies_of
from resistml.evidence.finding import Finding
from resistml.evidence.schema import Arm, Assumption, Claim, Conjunction

#: Whose times, and since when: (setting, arm) cells, alternatives of conditions, group, start.
Whose = tuple[frozenset[tuple[str, str]], frozenset[frozenset[str]], str, str]
#: Key of a claim's median.
_CLAIMED = "high"


@dataclass(frozen=True)
class _Median:
    """A reported or assumed median: the entry and key where it stands, and its range."""

    entry: str
    key: str
    low: float
    high: float

    def __str__(self) -> str:
        where = "" if self.key == _CLAIMED else f", {self.key.removesuffix('.value')}"
        return f"of '{self.entry}'{where}"


def order(evidence: Evidence) -> Iterator[Finding]:
    """E14: no median OS lies below a median PFS of the same patients under the same arm."""
    survival = _medians(evidence, "median_os")
    for whose, progression in _medians(evidence, "median_pfs").items():
        for pfs in progression:
            for os in survival.get(whose, ()):
                if os.high < pfs.low:
                    arms = ", ".join(f"{arm} in {setting}" for setting, arm in sorted(whose[0]))
                    words = (
                        f"the median OS of {arms}, {os.high:g} months, is below the median PFS of "
                        f"the same patients, {pfs.low:g} months ({pfs})"
                    )
                    yield Finding("E14", os.entry, words, os.key)


CHECKS = (order,)


def _medians(evidence: Evidence, endpoint: str) -> dict[Whose, list[_Median]]:
    """All medians of an endpoint that the world is solved to, by whose they are."""
    found: dict[Whose, list[_Median]] = {}
    for claim in evidence.claims.values():
        if claim.role != "target" or claim.measure != "level" or claim.endpoint != endpoint:
            continue
        low, high = _open(claim)
        for whose in _whose(evidence, claim):
            found.setdefault(whose, []).append(_Median(claim.id, _CLAIMED, low, high))
    for setting in evidence.modelled_settings:
        for arm, entry in evidence.arms_of(setting).items():
            assumed: Assumption | None = getattr(entry, endpoint)
            strategy = evidence.strategies.get(arm)
            if assumed is None or strategy is None or assumed.value <= 0:  # 0 is E03's
                continue
            people = _people(evidence, strategy.eligibility)
            whose = (frozenset({(setting, arm)}), people, _group(entry), "start")
            stated = _stated(evidence, setting, arm)
            median = _Median(stated[0], f"{stated[1]}.{endpoint}.value", *[assumed.value] * 2)
            found.setdefault(whose, []).append(median)
    return found


def _open(claim: Claim) -> tuple[float, float]:
    """The reported range, without an end on the side that a bound leaves free."""
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    return (
        -math.inf if claim.bound == "at_most" else claim.low,
        math.inf if claim.bound == "at_least" else claim.high,
    )


def _whose(evidence: Evidence, claim: Claim) -> Iterator[Whose]:
    """Whose median a claim reports; of pooled arms only where all have the same people."""
    settings = [s for s in claim.settings if s in evidence.settings]
    cells = frozenset((s, arm) for s in settings for arm in strategies_of(evidence, claim, s))
    people = {
        _people(evidence, (claim.population,) if claim.population else strategy.eligibility)
        for _, arm in cells
        if (strategy := evidence.strategies.get(arm)) is not None
    }
    if len(people) == 1:
        yield cells, people.pop(), claim.among, claim.counted_from


def _people(evidence: Evidence, alternatives: tuple[Conjunction, ...]) -> frozenset[frozenset[str]]:
    """Conditions as a set, whatever their order and however a number in them is written."""
    return frozenset(
        frozenset(f"{c.column} {c.op} {compared_with(evidence, c)}" for c in tests)
        for tests in alternatives
    )


def _group(arm: Arm) -> str:
    """Whose medians are assumed: where some are cured, those of the others."""
    return "all" if arm.cured_share is None else "uncured"


def _stated(evidence: Evidence, setting: str, arm: str) -> tuple[str, str]:
    """The entry that states an arm, and the key of the arm in it."""
    if arm in evidence.settings[setting].arms:
        return setting, f"arms.{arm}"
    return arm, f"arms.{setting}"
