"""The base that boosting starts from: drawn patients, penalties of all, the bag about the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit, logit

from resistml.features.ramps import SEGMENTS
from resistml.learn.additive import fit_additive
from resistml.learn.base import BaseFitter
from resistml.learn.fit import bootstrap
from resistml.learn.params import Params, TrainingData
from resistml.predict.additive import Additive, additive_margins
from resistml.rng import Streams
from tests.learn.additive_data import Patients, any_patients

Floats = npt.NDArray[np.float64]
PARTS = ("intercepts", "slopes", "own", "clinical")


def training(p: Patients) -> TrainingData:
    """The patients as the learner gets them; trees, which are not grown here, would see f."""
    matrix = np.hstack([np.zeros((len(p.y), len(p.terms.bends))), p.clinical])
    return TrainingData(
        matrix=matrix,
        centred=matrix,
        arms=p.arms,
        y=p.y,
        n_arms=len(p.terms.setting),
        signed=np.arange(matrix.shape[1]) < len(p.terms.bends),
        bent=p.bent,
        terms=p.terms,
    )


@pytest.fixture(scope="module")
def patients() -> Patients:
    """400 patients of several settings, strategies and markers."""
    for seed in range(100):
        p = any_patients(seed, least=400, most=400)
        if len(p.terms.setting) > 4 and (p.terms.marker >= 0).sum() > 4 and p.terms.bends.sum() > 1:
            return p
    raise AssertionError("no such terms among a hundred")


def drawn(data: TrainingData, models: int = 4) -> list[Floats]:
    return [bootstrap(Streams(3), k, len(data.y)) for k in range(models)]


def whole(p: Patients, *, bent: bool = True, own: bool = True) -> Additive:
    layout = p.layout(bent=bent, own=own)
    return fit_additive(layout, p.blocks(layout), p.y, np.ones(len(p.y))).model


def same(a: Additive, b: Additive, atol: float = 1e-6) -> None:
    for name in PARTS:
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), atol=atol)


def test_all_patients_once_are_the_whole_fit(patients: Patients) -> None:
    fitter = BaseFitter(training(patients), Params())
    same(fitter(np.ones(400))[0], whole(patients))


def test_margins_are_those_of_the_model_for_everybody(patients: Patients) -> None:
    data = training(patients)
    fitter = BaseFitter(data, Params())
    for weight in drawn(data, 2):
        model, margins = fitter(weight)
        expected = additive_margins([model], *data.additive, data.arms)[:, 0]
        np.testing.assert_array_equal(margins, expected)
        assert margins.shape == (400,)
        assert np.ptp(margins) > 1


def test_who_was_not_drawn_has_no_say(patients: Patients) -> None:
    """But in the penalties: outcomes of others give the same base at the same penalties."""
    data, rng = training(patients), np.random.default_rng(0)
    (weight,) = drawn(data, 1)
    fitter = BaseFitter(data, Params())
    before, _ = fitter(weight)
    flipped = np.where(weight == 0, 1 - data.y, data.y)
    fitter._data = replace(data, y=flipped)
    same(fitter(weight)[0], before)
    fitter._data = replace(data, y=rng.permutation(data.y))
    assert np.abs(fitter(weight)[0].intercepts - before.intercepts).max() > 0.05


def test_without_a_base_rates_alone_are_left(patients: Patients) -> None:
    """Shrunk to those of the setting and the strategy: each is between its own and the whole."""
    data = training(patients)
    model, margins = BaseFitter(data, Params(base=False))(np.ones(400))
    terms = data.terms
    assert terms is not None
    markers, strategies = len(terms.bends), terms.strategies
    assert model.slopes.shape == (markers, SEGMENTS)
    assert model.own.shape == (strategies, markers)
    assert model.clinical.shape == (2,)
    assert not any(getattr(model, name).any() for name in PARTS[1:])
    np.testing.assert_array_equal(margins, model.intercepts[data.arms])
    overall, rates = data.y.mean(), expit(model.intercepts)
    own = np.array([data.y[data.arms == arm].mean() for arm in range(data.n_arms)])
    assert np.corrcoef(rates, own)[0, 1] > 0.5
    assert np.abs(rates - overall).mean() < np.abs(own - overall).mean()
    assert np.ptp(rates) > 0.01


def test_straight_families_have_straight_lines_and_nothing_of_their_own(
    patients: Patients,
) -> None:
    model, _ = BaseFitter(training(patients), Params(family="logistic"))(np.ones(400))
    assert (np.ptp(model.slopes, axis=1) == 0).all()
    assert not model.own.any()
    assert model.slopes.any()
    same(model, whole(patients, bent=False, own=False))


def test_penalty_multiplies(patients: Patients) -> None:
    data, ones = training(patients), np.ones(400)
    sizes = [
        np.linalg.norm(BaseFitter(data, Params(penalty=x))(ones)[0].slopes) for x in (0.1, 1, 30)
    ]
    assert sizes[0] > sizes[1] > sizes[2] > 0


def test_mean_of_a_bag_about_all_is_the_whole_fit(patients: Patients) -> None:
    """And so is the bag's mean margin that of the fit to all, while the spread stays."""
    data = training(patients)
    fitter = BaseFitter(data, Params())
    bag = [fitter(weight)[0] for weight in drawn(data)]
    moved = fitter.about_all(iter(bag))
    fit = whole(patients)
    for name in PARTS:
        values = np.array([getattr(m, name) for m in moved])
        np.testing.assert_allclose(values.mean(axis=0), getattr(fit, name), atol=1e-9)
        apart = values - np.array([getattr(m, name) for m in bag])
        np.testing.assert_allclose(apart, np.broadcast_to(apart[0], apart.shape), atol=1e-12)
    margins = additive_margins(moved, *data.additive, data.arms)
    expected = additive_margins([fit], *data.additive, data.arms)[:, 0]
    np.testing.assert_allclose(margins.mean(axis=1), expected, atol=1e-9)
    before = additive_margins(bag, *data.additive, data.arms)
    np.testing.assert_allclose(margins.std(axis=1), before.std(axis=1), atol=1e-9)
    assert np.abs(before.mean(axis=1) - expected).max() > 0.01


