"""Kaplan-Meier curves, their error and their medians, and the interval of a rate."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Curve:
    """A Kaplan-Meier curve; it is 1 before the first time.

    Attributes
    ----------
    times : (T,) array
        Distinct times of the patients, in months, ascending; censored ones among them.
    survival : (T,) array
        Share free of the event just after each time.
    error : (T,) array
        Greenwood's standard error of it.
    """

    times: Floats
    survival: Floats
    error: Floats

    def at(self, months: Floats | float) -> tuple[Floats, Floats]:
        """Survival and its standard error after so many months; beyond the last, as there."""
        place = np.searchsorted(self.times, months, side="right")
        survival = np.concatenate([[1.0], self.survival])
        error = np.concatenate([[0.0], self.error])
        return np.asarray(survival[place]), np.asarray(error[place])


def kaplan_meier(times: Floats, event: Bools, weight: Floats | None = None) -> Curve:
    """The curve of n patients.

    Parameters
    ----------
    times : (n,) array
        Months until the event, or until a patient was no longer followed.
    event : (n,) array
        True where the event was seen.
    weight : (n,) array, optional
        Whole numbers: for how many patients each stands.

    Notes
    -----
    Greenwood's variance of the weighted curve is that of the patients repeated, times
    sum(w^2) / sum(w): the loss that unequal weights bring, by Kish.
    """
    inflation = 1.0
    if weight is not None and np.ptp(weight) > 0:
        inflation = float((weight**2).sum() / weight.sum())
        count = weight.astype(np.int64)
        times, event = np.repeat(times, count), np.repeat(event, count)
    found = stats.ecdf(stats.CensoredData.right_censored(times, ~event)).sf
    survival = np.asarray(found.probabilities)
    with warnings.catch_warnings():
        # Where the curve is 1 or 0 there is no such interval: NaN, which is dealt with here.
        warnings.simplefilter("ignore", RuntimeWarning)
        bounds: Any = found.confidence_interval(_level(1.0), method="log-log")
        error = np.log(-np.log(bounds.low.probabilities)) - np.log(-np.log(survival))
    error = np.where((survival > 0) & (survival < 1), error, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(survival > 0, -survival * np.log(survival), 0.0)
    return Curve(np.asarray(found.quantiles), survival, error * slope * inflation**0.5)


def log_log(survival: Floats, error: Floats, level: float) -> tuple[Floats, Floats]:
    """Pointwise interval of a survival function, normal on the scale log(-log S).

    Where there is no error (nothing happened yet, or to everyone) its ends meet.
    """
    inside = (survival > 0) & (survival < 1) & (error > 0)
    s = np.where(inside, survival, 0.5)
    half = normal_quantile(level) * np.where(inside, error, 0.0) / (-s * np.log(s))
    centre = np.log(-np.log(s))
    low, high = np.exp(-np.exp(centre + half)), np.exp(-np.exp(centre - half))
    return np.where(inside, low, survival), np.where(inside, high, survival)


def median_time(curve: Curve, level: float) -> tuple[float, float, float]:
    """Median and the interval of Brookmeyer and Crowley (1982), in months.

    Those times belong to the interval at which a half lies between the curve's pointwise
    bounds on the scale log(-log S). Infinite where the curve, or a bound, stays above it.
    """
    low, high = log_log(curve.survival, curve.error, level)
    return _first(curve, curve.survival), _first(curve, low), _first(curve, high)


def wilson(share: float, n: float, level: float) -> tuple[float, float]:
    """Wilson's interval of a share out of ``n``, which need not be whole."""
    z = normal_quantile(level)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5 / (1 + z**2 / n)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def normal_quantile(level: float) -> float:
    """Half-width of the central interval of a standard normal, for a coverage."""
    return NormalDist().inv_cdf((1 + level) / 2)


def at_risk(times: Floats, months: Floats) -> npt.NDArray[np.int64]:
    """How many patients are still followed and free of the event at each of some times."""
    return np.asarray(len(times) - np.searchsorted(np.sort(times), months, side="left"))


def _level(z: float) -> float:
    return 2 * NormalDist().cdf(z) - 1


def _first(curve: Curve, survival: Floats) -> float:
    below = np.flatnonzero(survival <= 0.5)
    return float(curve.times[below[0]]) if len(below) else float("inf")
