"""Proves which claims cannot hold together.

A set of claims is a *minimal conflict set* if no choice of the unknowns inside their
ranges meets all of them, and every set that lacks one of them can be met. Sets are found
by deletion: claims are taken out one at a time, and stay out if the rest still conflicts.
Where the populations of two claims are nested, a bound proves the conflict without a search.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from resistml.errors import WorldError
from resistml.world.deletion import NOTHING, holding
from resistml.world.laws import Conflict, Test, World
from resistml.world.moments import Cell, Moment, Name, Rates
from resistml.world.unknowns import Unknown

Floats = npt.NDArray[np.float64]

#: A point value is met within one percentage point, a range within itself.
POINT_TOLERANCE = 0.01
#: Starting points of the search besides the midpoints.
_STARTS = 3
#: What a search without a bound proves.
SEARCHED = (
    "no values of the unknowns inside their ranges were found to meet all of them; "
    "without any one of them the rest can be met"
)


def tolerance(low: float, high: float) -> float:
    """How far outside its reported range a rate may lie."""
    return POINT_TOLERANCE if low == high else 0.0


def violation(moment: Moment, rate: float) -> float:
    """How far a rate lies outside what its claim allows; 0 if it meets it."""
    slack = tolerance(moment.low, moment.high)
    return max(0.0, moment.low - slack - rate, rate - moment.high - slack)


def find_conflicts(
    world: World, moments: Sequence[Moment], unknowns: Sequence[Unknown]
) -> tuple[Conflict, ...]:
    """Minimal conflict sets that account for the claims which the solved world misses.

    Raises
    ------
    WorldError
        If a claim is out of reach by itself: then there is nothing to compromise between.
    """
    claimed = [m for m in moments if m.claimed]
    rates, _ = Rates(world, claimed, []).evaluate(np.zeros(0))
    missed = [m for m, r in zip(claimed, rates, strict=True) if violation(m, float(r)) > 1e-4]
    search = _Search(world, unknowns)
    found: list[Conflict] = []
    unreached: list[str] = []
    for moment in missed:
        if any(moment.id in conflict.claims for conflict in found):
            continue
        members = _members(search, moment, claimed)
        if len(members) == 1:
            short = search.gap(members)
            unreached.append(f"{moment.id} (by {short:.1f} percentage points)")
        elif members:
            found.append(_conflict(search, members))
    if unreached:
        raise WorldError(
            f"no world meets {', '.join(unreached)}",
            key="claims",
            allowed="rates that the assumed ranges of effects and medians leave room for",
            hint="widen the ranges of the assumptions about the markers in their populations",
        )
    return tuple(found)


def _conflict(search: _Search, members: list[Moment]) -> Conflict:
    bound = _nested_bound(search.world, members)
    return Conflict(
        claims=tuple(m.id for m in members),
        gap=search.gap(members) / 100,
        proof="bound" if bound else "search",
        reason=bound or SEARCHED,
    )


def _members(search: _Search, moment: Moment, claimed: list[Moment]) -> list[Moment]:
    """A minimal conflict set that holds ``moment``; empty if none is found."""
    for other in (m for m in _same_arms(moment, claimed) if m is not moment):
        if _nested_bound(search.world, [moment, other]):
            return [moment, other]
    for candidates in (_same_arms(moment, claimed), _same_settings(moment, claimed)):
        members = holding(search.gap, moment, candidates)
        if members:
            return members
    return []


def _same_arms(moment: Moment, claimed: list[Moment]) -> list[Moment]:
    arms = {(c.setting, c.arm) for c in moment.cells}
    return [m for m in claimed if arms & {(c.setting, c.arm) for c in m.cells}]


def _same_settings(moment: Moment, claimed: list[Moment]) -> list[Moment]:
    settings = {c.setting for c in moment.cells}
    return [m for m in claimed if settings & {c.setting for c in m.cells}]


class _Search:
    """Looks for unknowns that meet a set of claims."""

    def __init__(self, world: World, unknowns: Sequence[Unknown]) -> None:
        self.world = world
        self.unknowns = list(unknowns)
        self._known: dict[frozenset[str], float] = {}

    def gap(self, moments: Sequence[Moment]) -> float:
        """Least root-sum-of-squares violation found, in percentage points."""
        key = frozenset(m.id for m in moments)
        if key not in self._known:
            self._known[key] = self._least(list(moments))
        return self._known[key]

    def _least(self, moments: list[Moment]) -> float:
        settings = {c.setting for m in moments for c in m.cells}
        mine = [u for u in self.unknowns if u.name[0] == "effect" or u.name[1] in settings]
        names: list[Name] = [u.name for u in mine]
        rates = Rates(self.world, moments, names)
        low, high = np.array([u.low for u in mine]), np.array([u.high for u in mine])

        def residuals(x: Floats) -> Floats:
            return _hinge(moments, rates.evaluate(x)[0])

        def jacobian(x: Floats) -> Floats:
            return _hinge_slope(moments, *rates.evaluate(x))

        best = np.inf
        for start in self._starts(mine):
            result = least_squares(
                residuals,
                np.clip(start, low, high),
                jac=jacobian,
                bounds=(low, high),
                x_scale="jac",
                max_nfev=60,
            )
            best = min(best, float(np.linalg.norm(result.fun)))
            if best <= NOTHING:
                break
        return best

    def _starts(self, unknowns: list[Unknown]) -> list[Floats]:
        rng = np.random.default_rng(0)
        middle = np.array([u.start for u in unknowns])
        width = np.array([u.high - u.low if u.middle is not None else 4.0 for u in unknowns])
        moved = [middle + width * rng.uniform(-0.5, 0.5, len(middle)) for _ in range(_STARTS)]
        return [middle, *moved]


def _hinge(moments: list[Moment], rates: Floats) -> Floats:
    return np.array([100 * violation(m, float(r)) for m, r in zip(moments, rates, strict=True)])


def _hinge_slope(moments: list[Moment], rates: Floats, jacobian: Floats) -> Floats:
    sign = np.zeros(len(moments))
    for i, (m, r) in enumerate(zip(moments, rates, strict=True)):
        slack = tolerance(m.low, m.high)
        sign[i] = -100.0 if r < m.low - slack else 100.0 if r > m.high + slack else 0.0
    return np.asarray(sign[:, None] * jacobian)


def _nested_bound(world: World, members: list[Moment]) -> str:
    """Words of the proof for two claims of one arm, one population inside the other; else empty.

    The larger population adds patients with a mutation that cannot help (exposure and effect
    are not negative) and that is independent of all other markers; so its rate cannot exceed
    the smaller one's.
    """
    if len(members) != 2 or any(len(m.cells) != 1 or m.endpoint != "orr" for m in members):
        return ""
    cells = [m.cells[0] for m in members]
    if (cells[0].setting, cells[0].arm) != (cells[1].setting, cells[1].arm):
        return ""
    said = [_conditions(world, cell) for cell in cells]
    if said[0] is None or said[1] is None:
        return ""
    inner = 0 if said[1] < said[0] else 1
    narrow, wide = members[inner], members[1 - inner]
    extra = said[0] ^ said[1]
    nested = said[0] < said[1] or said[1] < said[0]
    if not nested or not all(_cannot_help(world, cells[0].arm, test) for test in extra):
        return ""
    low = wide.low - tolerance(wide.low, wide.high)
    high = narrow.high + tolerance(narrow.low, narrow.high)
    if low <= high:
        return ""
    names = ", ".join(column for column, _, _ in sorted(extra))
    return (
        f"the population of {narrow.id} lies inside that of {wide.id}; those it leaves out carry "
        f"{names}, which cannot help, so the wider rate is at most the narrower one: at most "
        f"{high:.1%} with tolerance, where at least {low:.1%} is reported"
    )


def _conditions(world: World, cell: Cell) -> frozenset[Test] | None:
    """What the record of a cell's patients meets; None if that is no single conjunction."""
    if cell.conditions:
        return frozenset(cell.conditions)
    alternatives = world.strategies[cell.arm].eligibility
    if len(alternatives) > 1:
        return None
    return frozenset(alternatives[0] if alternatives else ())


def _cannot_help(world: World, arm: str, test: Test) -> bool:
    """Whether a condition asks for the absence of a mutation that the arm does not exploit."""
    column, op, value = test
    law = world.markers.get(column)
    absent = law is not None and law.kind == "mutation" and (op, value) == ("==", 0.0)
    return absent and world.strategies[arm].exposure.get(column, 0.0) >= 0
