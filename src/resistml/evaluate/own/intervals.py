"""Intervals of figures from cross-validation, and of figures on patients apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.evaluate.metrics import Interval

Floats = npt.NDArray[np.float64]

#: Share of intervals that are to hold.
LEVEL = 0.95
#: So much of a normal distribution lies within so many standard deviations.
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A figure with its standard error and its 95% interval."""

    value: float
    error: float
    low: float
    high: float

    @property
    def interval(self) -> Interval:
        """Without the standard error."""
        return Interval(self.value, self.low, self.high)


def corrected(values: Floats, trained: Floats, held: Floats) -> Estimate:
    """Mean of a figure over the folds of repeated cross-validation.

    Parameters
    ----------
    values : (J,) array
        The figure in each fold of each repeat; NaN where a fold cannot tell it.
    trained, held : (J,) arrays
        Patients trained on and judged.

    Notes
    -----
    Folds share most of the patients that they train on, so that J figures tell less than J
    independent ones: the variance of the mean is (1/J + held/trained) times theirs, and the
    interval is Student's with J - 1 degrees of freedom. How far that is right hangs on the
    figure and the learner; more repeats do not narrow it beyond held/trained.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52 (2003).
    R. R. Bouckaert and E. Frank, "Evaluating the replicability of significance tests for comparing
    learning algorithms", PAKDD 2004: the same over repeats.
    """
    from scipy.stats import t as student

    told = ~np.isnan(values)
    found, n = values[told], int(told.sum())
    if n < 2:
        value = float(found[0]) if n else math.nan
        return Estimate(value, math.nan, math.nan, math.nan)
    ratio = float(np.mean(held[told] / trained[told]))
    error = float(np.sqrt((1 / n + ratio) * found.var(ddof=1)))
    half = float(student.ppf((1 + LEVEL) / 2, n - 1)) * error
    value = float(found.mean())
    return Estimate(value, error, value - half, value + half)


def delong(y: Floats, *p: Floats) -> tuple[Floats, Floats]:
    """AUCs of predictions for the same patients, and their covariance.

    Parameters
    ----------
    y : (n,) array
        1 where what is predicted happened, 0 elsewhere; both occur.
    p : (n,) arrays

    Returns
    -------
    auc : (k,) array
    covariance : (k, k) array

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more
    correlated receiver operating characteristic curves", Biometrics 44 (1988), by the ranks of
    X. Sun and W. Xu, IEEE Signal Processing Letters 21 (2014).
    """
    from scipy.stats import rankdata

    ones = y == 1
    m, n = int(ones.sum()), int((~ones).sum())
    above, below = [], []
    for each in p:
        ranks = rankdata(each)
        above.append((ranks[ones] - rankdata(each[ones])) / n)
        below.append(1 - (ranks[~ones] - rankdata(each[~ones])) / m)
    v10, v01 = np.array(above), np.array(below)
    covariance = np.cov(v10, ddof=1).reshape(len(p), len(p)) / m
    covariance = covariance + np.cov(v01, ddof=1).reshape(len(p), len(p)) / n
    return v10.mean(axis=1), covariance


def normal(value: float, error: float) -> Estimate:
    """An estimate whose 95% interval is that of a normal distribution."""
    half = Z95 * error
    return Estimate(value, error, value - half, value + half)
