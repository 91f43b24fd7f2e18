"""Where the unknowns of an arm's law of times start, and how far they may go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.evidence import Evidence
from resistml.world.laws import World
from resistml.world.moments import Cell
from resistml.world.time_moments import TimeMoment, assumed_moments, claimed_moments
from resistml.world.time_problem import Key, Shares
from resistml.world.time_unknowns import HELD, free_unknowns, held_unknowns, started

CAR_T: Key = ("all_relapsed_child", "cd19_car_t")
AC: Key = ("breast_ac", "ac")
EP: Key = ("sclc_extensive", "etoposide_platinum")


@pytest.fixture(scope="module")
def shares(world: World) -> Shares:
    return Shares(world)


@pytest.fixture(scope="module")
def moments(evidence: Evidence) -> list[TimeMoment]:
    return claimed_moments(evidence) + assumed_moments(evidence)


@pytest.mark.parametrize("key", [AC, EP, ("nsclc_advanced", "platinum_taxane"), CAR_T])
def test_scales_start_near_what_is_said(
    evidence: Evidence, world: World, shares: Shares, moments: list[TimeMoment], key: Key
) -> None:
    start = started(evidence, shares, key, moments)
    solved = world.settings[key[0]].arms[key[1]]
    for field in ("pfs_scale", "os_scale"):
        assert 0.4 < getattr(start, field) / getattr(solved, field) < 2.5, field


def test_an_arm_of_which_only_a_rate_is_told_starts_from_that(
    evidence: Evidence, shares: Shares, moments: list[TimeMoment]
) -> None:
    alive = [m for m in moments if m.id == "s4_ac_survival_rate"]
    long = started(evidence, shares, AC, alive)
    short = started(evidence, shares, AC, [replace(m, target=0.2) for m in alive])
    assert long.os_scale > 3 * short.os_scale


def test_without_any_figure_the_course_is_a_start(evidence: Evidence, shares: Shares) -> None:
    start = started(evidence, shares, AC, [])
    assert start.pfs_scale > 0
    assert start.os_scale > 0


def test_scales_are_free_and_the_rest_is_held(
    evidence: Evidence, shares: Shares, moments: list[TimeMoment]
) -> None:
    laws = {AC: started(evidence, shares, AC, moments)}
    free = free_unknowns(evidence, shares, laws)
    assert [u.name for u in free] == [("pfs_scale", *AC), ("os_scale", *AC)]
    assert free[0].start == pytest.approx(np.log(laws[AC].pfs_scale))
    assert all(u.middle is None for u in free)
    held = held_unknowns(evidence, laws)
    assert [u.name[0] for u in held] == list(HELD)
    assert all(u.low <= u.start <= u.high and u.half for u in held)


def test_an_arms_own_assumption_goes_before_the_general_one(
    evidence: Evidence, shares: Shares, moments: list[TimeMoment]
) -> None:
    laws = {key: started(evidence, shares, key, moments) for key in (AC, EP)}
    found = {u.name: u for u in held_unknowns(evidence, laws)}
    general = evidence.assumptions["pfs_shape"]
    own = evidence.arms_of(EP[0])[EP[1]].pfs_shape
    assert own is not None
    assert found["pfs_shape", *AC].middle == general.value
    assert found["pfs_shape", *EP].middle == own.value
    assert found["pfs_shape", *EP].high == pytest.approx(own.high, abs=1e-8)


def test_the_cut_of_cure_leaves_the_assumed_share(
    evidence: Evidence, shares: Shares, moments: list[TimeMoment]
) -> None:
    assumed = evidence.arms_of(CAR_T[0])[CAR_T[1]].cured_share
    assert assumed is not None
    law = started(evidence, shares, CAR_T, moments)
    sample, weight = shares.times(CAR_T).sample, shares.weight(Cell(*CAR_T, ()))

    def share(cut: float) -> float:
        return float(weight @ expit(sample.eta - cut) / (weight @ sample.complete))

    assert law.cure is not None
    assert share(law.cure) == pytest.approx(assumed.value)
    (cure,) = (u for u in free_unknowns(evidence, shares, {CAR_T: law}) if u.name[0] == "cure")
    # A higher cut cures fewer.
    assert share(cure.low) == pytest.approx(assumed.high)
    assert share(cure.high) == pytest.approx(assumed.low)
    assert cure.low >= sample.kappa
