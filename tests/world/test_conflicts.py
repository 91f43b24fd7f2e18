"""Proving which claims cannot hold together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.errors import WorldError
from resistml.evidence import Evidence
from resistml.world.conflicts import find_conflicts, tolerance, violation
from resistml.world.laws import Conflict, World
from resistml.world.moments import Cell, Moment, Rates
from resistml.world.solve import fit, put_in
from resistml.world.unknowns import STEEP, Unknown
from tests.world.tiny import tiny_world

TINY = tiny_world()
MUTATED, WILD = ("GATE", "==", 1.0), ("GATE", "==", 0.0)
ALPHA = [Unknown(("alpha", "early", a), 0.0, -STEEP, STEEP) for a in ("plain", "dense", "aimed")]
EFFECTS = [
    Unknown(("effect", "", "GATE"), 1.5, 0.0, 8.0, 1.5, 2.0),
    Unknown(("effect", "", "RAS"), 0.9, 0.0, 8.0, 0.9, 2.0),
]
UNKNOWNS = [*ALPHA, *EFFECTS]


def claim(
    name: str,
    rate: float | tuple[float, float],
    *conditions: tuple[str, str, float],
    arm: str = "aimed",
    endpoint: str = "orr",
) -> Moment:
    """A claimed point value, or range."""
    low, high = rate if isinstance(rate, tuple) else (rate, rate)
    cells = (Cell("early", arm, conditions),)
    return Moment(name, endpoint, cells, low, high, True)  # type: ignore[arg-type]


def everyone(world: World = TINY) -> World:
    """The small world with "aimed" open to all."""
    strategies = dict(world.strategies)
    strategies["aimed"] = replace(strategies["aimed"], eligibility=())
    return replace(world, strategies=strategies)


def conflicts(claims: list[Moment], world: World | None = None) -> tuple[Conflict, ...]:
    """Solve the claims, then look for what keeps them apart."""
    world = everyone() if world is None else world
    rates = Rates(world, claims, [u.name for u in UNKNOWNS])
    there = put_in(world, rates, fit(rates, UNKNOWNS))
    return find_conflicts(there, claims, UNKNOWNS)


@pytest.mark.parametrize(
    ("low", "high", "rate", "expected"),
    [
        (0.3, 0.4, 0.35, 0.0),
        (0.3, 0.4, 0.3, 0.0),
        (0.3, 0.4, 0.29, 0.01),  # a range has no tolerance beyond itself
        (0.3, 0.4, 0.45, 0.05),
        (0.3, 0.3, 0.309, 0.0),  # a point value has one percentage point
        (0.3, 0.3, 0.32, 0.01),
        (0.3, 0.3, 0.27, 0.02),
    ],
)
def test_violation(low: float, high: float, rate: float, expected: float) -> None:
    assert violation(claim("x", (low, high)), rate) == pytest.approx(expected)
    assert tolerance(low, high) == (0.01 if low == high else 0.0)


# GATE: prevalence 0.35, called right in 95% and 99%: 34% of the records say mutated. "aimed"
# exploits it, so its carriers respond more often.
FEASIBLE = {
    "one claim": [claim("a", 0.4)],
    "both strata": [claim("m", 0.7, MUTATED), claim("w", 0.2, WILD)],
    "strata and a whole that mixes them": [
        claim("m", 0.7, MUTATED),
        claim("w", 0.2, WILD),
        claim("all", (0.35, 0.4)),
    ],
    "two arms": [claim("a", 0.9), claim("b", 0.1, arm="plain")],
    "nested and equal within tolerance": [
        claim("wide", 0.41, arm="plain"),
        claim("narrow", 0.395, WILD, arm="plain"),
    ],
}


@pytest.mark.parametrize("name", FEASIBLE)
def test_claims_that_can_hold_together_are_no_conflict(name: str) -> None:
    assert conflicts(FEASIBLE[name]) == ()


# 34% of the records say mutated (0.35 x 0.95 + 0.65 x 0.01): carriers and wild type alone make
# 0.34 x 0.6 + 0.66 x 0.4 = 0.468 of all.
TRIPLE = [
    claim("carriers", 0.6, MUTATED),
    claim("wild type", 0.4, WILD),
    claim("all", 0.52),
]


def test_three_claims_of_which_only_all_three_conflict() -> None:
    (conflict,) = conflicts([*TRIPLE, claim("other arm", 0.5, arm="plain")])
    assert set(conflict.claims) == {"carriers", "wild type", "all"}
    assert conflict.proof == "search"
    assert "no values of the unknowns" in conflict.reason
    # With a point of tolerance on each side 0.52 - 0.468 - 0.02 is left to share, 1 to 0.34 to
    # 0.66 as the claims bear on it; the least root of the sum of squares is that over the norm.
    share = 0.35 * 0.95 + 0.65 * 0.01
    excess = 0.52 - (share * 0.6 + (1 - share) * 0.4) - 0.02
    norm = np.sqrt(1 + share**2 + (1 - share) ** 2)
    assert conflict.gap == pytest.approx(excess / norm, abs=1e-3)


@pytest.mark.parametrize("left_out", range(3))
def test_without_any_member_the_rest_is_feasible(left_out: int) -> None:
    rest = [m for i, m in enumerate(TRIPLE) if i != left_out]
    assert conflicts(rest) == ()
    rates = Rates(everyone(), rest, [u.name for u in UNKNOWNS])
    found, _ = rates.evaluate(fit(rates, UNKNOWNS))
    assert all(violation(m, float(r)) < 1e-3 for m, r in zip(rest, found, strict=True))


def test_two_separate_conflicts_are_both_found() -> None:
    other = [
        claim("low", 0.2, arm="plain"),
        claim("high", 0.6, arm="plain"),
    ]
    found = conflicts([*TRIPLE, *other])
    assert {frozenset(c.claims) for c in found} == {
        frozenset({"carriers", "wild type", "all"}),
        frozenset({"low", "high"}),
    }


def test_a_complete_response_cannot_be_commoner_than_a_response() -> None:
    kappa = Unknown(("kappa", "early", "plain"), 1.0, 1e-3, STEEP)
    claims = [claim("orr", 0.3, arm="plain"), claim("cr", 0.4, arm="plain", endpoint="cr")]
    rates = Rates(TINY, claims, [*(u.name for u in UNKNOWNS), kappa.name])
    there = put_in(TINY, rates, fit(rates, [*UNKNOWNS, kappa]))
    (conflict,) = find_conflicts(there, claims, [*UNKNOWNS, kappa])
    assert set(conflict.claims) == {"orr", "cr"}
    # 0.31 against 0.39: 8 points to share between two, so 0.08 / sqrt(2).
    assert conflict.gap == pytest.approx(0.08 / np.sqrt(2), abs=0.001)


# Under "aimed" RAS hinders (exposure 1), so leaving its carriers out can only help.
WIDE, NARROW = claim("wide", 0.5), claim("narrow", 0.4, ("RAS", "==", 0.0))


def test_a_nested_population_gives_a_bound_without_a_search() -> None:
    (conflict,) = conflicts([WIDE, NARROW])
    assert conflict.proof == "bound"
    assert set(conflict.claims) == {"wide", "narrow"}
    assert "RAS, which cannot help" in conflict.reason
    assert "at most 41.0% with tolerance, where at least 49.0% is reported" in conflict.reason


def test_no_bound_where_the_mutation_may_help() -> None:
    # GATE is exploited by "aimed": those without it respond less often, and that is no conflict.
    assert conflicts([claim("wide", 0.5), claim("narrow", 0.4, WILD)]) == ()


def test_no_bound_where_the_stated_population_is_not_inside_the_eligible_one() -> None:
    """The wider claim speaks of carriers of GATE only; the narrower one of everyone without RAS."""
    narrow = claim("narrow", 0.4, ("RAS", "==", 0.0))
    assert conflicts([claim("wide", 0.5), narrow], world=TINY) == ()


def test_the_bound_holds_with_eligibility_on_both_sides() -> None:
    narrow = claim("narrow", 0.4, MUTATED, ("RAS", "==", 0.0))
    (conflict,) = conflicts([claim("wide", 0.5), narrow], world=TINY)
    assert conflict.proof == "bound"


def test_the_bound_is_right() -> None:
    """No world at all comes nearer than the bound says."""
    world = everyone()
    rng = np.random.default_rng(1)
    rates = Rates(world, [WIDE, NARROW], [u.name for u in UNKNOWNS])
    for _ in range(50):
        values = np.array([rng.uniform(max(u.low, -4), min(u.high, 4)) for u in UNKNOWNS])
        wide, narrow = rates.evaluate(values)[0]
        assert wide <= narrow + 1e-12


def test_the_shipped_conflicts_are_those_of_anti_egfr(world: World) -> None:
    found = {frozenset(c.claims) for c in world.conflicts}
    assert found == {
        frozenset({"s4_kras_wt_folfox_orr", "s6_ras_wt_folfox_orr"}),
        frozenset({"s4_kras_wt_folfox_cetuximab_orr", "s6_ras_wt_folfox_cetuximab_orr"}),
    }
    assert all(c.proof == "bound" for c in world.conflicts)
    # Reported 5 points apart with a point of tolerance on each; 3 points to share between two.
    assert all(0.03 / np.sqrt(2) <= c.gap < 0.03 for c in world.conflicts)


def test_each_shipped_claim_could_be_met_without_the_other(
    evidence: Evidence, world: World
) -> None:
    from resistml.world.draft import draft_world
    from resistml.world.moments import response_moments
    from resistml.world.unknowns import list_unknowns

    draft = draft_world(evidence)
    moments = [m for m in response_moments(evidence) if m.claimed]
    unknowns = list_unknowns(evidence, draft, moments)
    for conflict in world.conflicts:
        for name in conflict.claims:
            rest = [m for m in moments if m.id != name and m.cells[0].setting == "crc_advanced"]
            rest = [m for m in rest if len(m.cells) == 1]
            own = [m for m in rest if m.id in conflict.claims]
            assert len(own) == 1
            assert find_conflicts(_met(draft, rest, unknowns), own, unknowns) == ()


def _met(draft: World, claims: list[Moment], unknowns: list[Unknown]) -> World:
    names = {(c.setting, c.arm) for m in claims for c in m.cells}
    mine = [u for u in unknowns if u.name[0] == "effect" or u.name[1] == "crc_advanced"]
    assert names
    rates = Rates(draft, claims, [u.name for u in mine])
    return put_in(draft, rates, fit(rates, mine))


def test_a_rate_that_no_intercept_reaches_is_refused_and_named() -> None:
    tight = [Unknown(("alpha", "early", "plain"), 0.0, -0.1, 0.1)]
    claims = [claim("a", 0.95, arm="plain")]
    rates = Rates(TINY, claims, [tight[0].name])
    there = put_in(TINY, rates, fit(rates, tight))
    with pytest.raises(WorldError, match=r"no world meets a \(by [0-9.]+ percentage points\)"):
        find_conflicts(there, claims, tight)


def test_a_population_of_nobody_is_refused_and_named() -> None:
    claims = [claim("nobody", 0.4, ("PUMP", ">", 5.0), ("PUMP", "<", 2.0))]
    with pytest.raises(WorldError, match="nobody is in the population of 'nobody'"):
        Rates(TINY, claims, []).evaluate(np.zeros(0))
