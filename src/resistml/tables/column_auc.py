"""How well one column by itself tells an outcome: what gives leaks away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Bins of a column's values, and folds by which their rates are told.
_BINS, FOLDS = 20, 5


def column_auc(values: Floats, y: Floats) -> float:
    """Out-of-fold AUC of one column's values for outcomes of both kinds; NaN = unmeasured."""
    return binned_auc(_binned(values), y)


def binned_auc(bins: Ints, y: Floats) -> float:
    """The same of values that are in bins 0, 1, ... already.

    A bin's score is the rate of 1 among the patients of the other folds, so it does not matter
    which way, or in which shape, a column tells the outcome.
    """
    fold = np.arange(len(y)) % FOLDS
    size = int(bins.max()) + 1
    base, score = float(y.mean()), np.empty(len(y))
    for k in range(FOLDS):
        others, mine = fold != k, fold == k
        n = np.bincount(bins[others], minlength=size)
        resistant = np.bincount(bins[others], weights=y[others], minlength=size)
        score[mine] = ((resistant + base) / (n + 1))[bins[mine]]
    positive = y.sum()
    above = _ranks(score)[y == 1].sum() - positive * (positive + 1) / 2
    return float(above / (positive * (len(y) - positive)))


def _ranks(values: Floats) -> Floats:
    """(n,) ranks from 1; equal values share their mean rank."""
    _, index, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[index], dtype=np.float64)


def _binned(values: Floats) -> Ints:
    """(n,) bin of each value, of about equal sizes; unmeasured values have one of their own."""
    seen = ~np.isnan(values)
    out = np.zeros(len(values), dtype=np.int64)
    if seen.any():
        edges = np.unique(np.quantile(values[seen], np.linspace(0, 1, _BINS + 1)[1:-1]))
        out[seen] = 1 + np.searchsorted(edges, values[seen], side="left")
    return out
