"""Judges the models of times, and what stands beside them, on fresh patients."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge
from resistml.evaluate.survival_metrics import (
    Seen,
    calibration_at,
    calibration_error,
    concordance,
    integrated_brier,
    uno,
)
from resistml.evaluate.survival_peers import (
    TimePredictor,
    cox,
    has_cox,
    kaplan_meier_per_arm,
)
from resistml.evaluate.survival_truth import MEDIAN_GRID, fair_curves, median_of
from resistml.features.matrix import Records, Words, arm_codes
from resistml.learn.survival import HALF_A_DAY
from resistml.predict.model import Model
from resistml.predict.survival import TIMES
from resistml.tables.cohort import Cohort
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]

#: Months at which calibration is judged.
HORIZONS = (6.0, 12.0, 24.0)
#: Most patients who are judged on: pairs of them are compared.
JUDGED = 5_000
#: Points of the grid over which Brier scores are integrated, and where it ends: where a tenth
#: of the patients are still followed.
_GRID = 40
_LAST = 0.9


def survival_figures(
    model: Model,
    cohort: Cohort,
    judge: Judge,
    world: World | None = None,
    *,
    seed: int,
    with_cox: bool = False,
) -> dict[str, Any]:
    """Figures of each time that the model knows; empty if it knows none.

    Parameters
    ----------
    cohort : Cohort
        The training patients, whom the peers are fitted on.
    judge : Judge
        Fresh patients with their times; the first 5,000 are judged on.
    world : World, optional
        The world that they were drawn from, as it was observed. With it the fair oracle is
        judged like a learner, and medians are held against its own.
    with_cox : bool
        Whether to fit a Cox regression too, if statsmodels is installed: half a minute for 20,000
        patients.

    Returns
    -------
    dict
        Per time (``pfs``, ``os``): ``patients``, ``events``; ``months``, where the Brier score
        begins and ends; ``learners``: per learner (``model``, ``kaplan_meier``, ``cox``, ``fair``)
        ``concordance``, ``concordance_within_arms``, ``uno``, ``integrated_brier``,
        ``calibration`` (bins, by months) and ``calibration_error`` (against ``observed`` and, with
        a world, ``fair``, by months); and with a world ``medians``: :func:`median_figures`.
    """
    survival = model.parts.survival
    if survival is None or not judge.times:
        return {}
    rows = np.arange(min(len(judge.records), JUDGED))
    records, strategy = judge.records.take(rows), judge.strategy[rows]
    seen = {
        name: Seen(
            np.maximum(judge.times[f"{name}_months"][rows], HALF_A_DAY),
            judge.times[f"{name}_event"][rows] == 1,
        )
        for name in TIMES
        if getattr(survival, name) is not None
    }
    ask = {name: _months(x) for name, x in seen.items()}
    truth = {} if world is None else _truth(world, records, strategy, ask, seed)
    arms = arm_codes(model.spec, records.setting, strategy)
    medians = survival.medians(model, records, strategy)
    out: dict[str, Any] = {}
    for name, months in ask.items():
        learners = _learners(model, cohort, name, with_cox)
        curves = {k: predict(records, strategy, months) for k, predict in learners.items()}
        fair = truth.get(name)
        if fair is not None:
            curves["fair"] = fair[1]
        out[name] = {
            "patients": len(rows),
            "events": int(seen[name].event.sum()),
            "months": [float(months[0]), float(months[_GRID - 1])],
            "learners": {
                learner: _judged(seen[name], months, found, arms, None if fair is None else fair[1])
                for learner, found in curves.items()
            },
        }
        if fair is not None:
            median, low, high = (getattr(medians, name + x) for x in ("", "_lower", "_upper"))
            followed = getattr(survival, name).followed
            out[name]["medians"] = median_figures(fair[0], median, low, high, followed)
    return out


def _months(seen: Seen) -> Floats:
    """The grid over which Brier scores are integrated, then the horizons of calibration."""
    ends = np.quantile(seen.months, [1 - _LAST, _LAST])
    return np.concatenate([np.linspace(ends[0], ends[1], _GRID), HORIZONS])


def _truth(
    world: World, records: Records, strategy: Words, ask: dict[str, Floats], seed: int
) -> dict[str, tuple[Floats, Floats]]:
    """By time, (n,) true median and (n, G) true curve at the months asked about."""
    months = np.concatenate([MEDIAN_GRID, *ask.values()])
    ends = np.cumsum([len(MEDIAN_GRID), *(len(x) for x in ask.values())])[:-1]
    out = {}
    for name, curve in fair_curves(world, records, strategy, months, seed).items():
        first, *others = np.split(curve, ends, axis=1)
        if name in ask:
            own = dict(zip(ask, others, strict=True))[name]
            out[name] = median_of(MEDIAN_GRID, first), own
    return out


def median_figures(
    true: Floats, median: Floats, lower: Floats, upper: Floats, followed: float
) -> dict[str, float]:
    """How medians (n,) with their 90% intervals go with the fair oracle's.

    Parameters
    ----------
    followed : float
        Longest follow-up of the training patients. A median beyond it is seen by nobody: such
        patients are counted in ``beyond`` and left out of the rest.

    Returns
    -------
    dict
        ``beyond``: share left out; ``covered``: share of true medians inside their intervals;
        ``error``: mean absolute error of log months, 0.1 = about a tenth; ``bias``: mean error of
        it; ``width``: median ratio of the interval's ends.
    """
    seen = true < followed
    gap = np.log(median[seen] / true[seen])
    inside = (lower[seen] <= true[seen]) & (true[seen] <= upper[seen])
    return {
        "beyond": float(1 - seen.mean()),
        "covered": float(inside.mean()),
        "error": float(np.abs(gap).mean()),
        "bias": float(gap.mean()),
        "width": float(np.median(upper[seen] / lower[seen])),
    }


def _learners(model: Model, cohort: Cohort, name: str, with_cox: bool) -> dict[str, TimePredictor]:
    survival = model.parts.survival
    assert survival is not None  # held by the caller

    def own(records: Records, strategy: Words, months: Floats) -> Floats:
        return survival.curves(model, records, strategy, months)[name]

    out: dict[str, TimePredictor] = {
        "model": own,
        "kaplan_meier": kaplan_meier_per_arm(model.spec, cohort, name),
    }
    if with_cox and has_cox():
        out["cox"] = cox(model.spec, cohort, name)
    return out


def _judged(
    seen: Seen,
    months: Floats,
    curves: Floats,
    arms: npt.NDArray[np.int64],
    fair: Floats | None,
) -> dict[str, Any]:
    """Figures of (n, G) curves at the months of :func:`_months`."""
    grid, survival = months[:_GRID], curves[:, :_GRID]
    risk = -np.asarray(
        np.trapezoid(survival, grid, axis=1)
    )  # the fewer months are to be expected of them
    bins = {
        f"{t:g}": calibration_at(seen, curves[:, j], t, None if fair is None else fair[:, j])
        for j, t in enumerate(HORIZONS, start=_GRID)
    }
    return {
        "concordance": concordance(seen, risk),
        "concordance_within_arms": concordance(seen, risk, strata=arms),
        "uno": uno(seen, risk, float(grid[-1])),
        "integrated_brier": integrated_brier(seen, survival, grid),
        "calibration_error": {
            against: {t: calibration_error(found, against) for t, found in bins.items()}
            for against in (("observed",) if fair is None else ("observed", "fair"))
        },
        "calibration": bins,
    }
