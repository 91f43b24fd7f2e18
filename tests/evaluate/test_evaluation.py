"""The evaluation: figures of a model whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from resistml.cohort.plan import Plan
from resistml.evaluate.evaluation import Evaluation, evaluate
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.metrics import auc
from resistml.evaluate.policy import best_fixed_rule, captured, policy_value
from resistml.explain.mechanisms import groups
from resistml.features.matrix import Records, Words
from resistml.predict.model import Model
from resistml.world.laws import World

N = 1_500


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    return draw_judge(world, Plan(seed=21, n=N))


def half(records: Records, strategy: Words) -> np.ndarray:
    """A learner that knows nothing."""
    return np.full(len(records), 0.5)


@pytest.fixture(scope="module")
def found(model: Model, judge: Judge) -> Evaluation:
    return evaluate(model, {"half": half}, judge, n_train=3_000, resamples=20, seed=1)


def test_figures_are_those_of_their_definitions(
    found: Evaluation, model: Model, judge: Judge
) -> None:
    mine = found.learners["xgboost"]
    p = model.risk(judge.records, judge.strategy).p
    given = judge.given
    assert mine.auc.value == pytest.approx(auc(judge.resistant, p))
    assert mine.auc.low < mine.auc.value < mine.auc.high
    assert mine.mae == pytest.approx(np.abs(1 - p - judge.p_fair[given]).mean())
    value = policy_value(judge, 1 - model.risk(judge.oracle_records, judge.arm).p)
    fixed, fair = best_fixed_rule(judge)[0], policy_value(judge, judge.p_fair)
    assert mine.value == pytest.approx(value)
    assert mine.captured == pytest.approx(captured(value, fixed, fair))
    assert found.value_fixed_rule == fixed
    assert found.value_given == pytest.approx(judge.p_response[given].mean())
    assert (found.n_train, found.n_judge) == (3_000, N)


def test_oracles_are_judged_like_learners(found: Evaluation) -> None:
    assert found.fair.captured == pytest.approx(1)
    assert (found.fair.mae, found.fair.ece) == (0, 0)
    assert found.oracle.value >= found.fair.value >= found.value_fixed_rule
    assert found.oracle.captured > 1
    assert found.oracle.auc.value > found.learners["xgboost"].auc.value


def test_a_learner_that_knows_nothing(found: Evaluation, judge: Judge) -> None:
    nothing = found.learners["half"]
    assert nothing.auc.value == 0.5
    assert nothing.logloss == pytest.approx(np.log(2))
    assert nothing.brier == 0.25
    assert nothing.mae == pytest.approx(np.abs(judge.p_fair[judge.given] - 0.5).mean())


def test_same_seed_same_figures(found: Evaluation, model: Model, judge: Judge) -> None:
    again = evaluate(model, {"half": half}, judge, n_train=3_000, resamples=20, seed=1)
    assert again.to_json() == found.to_json()
    other = evaluate(model, {}, judge, n_train=3_000, resamples=20, seed=2)
    assert other.learners["xgboost"].auc.value == found.learners["xgboost"].auc.value
    assert other.learners["xgboost"].auc.low != found.learners["xgboost"].auc.low


def test_groups_add_up_to_the_whole(found: Evaluation) -> None:
    assert found.by_setting == found.subgroups["setting"]
    for named in found.subgroups.values():
        assert sum(group.n for group in named.values()) == N
        for name, whole in (
            ("value", found.learners["xgboost"].value),
            ("value_fair", found.fair.value),
            ("value_fixed_rule", found.value_fixed_rule),
            ("mae", found.learners["xgboost"].mae),
            ("logloss", found.learners["xgboost"].logloss),
        ):
            mean = sum(getattr(group, name).value * group.n for group in named.values()) / N
            assert mean == pytest.approx(whole)


def test_the_worst_group_is_of_the_groups(found: Evaluation) -> None:
    worst = found.worst("mae")
    assert worst is not None
    assert found.subgroups[worst.division][worst.name] == worst.group
    assert replace(found, subgroups={}).worst("mae") is None
    assert replace(found, subgroups={}).by_setting == {}


def test_what_observed_data_say_is_handed_on(found: Evaluation) -> None:
    assert found.policy is None
    assert found.to_json()["policy"] is None


def test_calibration_curves(found: Evaluation, judge: Judge, model: Model) -> None:
    curves = found.calibration
    assert {len(v) for v in curves.values()} == {10}
    count = np.array(curves["count"])
    assert count.sum() == N
    p = model.risk(judge.records, judge.strategy).p
    assert count @ np.array(curves["predicted"]) / N == pytest.approx(p.mean())
    assert count @ np.array(curves["observed"]) / N == pytest.approx(judge.resistant.mean())
    fair = 1 - judge.p_fair[judge.given]
    assert count @ np.array(curves["fair"]) / N == pytest.approx(fair.mean())


def test_importance_and_fidelity_name_the_mechanisms(found: Evaluation, model: Model) -> None:
    assert list(found.importance) == list(groups(model.spec))
    assert all(x >= 0 for x in found.importance.values())
    assert set(found.fidelity.by_mechanism) == set(groups(model.spec)) - {"context"}
    # Of a model trained on 3,000 patients; 1,500 rows: the standard error is below 0.02.
    assert found.fidelity.by_mechanism["accumulation"] > 0.7
    assert found.importance == found.fidelity.importance


def test_json_has_no_nan(found: Evaluation) -> None:
    worst = replace(found, value_given=float("nan"))
    text = json.dumps(worst.to_json(), allow_nan=False)
    plain = json.loads(text)
    assert plain["value_given"] is None
    assert plain["learners"]["xgboost"]["auc"]["value"] == found.learners["xgboost"].auc.value
    assert plain["fixed_rule"]["crc_advanced"] == list(found.fixed_rule["crc_advanced"])
