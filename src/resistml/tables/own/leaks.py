"""Columns that by their values give the outcome away, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.tables.column_auc import binned_auc, column_auc
from resistml.tables.own.cohort import OwnCohort
from resistml.tables.own.columns import coded_categories, plain_columns
from resistml.tables.words import label

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: AUC of a single column above which it is held to be made from the outcome.
LEAK = 0.98
#: Fewest patients with each outcome over which that is believed; a column of few values is
#: believed sooner: by chance two levels part ten from ten once in some 90,000 tables.
BELIEVED, BELIEVED_FEW, FEW_VALUES = 30, 10, 5


def refuse_leaks(cohort: OwnCohort, file: str) -> None:
    """Refuse columns that tell the outcome nearly by themselves: copies of it, in any coding.

    A category is judged as one column, whatever its levels are called; a missing value counts as
    a value, since who has one may tell the outcome too.

    Raises
    ------
    TableError
        With each such column, its AUC, and which of its values goes with which outcome.
    """
    found = {
        name: (auc, said)
        for name, codes, said in _columns(cohort)
        if (auc := _auc(codes, cohort.resistant)) > LEAK
    }
    if not found:
        return
    said = ", ".join(
        f"{label(name)} (AUC {auc:.3f} in {len(cohort):,} patients{more})"
        for name, (auc, more) in sorted(found.items(), key=lambda item: -item[1][0])
    )
    raise TableError(
        f"{len(found)} column(s) give the outcome away, each by itself: {said}",
        file=file,
        column=label(max(found, key=lambda name: found[name][0])),
        allowed=f"a column by itself tells the outcome with an AUC of {LEAK} at most, out of fold",
        hint="is it recorded after the outcome, or made from it? Then leave it out",
    )


def _columns(cohort: OwnCohort) -> Iterator[tuple[str, Floats | Ints, str]]:
    """Each column of the table with its values, or its levels as whole numbers."""
    for name, values in plain_columns(cohort).items():
        yield name, values, _tell(values, cohort)
    for name, (levels, code) in coded_categories(cohort).items():
        rates = [
            f"'{level}': {cohort.resistant[code == k].mean():.0%} {cohort.label}"
            for k, level in enumerate(levels[:4])
            if (code == k).any()
        ]
        yield name, np.nan_to_num(code + 1, nan=0).astype(np.int64), f"; {', '.join(rates)}"


def _tell(values: Floats, cohort: OwnCohort) -> str:
    """The means of a column with each outcome."""
    means = []
    for outcome, name in ((1, cohort.label), (0, cohort.responded)):
        mine = values[(cohort.resistant == outcome) & ~np.isnan(values)]
        means.append(f"mean {mine.mean():.3g} if {name}" if len(mine) else f"missing if {name}")
    return f"; {', '.join(means)}"


def _auc(values: Floats | Ints, y: Floats) -> float:
    """A column's AUC; 0 where there are too few patients to believe it."""
    least = min(int(y.sum()), int(len(y) - y.sum()))
    whole = values.dtype == np.int64
    distinct = len(np.unique(np.nan_to_num(values, nan=-1e300)))
    if least < (BELIEVED_FEW if distinct <= FEW_VALUES else BELIEVED):
        return 0.0
    if whole:
        return binned_auc(np.asarray(values, dtype=np.int64), y)
    return column_auc(np.asarray(values, dtype=np.float64), y)
