"""Judges what a model says of its own doubt: intervals, probabilities of being best, sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge
from resistml.evaluate.metrics import calibration, calibration_error
from resistml.features.matrix import Words, arm_codes
from resistml.predict.compare import EQUAL, compare
from resistml.predict.model import Model, Risk
from resistml.predict.widths import Widths

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Bins over which probabilities of being best are held against how often it is so.
BINS = 10


@dataclass(frozen=True)
class Held:
    """What intervals hold of the fair oracle's p(response), and their mean width, over n answers.

    ``coverage_bag`` and ``width_bag`` are those of the bag's spread alone.
    """

    n: int
    coverage: float
    width: float
    coverage_bag: float
    width_bag: float


@dataclass(frozen=True)
class Sets:
    """What prediction sets hold of the outcomes of n patients under the strategy given, their mean
    size, and the share that is empty."""

    n: int
    coverage: float
    size: float
    empty: float


@dataclass(frozen=True)
class Best:
    """Probabilities of being best against how often it is so, over n answers.

    ``error`` is the mean distance over ten bins of equal size, ``error_first`` the same over each
    patient's first strategy alone; ``said`` and ``true`` are the means in the bins of the latter.
    """

    n: int
    error: float
    error_first: float
    said: tuple[float, ...]
    true: tuple[float, ...]


@dataclass(frozen=True)
class Uncertainty:
    """How far a model's doubt is right, on patients whose truth is known.

    Attributes
    ----------
    overall, given : Held
        Over every open strategy of each patient, and over the one that each was given.
    by_setting, by_unmeasured : dict of Held
        Per setting, and per number of markers of the panel without a value.
    best : Best
    sets, sets_by_setting : Sets, dict of Sets
        None and empty where the model has no prediction sets.
    """

    overall: Held
    given: Held
    by_setting: dict[str, Held]
    by_unmeasured: dict[str, Held]
    best: Best
    sets: Sets | None
    sets_by_setting: dict[str, Sets]


def uncertainty(model: Model, judge: Judge) -> Uncertainty:
    """Hold a model's intervals, probabilities of being best and sets against the truth."""
    records, given = judge.oracle_records, judge.given
    risk = model.risk(records, judge.arm)
    answers = _Answers(risk, judge.p_fair)
    by_setting = dict(_groups(records.setting))
    sets, sets_by_setting = _sets(model, judge, risk.p[given])
    return Uncertainty(
        overall=answers.held(np.arange(len(records))),
        given=answers.held(given),
        by_setting={name: answers.held(rows) for name, rows in by_setting.items()},
        by_unmeasured={
            name: answers.held(rows) for name, rows in _groups(unmeasured(model, judge))
        },
        best=_best(model, judge, risk),
        sets=sets,
        sets_by_setting=sets_by_setting,
    )


def unmeasured(model: Model, judge: Judge) -> Ints:
    """(m,) how many markers of his setting's panel each oracle row's patient has no value of."""
    out = np.zeros(len(judge.records), dtype=np.int64)
    for name, rows in _groups(judge.records.setting):
        for marker in model.spec.settings[name].panel:
            out[rows] += np.isnan(judge.records.column(marker)[rows])
    return out[judge.patient]


def _groups(keys: Words | Ints) -> Iterator[tuple[str, Ints]]:
    """Rows by the key that stands in each, in the order of the keys."""
    for key in np.unique(keys.astype(str) if keys.dtype == object else keys):
        yield str(key), np.flatnonzero(keys == key)


class _Answers:
    """p(response) with intervals, with and without what is added to the bag's spread."""

    def __init__(self, risk: Risk, fair: Floats) -> None:
        self._fair = 1 - fair
        bare = replace(risk.model.parts, widths=Widths.plain(risk.model.spec))
        alone = Risk(replace(risk.model, parts=bare), risk.margins, np.zeros(len(fair)))
        self._ends = risk.interval(), alone.interval()

    def held(self, rows: Ints) -> Held:
        """Of the given rows."""
        fair = self._fair[rows]
        figures: list[float] = []
        for low, high in self._ends:
            inside = (low[rows] <= fair) & (fair <= high[rows])
            figures += [float(inside.mean()), float((high[rows] - low[rows]).mean())]
        return Held(len(rows), *figures)


def _best(model: Model, judge: Judge, risk: Risk) -> Best:
    said, true = np.full(len(judge.arm), np.nan), np.full(len(judge.arm), np.nan)
    codes = arm_codes(model.spec, judge.oracle_records.setting, judge.arm)
    firsts = []
    for _, rows in _groups(judge.oracle_records.setting):
        people, i = np.unique(judge.patient[rows], return_inverse=True)
        arms, j = np.unique(codes[rows], return_inverse=True)
        shape = len(people), len(arms)
        margins, extra = np.zeros((*shape, risk.margins.shape[1])), np.zeros(shape)
        margins[i, j], extra[i, j] = risk.margins[rows], risk.extra[rows]
        is_open, fair, at = np.zeros(shape, dtype=bool), np.full(shape, -1.0), np.zeros(shape, int)
        is_open[i, j], fair[i, j], at[i, j] = True, judge.p_fair[rows], rows
        found = compare(model, margins, is_open, extra)
        highest = fair >= fair.max(axis=1, keepdims=True) - EQUAL
        said[rows] = found.p_best[i, j]
        true[rows] = (highest / highest.sum(axis=1, keepdims=True))[i, j]
        firsts.append(at[np.arange(len(people)), found.order[:, 0]])
    first = np.concatenate(firsts)
    predicted, observed, _ = calibration(true[first], said[first], BINS)
    return Best(
        n=len(said),
        error=calibration_error(true, said, BINS),
        error_first=calibration_error(true[first], said[first], BINS),
        said=tuple(predicted.tolist()),
        true=tuple(observed.tolist()),
    )


def _sets(model: Model, judge: Judge, p: Floats) -> tuple[Sets | None, dict[str, Sets]]:
    """Of the strategy given, by its p(resistance) (n,)."""
    conformal = model.parts.conformal
    if conformal is None:
        return None, {}
    held = conformal.holds(judge.records.setting, p)
    inside = held[np.arange(len(p)), judge.resistant.astype(np.int64)]
    size = held.sum(axis=1)

    def of(rows: Any) -> Sets:
        empty = float((size[rows] == 0).mean())
        return Sets(len(size[rows]), float(inside[rows].mean()), float(size[rows].mean()), empty)

    by_setting = {name: of(rows) for name, rows in _groups(judge.records.setting)}
    return of(slice(None)), by_setting
