"""Fits a bag of models on bootstrap samples of patients, and calibrates its mean margin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.learn.base import Base, fit_base
from resistml.rng import Streams, derived_seed

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Params:
    """Settings of the learner; every field is a key of the config's ``model:``.

    Attributes
    ----------
    bag : int
        Models in the bag (2 or more), each on a bootstrap sample of patients.
    base : bool
        Whether boosting starts from an additive base, or from nothing.
    penalty : float
        Ridge penalty of the base.
    rounds : int
        Most boosting rounds; how many are kept is chosen on out-of-bag patients.
    checks : int
        How many numbers of rounds are compared.
    depth, learning_rate, min_child_weight, reg_lambda, colsample : float
        As XGBoost knows them.
    """

    bag: int = 10
    base: bool = True
    penalty: float = 2.0
    rounds: int = 300
    checks: int = 6
    depth: int = 2
    learning_rate: float = 0.05
    min_child_weight: float = 20.0
    reg_lambda: float = 10.0
    colsample: float = 0.7


@dataclass(frozen=True)
class Member:
    """One model of the bag; ``booster`` adds to the base's margin."""

    base: Base
    booster: xgb.Booster


@dataclass(frozen=True)
class Fitted:
    """A bag of models.

    ``knots`` map the mean margin to calibrated log-odds, piecewise linearly, going on
    straight beyond the ends; ``out_of_bag`` (n,) are the training patients' mean margins from
    the models that did not see them (NaN where all did); ``column_means`` are those of the
    centred training matrix.
    """

    members: tuple[Member, ...]
    knots: tuple[tuple[float, float], ...]
    rounds: int
    column_means: Floats
    out_of_bag: Floats
    losses: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingData:
    """What is fitted: ``matrix`` (n, columns) with NaN, its ``centred`` form without, codes of arms."""

    matrix: Floats
    centred: Floats
    arms: Ints
    y: Floats
    n_arms: int
    signed: npt.NDArray[np.bool_]


def fit_bag(
    data: TrainingData,
    params: Params,
    seed: int,
    threads: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Fit the bag, choose the number of boosting rounds out of bag, and calibrate."""
    import xgboost as xgb

    streams = Streams(seed)
    n = len(data.y)
    matrix = xgb.QuantileDMatrix(data.matrix.astype(np.float32), label=data.y, nthread=threads or None)
    scoring = xgb.DMatrix(data.matrix.astype(np.float32), nthread=threads or None)
    steps = _steps(params)
    total, seen = np.zeros((len(steps), n)), np.zeros(n)
    members: list[Member] = []
    whole = _base(data, params, np.ones(n))
    for k in range(params.bag):
        weight = _bootstrap(streams.generator("learn.bootstrap", k), n)
        base = _base(data, params, weight, whole)
        start = base.margin(data.centred, data.arms)
        matrix.set_info(weight=weight, base_margin=start)
        booster = xgb.train(
            _booster_params(data, params, derived_seed(seed, f"learn.{k}"), threads),
            matrix,
            num_boost_round=params.rounds,
        )
        members.append(Member(base, booster))
        out = weight == 0
        seen += out
        for i, step in enumerate(steps):
            total[i, out] += start[out] + _added(booster, scoring, step)[out]
        if progress is not None:
            progress(k + 1, params.bag)
    keep = seen > 0
    margins = total[:, keep] / seen[keep]
    losses = {s: _log_loss(m, data.y[keep]) for s, m in zip(steps, margins, strict=True)}
    best = min(losses, key=lambda s: (losses[s], s))
    out_of_bag = np.full(n, np.nan)
    out_of_bag[keep] = margins[steps.index(best)]
    return Fitted(
        members=tuple(Member(m.base, m.booster[:best]) for m in members),
        knots=_platt(margins[steps.index(best)], data.y[keep]),
        rounds=best,
        column_means=data.centred.mean(axis=0),
        out_of_bag=out_of_bag,
        losses=losses,
    )


def _steps(params: Params) -> list[int]:
    """Numbers of rounds to compare, closer together where they are few."""
    steps = {round(params.rounds * (i / params.checks) ** 2) for i in range(1, params.checks + 1)}
    return sorted(max(step, 1) for step in steps)


def _bootstrap(rng: np.random.Generator, n: int) -> Floats:
    """How often each patient is drawn."""
    return rng.multinomial(n, np.full(n, 1 / n)).astype(float)


def _base(
    data: TrainingData, params: Params, weight: Floats, start: Base | None = None
) -> Base:
    if not params.base:
        return Base(np.zeros(data.n_arms), np.zeros(data.centred.shape[1]))
    return fit_base(
        data.centred,
        data.arms,
        data.y,
        weight,
        n_arms=data.n_arms,
        signed=data.signed,
        penalty=params.penalty,
        start=start,
    )


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


def _added(booster: xgb.Booster, matrix: xgb.DMatrix, rounds: int) -> Floats:
    """Margin that the first ``rounds`` trees add to the base."""
    added = booster.predict(matrix, output_margin=True, iteration_range=(0, rounds))
    return np.asarray(added, dtype=float)


def _log_loss(margin: Floats, y: Floats) -> float:
    return float(np.mean(np.logaddexp(0, margin) - y * margin))


def _platt(margin: Floats, y: Floats) -> tuple[tuple[float, float], ...]:
    """Two knots of the line a * margin + b with the least log-loss out of bag (Platt 1999)."""
    from scipy.optimize import minimize

    def loss(theta: Floats) -> float:
        return _log_loss(theta[0] * margin + theta[1], y)

    a, b = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead", tol=1e-10).x
    a = max(float(a), 1e-3)
    low, high = float(np.min(margin)), float(np.max(margin))
    return ((low, a * low + float(b)), (high, a * high + float(b)))
