"""Finds how wide intervals must be, on worlds other than those that models are judged on.

    python -m resistml.evaluate.widths

writes the constants anew beside :mod:`resistml.learn.widths`, in a few minutes. It is to be run
again after every change of the default learner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.cohort.records import records_of
from resistml.documents import new_file, rounded
from resistml.evaluate.judge import draw_judge
from resistml.evidence import Evidence, load_evidence
from resistml.features.matrix import arm_codes
from resistml.learn.data import as_model
from resistml.learn.params import Params
from resistml.learn.train import fit_model
from resistml.learn.widths import FILE, Constants, made_widths
from resistml.predict.model import Z90, Model, sigmoid
from resistml.rng import derived_seed
from resistml.tables.cohort import Cohort
from resistml.world.ensemble import ATTEMPTS, drawn_evidence, ensemble
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]

#: Worlds drawn from the evidence, of which none is the default one.
WORLDS, SEED = 8, 41_001
#: Training patients of a cohort of each world, and fresh patients that tell how far it errs.
SIZES, JUDGED = (5_000, 20_000, 50_000), 4_000
#: What intervals may miss.
MISSED = 0.1
#: Where the search begins.
START = Constants(bag=1.0, rare=5.0, missing=0.1, slope=0.01)
_HEADER = """# How wide the 90% intervals for the training patients and the learner are; see
# resistml/predict/widths.py for what each constant is. Written by
# `python -m resistml.evaluate.widths`, on worlds drawn from the evidence. The learner is told each
# world's exposures, as it is told those of the default one.
"""


@dataclass(frozen=True)
class Trial:
    """A model's answers of which the best possible is known, a row per patient and open strategy.

    Attributes
    ----------
    model : Model
    margin, bag : (n,) arrays
        Mean and variance of the margin over the bag.
    units : (3, n) array
        Variance beside it, where ``rare``, ``missing`` or ``slope`` alone is 1.
    fair : (n,) array
        The fair oracle's p(resistance).
    """

    model: Model
    margin: Floats
    bag: Floats
    units: Floats
    fair: Floats

    def interval(self, constants: Constants) -> tuple[Floats, Floats]:
        """90% interval of p(resistance), each (n,)."""
        added = np.array([constants.rare, constants.missing, constants.slope]) @ self.units
        half = Z90 * np.sqrt(constants.bag * self.bag + added)
        low, high = (self.model.calibrated(self.margin + side * half) for side in (-1, 1))
        return sigmoid(low), sigmoid(high)


def interval_score(low: Floats, high: Floats, truth: Floats, missed: float = MISSED) -> float:
    """Mean width, and 2 / ``missed`` for each unit by which the truth lies outside.

    Its expectation is least for the interval between the quantiles ``missed / 2`` and
    ``1 - missed / 2``.

    References
    ----------
    T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and estimation",
    Journal of the American Statistical Association 102 (2007), section 6.2.
    """
    outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return float(np.mean(high - low + 2 / missed * outside))


def find_constants(trials: Iterable[Trial]) -> Constants:
    """The constants with the least interval score, as a geometric mean over trials.

    Notes
    -----
    The geometric mean lets no trial with few patients, and hence wide intervals, outweigh the
    others. Found by the simplex method on the constants' logarithms.
    """
    trials = list(trials)

    def loss(logs: Floats) -> float:
        constants = Constants(*np.exp(logs).tolist())
        scores = [interval_score(*t.interval(constants), t.fair) for t in trials]
        return float(np.mean(np.log(scores)))

    first = np.log(astuple(START))
    simplex = np.vstack([first, first + np.eye(len(first))])
    options: Any = {"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-7, "maxiter": 1_000}
    found = minimize(loss, first, method="Nelder-Mead", options=options)
    return Constants(*rounded(np.exp(found.x).tolist(), 3))


def trial_of(
    evidence: Evidence,
    world: World,
    params: Params,
    *,
    patients: int,
    judged: int,
    seed: int,
    threads: int = 0,
) -> Trial:
    """Train on a cohort of a world, of which the learner is told what ``evidence`` says."""
    cohort = drawn_cohort(world, Plan(seed, patients, oracle=False))
    records, strategy, y = cohort.records, cohort.strategy, cohort.resistant
    spec, fitted = fit_model(evidence, records, strategy, y, params, seed=seed, threads=threads)
    codes = arm_codes(spec, records.setting, strategy)
    counts = np.bincount(codes, minlength=len(spec.arms)).astype(float)
    model = as_model(spec, fitted)
    judge = draw_judge(world, Plan(derived_seed(seed, "judged"), judged))
    features = model.features(judge.oracle_records, judge.arm)
    margins = model.margins(features)
    units = [Constants(1.0, *unit) for unit in np.eye(3).tolist()]
    return Trial(
        model=model,
        margin=margins.mean(axis=1),
        bag=margins.var(axis=1, ddof=1),
        units=np.stack([made_widths(counts, u).added(model.effects, features) for u in units]),
        fair=1 - judge.p_fair,
    )


def drawn_cohort(world: World, plan: Plan) -> Cohort:
    """The patients of a plan, as training takes them."""
    drawer = Drawer(world, plan)
    parts = [drawer.block(block).cohort for block in range(plan.blocks)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    records = records_of(columns, tuple(world.markers))
    strategy = np.asarray(columns["strategy"], dtype=object)
    return Cohort(records, strategy, np.asarray(columns["resistant"], dtype=float), {})


def trials(
    params: Params,
    *,
    worlds: int = WORLDS,
    sizes: tuple[int, ...] = SIZES,
    judged: int = JUDGED,
    seed: int = SEED,
    threads: int = 0,
) -> Iterator[Trial]:
    """A trial per drawn world and size; the learner is told the exposures of each world."""
    evidence = load_evidence()
    for member in ensemble(evidence, worlds, seed):
        told = drawn_evidence(evidence, seed, member.number * ATTEMPTS + member.refused)
        for patients in sizes:
            own = derived_seed(seed, f"widths.{member.number}.{patients}")
            yield trial_of(
                told,
                member.world,
                params,
                patients=patients,
                judged=judged,
                seed=own,
                threads=threads,
            )


def write_widths(path: Path = FILE, params: Params | None = None, **how: Any) -> Constants:
    """Find the constants and write them, with what they were found on.

    Parameters
    ----------
    params : Params, optional
        Of the learner; else the default one.
    how
        As :func:`trials` takes it.
    """
    import yaml

    params = params or Params()
    setup = {"worlds": WORLDS, "sizes": SIZES, "judged": JUDGED, "seed": SEED, **how}
    seen = list(trials(params, **setup))
    constants = find_constants(seen)
    plain = Constants(bag=1.0, rare=0.0, missing=0.0, slope=0.0)
    setup.pop("threads", None)
    found_on = {
        "ensemble": {**setup, "sizes": list(setup["sizes"])},
        "learner": asdict(params),
        "held": _held(seen, constants),
        "held_by_the_bag_alone": _held(seen, plain),
    }
    document = {"constants": asdict(constants), "found_on": rounded(found_on, 4)}
    text = _HEADER + yaml.safe_dump(document, sort_keys=False)
    with new_file(path, force=True) as made:
        made.write_text(text, encoding="utf-8")
    return constants


def _held(seen: list[Trial], constants: Constants) -> dict[str, float]:
    """Mean over trials of what intervals hold of the fair probabilities, and of their width."""
    ends = [(*t.interval(constants), t.fair) for t in seen]
    return {
        "coverage": float(np.mean([np.mean((low <= p) & (p <= high)) for low, high, p in ends])),
        "width": float(np.mean([np.mean(high - low) for low, high, _ in ends])),
    }


if __name__ == "__main__":
    print(write_widths())
