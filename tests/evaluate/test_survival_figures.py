"""Figures of the models of times, on a small model and fresh patients of the default world."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resistml.cohort.plan import Plan
from resistml.evaluate import survival_figures as module
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.survival_figures import median_figures, survival_figures
from resistml.evidence import Evidence
from resistml.learn.data import as_model
from resistml.learn.fit import Params
from resistml.learn.survival import SurvivalParams, fit_survival
from resistml.learn.train import fit_model
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.predict.survival import Survival
from resistml.tables.cohort import Cohort
from resistml.world.laws import World
from tests.patients import draw

TIMES = ("pfs_months", "pfs_event", "os_months", "os_event")
PLAN = Plan(31, 2_000)


@pytest.fixture(scope="module")
def trained(evidence: Evidence, world: World) -> tuple[Model, Cohort]:
    patients = draw(world, seed=30, n=3_000)
    columns = {name: np.asarray(patients.columns[name]) for name in TIMES}
    cohort = Cohort(patients.records, patients.strategy, patients.y, columns)
    params = Params(bag=3, rounds=10, checks=1)
    spec, fitted = fit_model(
        evidence, cohort.records, cohort.strategy, cohort.resistant, params, seed=1, threads=1
    )
    times = SurvivalParams(bag=3, rounds=10, checks=1)
    survival = fit_survival(spec, cohort, times, seed=1, threads=1)
    return as_model(spec, fitted, parts=Parts(survival=survival)), cohort


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    return draw_judge(world, PLAN)


@pytest.fixture(scope="module")
def figures(trained: tuple[Model, Cohort], judge: Judge, world: World) -> dict[str, Any]:
    return survival_figures(*trained, judge, PLAN.observed(world), seed=5)


def test_figures_of_both_times(figures: dict[str, Any], judge: Judge) -> None:
    assert list(figures) == ["pfs", "os"]
    for name, found in figures.items():
        assert found["patients"] == 2_000
        assert found["events"] == judge.times[f"{name}_event"].sum()
        assert found["months"][0] < found["months"][1]
        assert list(found["learners"]) == ["model", "kaplan_meier", "fair"]
        for learner in found["learners"].values():
            assert list(learner["calibration"]) == ["6", "12", "24"]
            assert list(learner["calibration_error"]) == ["observed", "fair"]
    assert json.loads(json.dumps(figures)) == figures


@pytest.mark.parametrize("name", ["pfs", "os"])
def test_model_stands_between_the_arms_curves_and_the_truth(
    figures: dict[str, Any], name: str
) -> None:
    """On 2,000 patients the standard errors are about 0.007 of concordance, 0.002 of the score;
    paired differences have a third of that."""
    model, arms, fair = (figures[name]["learners"][k] for k in ("model", "kaplan_meier", "fair"))
    assert arms["concordance_within_arms"] == 0.5
    assert model["concordance_within_arms"] > 0.55
    for figure in ("concordance", "uno"):
        assert arms[figure] < model[figure] < fair[figure] + 0.01
    assert fair["integrated_brier"] - 0.001 < model["integrated_brier"] < arms["integrated_brier"]
    assert max(fair["calibration_error"]["fair"].values()) == 0
    assert 0 < max(model["calibration_error"]["fair"].values()) < 0.06
    assert max(fair["calibration_error"]["observed"].values()) < 0.05


def test_medians_are_held_against_the_fair_ones(figures: dict[str, Any]) -> None:
    for found in figures.values():
        medians = found["medians"]
        assert 0.7 < medians["covered"] <= 1
        assert 0.02 < medians["error"] < 0.25
        assert medians["width"] > 1.1
        assert 0 <= medians["beyond"] < 0.3


def test_without_the_world_there_is_no_truth(
    trained: tuple[Model, Cohort], judge: Judge, figures: dict[str, Any]
) -> None:
    plain = survival_figures(*trained, judge, seed=5)
    for name, found in plain.items():
        assert list(found["learners"]) == ["model", "kaplan_meier"]
        assert "medians" not in found
        learner = found["learners"]["model"]
        assert list(learner["calibration_error"]) == ["observed"]
        same = figures[name]["learners"]["model"]
        assert learner["integrated_brier"] == same["integrated_brier"]


def test_only_so_many_are_judged(
    trained: tuple[Model, Cohort], judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "JUDGED", 400)
    found = survival_figures(*trained, judge, seed=5)["pfs"]
    assert found["patients"] == 400
    assert found["events"] == judge.times["pfs_event"][:400].sum()


def test_one_time_alone(trained: tuple[Model, Cohort], judge: Judge) -> None:
    model, cohort = trained
    assert model.parts.survival is not None
    alone = replace(model, parts=Parts(survival=Survival(os=model.parts.survival.os)))
    assert list(survival_figures(alone, cohort, judge, seed=5)) == ["os"]


def test_nothing_to_judge(trained: tuple[Model, Cohort], judge: Judge) -> None:
    model, cohort = trained
    assert survival_figures(replace(model, parts=Parts()), cohort, judge, seed=5) == {}
    assert survival_figures(model, cohort, replace(judge, times={}), seed=5) == {}


def test_figures_of_medians_by_hand() -> None:
    """Four are seen within 60 months, and one is not; of the four one lies outside."""
    true = np.array([10.0, 10.0, 20.0, 30.0, 90.0])
    median = true * np.exp([0.1, -0.1, 0.3, 0.1, 5.0])
    lower, upper = median * 0.8, median * 1.2
    found = median_figures(true, median, lower, upper, 60.0)
    assert found["beyond"] == pytest.approx(1 / 5)
    assert found["covered"] == 3 / 4
    assert found["error"] == pytest.approx(0.6 / 4)
    assert found["bias"] == pytest.approx(0.4 / 4)
    assert found["width"] == pytest.approx(1.5)
