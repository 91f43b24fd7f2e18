"""How well the models of times do on one's own patients, beside Cox and Kaplan-Meier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge
from resistml.evaluate.own.intervals import Estimate, corrected
from resistml.evaluate.survival_figures import survival_figures
from resistml.learn.data import as_model
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_train import OwnLearner
from resistml.learn.survival import LEAST_EVENTS, SurvivalParams, fit_survival
from resistml.predict.parts import Parts
from resistml.predict.survival import TIMES
from resistml.rng import derived_seed
from resistml.tables.cohort import Cohort

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Figures of a time that are told, the difference from each other learner too.
TOLD = ("concordance", "uno", "integrated_brier")


@dataclass(frozen=True)
class TimeFigures:
    """Figures of one time under cross-validation.

    Attributes
    ----------
    patients, events : int
    figures : dict
        By learner (``model``, ``kaplan_meier``, and ``cox`` where statsmodels is installed) and
        figure (:data:`TOLD`), mean over folds.
    differences : dict
        By learner and figure, the model's less the learner's, paired by fold.
    """

    patients: int
    events: int
    figures: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]


def time_figures(
    learner: OwnLearner,
    patients: OwnPatients,
    split: Split,
    params: SurvivalParams,
    seed: int,
    told: Callable[[int, int], None] | None = None,
) -> dict[str, TimeFigures]:
    """By time (``pfs``, ``os``) that has events enough in every fold, its figures in one repeat."""
    parts = list(split.outer(patients.resistant, derived_seed(seed, "own.repeat.0") % 2**32))
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TIMES}
    sizes: dict[str, list[tuple[int, int]]] = {name: [] for name in TIMES}
    for k, (train, held) in enumerate(parts):
        for name in TIMES:
            pair = _with_time(patients, train, name), _with_time(patients, held, name)
            if pair[0] is None or pair[1] is None:
                continue
            figures = _fold(learner, pair[0], pair[1], name, split, params, seed + k)
            if figures:
                found[name].append(figures)
                sizes[name].append((len(pair[0]), len(pair[1])))
        if told is not None:
            told(k + 1, len(parts))
    whole = {name: figures for name, figures in found.items() if len(figures) == len(parts)}
    return {name: _summary(figures, sizes[name]) for name, figures in whole.items()}


def as_cohort(patients: OwnPatients) -> Cohort:
    """The patients as what models of times are fitted to."""
    return Cohort(patients.records, patients.strategy, patients.resistant, dict(patients.times))


def _with_time(patients: OwnPatients, rows: Ints, name: str) -> OwnPatients | None:
    """Those of the rows whose time and event are known; None without events."""
    months, event = (patients.times.get(f"{name}_{x}") for x in ("months", "event"))
    if months is None or event is None:
        return None
    known = rows[~np.isnan(months[rows]) & ~np.isnan(event[rows])]
    return patients.take(known) if event[known].any() else None


def _fold(
    learner: OwnLearner,
    taught: OwnPatients,
    judged: OwnPatients,
    name: str,
    split: Split,
    params: SurvivalParams,
    seed: int,
) -> dict[str, Any]:
    """Figures by learner; none where there are too few events to be taught by."""
    if taught.times[f"{name}_event"].sum() < LEAST_EVENTS:
        return {}
    only = {key: x for key, x in taught.times.items() if key.startswith(name)}
    cohort = Cohort(taught.records, taught.strategy, taught.resistant, only)
    prepared = learner.prepared(taught)
    choice = learner.chosen(prepared, Split(inner=split.inner), seed)
    fit = learner.fitted(prepared, choice, choice.without, seed)
    survival = fit_survival(fit.spec, cohort, params, seed=seed, threads=learner.settings.threads)
    model = as_model(fit.spec, fit.fitted, parts=Parts(survival=survival))
    nobody = np.zeros(0)
    judge = Judge(
        records=judged.records,
        strategy=judged.strategy,
        resistant=judged.resistant,
        patient=nobody.astype(np.int64),
        arm=nobody.astype(object),
        p_response=nobody,
        p_fair=nobody,
        truth={},
        fair_truth={},
        times=dict(judged.times),
    )
    figures = survival_figures(model, cohort, judge, seed=seed, with_cox=True)
    found: dict[str, Any] = figures.get(name, {})
    return found


def _summary(folds: list[dict[str, Any]], sizes: list[tuple[int, int]]) -> TimeFigures:
    trained, held = np.array(sizes, dtype=float).T
    each = {
        learner: {
            figure: np.array([fold["learners"][learner][figure] for fold in folds], dtype=float)
            for figure in TOLD
        }
        for learner in folds[0]["learners"]
    }
    return TimeFigures(
        patients=sum(fold["patients"] for fold in folds),
        events=sum(fold["events"] for fold in folds),
        figures={
            learner: {figure: corrected(x, trained, held) for figure, x in figures.items()}
            for learner, figures in each.items()
        },
        differences={
            learner: {
                figure: corrected(each["model"][figure] - x, trained, held)
                for figure, x in figures.items()
            }
            for learner, figures in each.items()
            if learner != "model"
        },
    )
