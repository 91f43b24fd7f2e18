"""The three numbers of a mechanism, and why the sum is its own Shapley value in shallow models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xgboost as xgb

from resistml.explain.groups import (
    WORDS,
    Rolled,
    absolute,
    by_mechanism,
    groups,
    own_values,
    pairwise,
    rolled,
)
from resistml.predict.contributions import contributions
from resistml.predict.model import Member, Model
from tests.patients import Patients
from tests.predict.tiny import tiny_model, tiny_profiles

ROWS = np.arange(150)


@pytest.fixture(scope="module")
def deep(model: Model, patients: Patients) -> Model:
    """The small model with trees of depth 4 in place of its own."""
    matrix = model.features(patients.records, patients.strategy).matrix
    data = xgb.DMatrix(matrix, label=patients.y)
    settings = {"objective": "binary:logistic", "base_score": 0.5, "max_depth": 4, "nthread": 1}
    boosters = [xgb.train({**settings, "eta": eta}, data, 6) for eta in (0.1, 0.2)]
    members = zip(model.members, boosters, strict=False)
    return replace(model, members=tuple(Member(m.base, b) for m, b in members))


def three(model: Model, patients: Patients) -> Rolled:
    records, strategy = patients.records.take(ROWS), patients.strategy[ROWS]
    return rolled(model, records, strategy, contributions(model, records, strategy))


def test_each_number_has_a_plain_word() -> None:
    assert set(WORDS) == {"signed", "absolute", "shapley"}


def test_opposite_signs_cancel_in_the_sum_and_not_in_the_absolute_sum(
    model: Model, patients: Patients
) -> None:
    found = three(model, patients)
    assert (found.absolute >= np.abs(found.signed) - 1e-12).all()
    assert (found.absolute > np.abs(found.signed) + 0.1).any()
    np.testing.assert_allclose(found.absolute[:, -1], np.abs(found.signed[:, -1]))


def test_of_a_shallow_model_the_own_value_is_the_sum(model: Model, patients: Patients) -> None:
    """Not taken for granted: the own value is worked out over groups as players."""
    assert pairwise(model)
    records, strategy = patients.records.take(ROWS), patients.strategy[ROWS]
    found = contributions(model, records, strategy)
    own = own_values(model, model.features(records, strategy))
    trees = np.abs(found.values).max()
    assert trees > 0.1
    np.testing.assert_allclose(own, by_mechanism(model.spec, found), atol=1e-6)
    np.testing.assert_array_equal(three(model, patients).shapley, three(model, patients).signed)


def test_of_a_deep_model_it_is_another_and_adds_up_all_the_same(
    deep: Model, patients: Patients
) -> None:
    assert not pairwise(deep)
    found = three(deep, patients)
    assert np.abs(found.shapley - found.signed).max() > 0.01
    np.testing.assert_allclose(found.shapley.sum(axis=1), found.signed.sum(axis=1), atol=1e-5)


def test_a_column_without_a_bearing_plays_for_the_context(deep: Model, patients: Patients) -> None:
    records, strategy = patients.records.take(ROWS), patients.strategy[ROWS]
    own, silent = own_values(deep, deep.features(records, strategy)), 0
    for i, (setting, arm) in enumerate(zip(records.setting, strategy, strict=True)):
        law, panel = deep.spec.strategies[arm], deep.spec.settings[setting].panel
        told = {
            m.mechanism
            for m in deep.spec.markers.values()
            if m.id in panel and law.exposure.get(m.id, 0.0) != 0.0
        }
        for g, name in enumerate(groups(deep.spec)[:-2]):
            assert name in told or own[i, g] == 0
            silent += name not in told
    assert silent > 50


def test_by_hand() -> None:
    """Without trees a group's own value is the sum; A and T are of different mechanisms."""
    model = tiny_model()
    profiles = tiny_profiles({"A": float(np.e), "T": 1, "strategy": "targeted"})
    found = contributions(model, profiles.records, profiles.strategy)
    numbers = rolled(model, profiles.records, profiles.strategy, found)
    np.testing.assert_allclose(numbers.signed[0, :2], [0.3, -1.5])
    np.testing.assert_allclose(numbers.absolute[0, :2], [0.3, 1.5])
    np.testing.assert_allclose(
        own_values(model, model.features(profiles.records, profiles.strategy)), numbers.signed
    )
    np.testing.assert_allclose(absolute(model.spec, found), numbers.absolute)
