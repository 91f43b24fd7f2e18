"""Times to progression and death, solved to the reported medians."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.cohort.outcomes import OutcomeNoise, draw_outcomes
from resistml.evidence import Evidence
from resistml.features.conditions import eligible, holds
from resistml.world.audit import fresh_patients
from resistml.world.compiled import clinical_terms, compile_setting
from resistml.world.laws import World
from resistml.world.moments import Cell, claim_cells
from resistml.world.times import Times, _Aim, _compromise, pfs_unit, post_unit
from tests.world.tiny import tiny_world

TINY = tiny_world()
PATIENTS = 60_000
ANY = Cell("early", "plain", ())


def aim(low: float, high: float, claimed: bool = True) -> _Aim:
    """A median in months."""
    return _Aim(ANY, low, high, claimed)


def test_weibull_times_have_the_stated_medians() -> None:
    half, none = np.array([0.5]), np.array([0.0])
    # Median of a Weibull of scale 1: log(2)^(1/shape).
    assert pfs_unit(TINY, none, none, half)[0] == pytest.approx(np.log(2) ** (1 / 1.3))
    assert post_unit(TINY, none, half)[0] == pytest.approx(np.log(2) ** (1 / 1.1))


def test_a_response_and_a_low_risk_lengthen_progression_free_survival() -> None:
    u, one, none = np.array([0.3]), np.array([1.0]), np.array([0.0])
    base = pfs_unit(TINY, none, none, u)
    assert pfs_unit(TINY, one, none, u) / base == pytest.approx(2.2)
    assert pfs_unit(TINY, none, 2 * one, u) / base == pytest.approx(np.exp(0.15 * 2))
    assert post_unit(TINY, one, u) / post_unit(TINY, none, u) == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([(aim(6, 6), (2.0, 2.0))], 2.0),
        ([(aim(5, 7), (2.0, 3.0))], 2.5),
        ([(aim(5, 7), (2.0, 3.0)), (aim(6, 9), (2.5, 4.0))], 2.75),  # where both hold
        ([(aim(5, 7), (2.0, 2.2)), (aim(9, 9), (4.0, 4.0))], (2.1 + 4.0) / 2),  # they cannot
        ([(aim(6, 6, claimed=False), (2.0, 2.0))], 2.0),
        ([(aim(5, 7), (2.0, 3.0)), (aim(6, 6, claimed=False), (2.2, 2.2))], 2.2),
        ([(aim(5, 7), (2.0, 3.0)), (aim(6, 6, claimed=False), (9.0, 9.0))], 3.0),
    ],
)
def test_a_scale_inside_all_claims_where_there_is_one(
    ranges: list[tuple[_Aim, tuple[float, float]]], expected: float
) -> None:
    assert _compromise(ranges) == pytest.approx(expected)


@pytest.fixture(scope="module")
def plain() -> Times:
    return Times.by_arm(TINY, compile_setting(TINY, "early"))["plain"]


def drawn(world: World, setting: str, n: int = PATIENTS):  # type: ignore[no-untyped-def]
    """Fresh patients' record and potential outcomes."""
    c = compile_setting(world, setting)
    p, seen = fresh_patients(world, c, n, seed=11)
    eta = c.log_odds(p.f, clinical_terms(world, c.arms, p.age, p.ecog))
    rng = np.random.default_rng(3)
    noise = OutcomeNoise(*(rng.random((n, len(c.arms))) for _ in range(3)))
    return c, seen, draw_outcomes(world, c, eta, noise, np.arange(n))


def median_tolerance(values: np.ndarray) -> float:
    """4 standard errors of a median, from the density around it: sqrt(1/4n) / f(m)."""
    low, high = np.quantile(values, [0.45, 0.55])
    return float(4 * 0.5 / np.sqrt(len(values)) * (high - low) / 0.1)


def test_medians_are_those_of_drawn_patients(plain: Times) -> None:
    arm = TINY.settings["early"].arms["plain"]
    _, seen, outcomes = drawn(TINY, "early")
    cells = [
        ANY,
        Cell("early", "plain", (("PUMP", ">", 2.0),)),
        Cell("early", "plain", (("GATE", "==", 1.0),)),
    ]
    for cell in cells:
        member = holds(seen, cell.conditions, PATIENTS)
        pfs, os_ = outcomes.pfs[member, 0], outcomes.os[member, 0]
        assert arm.pfs_scale * plain.pfs_median(cell) == pytest.approx(
            np.median(pfs), abs=median_tolerance(pfs)
        )
        assert plain.os_median(cell, arm.pfs_scale, arm.os_scale) == pytest.approx(
            np.median(os_), abs=median_tolerance(os_)
        )


def test_the_scale_after_progression_gives_back_the_median(plain: Times) -> None:
    for months in (8.0, 15.0, 60.0):
        scale = plain.os_scale(ANY, 6.0, months)
        assert plain.os_median(ANY, 6.0, scale) == pytest.approx(months, rel=1e-6)


