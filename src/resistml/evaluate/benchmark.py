"""Learners beside the oracles on the same draws: of the default world, and of worlds that are
other than the learners are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resistml.cohort.assignment import Assignment
from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.errors import ConfigError, did_you_mean
from resistml.evaluate.evaluation import Evaluation, evaluate
from resistml.evaluate.judge import Judge, draw_judges, records_of
from resistml.evaluate.learners import constant, logistic
from resistml.evaluate.policy import best_fixed_rule, policy_value
from resistml.evidence import Evidence, load_evidence
from resistml.learn.data import as_model
from resistml.learn.fit import Params
from resistml.learn.train import fit_model
from resistml.progress import Stages, Told
from resistml.world.laws import World
from resistml.world.solve import solve_world
from resistml.world.variants import Variant

#: Fresh patients that all learners are judged on, drawn with a seed that no training shares.
JUDGE = 60_000
JUDGE_SEED = 9_001
#: Training patients and seeds of the default and of the full benchmark.
SIZES = (5_000, 20_000)
FULL_SIZES = (1_000, 5_000, 20_000, 100_000)
SEEDS = (1,)
FULL_SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Scenario:
    """A world, how its training patients are treated, and the sizes of the default benchmark."""

    variant: Variant
    assignment: Assignment
    sizes: tuple[int, ...]


#: What a benchmark may run on. Hidden confounding is there to show how it fails.
SCENARIOS = {
    "default": Scenario("default", "confounded", SIZES),
    "form": Scenario("form", "confounded", SIZES[-1:]),
    "knowledge": Scenario("knowledge", "confounded", SIZES[-1:]),
    "hidden_confounding": Scenario("default", "hidden_confounding", SIZES[-1:]),
}
#: Seed of what a misspecification strikes.
VARIANT_SEED = 1


def run_benchmark(
    *,
    full: bool = False,
    progress: Stages,
    params: Params | None = None,
    sizes: tuple[int, ...] | None = None,
    judged: int = JUDGE,
    worlds: Sequence[str] = tuple(SCENARIOS),
) -> dict[str, Any]:
    """Figures per world, learner, size and seed, judged on one fresh draw of each world.

    Parameters
    ----------
    full : bool
        More sizes and seeds.
    sizes : tuple of int, optional
        Numbers of training patients, in place of the usual ones.
    judged : int
        Patients judged on.
    worlds : sequence of str
        Keys of :data:`SCENARIOS`.

    Returns
    -------
    dict
        ``results``: rows with ``world, patients, seed, learner, auc, auc_oracle, auc_fair, logloss,
        mae, ece, value_learned, value_fixed_rule, value_oracle, value_fair, captured``; ``gaps``:
        per world, what the fair oracle has over the best fixed rule, with and without
        eligibility; ``judge``: number of patients judged on; ``world_hashes``.

    Raises
    ------
    ConfigError
        For a world that is not known.
    """
    for name in worlds:
        if name not in SCENARIOS:
            raise ConfigError(
                f"no world '{name}'",
                key="--world",
                allowed=", ".join(SCENARIOS),
                hint=did_you_mean(name, SCENARIOS),
            )
    evidence = load_evidence()
    results: list[dict[str, Any]] = []
    gaps: dict[str, dict[str, float]] = {}
    hashes: dict[str, str] = {}
    for name in worlds:
        scenario = SCENARIOS[name]
        told = progress.stage(f"{name}: calibrate, draw the patients to judge on")
        world = solve_world(evidence, scenario.variant, VARIANT_SEED)
        judge, open_to_all = draw_judges(world, Plan(JUDGE_SEED, judged))
        told(1, 1)
        hashes[name] = world.hash
        gaps[name] = {"with eligibility": _gap(judge), "without eligibility": _gap(open_to_all)}
        for size in sizes or (FULL_SIZES if full else scenario.sizes):
            for seed in FULL_SEEDS if full else SEEDS:
                told = progress.stage(f"{name}: train on {size:,}, seed {seed}")
                plan = Plan(seed, size, scenario.assignment, oracle=False)
                found = _one(evidence, world, judge, plan, params or Params(), told)
                results += [{"world": name, **_row(found, x, plan)} for x in found.learners]
    return {"world_hashes": hashes, "judge": judged, "results": results, "gaps": gaps}


def _one(
    evidence: Evidence, world: World, judge: Judge, plan: Plan, params: Params, told: Told
) -> Evaluation:
    drawer = Drawer(world, plan)
    parts = [drawer.block(block).cohort for block in range(plan.blocks)]
    cohort = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    records = records_of(cohort, tuple(world.markers))
    strategy = np.asarray(cohort["strategy"], dtype=object)
    y = np.asarray(cohort["resistant"], dtype=float)
    spec, fitted = fit_model(evidence, records, strategy, y, params, seed=plan.seed, told=told)
    others = {
        "logistic": logistic(spec, records, strategy, y),
        "constant": constant(spec, records, strategy, y),
    }
    model = as_model(spec, fitted)
    return evaluate(model, others, judge, n_train=plan.n, resamples=20, seed=plan.seed)


def _row(found: Evaluation, name: str, plan: Plan) -> dict[str, Any]:
    figures = found.learners[name]
    return {
        "patients": plan.n,
        "seed": plan.seed,
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
