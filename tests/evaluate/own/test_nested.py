"""Nested cross-validation: nobody is judged by a model that saw him."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.evaluate.metrics import auc
from resistml.evaluate.own.nested import CONSTANT, LOGISTIC, MODEL, WITHOUT, nested
from resistml.evidence import Evidence
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_train import OwnLearner, OwnSettings
from resistml.learn.params import Params
from tests.own import Feature, made, simple

QUICK = Params(bag=2, rounds=10, checks=1)


@pytest.fixture(scope="module")
def learner(evidence: Evidence) -> OwnLearner:
    return OwnLearner(evidence, OwnSettings(QUICK, families=("logistic",)))


def test_each_is_judged_once_a_repeat(learner: OwnLearner) -> None:
    found = nested(learner, simple(100), Split(folds=4, repeats=2, inner=3), 0)
    for repeat in (0, 1):
        held = np.concatenate([f.held for f in found.folds if f.repeat == repeat])
        assert sorted(held.tolist()) == list(range(100))
    assert all(f.trained + len(f.held) == 100 for f in found.folds)
    assert found.learners == (MODEL, LOGISTIC, CONSTANT)
    assert not np.isnan(found.mean_p(MODEL)).any()


def test_the_order_of_rows_changes_nothing(learner: OwnLearner) -> None:
    patients = simple(90)
    shuffled = OwnPatients.of(patients.take(np.random.default_rng(1).permutation(90)))
    one, other = (nested(learner, p, Split(folds=3, inner=3), 0) for p in (patients, shuffled))
    np.testing.assert_array_equal(one.mean_p(MODEL), other.mean_p(MODEL))


def test_a_repeat_hangs_on_the_seed_and_its_number_alone(learner: OwnLearner) -> None:
    patients, split = simple(90), Split(folds=3, repeats=2, inner=3)
    both = nested(learner, patients, split, 5)
    second = nested(learner, patients, split, 5, repeats=range(1, 2))
    for one, other in zip(both.folds[3:], second.folds, strict=True):
        np.testing.assert_array_equal(one.held, other.held)
        np.testing.assert_array_equal(one.p[MODEL], other.p[MODEL])
    assert both.folds[0].held.tolist() != both.folds[3].held.tolist()


def test_of_noise_nothing_is_found(learner: OwnLearner) -> None:
    """With outcomes by lot and many features, an AUC told on patients who were seen is far off."""
    rng = np.random.default_rng(4)
    columns = {f"x{j}": rng.normal(size=200) for j in range(30)}
    y = (rng.random(200) < 0.5).astype(float)
    patients = made(columns, tuple(Feature(name) for name in columns), y)
    found = nested(learner, patients, Split(), 0)
    spread = np.sqrt(1 / 12 * 2 / 100)  # of the AUC of 100 and 100 by lot, about
    assert abs(auc(y, found.mean_p(LOGISTIC)) - 0.5) < 4 * spread


def test_probabilities_under_each_arm_are_kept(learner: OwnLearner) -> None:
    patients = simple(120, arms=2)
    found = nested(learner, patients, Split(folds=3, inner=3), 0)
    for fold in found.folds:
        assert fold.under.shape == (len(fold.held), 2)
        mine = [patients.strategies.index(a) for a in patients.strategy[fold.held]]
        np.testing.assert_allclose(fold.under[np.arange(len(mine)), mine], fold.p[MODEL])


def test_with_a_prior_the_model_without_stands_beside_it(evidence: Evidence) -> None:
    learner = OwnLearner(evidence, OwnSettings(QUICK, ("logistic",), "directions"))
    found = nested(learner, simple(60), Split(folds=2, inner=2), 0)
    assert WITHOUT in found.learners
    np.testing.assert_array_equal(found.mean_p(MODEL), found.mean_p(WITHOUT))  # none is shared


def test_a_site_is_judged_by_the_others(learner: OwnLearner) -> None:
    by = np.array(["a", "b", "c"] * 40, dtype=object)
    told: list[tuple[int, int]] = []
    split = Split("site", by, inner=3)
    found = nested(learner, simple(120), split, 0, lambda k, n: told.append((k, n)))
    assert [set(by[f.held]) for f in found.folds] == [{"a"}, {"b"}, {"c"}]
    assert told == [(1, 3), (2, 3), (3, 3)]
