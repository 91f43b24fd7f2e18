"""Folds of one's own patients: by lot, by group, by time, one site out at a time.

Patients come in the order of their ids, so that the order of a table's rows does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]

#: Ways to split.
KINDS = ("stratified", "group", "time", "site")


@dataclass(frozen=True)
class Split:
    """How patients are split to judge a model on those it did not see.

    Attributes
    ----------
    kind : str
        Of :data:`KINDS`: folds by lot with each outcome spread evenly; groups kept together;
        trained on earlier patients and judged on later ones; one site out at a time.
    by : (n,) array of str or float, optional
        The group, time or site of each patient.
    folds, repeats, inner : int
        Outer folds, repeats of them, and inner folds, in which settings are chosen.
    """

    kind: str = "stratified"
    by: npt.NDArray[np.object_] | Floats | None = None
    folds: int = 5
    repeats: int = 1
    inner: int = 5

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a split by '{self.kind}'; allowed: {', '.join(KINDS)}")
        if (self.by is None) != (self.kind == "stratified"):
            raise ValueError(f"a split by {self.kind} and by = {self.by!r}")

    def take(self, rows: Ints) -> Split:
        """The split of the given patients."""
        by = None if self.by is None else self.by[rows]
        return Split(self.kind, by, self.folds, self.repeats, self.inner)

    @property
    def rounds(self) -> int:
        """How often patients are split: by time and by site there is one way alone."""
        return self.repeats if self.kind in ("stratified", "group") else 1

    def outer(self, y: Floats, seed: int) -> Iterator[tuple[Ints, Ints]]:
        """Patients to train on and patients to judge, fold by fold.

        Parameters
        ----------
        y : (n,) array
            Outcomes, 0 and 1.
        seed : int
            Of a repeat.

        Raises
        ------
        TableError
            If there are too few patients, groups, times or sites.
        """
        if self.kind == "time":
            yield from _by_time(np.asarray(self.by), y, self.folds)
        elif self.kind == "site":
            sites = np.asarray(self.by).astype(str)
            for site in _two_or_more(np.unique(sites), "sites"):
                yield _two_classes(np.flatnonzero(sites != site), np.flatnonzero(sites == site), y)
        else:
            codes = self._codes(y, self.folds, seed)
            for k in range(int(codes.max()) + 1):
                yield np.flatnonzero(codes != k), np.flatnonzero(codes == k)

    def inner_codes(self, y: Floats, seed: int) -> Ints:
        """(n,) inner fold of each patient; groups and sites are kept together."""
        return self._codes(y, self.inner, seed)

    def _codes(self, y: Floats, folds: int, seed: int) -> Ints:
        from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

        k = min(folds, int(min(y.sum(), len(y) - y.sum())))
        if k < 2:
            raise TableError(
                f"{int(y.sum())} of {len(y)} patients have the one outcome: too few to split",
                allowed="both outcomes in two patients or more",
            )
        out = np.empty(len(y), dtype=np.int64)
        if self.kind in ("group", "site"):
            groups = np.asarray(self.by).astype(str)
            k = min(k, len(_two_or_more(np.unique(groups), f"{self.kind}s")))
            parts = StratifiedGroupKFold(k, shuffle=True, random_state=seed).split(y, y, groups)
        else:
            parts = StratifiedKFold(k, shuffle=True, random_state=seed).split(y, y)
        for fold, (_, held) in enumerate(parts):
            out[held] = fold
        return out


def _two_or_more(names: Words, what: str) -> Words:
    if len(names) < 2:
        raise TableError(f"has {len(names)} {what}: nothing to leave out", allowed="2 or more")
    return names


def _by_time(
    time: npt.NDArray[np.object_] | Floats, y: Floats, folds: int
) -> Iterator[tuple[Ints, Ints]]:
    """Blocks of about equal size by rising time, each judged by all that is earlier."""
    _, code = np.unique(time, return_inverse=True)
    share = np.cumsum(np.bincount(code)) / len(code)  # those of one time stay together
    block = np.minimum((share - 1e-12) * (folds + 1), folds).astype(np.int64)[code]
    _two_or_more(np.unique(block).astype(object), "times")
    for k in np.unique(block)[1:].tolist():
        train, held = np.flatnonzero(block < k), np.flatnonzero(block == k)
        yield _two_classes(train, held, y)


def _two_classes(train: Ints, held: Ints, y: Floats) -> tuple[Ints, Ints]:
    if len(np.unique(y[train])) < 2:
        raise TableError(
            f"the {len(train)} patients to train on all have the same outcome, where {len(held)} "
            "are left out",
            hint="fewer folds, or another way to split",
        )
    return train, held
