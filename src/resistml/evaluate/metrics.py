"""Figures that say how near predicted probabilities come to outcomes and to the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]

#: Bins of equal size over which calibration is averaged.
BINS = 10


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% bootstrap interval."""

    value: float
    low: float
    high: float


def auc(y: Floats, p: Floats) -> float:
    """Area under the ROC curve; ``y`` is 1 where what ``p`` predicts happened.

    The Mann-Whitney statistic, ties counted half; NaN where one class is absent.
    """
    positive = y == 1
    n1, n0 = int(positive.sum()), int((~positive).sum())
    if n1 == 0 or n0 == 0:
        return float("nan")
    ranks = rankdata(p)
    return float((ranks[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def log_loss(y: Floats, p: Floats) -> float:
    """Mean negative log-likelihood; probabilities are kept 1e-12 from 0 and 1."""
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def brier(y: Floats, p: Floats) -> float:
    """Mean squared distance of probability from outcome."""
    return float(np.mean((y - p) ** 2))


def calibration(truth: Floats, p: Floats, bins: int = BINS) -> tuple[Floats, Floats, Floats]:
    """Mean prediction, mean truth and count in bins of equal size, by rising prediction."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return (
        np.array([p[part].mean() for part in parts]),
        np.array([truth[part].mean() for part in parts]),
        np.array([float(len(part)) for part in parts]),
    )


def calibration_error(truth: Floats, p: Floats, bins: int = BINS) -> float:
    """Expected calibration error: mean distance over bins of equal size.

    ``truth`` may be outcomes, or true probabilities: against outcomes even a perfect
    prediction errs by chance.
    """
    predicted, true, count = calibration(truth, p, bins)
    return float(np.abs(predicted - true) @ count / count.sum())


def bootstrapped(
    figure: Callable[[npt.NDArray[np.int64]], float],
    n: int,
    resamples: int,
    rng: np.random.Generator,
) -> Interval:
    """``figure`` of all rows, with the 95% percentile interval over resampled rows.

    Parameters
    ----------
    figure : callable
        Takes (n,) row indices.
    """
    draws = np.array([figure(rng.integers(0, n, n)) for _ in range(resamples)])
    draws = draws[~np.isnan(draws)]
    low, high = np.quantile(draws, [0.025, 0.975]) if len(draws) else (np.nan, np.nan)
    return Interval(figure(np.arange(n)), float(low), float(high))
