"""Judges: patients, arms and truth in their places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.evaluate.judge import Judge, draw_judge, draw_judges, judge_from, records_of
from resistml.features.conditions import eligible
from resistml.world.laws import World

PLAN = Plan(seed=11, n=400)


@pytest.fixture(scope="module")
def judges(world: World) -> tuple[Judge, Judge]:
    return draw_judges(world, PLAN)


def test_judge_is_what_was_drawn(world: World, judges: tuple[Judge, Judge]) -> None:
    drawn = Drawer(world, PLAN).block(0)
    judge = draw_judge(world, PLAN)
    assert judge.records.patient_id.tolist() == drawn.cohort["patient_id"].tolist()
    assert judge.strategy.tolist() == drawn.cohort["strategy"].tolist()
    np.testing.assert_array_equal(judge.resistant, drawn.cohort["resistant"])
    ids = judge.records.patient_id[judge.patient]
    assert ids.tolist() == drawn.oracle["patient_id"].tolist()
    np.testing.assert_array_equal(judge.p_response, drawn.oracle["p_response"])
    np.testing.assert_array_equal(judge.p_fair, drawn.oracle["p_response_fair"])
    assert set(judge.truth) == set(judge.fair_truth)
    np.testing.assert_array_equal(judge.truth["target"], drawn.oracle["truth_target"])
    np.testing.assert_array_equal(judge.fair_truth["target"], drawn.oracle["fair_truth_target"])


def test_drawn_at_once_equals_drawn_apart(world: World, judges: tuple[Judge, Judge]) -> None:
    apart = draw_judge(world, PLAN), draw_judge(world, replace(PLAN, all_arms=True))
    for together, alone in zip(judges, apart, strict=True):
        for name in ("patient", "arm", "p_response", "p_fair", "strategy", "resistant"):
            np.testing.assert_array_equal(getattr(together, name), getattr(alone, name))


def test_given_is_the_row_of_the_strategy_given(judges: tuple[Judge, Judge]) -> None:
    for judge in judges:
        given = judge.given
        assert judge.patient[given].tolist() == list(range(len(judge.records)))
        assert judge.arm[given].tolist() == judge.strategy.tolist()


def test_arms_are_those_of_whom_each_is_eligible(world: World, judges: tuple[Judge, Judge]) -> None:
    judge, open_to_all = judges
    rows = set(zip(judge.patient.tolist(), judge.arm.tolist(), strict=True))
    for i in range(len(judge.records)):
        own = {k: v[i : i + 1] for k, v in judge.records.columns.items()}
        for arm in world.settings[judge.records.setting[i]].arms:
            assert ((i, arm) in rows) == bool(
                eligible(own, world.strategies[arm].eligibility, 1)[0]
            )
    per_patient = np.bincount(open_to_all.patient)
    arms = [len(world.settings[s].arms) for s in open_to_all.records.setting]
    assert per_patient.tolist() == arms


def test_oracle_records_repeat_each_patient(judges: tuple[Judge, Judge]) -> None:
    judge = judges[0]
    repeated = judge.oracle_records
    assert repeated.patient_id.tolist() == judge.records.patient_id[judge.patient].tolist()
    np.testing.assert_array_equal(
        repeated.column("ABCB1"), judge.records.column("ABCB1")[judge.patient]
    )


def test_records_of_reads_sex_as_numbers(world: World) -> None:
    cohort = Drawer(world, PLAN).block(0).cohort
    records = records_of(cohort, ("ABCB1",))
    assert set(records.columns) == {"ABCB1", "age", "ecog", "sex"}
    np.testing.assert_array_equal(records.column("sex"), cohort["sex"] == "female")


def test_oracle_rows_may_come_in_any_order(world: World) -> None:
    drawn = Drawer(world, PLAN).block(0)
    shuffled = np.random.default_rng(0).permutation(len(drawn.oracle["patient_id"]))
    oracle = {name: values[shuffled] for name, values in drawn.oracle.items()}
    judge = judge_from(drawn.cohort, oracle, tuple(world.markers))
    assert judge.arm[judge.given].tolist() == judge.strategy.tolist()
    assert judge.patient[judge.given].tolist() == list(range(PLAN.n))
