"""The unknowns of a world: what the solver may move, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass

from resistml.evidence import Evidence
from resistml.evidence.schema import Assumption
from resistml.features.links import location
from resistml.world.laws import World
from resistml.world.moments import Moment, Name

#: Log-odds beyond which an intercept is not looked for.
STEEP = 12.0


@dataclass(frozen=True)
class Unknown:
    """A parameter to be solved; ``middle`` and ``half`` are None for free intercepts."""

    name: Name
    start: float
    low: float
    high: float
    middle: float | None = None
    half: float | None = None


def list_unknowns(evidence: Evidence, draft: World, moments: list[Moment]) -> list[Unknown]:
    """Intercepts and cuts of all arms; effects and locations of the markers in claims."""
    cells = {cell for m in moments if m.claimed for cell in m.cells}
    unknowns: list[Unknown] = []
    with_cr = {(c.setting, c.arm) for m in moments if m.endpoint == "cr" for c in m.cells}
    for s, law in draft.settings.items():
        for a in law.arms:
            unknowns.append(Unknown(("alpha", s, a), 0.0, -STEEP, STEEP))
            if (s, a) in with_cr:
                unknowns.append(Unknown(("kappa", s, a), 1.0, 1e-3, STEEP))
    markers = {t[0] for cell in cells for t in cell.conditions if t[0] in draft.markers}
    for m in sorted(markers):
        unknowns.append(_assumed(("effect", "", m), evidence.markers[m].effect))
    places = {
        (cell.setting, t[0])
        for cell in cells
        for t in cell.conditions
        if t[0] in draft.settings[cell.setting].location
    }
    unknowns += [_place(evidence, s, m) for s, m in sorted(places)]
    return unknowns


def _place(evidence: Evidence, setting: str, marker: str) -> Unknown:
    median = evidence.distribution(marker, setting).median
    assert median is not None  # continuous markers have one
    kind = evidence.markers[marker].kind
    on_link = Assumption(
        value=location(kind, median.value),
        low=location(kind, median.low),
        high=location(kind, median.high),
        reason=median.reason,
    )
    return _assumed(("location", setting, marker), on_link)


def _assumed(name: Name, assumption: Assumption) -> Unknown:
    half = max(assumption.half_width, 1e-6)
    # least_squares wants room between its bounds, even round an assumption held fixed.
    low, high = min(assumption.low, assumption.value - 1e-9), assumption.high + 1e-9
    return Unknown(name, assumption.value, low, high, assumption.value, half)
