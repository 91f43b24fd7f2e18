"""Fidelity: what it comes to where the answer is known, and what counts."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from resistml.cohort.plan import Plan
from resistml.evaluate.fidelity import (
    SIGNED,
    Fidelity,
    about_means,
    agreement,
    fidelity,
    inert_share,
    told,
)
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.widths import drawn_cohort
from resistml.evidence import Evidence
from resistml.explain.groups import groups
from resistml.learn.data import as_model
from resistml.learn.params import Params
from resistml.learn.train import fit_model
from resistml.predict.contributions import Contributions, contributions
from resistml.predict.model import Model
from resistml.world.laws import World
from resistml.world.solve import solve_world
from tests.predict.tiny import tiny_model

Floats = npt.NDArray[np.float64]
N = 4_000
CODES = np.repeat(np.arange(4), N // 4)
LEVEL = np.repeat([0.0, 5.0, -5.0, 100.0], N // 4)[:, None]


def told_all(values: Floats) -> npt.NDArray[np.bool_]:
    return np.ones(values.shape, dtype=bool)


def figures(found: Floats, truth: Floats, **changed: Any) -> Fidelity:
    given: dict[str, Any] = {"codes": CODES[: len(found)], "counted": told_all(found), **changed}
    names = given.pop("names", tuple(f"m{j}" for j in range(found.shape[1])))
    return agreement(names, found, truth, given["codes"], given["counted"])


def test_correlation_in_a_toy() -> None:
    """Truth t and what is found, t + noise of the same size: r = 1 / sqrt(2), whatever level
    each arm has; the standard error at n = 8,000 is (1 - r^2) / sqrt(n) = 0.0056."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(N, 2))
    found = truth + rng.normal(size=(N, 2))
    told = figures(found + LEVEL, truth - LEVEL)
    assert told.correlation == pytest.approx(0.7071, abs=0.017)
    assert told.by_mechanism["m0"] == pytest.approx(0.7071, abs=0.024)
    assert (told.rows, told.cells) == (N, 2 * N)
    assert figures(truth * 3 + LEVEL, truth).correlation == pytest.approx(1)
    assert figures(-truth, truth).correlation == pytest.approx(-1)


def test_signs_and_leading_of_a_perfect_and_of_a_turned_explanation() -> None:
    truth = np.random.default_rng(1).normal(size=(N, 3))
    right, wrong = figures(truth, truth), figures(-truth, truth)
    assert (right.sign, right.leading) == (1.0, 1.0)
    # Turned about, every sign is wrong, and the mechanism that moves most is the same.
    assert (wrong.sign, wrong.leading) == (0.0, 1.0)
    # Three alike: each leads in a third; the best of three counts in 4 codes of 1,000 rows each is
    # above that by some 1.2 standard errors, of sqrt(2/9/1000) = 0.015.
    assert right.leading_guess == pytest.approx(0.346, abs=0.03)


def test_a_guess_by_setting_and_strategy_is_as_good_as_it_can_be() -> None:
    """Where each code has a mechanism of its own that always leads, the guess is always right."""
    truth = 0.01 * np.random.default_rng(2).normal(size=(N, 4))
    truth[np.arange(N), CODES] *= 1_000
    assert figures(truth, truth).leading_guess == pytest.approx(1, abs=0.01)


