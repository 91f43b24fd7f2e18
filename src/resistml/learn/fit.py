"""Fits a bag of models on bootstrap samples of patients, and calibrates its mean margin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.families import FAMILIES
from resistml.learn.base import BaseFitter
from resistml.learn.calibration import Knots, log_loss, platt
from resistml.learn.families import grower
from resistml.learn.families.alone import no_trees
from resistml.learn.params import Params, TrainingData
from resistml.predict.additive import Additive
from resistml.predict.model import Member
from resistml.rng import Streams, derived_seed

if TYPE_CHECKING:
    import xgboost as xgb

__all__ = ["Fitted", "OutOfBag", "Params", "TrainingData", "bootstrap", "fit_bag"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Models of a bag that grow all their trees, before the others know how many are worth it.
PILOTS = 3


@dataclass(frozen=True)
class Fitted:
    """A bag of models.

    Attributes
    ----------
    members : tuple of Member
        Each a base and the booster, cut to ``rounds`` trees, that adds to its margin.
    knots : tuple
        Mean margin -> calibrated log-odds, linear between and beyond.
    rounds : int
        The number of trees that was best out of bag.
    clinical_means : (columns,) array
        Of the training patients' clinical columns.
    out_of_bag : (n,) array
        The training patients' mean margins from the models that did not see them, before
        calibration; NaN where all did.
    losses : dict
        Out-of-bag log-loss by number of rounds.
    """

    members: tuple[Member, ...]
    knots: Knots
    rounds: int
    clinical_means: Floats
    out_of_bag: Floats
    losses: dict[int, float] = field(default_factory=dict)


def fit_bag(
    data: TrainingData,
    params: Params,
    seed: int,
    threads: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Fit the bag, choose the number of boosting rounds out of bag, and calibrate.

    Parameters
    ----------
    threads : int
        0 = all; the result does not depend on it.
    progress : callable, optional
        Told (models done, of).
    """
    import xgboost as xgb

    streams, n = Streams(seed), len(data.y)
    scoring = xgb.DMatrix(data.matrix.astype(np.float32), nthread=threads or None)
    grow = grower(data, params, threads)
    votes = OutOfBag(candidate_rounds(params), n)
    base = BaseFitter(data, params)
    fitted: list[tuple[Additive, xgb.Booster]] = []
    for k in range(params.bag):
        if k == PILOTS:  # the others grow no further than these give reason to
            most = votes.narrowed(data.y)
            grow = grower(data, replace(params, rounds=max(most, 1)), threads)
        weight = bootstrap(streams, k, n)
        additive, start = base(weight)
        booster = grow(weight, start, derived_seed(seed, f"learn.{k}"))
        fitted.append((additive, booster))
        votes.add(booster, scoring, start, weight == 0)
        if progress is not None:
            progress(k + 1, params.bag)
    losses = votes.losses(data.y)
    best = min(losses, key=lambda rounds: (losses[rounds], rounds))
    margin = votes.margin(best)
    judged = ~np.isnan(margin)
    nothing = no_trees(data.matrix.shape[1])
    return Fitted(
        members=tuple(
            Member(b, x[:best] if best else nothing)
            for b, (_, x) in zip(base.about_all(b for b, _ in fitted), fitted, strict=True)
        ),
        knots=platt(margin[judged], data.y[judged]),
        rounds=best,
        clinical_means=data.additive[2].mean(axis=0),
        out_of_bag=margin,
        losses=losses,
    )


class OutOfBag:
    """Sums each patient's margins over the models that did not see him.

    Parameters
    ----------
    rounds : list of int
        Numbers of trees after which margins are taken.
    n : int
        Patients.
    """

    def __init__(self, rounds: list[int], n: int) -> None:
        self._rounds = rounds
        self._total = np.zeros((len(rounds), n))
        self._models = np.zeros(n)

    def add(self, booster: xgb.Booster, matrix: xgb.DMatrix, start: Floats, unseen: Bools) -> None:
        """Take in a model that starts from the margin ``start``."""
        self._models += unseen
        for i, rounds in enumerate(self._rounds):
            self._total[i, unseen] += start[unseen]
            if rounds:  # XGBoost reads a range to 0 as all trees
                added = booster.predict(matrix, output_margin=True, iteration_range=(0, rounds))
                self._total[i, unseen] += added[unseen]

    def narrowed(self, y: Floats) -> int:
        """Leave out numbers of trees beyond the one after the best, and say which that is."""
        losses = self.losses(y)
        best = min(losses, key=lambda rounds: (losses[rounds], rounds))
        self._rounds = self._rounds[: self._rounds.index(best) + 2]
        self._total = self._total[: len(self._rounds)]
        return self._rounds[-1]

    def margin(self, rounds: int) -> Floats:
        """(n,) mean margin after so many trees; NaN for a patient whom every model saw."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self._total[self._rounds.index(rounds)] / self._models)

    def losses(self, y: Floats) -> dict[int, float]:
        """Mean log-loss after each number of trees."""
        judged = self._models > 0
        return {r: log_loss(self.margin(r)[judged], y[judged]) for r in self._rounds}


def candidate_rounds(params: Params) -> list[int]:
    """Numbers of rounds to compare: 0, which is the base alone, then closer where they are few.

    With one check there is nothing to compare, and all rounds are kept.
    """
    if not FAMILIES[params.family].boosts:
        return [0]
    if params.checks == 1:
        return [params.rounds]
    steps = {round(params.rounds * (i / params.checks) ** 2) for i in range(1, params.checks + 1)}
    return sorted({0} | {max(step, 1) for step in steps})


def bootstrap(streams: Streams, model: int, n: int) -> Floats:
    """(n,) how often each patient is drawn for a model of the bag; they add up to n."""
    rng = streams.generator("learn.bootstrap", model)
    return rng.multinomial(n, np.full(n, 1 / n)).astype(float)