def test_a_median_survival_below_the_progression_free_one_gives_the_least_scale(
    plain: Times,
) -> None:
    pfs = 6.0 * plain.pfs_median(ANY)
    scale = plain.os_scale(ANY, 6.0, 0.5 * pfs)
    assert scale == pytest.approx(1e-3)
    assert plain.os_median(ANY, 6.0, scale) == pytest.approx(pfs, rel=0.01)


def test_shares_of_cells(plain: Times) -> None:
    assert plain.share(ANY) == 1
    # Called mutated: 0.35 x 0.95 + 0.65 x 0.01.
    share = plain.share(Cell("early", "plain", (("GATE", "==", 1.0),)))
    assert share == pytest.approx(0.339, abs=0.002)
    weight = plain.weight(Cell("early", "plain", (("GATE", "==", 1.0),)))
    assert weight.sum() == pytest.approx(1.0)


def test_without_response_or_risk_the_median_is_the_weibulls() -> None:
    world = tiny_world(pfs_response_ratio=1.0, pfs_risk_slope=0.0)
    times = Times.by_arm(world, compile_setting(world, "early"))["plain"]
    assert times.pfs_median(ANY) == pytest.approx(np.log(2) ** (1 / 1.3), rel=1e-8)


MEDIANS = ("median_pfs", "median_os")


@pytest.fixture(scope="module")
def shipped(world: World):  # type: ignore[no-untyped-def]
    """Drawn outcomes by setting, as they are asked for."""
    known: dict[str, object] = {}

    def get(setting: str):  # type: ignore[no-untyped-def]
        if setting not in known:
            known[setting] = drawn(world, setting)
        return known[setting]

    return get


def test_every_reported_median_is_met_by_drawn_patients(  # type: ignore[no-untyped-def]
    evidence: Evidence, world: World, shipped
) -> None:
    checked = 0
    for claim in evidence.claims.values():
        if claim.role != "target" or claim.endpoint not in MEDIANS:
            continue
        assert claim.low is not None
        assert claim.high is not None
        for cell in claim_cells(evidence, claim):
            c, seen, outcomes = shipped(cell.setting)
            a = c.arms.index(cell.arm)
            rule = world.strategies[cell.arm].eligibility
            if cell.conditions:
                member = holds(seen, cell.conditions, PATIENTS)
            else:
                member = eligible(seen, rule, PATIENTS)
            times = outcomes.pfs if claim.endpoint == "median_pfs" else outcomes.os
            values = times[member, a]
            # Points within 2%, ranges within themselves, beside the sample's own error.
            slack = 0.02 * claim.low if claim.low == claim.high else 0.0
            slack += median_tolerance(values)
            assert claim.low - slack <= np.median(values) <= claim.high + slack, claim.id
            checked += 1
    assert checked >= 35


def test_solved_medians_are_exact_where_nothing_contradicts(
    evidence: Evidence, world: World
) -> None:
    """A point value with no other claim on its arm is met to 6 digits on the fixed sample."""
    on: dict[tuple[str, str, str], list[tuple[Cell, float, float]]] = {}
    for claim in evidence.claims.values():
        if claim.role == "target" and claim.endpoint in MEDIANS:
            for cell in claim_cells(evidence, claim):
                entry = (cell, float(claim.low or 0), float(claim.high or 0))
                on.setdefault((cell.setting, cell.arm, claim.endpoint), []).append(entry)
    alone = {k: v[0] for k, v in on.items() if len(v) == 1 and v[0][1] == v[0][2]}
    assert len(alone) >= 25
    for (setting, name, endpoint), (cell, months, _) in alone.items():
        times = Times.by_arm(world, compile_setting(world, setting))[name]
        arm = world.settings[setting].arms[name]
        if endpoint == "median_pfs":
            assert arm.pfs_scale * times.pfs_median(cell) == pytest.approx(months, rel=1e-6)
        else:
            found = times.os_median(cell, arm.pfs_scale, arm.os_scale)
            assert found == pytest.approx(months, rel=1e-6)


def test_overall_survival_is_never_the_shorter(world: World) -> None:
    for law in world.settings.values():
        assert all(arm.pfs_scale > 0 for arm in law.arms.values())
        # No arm needed the least scale: all reported medians leave room after progression.
        assert all(arm.os_scale > 0.01 for arm in law.arms.values())


def test_merit_is_measured_from_the_intercept() -> None:
    law = TINY.settings["early"]
    up = replace(law, arms={a: replace(x, alpha=x.alpha + 1.0) for a, x in law.arms.items()})
    world = replace(TINY, settings={**TINY.settings, "early": up})
    c, there = compile_setting(TINY, "early"), compile_setting(world, "early")
    one, other = Times.by_arm(TINY, c)["plain"], Times.by_arm(world, there)["plain"]
    assert other.merit == pytest.approx(one.merit)
    assert other.eta == pytest.approx(one.eta + 1.0)
    assert expit(other.eta).mean() > expit(one.eta).mean()