def test_signs_are_asked_of_what_is_clearly_off_its_mean() -> None:
    truth = np.tile([[2 * SIGNED], [-2 * SIGNED], [0.5 * SIGNED], [-0.5 * SIGNED]], (N // 4, 1))
    found = np.where(np.abs(truth) > SIGNED, truth, -truth)
    assert figures(found, truth).sign == 1.0


def test_leading_needs_a_choice() -> None:
    truth = np.random.default_rng(3).normal(size=(N, 1))
    told = figures(truth, truth)
    assert np.isnan(told.leading)
    assert np.isnan(told.leading_guess)
    assert told.correlation == pytest.approx(1)


def test_clinical_has_a_figure_of_its_own_and_is_no_mechanism() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(size=(N, 2))
    found = np.column_stack([truth[:, 0], rng.normal(size=N)])
    told = figures(found, truth, names=("target", "clinical"))
    assert told.correlation == pytest.approx(1)
    assert abs(told.by_mechanism["clinical"]) < 4 / np.sqrt(N)
    assert told.cells == N


def test_cells_count_where_told_or_where_the_truth_varies() -> None:
    """A told cell with a level truth counts against an explanation that varies in it; one that is
    neither told nor true counts for nothing; one that is true and not told counts as missed."""
    rng = np.random.default_rng(5)
    truth = rng.normal(size=(N, 1))
    half = CODES >= 2
    level = np.where(half[:, None], 0.0, truth)
    noise = np.where(half[:, None], rng.normal(size=(N, 1)), truth)
    untold = ~half[:, None]
    assert figures(noise, level, counted=untold).correlation == pytest.approx(1)
    # Half of the cells agree, half vary with a truth of 0: r = 1 / sqrt(2).
    assert figures(noise, level).correlation == pytest.approx(0.7071, abs=0.03)
    silent = np.where(half[:, None], 0.0, truth)
    nothing = np.zeros((N, 1), dtype=bool)
    assert figures(silent, truth, counted=nothing).correlation == pytest.approx(0.7071, abs=0.03)


def test_what_is_level_has_no_figure() -> None:
    truth = np.random.default_rng(6).normal(size=(50, 1))
    zero = np.zeros((50, 1))
    assert np.isnan(figures(truth, zero).correlation)
    assert np.isnan(figures(zero, truth).correlation)
    assert np.isnan(figures(zero[:0], zero[:0]).correlation)
    assert np.isnan(figures(zero[:0], zero[:0]).sign)


def test_about_means_leaves_no_mean_in_any_code() -> None:
    values = np.random.default_rng(7).normal(size=(N, 2)) + LEVEL
    centred = about_means(values, CODES)
    for code in range(4):
        np.testing.assert_allclose(centred[code == CODES].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.diff(centred[:10], axis=0), np.diff(values[:10], axis=0))


def test_inert_share_by_hand() -> None:
    values = np.array([[1.0, -1.0, 0.5, 9.0], [1.0, 0.0, 0.5, 9.0]])
    found = Contributions(("A", "B", "C", "age"), values, np.zeros(2), 0.0, np.zeros(2))
    markers = ("A", "B", "C")
    assert inert_share(found, ("B",), markers) == pytest.approx(1 / 4)
    assert inert_share(found, ("B", "C"), markers) == pytest.approx(1 / 2)
    assert inert_share(found, ("age",), markers) == 0.0
    assert np.isnan(inert_share(found, (), markers))
    still = replace(found, values=values * 0)
    assert np.isnan(inert_share(still, ("B",), markers))


def test_what_the_model_was_told_of() -> None:
    model = tiny_model()
    found = dict(zip(model.spec.arms, told(model), strict=True))
    names = groups(model.spec)
    chemo, targeted = found["one", "chemo"], found["one", "targeted"]
    assert dict(zip(names, chemo.tolist(), strict=True)) == {
        "accumulation": True,
        "target": False,
        "microenvironment": False,
        "clinical": True,
        "context": False,
    }
    assert targeted[names.index("target")]


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    return draw_judge(world, Plan(91, 1_500))


def test_of_a_model_it_is_that_of_its_contributions(model: Model, judge: Judge) -> None:
    found = fidelity(model, judge, most=600)
    assert found.rows == 600
    assert set(found.by_mechanism) == set(groups(model.spec)) - {"context"}
    rows = judge.given[:600]
    values = contributions(model, judge.oracle_records.take(rows), judge.arm[rows])
    assert found.importance["context"] == pytest.approx(np.abs(values.context).mean())
    # Trained on 3,000 patients; 600 rows with some four mechanisms each.
    assert 0.8 < found.correlation < 1
    assert found.sign > 0.8
    assert found.leading > found.leading_guess
    assert np.isnan(found.inert)
    json.dumps(asdict(found))


def test_rows_are_bounded(model: Model, judge: Judge) -> None:
    assert fidelity(model, judge).rows == len(judge.records)
    assert fidelity(model, judge, most=0).rows == 0


def fitted(evidence: Evidence, world: World, patients: int, seed: int) -> Model:
    cohort = drawn_cohort(world, Plan(seed, patients, oracle=False))
    spec, bag = fit_model(
        evidence, cohort.records, cohort.strategy, cohort.resistant, Params(), seed=seed, threads=1
    )
    return as_model(spec, bag)


@pytest.mark.slow
@pytest.mark.parametrize(("patients", "least"), [(20_000, 0.95), (100_000, 0.97)])
def test_explanations_reach_what_they_promise(
    evidence: Evidence, world: World, patients: int, least: float
) -> None:
    found = fidelity(fitted(evidence, world, patients, 1), draw_judge(world, Plan(1_001, 5_000)))
    assert found.correlation >= least
    assert found.leading >= 0.85
    assert found.leading > found.leading_guess + 0.2


@pytest.mark.slow
def test_inert_markers_get_next_to_nothing(evidence: Evidence) -> None:
    world = solve_world(evidence, "form", 1)
    inert = [name for name, law in world.markers.items() if law.bend == "inert"]
    assert inert
    judge = draw_judge(world, Plan(1_001, 5_000))
    found = fidelity(fitted(evidence, world, 20_000, 1), judge, inert=inert)
    assert 0 < found.inert <= 0.02
