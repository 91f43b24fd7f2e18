"""Pooled figures: their weights, and their errors against repeated draws."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.cohort.curves import Curve, kaplan_meier
from resistml.cohort.pool import Part, parts_of, pooled, pooled_curve
from resistml.features.conditions import holds
from resistml.world.laws import World
from resistml.world.moments import Cell
from tests.cohort.made import cohort, patients
from tests.world.tiny import tiny_world

TINY = tiny_world()


def part(
    setting: str = "early", arm: str = "plain", share: float = 1.0, n: int = 50, people: int = 100
) -> Part:
    """``n`` patients given an arm, of a cell that ``share`` of a setting's patients are in."""
    member = (np.arange(people) < share * people).astype(float)
    times = {"pfs": np.ones(n), "os": np.ones(n)}
    events = {"pfs": np.ones(n, dtype=bool), "os": np.ones(n, dtype=bool)}
    response = np.full(n, "PR", dtype=object)
    return Part(Cell(setting, arm, ()), member, 1.0, np.ones(n), response, times, events)


def test_one_part_is_itself() -> None:
    value, error = pooled([part(share=0.3)], np.array([[0.4]]), np.array([[0.07]]))
    assert (value[0], error[0]) == pytest.approx((0.4, 0.07))


def test_shares_weigh_and_their_own_error_counts_by_setting() -> None:
    parts = [part("early", share=0.5, people=100), part("late", share=0.25, people=400)]
    value, error = pooled(parts, np.array([[0.8], [0.2]]), np.array([[0.03], [0.05]]))
    assert value[0] == pytest.approx((0.5 * 0.8 + 0.25 * 0.2) / 0.75)
    rates = (0.5 / 0.75 * 0.03) ** 2 + (0.25 / 0.75 * 0.05) ** 2
    shares = (0.8 - 0.6) ** 2 * 0.25 / 100 + (0.2 - 0.6) ** 2 * 0.25 * 0.75 / 400
    assert error[0] == pytest.approx((rates + shares / 0.75**2) ** 0.5)


def test_two_arms_among_the_same_patients_share_their_share() -> None:
    """Whatever the share is, both arms count the same, so its error has no bearing."""
    parts = [part(arm="plain", share=0.4), part(arm="dense", share=0.4)]
    value, error = pooled(parts, np.array([[0.9], [0.1]]), np.array([[0.02], [0.02]]))
    assert value[0] == pytest.approx(0.5)
    assert error[0] == pytest.approx(0.02 / 2**0.5)


def test_the_error_is_that_of_repeated_cohorts() -> None:
    """Two exclusive groups of one setting, as two matched drugs: 30% and 10% of 400 patients, half
    of each given the drug, of whom 70% and 20% respond."""
    rng = np.random.default_rng(2)
    values, errors = [], []
    for _ in range(2000):
        group = rng.choice(3, 400, p=[0.3, 0.1, 0.6])
        parts, rates, own = [], [], []
        for k, p in ((0, 0.7), (1, 0.2)):
            n = max(int(((group == k) & (rng.random(400) < 0.5)).sum()), 1)
            one = part(arm=("plain", "dense")[k], n=n)
            rates.append(rng.binomial(n, p) / n)
            own.append((p * (1 - p) / n) ** 0.5)
            parts.append(Part(**{**vars(one), "member": (group == k).astype(float)}))
        value, error = pooled(parts, np.array(rates)[:, None], np.array(own)[:, None])
        values.append(value[0])
        errors.append(error[0])
    assert np.mean(values) == pytest.approx((0.3 * 0.7 + 0.1 * 0.2) / 0.4, abs=0.005)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.06)


def test_a_narrower_question_weighs_less_and_its_share_is_uncertain() -> None:
    wide = part(n=40)
    half = wide.narrowed(np.arange(40) < 20, start=0.5)
    assert (half.n, half.kept, half.share) == (20, 0.5, 0.5)
    np.testing.assert_array_equal(half.times["pfs"], 0.5)
    parts = [half, part("late", n=40)]
    value, error = pooled(parts, np.array([[0.9], [0.3]]), np.zeros((2, 1)))
    assert value[0] == pytest.approx((0.5 * 0.9 + 0.3) / 1.5)
    assert error[0] == pytest.approx((0.9 - value[0]) / 1.5 * (0.25 / 40) ** 0.5)


def test_those_who_failed_had_every_event_at_the_start() -> None:
    one = part(n=4).failed(np.array([True, False, False, True]))
    np.testing.assert_array_equal(one.times["os"], [0, 1, 1, 0])
    curve = kaplan_meier(one.times["pfs"], one.events["pfs"])
    assert curve.at(0.0)[0] == pytest.approx(0.5)


def test_a_pooled_curve_is_the_mean_of_curves_at_every_time() -> None:
    early = Curve(np.array([1.0, 3.0]), np.array([0.5, 0.0]), np.array([0.1, 0.0]))
    late = Curve(np.array([2.0]), np.array([0.6]), np.array([0.2]))
    curve = pooled_curve([part("early"), part("late", share=0.5)], [early, late])
    np.testing.assert_array_equal(curve.times, [1, 2, 3])
    np.testing.assert_allclose(curve.survival, [(0.5 + 0.5) / 1.5, 0.8 / 1.5, 0.3 / 1.5])
    assert pooled_curve([part()], [early]) is early


def test_parts_are_of_those_who_meet_conditions_and_got_the_arm(world: World) -> None:
    conditions = (("CSC", ">", 0.05),)
    made = cohort(
        patients("crc_advanced", "folfox", 4, CSC=[0.1, 0.2, 0.01, np.nan], KRAS_mut=0),
        patients("crc_advanced", "folfiri", 4, CSC=[0.1, 0.0, 0.0, 0.3], KRAS_mut=0),
    )
    (one,) = parts_of(world, made, [Cell("crc_advanced", "folfox", conditions)])
    assert one.n == 2
    assert one.share == 0.5  # an unmeasured value meets no condition
    assert one.reached == 1.0
    group = made.groups["crc_advanced"]
    np.testing.assert_array_equal(one.member, holds(group.columns, conditions, 8))
    assert parts_of(world, made, [Cell("breast_ac", "ac", ())]) == []


def test_patients_weigh_only_where_chance_decided() -> None:
    columns = {"GATE": [1, 1, 0], "LIGAND": 1.0, "CELLS": 9.0}
    cell = [Cell("early", "plain", ())]
    parts = parts_of(TINY, cohort(patients("early", "plain", 3, **columns)), cell)
    np.testing.assert_array_equal(parts[0].weight, [3, 3, 2])  # aimed needs GATE; immune neither
    assert parts[0].size == pytest.approx(64 / 22)
    chosen = cohort(patients("early", "plain", 3, **columns), assignment="guideline")
    np.testing.assert_array_equal(parts_of(TINY, chosen, cell)[0].weight, 1.0)
