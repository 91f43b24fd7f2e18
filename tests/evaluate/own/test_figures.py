"""Figures of cross-validation and of patients apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit

from resistml.evaluate.metrics import auc, brier
from resistml.evaluate.own.figures import external, in_words, intercept, slope, validated
from resistml.evaluate.own.nested import LOGISTIC, MODEL, Fold, Nested
from resistml.learn.own_choice import Candidate

Floats = npt.NDArray[np.float64]
PLAIN = Candidate("logistic")


def folds(y: Floats, p: dict[str, Floats], k: int = 4) -> Nested:
    """Cross-validation whose probabilities are given."""
    parts = np.array_split(np.arange(len(y)), k)
    made = [
        Fold(0, len(y) - len(at), at, {n: x[at] for n, x in p.items()}, PLAIN, np.zeros((0, 0)))
        for at in parts
    ]
    return Nested(y, tuple(made))


@pytest.fixture
def said() -> tuple[Floats, dict[str, Floats]]:
    rng = np.random.default_rng(0)
    margin = rng.normal(size=4_000) * 1.5
    y = (rng.random(4_000) < expit(margin)).astype(float)
    return y, {MODEL: expit(margin), LOGISTIC: expit(2 * margin + 1)}


def test_figures_are_means_over_folds(said: tuple[Floats, dict[str, Floats]]) -> None:
    y, p = said
    found = validated(folds(y, p))
    parts = np.array_split(np.arange(len(y)), 4)
    assert found.figures[MODEL]["auc"].value == pytest.approx(
        np.mean([auc(y[i], p[MODEL][i]) for i in parts])
    )
    assert (found.patients, found.folds, found.repeats) == (4_000, 4, 1)
    assert found.chosen == {"logistic": 4}


def test_differences_are_paired(said: tuple[Floats, dict[str, Floats]]) -> None:
    """One prediction is a rising function of the other: their AUCs differ in no fold."""
    y, p = said
    found = validated(folds(y, p)).differences[LOGISTIC]
    assert (found["auc"].value, found["auc"].error) == (pytest.approx(0), pytest.approx(0))
    assert found["brier"].high < 0  # what is calibrated is better
    assert found["logloss"].high < 0


def test_calibration_is_told(said: tuple[Floats, dict[str, Floats]]) -> None:
    y, p = said
    assert slope(y, p[MODEL]) == pytest.approx(1, abs=0.15)
    assert intercept(y, p[MODEL]) == pytest.approx(0, abs=0.15)
    assert slope(y, p[LOGISTIC]) == pytest.approx(0.5, abs=0.1)
    assert intercept(y, p[LOGISTIC]) < -0.5


def test_patients_apart(said: tuple[Floats, dict[str, Floats]]) -> None:
    y, p = said
    found = external(y, p, 0.3)
    assert found.base_brier == pytest.approx(brier(y, np.full(len(y), 0.3)))
    assert found.base_rate == y.mean()
    mine = found.figures[MODEL]
    assert mine["brier"].value == pytest.approx(brier(y, p[MODEL]))
    assert mine["auc"].low < auc(y, p[MODEL]) < mine["auc"].high
    assert mine["calibration_slope"].low < 1 < mine["calibration_slope"].high
    assert found.differences[LOGISTIC]["auc"].value == pytest.approx(0)
    assert found.differences[LOGISTIC]["brier"].high < 0


def test_the_interval_of_the_auc_holds() -> None:
    """Of 200 samples of 150 about 190 intervals hold the true AUC; four standard deviations."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        y = (np.arange(150) < 60).astype(float)
        p = expit(y + rng.normal(size=150))
        found = external(y, {MODEL: p}, 0.4).figures[MODEL]["auc"]
        held += found.low <= 0.7602 <= found.high  # Phi(1 / sqrt 2)
    assert 190 - 4 * np.sqrt(200 * 0.05 * 0.95) <= held


def test_candidates_in_words() -> None:
    assert in_words(PLAIN) == "logistic"
    every = in_words(Candidate("additive", 3.0, "directions", 0.5))
    assert every == (
        "additive, penalties times 3, directions of the evidence, 50% of the world's slopes"
    )
