"""What the judgement of a model of one's own says of the evidence and of patients apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evaluate.own.evaluation import (
    calibration_bins,
    importance,
    judged_external,
    prior_use,
)
from resistml.evaluate.own.nested import MODEL, nested
from resistml.evidence import Evidence
from resistml.learn.data import as_model
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_train import OwnLearner, OwnSettings
from resistml.learn.params import Params
from tests.own import Feature, made, simple

QUICK = Params(bag=2, rounds=5, checks=1)


def learner(evidence: Evidence, prior: str = "none") -> OwnLearner:
    return OwnLearner(evidence, OwnSettings(QUICK, ("logistic",), prior))


def marked(marker: str, kind: str) -> OwnPatients:
    rng = np.random.default_rng(0)
    return made(
        {marker: rng.uniform(1, 50, 40)},
        (Feature(marker, kind, catalog=marker),),
        np.arange(40) % 2.0,
    )


class TestPrior:
    def test_none(self, evidence: Evidence) -> None:
        found = prior_use(learner(evidence), marked("ABCB1", "expression"))
        assert (found.kind, found.shared, found.used) == ("none", {"ABCB1": "ABCB1"}, ())
        assert "no prior" in found.said

    def test_nothing_shared(self, evidence: Evidence) -> None:
        found = prior_use(learner(evidence, "directions"), simple(20))
        assert "shares no marker with the review" in found.said

    def test_shared_without_a_direction(self, evidence: Evidence) -> None:
        found = prior_use(learner(evidence, "directions"), marked("CD274", "percent"))
        assert found.used == ()
        assert "gives no direction" in found.said

    def test_shared_with_one(self, evidence: Evidence) -> None:
        found = prior_use(learner(evidence, "directions"), marked("ABCB1", "expression"))
        assert found.used == ("ABCB1",)
        assert "directions of ABCB1" in found.said


def test_patients_apart_whose_strategy_is_not_known_are_counted(evidence: Evidence) -> None:
    trained, other = simple(120, arms=2), simple(80, 1, arms=2)
    given = other.strategy.copy()
    given[:9] = "arm9"
    one = learner(evidence)
    fit = one.fit(trained, Split(inner=2), 0)
    apart = {
        "there": replace(other, strategy=given),
        "same": other.take(np.flatnonzero(other.resistant == 1)),
    }
    figures, left_out = judged_external(one, fit, None, trained, apart)
    assert left_out == {"there": 9, "same": 0}
    assert list(figures) == ["there"]  # of one outcome nothing can be told
    assert figures["there"].patients == 71


def test_importance_is_of_what_matters(evidence: Evidence) -> None:
    patients = simple(300)
    told = tuple(
        replace(f, mechanism="target" if f.name == "a" else "apoptosis") for f in patients.features
    )
    patients = replace(patients, features=told)
    fit = learner(evidence).fit(patients, Split(inner=2), 0)
    found = importance(as_model(fit.spec, fit.fitted), patients)
    assert found["target"] > found["apoptosis"] > 0
    assert found["stemness"] == 0


def test_calibration_bins_are_of_patients_left_out(evidence: Evidence) -> None:
    patients = simple(100)
    found = nested(learner(evidence), patients, Split(folds=2, inner=2), 0)
    bins = calibration_bins(found)
    assert sum(bins["count"]) == 100
    mean = np.average(bins["predicted"], weights=bins["count"])
    assert mean == pytest.approx(found.mean_p(MODEL).mean())
