"""Calibration overall and in each setting: curves by bins, and intercept and slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.evaluate.metrics import Interval, calibration

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]

#: Bins of all patients, and of a setting's, of equal size.
BINS, SETTING_BINS = 10, 5
#: Probabilities are kept so far from 0 and 1 before their log-odds are taken.
_EDGE = 1e-6
_STEPS = 50
#: 95% of a normal distribution lies within so many standard errors.
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class CalibrationCurve:
    """How predicted risks go with what happened to n patients.

    Attributes
    ----------
    predicted, observed, fair, count : tuple of float
        Per bin of equal size, by rising risk: mean predicted risk, share resistant, the fair
        oracle's mean risk, patients.
    intercept : Interval
        Log-odds to be added to all predictions for their mean to be right: 0 is right, above 0
        risks are too low. NaN where one outcome is absent.
    slope : Interval
        Of outcomes on predicted log-odds: 1 is right, below 1 predictions are too extreme.
    """

    n: int
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    fair: tuple[float, ...]
    count: tuple[float, ...]
    intercept: Interval
    slope: Interval


@dataclass(frozen=True)
class Calibrations:
    """The curves of all patients and of each setting's."""

    overall: CalibrationCurve
    by_setting: dict[str, CalibrationCurve]


def calibrations(y: Floats, p: Floats, fair: Floats, setting: Words) -> Calibrations:
    """Calibration of n predicted risks ``p``, overall and per setting.

    Parameters
    ----------
    y : (n,) array
        1 = resistant.
    fair : (n,) array
        The fair oracle's risk.
    setting : (n,) array of str
    """
    names = dict.fromkeys(sorted(map(str, setting)))
    rows = {name: np.flatnonzero(setting == name) for name in names}
    return Calibrations(
        overall=calibration_curve(y, p, fair, BINS),
        by_setting={
            name: calibration_curve(y[mine], p[mine], fair[mine], SETTING_BINS)
            for name, mine in rows.items()
        },
    )


def calibration_curve(y: Floats, p: Floats, fair: Floats, bins: int) -> CalibrationCurve:
    """The curve of n patients in so many bins."""
    predicted, observed, count = calibration(y, p, bins)
    _, true, _ = calibration(fair, p, bins)
    intercept, slope = intercept_slope(y, p)
    return CalibrationCurve(
        n=len(y),
        predicted=tuple(predicted.tolist()),
        observed=tuple(observed.tolist()),
        fair=tuple(true.tolist()),
        count=tuple(count.tolist()),
        intercept=intercept,
        slope=slope,
    )


def intercept_slope(y: Floats, p: Floats) -> tuple[Interval, Interval]:
    """Calibration in the large, and calibration slope, with 95% Wald intervals.

    Notes
    -----
    The intercept is ``a`` of logit P(y = 1) = a + logit p; the slope is ``b`` of
    logit P(y = 1) = a + b logit p, both by maximum likelihood.

    References
    ----------
    Van Calster et al. (2019), BMC Medicine 17:230.
    """
    q = np.clip(p, _EDGE, 1 - _EDGE)
    margin = np.log(q / (1 - q))
    ones = np.ones((len(y), 1))
    return (
        _coefficient(ones, margin, y),
        _coefficient(np.column_stack([margin, ones]), np.zeros(len(y)), y),
    )


def _coefficient(design: Floats, offset: Floats, y: Floats) -> Interval:
    """The first coefficient of a logistic regression, by Newton's method."""
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    if y.min(initial=1) == y.max(initial=0):
        return nothing
    theta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        p = expit(offset + design @ theta)
        curvature = design.T @ (design * (p * (1 - p))[:, None])
        if np.linalg.cond(curvature) > 1e12:  # all alike, or outcomes that are told apart
            return nothing
        step = np.linalg.solve(curvature, design.T @ (y - p))
        theta += step
        if np.abs(step).max() < 1e-10:
            half = _Z95 * float(np.sqrt(np.linalg.inv(curvature)[0, 0]))
            return Interval(float(theta[0]), float(theta[0]) - half, float(theta[0]) + half)
    return nothing
