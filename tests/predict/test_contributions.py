"""Contributions: exact, and equal to an independent library's."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pytest

from resistml.features.spec import CLINICAL
from resistml.predict.additive import Additive
from resistml.predict.contributions import (
    SHALLOW,
    Contributions,
    bearing,
    contributions,
    model_trees,
    tree_values,
)
from resistml.predict.model import Member, Model
from resistml.world.laws import World
from tests.patients import Patients, draw
from tests.predict.tiny import COEFFICIENTS, INTERCEPTS, tiny_model, tiny_profiles


@pytest.fixture(scope="module")
def found(model: Model, patients: Patients) -> Contributions:
    return contributions(model, patients.records, patients.strategy)


def test_add_up_to_the_margin(found: Contributions, model: Model, patients: Patients) -> None:
    total = found.baseline + found.context + found.values.sum(axis=1)
    assert len(total) >= 1_000
    np.testing.assert_allclose(total, found.margin, atol=1e-4)
    margin = model.risk(patients.records, patients.strategy).margin
    np.testing.assert_allclose(found.margin, margin, atol=1e-9)
    assert np.ptp(margin) > 2


def without_base(model: Model) -> Model:
    """Boosters alone."""
    nothing = Additive(**{name: values * 0 for name, values in vars(model.members[0].base).items()})
    return replace(model, members=tuple(Member(nothing, m.booster) for m in model.members))


def without_trees(model: Model) -> Model:
    """Bases alone."""
    import xgboost as xgb

    data = xgb.DMatrix(np.zeros((2, len(model.spec.columns))), label=[0.0, 1.0])
    nothing = xgb.train({"objective": "binary:logistic", "base_score": 0.5}, data, 0)
    return replace(model, members=tuple(Member(m.base, nothing) for m in model.members))


def test_booster_part_equals_the_shap_library(model: Model, patients: Patients) -> None:
    shap = pytest.importorskip("shap")
    rows = np.arange(200)
    records, strategy = patients.records.take(rows), patients.strategy[rows]
    found = contributions(without_base(model), records, strategy)
    matrix = model.features(records, strategy).matrix
    explainers = [shap.TreeExplainer(m.booster) for m in model.members]
    expected = np.mean([e.shap_values(matrix) for e in explainers], axis=0)
    assert np.abs(expected).max() > 0.03
    bears = bearing(model.spec)[model.features(records, strategy).arms]
    np.testing.assert_allclose(found.values, np.where(bears, expected, 0), atol=1e-6)
    base = np.mean([np.ravel(e.expected_value)[0] for e in explainers])
    assert found.baseline == pytest.approx(base, abs=1e-6)
    rest = np.where(bears, 0, expected).sum(axis=1)
    np.testing.assert_allclose(found.context, rest, atol=1e-6)


def test_base_part_is_what_a_marker_adds(model: Model, patients: Patients) -> None:
    """Worked out from the shared lines and what strategies have of their own, ramp by ramp; a
    clinical column's is its coefficient times its distance from the mean."""
    bases = without_trees(model)
    found = contributions(bases, patients.records, patients.strategy)
    spec, features = model.spec, model.features(patients.records, patients.strategy)
    assert features.bent is not None
    mean = {
        name: np.mean([vars(m.base)[name] for m in model.members], axis=0)
        for name in ("intercepts", "slopes", "own", "clinical")
    }
    markers, strategies = list(spec.markers), list(spec.strategies)
    expected = np.zeros((len(features.arms), len(spec.columns)))
    for i, (s, a) in enumerate(zip(patients.records.setting, patients.strategy, strict=True)):
        for place, name in enumerate(spec.settings[s].panel):
            j, exposure = markers.index(name), spec.strategies[a].exposure.get(name, 0.0)
            slopes = exposure * mean["slopes"][j] + mean["own"][strategies.index(a), j]
            expected[i, j] = slopes @ features.bent[i, place]
    clinical = features.centred[:, len(markers) :]
    expected[:, len(markers) :] = (clinical - model.clinical_means) * mean["clinical"]
    bears = bearing(spec)[features.arms]
    np.testing.assert_allclose(found.values, np.where(bears, expected, 0), atol=1e-9)
    intercepts = mean["intercepts"]
    usual = intercepts.mean()
    assert found.baseline == pytest.approx(usual + model.clinical_means @ mean["clinical"])
    context = (intercepts - usual)[features.arms] + np.where(bears, 0, expected).sum(axis=1)
    np.testing.assert_allclose(found.context, context, atol=1e-9)
    assert np.ptp(found.values, axis=0).max() > 1


def test_linear_values_are_shapley_values_by_definition() -> None:
    """By brute force over coalitions, the absent columns at the population's mean."""
    rng = np.random.default_rng(0)
    beta, x, mean = rng.normal(size=4), rng.normal(size=4), rng.normal(size=4)

    def worth(present: tuple[int, ...]) -> float:
        return float(beta @ np.where(np.isin(np.arange(4), present), x, mean))

    for j in range(4):
        others = [k for k in range(4) if k != j]
        value = 0.0
        for size in range(4):
            weight = factorial(size) * factorial(3 - size) / factorial(4)
            for group in combinations(others, size):
                value += weight * (worth((*group, j)) - worth(group))
        assert value == pytest.approx(beta[j] * (x[j] - mean[j]))


