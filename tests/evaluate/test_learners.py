"""What stands beside the model: the constant and the logistic regression."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from resistml.evaluate.learners import PRIOR, constant, logistic
from resistml.features.matrix import arm_codes, centred, model_matrix
from resistml.predict.model import Model
from tests.patients import Patients


def test_constant_is_each_arms_shrunk_rate(model: Model, patients: Patients) -> None:
    predict = constant(model.spec, patients.records, patients.strategy, patients.y)
    found = predict(patients.records, patients.strategy)
    overall = patients.y.mean()
    keys = list(zip(patients.records.setting, patients.strategy, strict=True))
    for key in set(keys):
        mine = np.array([k == key for k in keys])
        expected = (patients.y[mine].sum() + PRIOR * overall) / (mine.sum() + PRIOR)
        assert found[mine] == pytest.approx(expected)
    assert found.mean() == pytest.approx(overall, abs=0.02)


def test_constant_of_an_arm_nobody_had(model: Model, patients: Patients) -> None:
    rows = np.flatnonzero(patients.strategy != "folfox")
    predict = constant(
        model.spec, patients.records.take(rows), patients.strategy[rows], patients.y[rows]
    )
    asked = np.flatnonzero(patients.strategy == "folfox")[:1]
    found = predict(patients.records.take(asked), patients.strategy[asked])
    assert found[0] == pytest.approx(patients.y[rows].mean())


def test_logistic_is_scikit_learns(model: Model, patients: Patients) -> None:
    spec = model.spec
    predict = logistic(spec, patients.records, patients.strategy, patients.y)
    matrix = model_matrix(spec, patients.records, patients.strategy)
    x = centred(spec, matrix, patients.records.setting, patients.strategy)
    arms = arm_codes(spec, patients.records.setting, patients.strategy)
    inputs = np.hstack([x, np.eye(len(spec.arms))[arms]])
    expected = LogisticRegression(max_iter=2_000).fit(inputs, patients.y).predict_proba(inputs)
    found = predict(patients.records, patients.strategy)
    np.testing.assert_allclose(found, expected[:, 1], atol=1e-3)  # to the solver's tolerance
    assert np.ptp(found) > 0.5