def test_a_bag_without_base_is_about_the_whole_too(patients: Patients) -> None:
    data = training(patients)
    fitter = BaseFitter(data, Params(base=False))
    moved = fitter.about_all([fitter(weight)[0] for weight in drawn(data)])
    whole, _ = fitter(np.ones(400))
    mean = np.mean([m.intercepts for m in moved], axis=0)
    np.testing.assert_allclose(mean, whole.intercepts, atol=1e-6)
    assert not any(m.slopes.any() for m in moved)


def test_a_table_without_terms_has_a_slope_per_column() -> None:
    rng, n = np.random.default_rng(0), 2_000
    x = rng.normal(size=(n, 3))
    y = (rng.random(n) < expit(x @ np.array([1.0, -1.0, 0.0]) + 0.5)).astype(float)
    data = TrainingData(x, x, np.zeros(n, dtype=np.int64), y, 1, np.zeros(3, dtype=bool))
    model, margins = BaseFitter(data, Params())(np.ones(n))
    assert model.slopes.shape == (0, SEGMENTS)
    # A coefficient's standard error is near 1 / sqrt(n / 6), a sixth being p (1 - p); four.
    np.testing.assert_allclose(model.clinical, [1.0, -1.0, 0.0], atol=4 / np.sqrt(n / 6))
    np.testing.assert_allclose(model.intercepts, [0.5], atol=4 / np.sqrt(n / 6))
    np.testing.assert_allclose(margins, model.intercepts[0] + x @ model.clinical, atol=1e-9)


def test_one_class_alone_stays_finite(patients: Patients) -> None:
    data = replace(training(patients), y=np.ones(400))
    fitter = BaseFitter(data, Params())
    models = fitter.about_all([fitter(weight)[0] for weight in drawn(data, 2)])
    for model in models:
        assert all(np.isfinite(getattr(model, name)).all() for name in PARTS)
        assert (model.intercepts > logit(0.9)).all()
