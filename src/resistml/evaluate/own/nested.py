"""Repeated nested cross-validation: each patient is judged by models that never saw him.

In every outer fold all is done anew: features are centred, settings chosen in inner folds, the bag
fitted and calibrated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Predictor
from resistml.evaluate.learners import constant, logistic
from resistml.learn.data import as_model
from resistml.learn.own_choice import Candidate
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_train import OwnFit, OwnLearner
from resistml.rng import derived_seed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Told = Callable[[int, int], None]

#: What the learners are called: the model, the same without a prior, an untuned logistic
#: regression on the same features, and the rate of each arm.
MODEL, WITHOUT, LOGISTIC, CONSTANT = "model", "without prior", "logistic", "constant"


@dataclass(frozen=True)
class Fold:
    """One outer fold.

    Attributes
    ----------
    repeat : int
    trained : int
        Patients trained on.
    held : (m,) array of int
        Patients judged.
    p : dict of str to (m,) array
        Probability of the outcome that is 1, by learner.
    chosen : Candidate
    under : (m, strategies) array
        The model's probability under each strategy of the table, in order, as if all were open in
        every setting; NaN where one is not.
    """

    repeat: int
    trained: int
    held: Ints
    p: dict[str, Floats]
    chosen: Candidate
    under: Floats


@dataclass(frozen=True)
class Nested:
    """All outer folds of n patients, whose outcomes are ``y`` (n,)."""

    y: Floats
    folds: tuple[Fold, ...]

    @property
    def learners(self) -> tuple[str, ...]:
        """Names of those judged."""
        return tuple(self.folds[0].p)

    def mean_p(self, learner: str) -> Floats:
        """(n,) each patient's probability, mean over repeats; NaN where he was never judged."""
        total, count = np.zeros(len(self.y)), np.zeros(len(self.y))
        for fold in self.folds:
            total[fold.held] += fold.p[learner]
            count[fold.held] += 1
        with np.errstate(invalid="ignore"):
            return np.asarray(total / count)


def nested(
    learner: OwnLearner,
    patients: OwnPatients,
    split: Split,
    seed: int,
    told: Told | None = None,
    repeats: range | None = None,
) -> Nested:
    """Judge the learner, beside simple ones, in every outer fold of every repeat.

    Parameters
    ----------
    split : Split
    seed : int
        Repeat r depends on the seed and on r alone.
    told : callable, optional
        Told (folds done, of).
    repeats : range, optional
        Which repeats; all that the split asks for, if None.
    """
    which = range(split.rounds) if repeats is None else repeats
    found: list[Fold] = []
    for repeat in which:
        own = derived_seed(seed, f"own.repeat.{repeat}")
        parts = list(split.outer(patients.resistant, own % 2**32))
        for k, (train, held) in enumerate(parts):
            found.append(_fold(learner, patients, split, repeat, train, held, own + k))
            if told is not None:
                told(len(found), len(which) * len(parts))
    return Nested(patients.resistant, tuple(found))


def _fold(
    learner: OwnLearner,
    patients: OwnPatients,
    split: Split,
    repeat: int,
    train: Ints,
    held: Ints,
    seed: int,
) -> Fold:
    taught, judged = patients.take(train), patients.take(held)
    prepared = learner.prepared(taught)
    choice = learner.chosen(prepared, split.take(train), seed)
    fit = learner.fitted(prepared, choice, choice.best, seed)
    given = (prepared["none"][0], taught.records, taught.strategy, taught.resistant)
    predictors: dict[str, Predictor] = {MODEL: predictor(fit)}
    if learner.settings.prior != "none":
        same = choice.without == choice.best
        other = fit if same else learner.fitted(prepared, choice, choice.without, seed)
        predictors[WITHOUT] = predictor(other)
    predictors |= {LOGISTIC: logistic(*given), CONSTANT: constant(*given)}
    p = {name: ask(judged.records, judged.strategy) for name, ask in predictors.items()}
    under = _under(predictors[MODEL], judged) if patients.treatments else np.zeros((len(held), 0))
    return Fold(repeat, len(train), held, p, choice.best, under)


def _under(ask: Predictor, patients: OwnPatients) -> Floats:
    """(n, strategies) probability under each strategy that a patient's setting has."""
    out = np.full((len(patients), len(patients.strategies)), np.nan)
    setting = patients.records.setting.astype(str)
    for j, arm in enumerate(patients.strategies):
        rows = np.flatnonzero([(s, arm) in patients.arms for s in setting.tolist()])
        if len(rows):
            given = np.full(len(rows), arm, dtype=object)
            out[rows, j] = ask(patients.records.take(rows), given)
    return out


def predictor(fit: OwnFit) -> Predictor:
    """The fitted model as what answers for any patient and strategy."""
    model = as_model(fit.spec, fit.fitted)
    return lambda records, arm: model.risk(records, arm).p
