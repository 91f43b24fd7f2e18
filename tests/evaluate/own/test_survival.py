"""Models of times on one's own patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evaluate.own.survival import as_cohort, time_figures
from resistml.evidence import Evidence
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_train import OwnLearner, OwnSettings
from resistml.learn.params import Params
from resistml.learn.survival import SurvivalParams
from tests.own import simple

QUICK = SurvivalParams(bag=2, rounds=0, checks=1)


def with_times(n: int, events: float = 0.8) -> OwnPatients:
    """Months to death that shorten with a."""
    patients, rng = simple(n), np.random.default_rng(2)
    months = 12 * np.exp(-0.8 * patients.records.column("a")) * rng.exponential(size=n)
    seen = (rng.random(n) < events).astype(float)
    return replace(patients, times={"os_months": months, "os_event": seen})


@pytest.fixture(scope="module")
def learner(evidence: Evidence) -> OwnLearner:
    return OwnLearner(evidence, OwnSettings(Params(bag=2, rounds=5, checks=1), ("logistic",)))


def test_what_shortens_lives_is_found(learner: OwnLearner) -> None:
    found = time_figures(learner, with_times(300), Split(folds=3, inner=2), QUICK, 0)
    assert list(found) == ["os"]
    figures = found["os"].figures
    assert figures["model"]["concordance"].value > 0.6
    assert figures["kaplan_meier"]["concordance"].value == 0.5
    assert found["os"].differences["kaplan_meier"]["integrated_brier"].value < 0
    assert found["os"].patients == 300


def test_patients_without_a_time_are_left_out(learner: OwnLearner) -> None:
    patients = with_times(240)
    months = patients.times["os_months"].copy()
    months[:20] = np.nan
    patients = replace(patients, times={**patients.times, "os_months": months})
    found = time_figures(learner, patients, Split(folds=2, inner=2), QUICK, 0)
    assert found["os"].patients == 220


def test_with_few_events_nothing_is_told(learner: OwnLearner) -> None:
    assert time_figures(learner, with_times(120, 0.3), Split(folds=2, inner=2), QUICK, 0) == {}
    assert time_figures(learner, simple(60), Split(folds=2, inner=2), QUICK, 0) == {}


def test_a_cohort_has_the_times() -> None:
    patients = with_times(10)
    assert set(as_cohort(patients).columns) == {"os_months", "os_event"}
