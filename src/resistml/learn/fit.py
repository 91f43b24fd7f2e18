"""Fits a bag of models on bootstrap samples of patients, and calibrates its mean margin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.learn.base import Base, fit_base
from resistml.learn.calibration import Knots, log_loss, platt
from resistml.predict.model import Member
from resistml.rng import Streams, derived_seed

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Params:
    """Settings of the learner; every field is a key of the config's ``model:``.

    Attributes
    ----------
    bag : int
        Models in the bag (2 or more), each on a bootstrap sample of patients.
    base : bool
        Whether boosting starts from an additive base, or from each arm's rate alone.
    penalty : float
        Ridge penalty of the base (above 0).
    rounds : int
        Most boosting rounds; how many are kept is chosen on out-of-bag patients.
    checks : int
        How many numbers of rounds are compared.
    depth, learning_rate, min_child_weight, reg_lambda, colsample : float
        As XGBoost knows them.

    Raises
    ------
    ValueError
        For a bag below 2, rounds, checks or depth below 1, or a penalty of 0 or less.
    """

    bag: int = 10
    base: bool = True
    penalty: float = 0.5
    rounds: int = 300
    checks: int = 6
    depth: int = 2
    learning_rate: float = 0.05
    min_child_weight: float = 20.0
    reg_lambda: float = 10.0
    colsample: float = 0.7

    def __post_init__(self) -> None:
        for name, least in (("bag", 2), ("rounds", 1), ("checks", 1), ("depth", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: {least} or more")
        if not self.penalty > 0:
            raise ValueError(f"penalty is {self.penalty}; allowed: above 0")


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
    column_means : (columns,) array
        Of the centred training matrix.
    out_of_bag : (n,) array
        The training patients' mean margins from the models that did not see them, before
        calibration; NaN where all did.
    losses : dict
        Out-of-bag log-loss by number of rounds.
    """

    members: tuple[Member, ...]
    knots: Knots
    rounds: int
    column_means: Floats
    out_of_bag: Floats
    losses: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingData:
    """The n patients to fit.

    Attributes
    ----------
    matrix : (n, columns) array
        With NaN where unmeasured; ``centred`` is the same less each setting's mean, without NaN.
    arms : (n,) array of int
        Codes of (setting, strategy), of ``n_arms``.
    y : (n,) array
        1 = resistant, 0 = response.
    signed : (columns,) array of bool
        True where a larger value can only add resistance.
    """

    matrix: Floats
    centred: Floats
    arms: Ints
    y: Floats
    n_arms: int
    signed: Bools


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
    inputs = data.matrix.astype(np.float32)
    matrix = xgb.QuantileDMatrix(inputs, label=data.y, nthread=threads or None)
    scoring = xgb.DMatrix(inputs, nthread=threads or None)
    votes = OutOfBag(candidate_rounds(params), n)
    whole = _base(data, params, np.ones(n))
    fitted: list[tuple[Base, xgb.Booster]] = []
    for k in range(params.bag):
        weight = bootstrap(streams, k, n)
        base = _base(data, params, weight, whole)
        start = base.margin(data.centred, data.arms)
        matrix.set_info(weight=weight, base_margin=start)
        settings = _booster_params(data, params, derived_seed(seed, f"learn.{k}"), threads)
        booster = xgb.train(settings, matrix, num_boost_round=params.rounds)
        fitted.append((base, booster))
        votes.add(booster, scoring, start, weight == 0)
        if progress is not None:
            progress(k + 1, params.bag)
    losses = votes.losses(data.y)
    best = min(losses, key=lambda rounds: (losses[rounds], rounds))
    margin = votes.margin(best)
    judged = ~np.isnan(margin)
    return Fitted(
        members=tuple(Member(b.intercepts, b.coefficients, x[:best]) for b, x in fitted),
        knots=platt(margin[judged], data.y[judged]),
        rounds=best,
        column_means=data.centred.mean(axis=0),
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
            added = booster.predict(matrix, output_margin=True, iteration_range=(0, rounds))
            self._total[i, unseen] += start[unseen] + added[unseen]

    def margin(self, rounds: int) -> Floats:
        """(n,) mean margin after so many trees; NaN for a patient whom every model saw."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self._total[self._rounds.index(rounds)] / self._models)

    def losses(self, y: Floats) -> dict[int, float]:
        """Mean log-loss after each number of trees."""
        judged = self._models > 0
        return {r: log_loss(self.margin(r)[judged], y[judged]) for r in self._rounds}


def candidate_rounds(params: Params) -> list[int]:
    """Numbers of rounds to compare, closer together where they are few."""
    steps = {round(params.rounds * (i / params.checks) ** 2) for i in range(1, params.checks + 1)}
    return sorted({max(step, 1) for step in steps})


def bootstrap(streams: Streams, model: int, n: int) -> Floats:
    """(n,) how often each patient is drawn for a model of the bag; they add up to n."""
    rng = streams.generator("learn.bootstrap", model)
    return rng.multinomial(n, np.full(n, 1 / n)).astype(float)


def _base(data: TrainingData, params: Params, weight: Floats, start: Base | None = None) -> Base:
    """The additive base, or without it each arm's rate."""
    columns = data.centred.shape[1]
    used = columns if params.base else 0
    if start is not None:
        start = Base(start.intercepts, start.coefficients[:used])
    found = fit_base(
        data.centred[:, :used],
        data.arms,
        data.y,
        weight,
        n_arms=data.n_arms,
        signed=data.signed[:used],
        penalty=params.penalty,
        start=start,
    )
    return Base(found.intercepts, np.pad(found.coefficients, (0, columns - used)))


def _booster_params(data: TrainingData, params: Params, seed: int, threads: int) -> dict[str, Any]:
    return {
        "objective": "binary:logistic",
        "base_score": 0.5,
        "tree_method": "hist",
        "max_depth": params.depth,
        "eta": params.learning_rate,
        "min_child_weight": params.min_child_weight,
        "lambda": params.reg_lambda,
        "colsample_bytree": params.colsample,
        "monotone_constraints": tuple(int(s) for s in data.signed),
        "seed": seed,
        "nthread": threads,
        "verbosity": 0,
    }
