"""Learners beside the oracles on the same draws of the default world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from resistml.cohort.draw import Drawer, Plan
from resistml.evaluate.evaluation import Evaluation, evaluate
from resistml.evaluate.judge import Judge, draw_judges, records_of
from resistml.evaluate.learners import constant, logistic
from resistml.evaluate.policy import best_fixed_rule, policy_value
from resistml.evidence import Evidence, load_evidence
from resistml.learn.data import as_model
from resistml.learn.fit import Params
from resistml.learn.train import fit_model
from resistml.world.laws import World
from resistml.world.solve import solve_world

#: Fresh patients that all learners are judged on, drawn with a seed that no training shares.
JUDGE = 60_000
JUDGE_SEED = 9_001
#: Training patients and seeds of the default and of the full benchmark.
SIZES = (5_000, 20_000)
FULL_SIZES = (1_000, 5_000, 20_000, 100_000)
SEEDS = (1,)
FULL_SEEDS = (1, 2, 3, 4, 5)


class Stages(Protocol):
    """Told of each stage."""

    def stage(self, name: str) -> Callable[[int, int], None]:
        """Begin a stage."""


def run_benchmark(
    *,
    full: bool = False,
    progress: Stages,
    params: Params | None = None,
    sizes: tuple[int, ...] | None = None,
    judged: int = JUDGE,
) -> dict[str, Any]:
    """Figures per learner, size and seed, judged on one fresh draw.

    Parameters
    ----------
    full : bool
        More sizes and seeds.
    sizes : tuple of int, optional
        Numbers of training patients, in place of the usual ones.
    judged : int
        Patients judged on.

    Returns
    -------
    dict
        ``results``: rows with ``patients, seed, learner, auc, auc_oracle, auc_fair, logloss, mae,
        ece, value_learned, value_fixed_rule, value_oracle, value_fair, captured``; ``gap``: what
        the fair oracle has over the best fixed rule, with and without eligibility; ``judge``:
        number of patients judged on; ``world_hash``.
    """
    evidence = load_evidence()
    told = progress.stage("calibrate the world")
    world = solve_world(evidence)
    told(1, 1)
    told = progress.stage("draw the patients to judge on")
    judge, open_to_all = draw_judges(world, Plan(JUDGE_SEED, judged))
    told(1, 1)
    results: list[dict[str, Any]] = []
    for size in sizes or (FULL_SIZES if full else SIZES):
        for seed in FULL_SEEDS if full else SEEDS:
            told = progress.stage(f"train on {size:,}, seed {seed}")
            found = _one(evidence, world, judge, size, seed, params or Params(), told)
            results += [_row(found, name, size, seed) for name in found.learners]
    return {
        "world_hash": world.hash,
        "judge": judged,
        "results": results,
        "gap": {"with eligibility": _gap(judge), "without eligibility": _gap(open_to_all)},
    }


def _one(
    evidence: Evidence,
    world: World,
    judge: Judge,
    size: int,
    seed: int,
    params: Params,
    told: Callable[[int, int], None],
) -> Evaluation:
    drawer = Drawer(world, Plan(seed, size, oracle=False))
    parts = [drawer.block(block).cohort for block in range(drawer.plan.blocks)]
    cohort = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    records = records_of(cohort, tuple(world.markers))
    strategy = np.asarray(cohort["strategy"], dtype=object)
    y = np.asarray(cohort["resistant"], dtype=float)
    spec, fitted = fit_model(evidence, records, strategy, y, params, seed=seed, told=told)
    others = {
        "logistic": logistic(spec, records, strategy, y),
        "constant": constant(spec, records, strategy, y),
    }
    model = as_model(spec, fitted)
    return evaluate(model, others, judge, n_train=size, resamples=20, seed=seed)


def _row(found: Evaluation, name: str, size: int, seed: int) -> dict[str, Any]:
    figures = found.learners[name]
    return {
        "patients": size,
        "seed": seed,
        "learner": name,
        "auc": figures.auc.value,
        "auc_oracle": found.oracle.auc.value,
        "auc_fair": found.fair.auc.value,
        "logloss": figures.logloss,
        "mae": figures.mae,
        "ece": figures.ece,
        "value_learned": figures.value,
        "value_fixed_rule": found.value_fixed_rule,
        "value_oracle": found.oracle.value,
        "value_fair": found.fair.value,
        "captured": figures.captured,
    }


def _gap(judge: Judge) -> float:
    return policy_value(judge, judge.p_fair) - best_fixed_rule(judge)[0]
