"""The benchmark's result as a learning curve: what more training patients would be worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resistml.documents import read_json
from resistml.errors import InputError

#: The world whose curve reports show.
WORLD = "default"
#: Figures that have a curve: the key in the benchmark's summary.
FIGURES = ("auc_gap", "captured")


@dataclass(frozen=True)
class Point:
    """A figure at a number of training patients: mean over seeds, and its standard error (NaN
    where there is one seed)."""

    patients: int
    mean: float
    se: float
    seeds: int


@dataclass(frozen=True)
class LearningCurve:
    """Per figure and learner, the points by rising number of training patients.

    ``auc_gap`` is the fair oracle's AUC less the learner's; ``captured`` the share of what a
    ranking can gain. ``words`` says what each learner is, ``judged`` on how many fresh patients
    they were judged.
    """

    curves: dict[str, dict[str, tuple[Point, ...]]]
    words: dict[str, str]
    judged: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of training patients that there is something of."""
        points = (p for named in self.curves.values() for mine in named.values() for p in mine)
        return tuple(sorted({point.patients for point in points}))


def read_learning(path: Path) -> LearningCurve | None:
    """The curve of a benchmark's JSON file; None where there is no file, or no curve in it.

    Raises
    ------
    InputError
        For a file that is no result of a benchmark.
    """
    if not path.is_file():
        return None
    document = read_json(path, InputError)
    if not isinstance(document, dict) or not isinstance(document.get("summary"), list):
        raise InputError("is no result of `resistml benchmark`: it has no summary", file=path)
    return learning_curve(document)


def learning_curve(document: Mapping[str, Any]) -> LearningCurve | None:
    """The curve in a benchmark's result; None with fewer than two sizes of the default world."""
    mine = [row for row in document["summary"] if row.get("world") == WORLD]
    if len({row["patients"] for row in mine}) < 2:
        return None
    curves: dict[str, dict[str, tuple[Point, ...]]] = {name: {} for name in FIGURES}
    for row in sorted(mine, key=lambda row: int(row["patients"])):
        for name in FIGURES:
            found = row.get(name)
            if found is None:
                continue
            se = math.nan if found["se"] is None else float(found["se"])
            point = Point(int(row["patients"]), float(found["mean"]), se, int(row["seeds"]))
            curves[name][row["learner"]] = (*curves[name].get(row["learner"], ()), point)
    words = {name: str(told["words"]) for name, told in document["learners"].items()}
    return LearningCurve(curves, words, int(document["judge"]))
