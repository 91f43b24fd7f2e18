"""Conflicts between claims about times, where it is known which hold together."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.errors import WorldError
from resistml.world.moments import Cell
from resistml.world.time_conflicts import find_time_conflicts, require_met
from resistml.world.time_moments import Reading, TimeMoment
from resistml.world.time_problem import Problem, Shares
from resistml.world.unknowns import Unknown
from tests.world.tiny import tiny_world

WORLD = tiny_world()
KEY = ("early", "plain")
CELLS = (Cell(*KEY, ()),)


def median(name: str, months: float, event: str = "os") -> TimeMoment:
    """A claim that half are free of an event until some months."""
    how = Reading(event, "median")  # type: ignore[arg-type]
    return TimeMoment(name, True, how, CELLS, (), 0.0, months, months, months)


def alive(name: str, months: float, low: float, high: float) -> TimeMoment:
    """A claim that so many are alive at some months."""
    return TimeMoment(
        name, True, Reading("os", "free"), CELLS, (), months, low, high, (low + high) / 2
    )


HALF = median("half at 10", 10.0)
MOST = alive("most at 12", 12.0, 0.6, 0.6)
SOME = alive("some at 12", 12.0, 0.3, 0.45)
EARLY = median("progression", 5.0, "pfs")


def problem(longest: float = 200.0) -> Problem:
    """Both scales of one arm free, from a twentieth of a month to the longest."""
    unknowns = [
        Unknown((field, *KEY), float(np.log(6.0)), float(np.log(0.05)), float(np.log(longest)))
        for field in ("pfs_scale", "os_scale")
    ]
    return Problem(Shares(WORLD), {KEY: WORLD.settings["early"].arms["plain"]}, unknowns)


START = np.log([6.0, 6.0])


def test_a_median_before_which_most_survive_it_is_a_conflict_of_two() -> None:
    """At most half live beyond 10.2 months, tolerance included, so 59% at 12 cannot."""
    (conflict,) = find_time_conflicts(problem(), START, [HALF, MOST], [EARLY, HALF, MOST])
    assert set(conflict.claims) == {HALF.id, MOST.id}
    assert conflict.proof == "search"
    # Nine points at least lie between them, to be shared out; no share is smaller by squares.
    assert 0.09 / 2**0.5 < conflict.gap < 0.2


def test_of_the_two_either_can_be_met_alone() -> None:
    for claim in (HALF, MOST):
        assert find_time_conflicts(problem(), START, [claim], [EARLY, claim]) == []


def test_claims_that_hold_together_are_no_conflict_though_the_compromise_misses_them() -> None:
    claims = [HALF, SOME, EARLY]
    assert any(problem().missed(m, START) > 0.01 for m in claims)
    assert find_time_conflicts(problem(), START, claims, claims) == []


def test_a_claim_that_another_conflict_pushes_aside_is_no_member() -> None:
    (conflict,) = find_time_conflicts(
        problem(), START, [EARLY, HALF, MOST], [EARLY, HALF, MOST, SOME]
    )
    assert EARLY.id not in conflict.claims


def test_two_rates_at_one_time_conflict_by_what_lies_between_them() -> None:
    """Ranges 0.2 to 0.3 and 0.5 to 0.6: nearest half-way, 0.1 from each."""
    low, high = alive("few", 12.0, 0.2, 0.3), alive("many", 12.0, 0.5, 0.6)
    (conflict,) = find_time_conflicts(problem(), START, [low, high], [low, high])
    assert conflict.gap == pytest.approx(0.1 * 2**0.5, abs=1e-4)


def test_a_claim_out_of_reach_is_refused_with_what_is_at_its_end() -> None:
    with pytest.raises(WorldError) as caught:
        find_time_conflicts(problem(longest=8.0), START, [far()], [EARLY, far()])
    said = str(caught.value)
    assert "no law of times meets this claim: far by" in said
    assert "os_scale of plain in early" in said
    assert "strategies.yaml" in said


def far() -> TimeMoment:
    """A claim that scales of 8 months leave out of reach."""
    return median("far", 80.0)


def test_all_missed_claims_are_listed_with_their_distance() -> None:
    p = problem()
    with pytest.raises(WorldError, match="these claims: ") as caught:
        require_met(p, START, [MOST, far()])
    for claim in (MOST, far()):
        assert f"{claim.id} by {100 * p.missed(claim, START):.1f} percentage points" in str(
            caught.value
        )
    # Nothing is at an end here.
    assert "at an end" not in str(caught.value)


def test_without_missed_claims_nothing_is_said() -> None:
    require_met(problem(), START, [])
