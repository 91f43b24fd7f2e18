"""Figures of learners, against their definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.cohort.plan import Plan
from resistml.evaluate.benchmark.figures import (
    LEAST_PATIENTS,
    OF_RISKS,
    Bench,
    doubt_figures,
    large_settings,
)
from resistml.evaluate.judge import draw_judge
from resistml.evaluate.metrics import auc, calibration_error, log_loss
from resistml.evaluate.policy import best_fixed_rule, captured, policy_value
from resistml.predict.model import Model
from resistml.world.laws import World
from tests.evaluate.toy import judge_of

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def toy() -> Bench:
    """1,500 patients of one setting and 500 of another, three arms."""
    p = RNG.random((2_000, 3))
    fair = np.clip(p + RNG.normal(0, 0.1, p.shape), 0.01, 0.99)
    return Bench.of(judge_of(p, fair, ["large"] * 1_500 + ["small"] * 500))


def test_figures_are_those_of_their_definitions(toy: Bench) -> None:
    judge = toy.judge
    p = np.clip(1 - judge.p_fair + 0.05, 0, 1)
    found, given = toy.figures(p), judge.given
    fair = 1 - judge.p_fair[given]
    assert found["auc"] == auc(judge.resistant, p[given])
    assert found["logloss"] == log_loss(judge.resistant, p[given])
    assert found["mae"] == pytest.approx(np.abs(p[given] - fair).mean())
    assert found["ece"] == calibration_error(fair, p[given])
    assert found["auc_fair"] == auc(judge.resistant, fair)
    assert found["value_learned"] == policy_value(judge, 1 - p)
    fixed = best_fixed_rule(judge)[0]
    assert found["value_fixed_rule"] == fixed
    assert found["captured"] == captured(found["value_learned"], fixed, found["value_fair"])
    assert toy.gap == pytest.approx(found["value_fair"] - fixed)


def test_only_settings_with_enough_patients_are_judged_alone(toy: Bench) -> None:
    """An error among the 500 does not show, one among the 1,500 does."""
    judge = toy.judge
    fair = 1 - judge.p_fair
    for name, expected in (("small", 0.0), ("large", 0.2)):
        mine = judge.records.setting[judge.patient] == name
        p = np.where(mine, 0.8 * fair + 0.2 * (fair < 0.5), fair)
        found = toy.figures(p)["ece_by_setting"]
        assert list(found) == ["large"]
        assert found["large"] == 0 if expected == 0 else found["large"] > 0.03
    assert {name: len(rows) for name, rows in large_settings(judge).items()} == {"large": 1_500}
    assert LEAST_PATIENTS == 1_000


def test_of_effects_but_the_ranking_is_judged(toy: Bench) -> None:
    score = 5 - 7 * toy.judge.p_fair
    found = toy.figures(score, of_risks=False)
    assert [found[name] for name in OF_RISKS] == [None] * len(OF_RISKS)
    assert found["captured"] == pytest.approx(1)
    assert set(found) == set(toy.figures(toy.judge.p_fair))


def test_where_there_is_nothing_to_gain_nothing_is_captured() -> None:
    bench = Bench.of(judge_of(np.full((50, 2), 0.5)))
    assert bench.gap == 0
    assert bench.figures(np.full(100, 0.3))["captured"] is None


def test_doubt_is_judged_over_all_open_strategies(model: Model, world: World) -> None:
    judge = draw_judge(world, Plan(seed=45, n=600))
    found = doubt_figures(model, judge)
    low, high = model.risk(judge.oracle_records, judge.arm).interval()
    fair = 1 - judge.p_fair
    assert found["coverage"] == pytest.approx(((low <= fair) & (fair <= high)).mean())
    assert found["width"] == pytest.approx((high - low).mean())
    assert found["coverage_by_setting"] == {}  # none has a thousand patients
    assert found["set_coverage"] is None  # nor has the small model sets
    assert 0 <= found["p_best_error"] < 1
    sure = replace(judge, p_fair=1 - (low + high) / 2)
    assert doubt_figures(model, sure)["coverage"] == 1
