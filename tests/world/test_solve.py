"""Solving a world to the claims."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.errors import CatalogError
from resistml.evidence import Evidence
from resistml.world.conflicts import violation
from resistml.world.draft import TIME_LAW, draft_world
from resistml.world.laws import World
from resistml.world.moments import Cell, Moment, Rates, response_moments
from resistml.world.solve import PULL, fit, label, put_in, solve_world
from resistml.world.unknowns import STEEP, Unknown, list_unknowns
from tests.world.tiny import tiny_world

TINY = tiny_world()
ALPHA = Unknown(("alpha", "early", "plain"), 0.0, -STEEP, STEEP)
EFFECT = Unknown(("effect", "", "GATE"), 1.5, 0.1, 3.0, 1.5, 0.5)
AIMED = Unknown(("alpha", "early", "aimed"), 0.0, -STEEP, STEEP)


def claim(
    name: str, rate: float, *conditions: tuple[str, str, float], arm: str = "plain"
) -> Moment:
    """A claimed point value."""
    return Moment(name, "orr", (Cell("early", arm, conditions),), rate, rate, True)


def solved(moments: list[Moment], unknowns: list[Unknown]) -> tuple[Rates, np.ndarray]:
    """The solution of a few claims on the small world."""
    rates = Rates(TINY, moments, [u.name for u in unknowns])
    return rates, fit(rates, unknowns)


def numbers(value: object) -> list[float]:
    """All numbers in nested plain data, in order."""
    if isinstance(value, dict):
        return [x for v in value.values() for x in numbers(v)]
    if isinstance(value, (list, tuple)):
        return [x for v in value for x in numbers(v)]
    return [float(value)] if isinstance(value, (int, float)) else []


def test_one_claim_is_met_exactly_by_its_intercept() -> None:
    rates, values = solved([claim("a", 0.37)], [ALPHA])
    assert rates.evaluate(values)[0][0] == pytest.approx(0.37, abs=1e-9)


def test_an_assumption_stays_at_its_midpoint_where_no_claim_bears_on_it() -> None:
    _, values = solved([claim("a", 0.37)], [ALPHA, EFFECT])
    # GATE has no exposure under "plain".
    assert values[1] == pytest.approx(1.5, abs=1e-9)


def test_claims_move_an_assumption_off_its_midpoint() -> None:
    mutated = claim("m", 0.7, ("GATE", "==", 1.0), arm="aimed")
    wild = claim("w", 0.25, ("GATE", "==", 0.0), arm="aimed")
    rates, values = solved([mutated, wild], [AIMED, EFFECT])
    found, _ = rates.evaluate(values)
    assert values[1] > 1.6
    # The pull leaves a residual, but far inside the tolerance of a point value.
    assert found == pytest.approx([0.7, 0.25], abs=0.005)


def test_the_pull_balances_the_claims_at_the_stationary_point() -> None:
    moments = [
        claim("m", 0.7, ("GATE", "==", 1.0), arm="aimed"),
        claim("w", 0.25, ("GATE", "==", 0.0), arm="aimed"),
    ]
    rates, values = solved(moments, [AIMED, EFFECT])
    found, jacobian = rates.evaluate(values)
    residual = (found - np.array([0.7, 0.25])) / 0.01
    gradient = jacobian.T @ residual / 0.01
    gradient[1] += PULL**2 * (values[1] - 1.5) / 0.5**2
    # Each term is of order 10 where they do not cancel.
    assert gradient == pytest.approx([0.0, 0.0], abs=1e-4)


def test_an_assumption_never_leaves_its_range() -> None:
    mutated = claim("m", 0.95, ("GATE", "==", 1.0), arm="aimed")
    wild = claim("w", 0.05, ("GATE", "==", 0.0), arm="aimed")
    _, values = solved([mutated, wild], [AIMED, EFFECT])
    assert values[1] == pytest.approx(3.0, abs=1e-6)


def test_an_assumed_rate_yields_to_a_claim() -> None:
    cell = (Cell("early", "plain", ()),)
    assumed = Moment("assumed", "orr", cell, 0.49, 0.51, False)
    rates, values = solved([claim("a", 0.4), assumed], [ALPHA])
    # Weights 1 and PULL^2 at equal half-widths: the mean of 0.4 and 0.5 so weighted.
    expected = (0.4 + PULL**2 * 0.5) / (1 + PULL**2)
    assert rates.evaluate(values)[0][0] == pytest.approx(expected, abs=1e-6)


def test_labels_say_what_claims_narrow() -> None:
    unknowns = [ALPHA, AIMED, EFFECT]
    one = [claim("a", 0.37)]
    rates, values = solved(one, unknowns)
    labels = label(rates, unknowns, values)
    assert labels == {
        "alpha.early.plain": "claim-identified",
        "alpha.early.aimed": "assumption-only",
        "effect.GATE": "assumption-only",
    }
    mutated = claim("m", 0.7, ("GATE", "==", 1.0), arm="aimed")
    wild = claim("w", 0.25, ("GATE", "==", 0.0), arm="aimed")
    rates, values = solved([*one, mutated, wild], unknowns)
    assert set(label(rates, unknowns, values).values()) == {"claim-identified"}


def test_one_claim_on_two_unknowns_narrows_the_intercept_alone() -> None:
    unknowns = [AIMED, EFFECT]
    rates, values = solved([claim("m", 0.7, arm="aimed")], unknowns)
    labels = label(rates, unknowns, values)
    assert labels["alpha.early.aimed"] == "claim-identified"
    assert labels["effect.GATE"] == "assumption-only"


def test_an_assumed_rate_identifies_nothing() -> None:
    assumed = Moment("x", "orr", (Cell("early", "plain", ()),), 0.3, 0.4, False)
    rates, values = solved([assumed], [ALPHA])
    assert set(label(rates, [ALPHA], values).values()) == {"assumption-only"}


def test_found_values_go_where_they_belong() -> None:
    unknowns = [
        ALPHA,
        Unknown(("kappa", "early", "aimed"), 1.0, 0.0, 9.0),
        EFFECT,
        Unknown(("location", "late", "PUMP"), 0.0, -1.0, 1.0, 0.0, 1.0),
    ]
    rates = Rates(TINY, [claim("a", 0.3)], [u.name for u in unknowns])
    world = put_in(TINY, rates, np.array([0.11, 0.22, 0.33, 0.44]))
    assert world.settings["early"].arms["plain"].alpha == 0.11
    assert world.settings["early"].arms["aimed"].kappa == 0.22
    assert world.markers["GATE"].effect == 0.33
    assert world.settings["late"].location["PUMP"] == 0.44
    # Nothing else has moved.
    assert world.settings["early"].location == TINY.settings["early"].location
    assert world.settings["late"].arms == TINY.settings["late"].arms


def test_solving_again_gives_the_same_world(evidence: Evidence, world: World) -> None:
    again = solve_world(evidence)
    assert again.labels == world.labels
    assert [c.claims for c in again.conflicts] == [c.claims for c in world.conflicts]
    one, other = numbers(asdict(again)), numbers(asdict(world))
    assert one == pytest.approx(other, rel=1e-6, abs=1e-6)


def test_the_solution_does_not_hang_on_where_it_starts(evidence: Evidence, world: World) -> None:
    draft, moments = draft_world(evidence), response_moments(evidence)
    unknowns = list_unknowns(evidence, draft, moments)
    rates = Rates(draft, moments, [u.name for u in unknowns])
    rng = np.random.default_rng(3)
    shaken = []
    for u in unknowns:
        width = u.high - u.low if u.middle is not None else 2.0
        start = float(np.clip(u.start + width * rng.uniform(-0.3, 0.3), u.low, u.high))
        inside = min(max(start, u.low + 0.01 * width), u.high - 0.01 * width)
        shaken.append(Unknown(u.name, inside, u.low, u.high, u.middle, u.half))
    found = put_in(draft, rates, fit(rates, shaken))
    for s, law in found.settings.items():
        for a, arm in law.arms.items():
            assert arm.alpha == pytest.approx(world.settings[s].arms[a].alpha, abs=1e-5)


def test_every_claim_is_met_or_in_a_proven_conflict(evidence: Evidence, world: World) -> None:
    moments = [m for m in response_moments(evidence) if m.claimed]
    rates, _ = Rates(world, moments, []).evaluate(np.zeros(0))
    explained = {name for c in world.conflicts for name in c.claims}
    for m, rate in zip(moments, rates, strict=True):
        assert violation(m, float(rate)) == 0 or m.id in explained, m.id


def test_assumed_rates_and_shares_are_met(evidence: Evidence, world: World) -> None:
    with_cr = {
        (c.setting, c.arm)
        for m in response_moments(evidence)
        if m.endpoint == "cr"
        for c in m.cells
    }
    default = evidence.assumptions["complete_share_default"].value
    for s in evidence.modelled_settings:
        for a, arm in evidence.arms_of(s).items():
            cell = (Cell(s, a, ()),)
            pair = [Moment(e, e, cell, 0.0, 1.0, True) for e in ("orr", "cr")]  # type: ignore[arg-type]
            (orr, cr), _ = Rates(world, pair, []).evaluate(np.zeros(0))
            if arm.orr is not None:
                assert arm.orr.low - 0.01 <= orr <= arm.orr.high + 0.01, (s, a)
            if (s, a) not in with_cr:
                share = default if arm.complete_share is None else arm.complete_share.value
                assert cr / orr == pytest.approx(share, abs=1e-6), (s, a)


def test_each_free_parameter_is_labelled(evidence: Evidence, world: World) -> None:
    unknowns = list_unknowns(evidence, draft_world(evidence), response_moments(evidence))
    of_times = {*("cure", "os_scale", "pfs_scale"), *TIME_LAW}
    free = [name for name in world.labels if name.split(".")[0] not in of_times]
    assert len(free) == len(unknowns)
    assert set(world.labels.values()) == {"claim-identified", "assumption-only"}
    claimed = [m for m in response_moments(evidence) if m.claimed]
    told = {(cell.setting, cell.arm) for m in claimed for cell in m.cells}
    alone = {
        (m.cells[0].setting, m.cells[0].arm)
        for m in claimed
        if m.endpoint == "orr" and len(m.cells) == 1
    }
    for s in evidence.modelled_settings:
        for a in evidence.arms_of(s):
            identified = world.labels[f"alpha.{s}.{a}"] == "claim-identified"
            # A claim that pools arms, or of complete responses alone, may leave it open.
            assert identified or (s, a) not in alone, (s, a)
            assert not identified or (s, a) in told, (s, a)


def test_an_unsound_catalog_is_refused_before_it_is_solved(evidence: Evidence) -> None:
    claims = dict(evidence.claims)
    name = next(iter(claims))
    claims[name] = claims[name].model_copy(update={"source": "nowhere"})
    with pytest.raises(CatalogError, match="nowhere"):
        solve_world(replace(evidence, claims=claims))


def test_the_small_worlds_rate_is_a_plain_mean() -> None:
    # A closed form to hold the whole chain against: no marker bears on the arm.
    bare = {
        a: replace(x, exposure={}, treatment_class="x", eligibility=())
        for a, x in TINY.strategies.items()
    }
    flat = {"effect_age_per_decade_over_60": 0.0, "effect_ecog_1": 0.0, "effect_ecog_2": 0.0}
    world = replace(TINY, strategies=bare, constants={**TINY.constants, **flat})
    rates = Rates(world, [claim("a", 0.3)], [ALPHA.name])
    value = fit(rates, [ALPHA])
    assert expit(value[0]) == pytest.approx(0.3, abs=1e-9)
