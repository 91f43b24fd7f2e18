"""The laws that the logarithm of a time may follow, on their standard scale.

With z = (log t - centre) / scale, the share still free of the event at t is ``survival(z)``. The
names are those of XGBoost's ``aft_loss_distribution``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Beyond these z nobody, or everybody, is left; keeps exponentials finite.
_FAR = 40.0
#: How near to a median, in log time, is near enough.
_NEAR = 1e-9
#: Of the polynomial in `_normal`.
_A = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_P = 0.3275911


@dataclass(frozen=True)
class TimeLaw:
    """A law of log time; both functions take and give arrays of any shape.

    Attributes
    ----------
    word : str
        What the law of the time itself is called.
    survival : callable
        Share free of the event, from z.
    density : callable
        How fast that share falls with z, at least 0.
    median : float
        z at which a half is free.
    """

    word: str
    survival: Callable[[Floats], Floats]
    density: Callable[[Floats], Floats]
    median: float


def _weibull(z: Floats) -> Floats:
    return np.asarray(np.exp(-np.exp(np.clip(z, -_FAR, _FAR))))


def _weibull_density(z: Floats) -> Floats:
    z = np.clip(z, -_FAR, _FAR)
    return np.asarray(np.exp(z - np.exp(z)))


def _logistic(z: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(np.clip(z, -_FAR, _FAR))))


def _logistic_density(z: Floats) -> Floats:
    s = _logistic(z)
    return np.asarray(s * (1 - s))


def _normal(z: Floats) -> Floats:
    """1 - Phi(z), to 1e-7.

    References
    ----------
    Abramowitz, M. and Stegun, I. (1964). Handbook of mathematical functions, 7.1.26.
    """
    x = np.abs(z) / np.sqrt(2)
    t = 1 / (1 + _P * x)
    series = np.zeros_like(t)
    for a in reversed(_A):
        series = (series + a) * t
    tail = 0.5 * series * np.exp(-(x**2))
    return np.asarray(np.where(z < 0, 1 - tail, tail))


def _normal_density(z: Floats) -> Floats:
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


LAWS = {
    "extreme": TimeLaw("Weibull", _weibull, _weibull_density, float(np.log(np.log(2)))),
    "logistic": TimeLaw("log-logistic", _logistic, _logistic_density, 0.0),
    "normal": TimeLaw("log-normal", _normal, _normal_density, 0.0),
}


def mixture_median(law: TimeLaw, share: Floats, centre: Floats, scale: Floats) -> Floats:
    """(n,) log of the time that a half of each mixture outlasts.

    Parameters
    ----------
    share, centre, scale : (n, J) arrays
        Shares of the J kinds of patients, adding up to 1, with the law of each.

    Notes
    -----
    It lies between the medians of the kinds; Newton's steps, and halving where one would leave
    the interval that is known to hold it, and every fourth time, so that no cycle lasts.
    """
    own = centre + scale * law.median
    low, high = own.min(axis=1), own.max(axis=1)
    at = np.asarray((share * own).sum(axis=1))
    for turn in range(1, 161):
        z = (at[:, None] - centre) / scale
        left = (share * law.survival(z)).sum(axis=1) - 0.5
        slope = (share * law.density(z) / scale).sum(axis=1)
        low, high = np.where(left > 0, at, low), np.where(left > 0, high, at)
        step = left / np.maximum(slope, 1e-12)
        found = (np.abs(step) < _NEAR) | (high - low < _NEAR)
        if found.all():
            break
        inside = (at + step > low) & (at + step < high) & (turn % 4 > 0)
        new = np.where(inside, at + step, (low + high) / 2)
        at = np.where(found, at, new)  # a row's steps hang on no other row
    return at
