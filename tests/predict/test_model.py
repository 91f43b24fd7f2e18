"""The model as it scores: chunks, calibration, intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

import resistml.predict.model as module
from resistml.predict.additive import additive_inputs, additive_margins
from resistml.predict.model import Z90, Model, Risk, calibrate, sigmoid
from tests.patients import Patients
from tests.predict.tiny import tiny_model


def test_z90_holds_nine_tenths() -> None:
    from scipy.stats import norm

    assert norm.cdf(Z90) - norm.cdf(-Z90) == pytest.approx(0.9, abs=1e-12)


def test_sigmoid() -> None:
    x = np.array([-800.0, -3.0, 0.0, 3.0, 800.0])
    np.testing.assert_allclose(sigmoid(x), expit(x), atol=1e-15)


KNOTS = np.array([[-2.0, -1.0], [0.0, 0.0], [1.0, 3.0]])


@pytest.mark.parametrize(
    ("margin", "expected"),
    [(-2.0, -1.0), (-1.0, -0.5), (0.0, 0.0), (0.5, 1.5), (1.0, 3.0), (-6.0, -3.0), (3.0, 9.0)],
)
def test_calibration_is_linear_between_and_beyond_knots(margin: float, expected: float) -> None:
    assert calibrate(KNOTS, np.array([margin]))[0] == pytest.approx(expected)
    assert calibrate(KNOTS, np.array([[margin]])).shape == (1, 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=30))
def test_calibration_with_rising_knots_keeps_the_order(margins: list[float]) -> None:
    values = np.sort(np.array(margins))
    assert (np.diff(calibrate(KNOTS, values)) >= -1e-12).all()


@pytest.mark.parametrize("chunk", [1, 7, 500])
def test_chunks_equal_the_whole(
    model: Model, patients: Patients, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    rows = np.arange(40)
    records, strategy = patients.records.take(rows), patients.strategy[rows]
    whole = model.risk(records, strategy).margins
    monkeypatch.setattr(module, "CHUNK", chunk)
    np.testing.assert_array_equal(model.risk(records, strategy).margins, whole)


def test_no_rows(model: Model, patients: Patients) -> None:
    none = np.arange(0)
    risk = model.risk(patients.records.take(none), patients.strategy[none])
    assert risk.margins.shape == (0, len(model.members))
    assert len(risk.p) == len(risk.interval()[0]) == 0


def test_risk_closed_form() -> None:
    margins = np.array([[0.1, 0.5], [1.0, 1.0]])
    risk = Risk(tiny_model(), margins, np.array([0.0, 0.09]))
    np.testing.assert_allclose(risk.margin, [0.3, 1.0])
    np.testing.assert_allclose(risk.p, expit([0.6, 2.0]))
    np.testing.assert_allclose(risk.members_p, expit(2 * margins))
    # The standard deviation of two is their distance / sqrt(2).
    np.testing.assert_allclose(risk.spread, [0.4 / np.sqrt(2), 0.3])
    low, high = risk.interval()
    half = Z90 * np.array([0.4 / np.sqrt(2), 0.3])
    np.testing.assert_allclose(low, expit(2 * (np.array([0.3, 1.0]) - half)))
    np.testing.assert_allclose(high, expit(2 * (np.array([0.3, 1.0]) + half)))


def test_margin_is_base_plus_trees(model: Model, patients: Patients) -> None:
    import xgboost as xgb

    features = model.features(patients.records, patients.strategy)
    margins = model.margins(features)
    for k, member in enumerate(model.members):
        trees = member.booster.predict(xgb.DMatrix(features.matrix), output_margin=True)
        inputs = additive_inputs(features)
        base = additive_margins([member.base], *inputs, features.arms)[:, 0]
        np.testing.assert_allclose(margins[:, k], base + trees, atol=1e-6)
        assert np.ptp(base) > 2
    assert np.abs(trees).max() > 0.01


def test_markers_outside_the_panel_do_not_count(model: Model, patients: Patients) -> None:
    rows = np.flatnonzero(patients.records.setting == "crc_advanced")
    outside = next(
        m for m in model.spec.markers if m not in model.spec.settings["crc_advanced"].panel
    )
    records = patients.records.take(rows)
    columns = {**records.columns, outside: np.full(len(rows), model.spec.markers[outside].high)}
    changed = type(records)(records.patient_id, records.setting, columns)
    np.testing.assert_array_equal(
        model.risk(changed, patients.strategy[rows]).p,
        model.risk(records, patients.strategy[rows]).p,
    )


def test_the_bag_predicts_better_than_the_rate(model: Model, patients: Patients) -> None:
    """1,200 fresh patients: the standard error of the AUC is 0.014; it is near 0.8."""
    from sklearn.metrics import roc_auc_score

    assert roc_auc_score(patients.y, model.risk(patients.records, patients.strategy).p) > 0.75