def test_by_hand() -> None:
    """A = e under chemotherapy: its coefficient's mean, 0.6; nothing else is there to add."""
    profiles = tiny_profiles({"A": float(np.e), "T": 0, "P": 50})
    found = contributions(tiny_model(), profiles.records, np.array(["chemo"], dtype=object))
    assert found.values[0, 0] == pytest.approx(COEFFICIENTS[:, 0].mean())
    np.testing.assert_allclose(found.values[0, 1:], 0)
    assert found.baseline == pytest.approx(INTERCEPTS.mean())
    assert found.context[0] == pytest.approx(INTERCEPTS[:, 0].mean() - INTERCEPTS.mean())


def test_what_does_not_bear_on_the_strategy_counts_as_context(
    found: Contributions, model: Model, patients: Patients
) -> None:
    """Where a marker's exposure is 0 its value cannot tell patients apart."""
    for j, marker in enumerate(model.spec.markers):
        closed = np.array(
            [model.spec.strategies[a].exposure.get(marker, 0.0) == 0 for a in patients.strategy]
        )
        assert not found.values[closed, j].any()
    spread = 0
    for arm in set(patients.strategy.tolist()):
        for setting in set(patients.records.setting.tolist()):
            rows = (patients.strategy == arm) & (patients.records.setting == setting)
            if rows.sum() > 1:
                # The base adds the same to all of them; trees may let a little of it interact.
                assert np.ptp(found.context[rows]) < 0.05
                spread += 1
    assert spread > 20


def test_which_columns_bear(model: Model) -> None:
    mask = bearing(model.spec)
    assert mask.shape == (len(model.spec.arms), len(model.spec.columns))
    column = {name: j for j, name in enumerate(model.spec.columns)}
    folfox = model.spec.arms.index(("crc_advanced", "folfox"))
    antibody = model.spec.arms.index(("crc_advanced", "folfox_cetuximab"))
    dense = model.spec.arms.index(("breast_ac", "dose_dense_ac"))
    assert (mask[folfox, column["KRAS_mut"]], mask[antibody, column["KRAS_mut"]]) == (False, True)
    assert not mask[folfox, column["CTC"]]  # not in the panel
    assert (
        mask[folfox, column["frail_intensified"]],
        mask[dense, column["frail_intensified"]],
    ) == (
        False,
        True,
    )
    assert mask[:, column["age_over_60"]].all()


def test_no_rows(model: Model, patients: Patients, found: Contributions) -> None:
    none = np.arange(0)
    empty = contributions(model, patients.records.take(none), patients.strategy[none])
    assert empty.values.shape == (0, len(model.spec.columns))
    assert empty.baseline == pytest.approx(found.baseline)


def test_straight_base_equals_the_shap_library(model: Model, patients: Patients) -> None:
    """With straight lines the base is a linear model of exposure * f about the setting's mean."""
    shap = pytest.importorskip("shap")
    rng = np.random.default_rng(3)
    slope, clinical = rng.random(len(model.spec.markers)), rng.normal(size=len(CLINICAL))
    first = model.members[0].base
    straight = Additive(
        intercepts=first.intercepts,
        slopes=np.repeat(slope[:, None], first.slopes.shape[1], axis=1),
        own=np.zeros_like(first.own),
        clinical=clinical,
    )
    bases = without_trees(model)
    bases = replace(bases, members=tuple(Member(straight, m.booster) for m in bases.members))
    rows = np.arange(300)
    records, strategy = patients.records.take(rows), patients.strategy[rows]
    inputs = model.features(records, strategy).centred
    usual = np.concatenate([np.zeros(len(slope)), model.clinical_means])[None]
    explainer = shap.LinearExplainer((np.concatenate([slope, clinical]), 0.0), usual)
    expected = explainer.shap_values(inputs)
    assert np.abs(expected).max() > 1
    found = contributions(bases, records, strategy)
    bears = bearing(model.spec)[model.features(records, strategy).arms]
    np.testing.assert_allclose(found.values, np.where(bears, expected, 0), atol=1e-9)


def test_deep_trees_equal_the_shap_library_too(model: Model, patients: Patients) -> None:
    """Beyond the depth at which the closed form is the faster, XGBoost is asked."""
    import xgboost as xgb

    shap = pytest.importorskip("shap")
    features = model.features(patients.records, patients.strategy)
    settings = {"objective": "binary:logistic", "base_score": 0.5, "nthread": 1}
    for depth in (SHALLOW, SHALLOW + 1):
        data = xgb.DMatrix(features.matrix, label=patients.y)
        booster = xgb.train({**settings, "max_depth": depth}, data, 5)
        grown = replace(model, members=tuple(Member(m.base, booster) for m in model.members))
        assert max(tree.depth for tree in model_trees(grown)) == depth
        expected = shap.TreeExplainer(booster).shap_values(features.matrix)
        np.testing.assert_allclose(tree_values(grown, features), expected, atol=1e-5)
        found = contributions(grown, patients.records, patients.strategy)
        total = found.baseline + found.context + found.values.sum(axis=1)
        np.testing.assert_allclose(total, found.margin, atol=1e-4)


def test_ten_thousand_rows_add_up_to_the_margin(model: Model, world: World) -> None:
    drawn = draw(world, seed=77, n=10_000)
    found = contributions(model, drawn.records, drawn.strategy)
    total = found.baseline + found.context + found.values.sum(axis=1)
    assert len(total) == 10_000
    np.testing.assert_allclose(total, found.margin, atol=1e-4)
