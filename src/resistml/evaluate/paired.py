"""Whether one model is better than another on the same patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from resistml.errors import TableError
from resistml.evaluate.judged import Judged

Floats = npt.NDArray[np.float64]

#: Half the width of a 95% interval, in standard errors.
_Z = float(norm.ppf(0.975))
#: Probabilities are kept this far from 0 and 1 in the log-loss.
_LEAST = 1e-12


@dataclass(frozen=True)
class Gain:
    """A figure of two models on n patients, and how much better the first is than the second.

    ``gain`` is above 0 where the first is better, whichever way the figure runs; ``low`` and
    ``high`` are its 95% interval, patient by patient.
    """

    first: float
    second: float
    gain: float
    low: float
    high: float
    n: int


def gains(first: Judged, second: Judged) -> dict[str, Gain]:
    """How much better the first model is: by log-loss, Brier score and AUC.

    Raises
    ------
    TableError
        If the patients are not the same, or of neither outcome both models have two.
    """
    if first.digest != second.digest:
        raise TableError("the two models were not judged on the same patients")
    both = np.isfinite(first.p) & np.isfinite(second.p)
    y, a, b = first.resistant[both], first.p[both], second.p[both]
    if min((y == 1).sum(), (y == 0).sum()) < 2:
        raise TableError(
            f"the two models cannot be told apart on {len(y)} patients whom both were asked of",
            allowed="two patients of either outcome, at least",
        )
    return {
        "log": _of_losses(y, a, b, _log),
        "brier": _of_losses(y, a, b, lambda y, p: (y - p) ** 2),
        "auc": _of_auc(y, a, b),
    }


def _log(y: Floats, p: Floats) -> Floats:
    p = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(-(y * np.log(p) + (1 - y) * np.log(1 - p)))


def _of_losses(y: Floats, a: Floats, b: Floats, loss: Callable[[Floats, Floats], Floats]) -> Gain:
    """Means of a loss per patient; the standard error is that of the mean difference."""
    one, two = loss(y, a), loss(y, b)
    error = float(np.std(two - one, ddof=1) / np.sqrt(len(y)))
    return _gain(float(one.mean()), float(two.mean()), float((two - one).mean()), error, len(y))


def _of_auc(y: Floats, a: Floats, b: Floats) -> Gain:
    """The difference of two AUCs, with DeLong's standard error.

    Reference
    ---------
    DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845, by the ranks of Sun and Xu,
    IEEE Signal Processing Letters 21 (2014) 1389-1393.
    """
    (up_a, down_a), (up_b, down_b) = _placements(y, a), _placements(y, b)
    up, down = up_a - up_b, down_a - down_b
    error = np.sqrt(np.var(up, ddof=1) / len(up) + np.var(down, ddof=1) / len(down))
    first, second = float(up_a.mean()), float(up_b.mean())
    return _gain(first, second, first - second, float(error), len(y))


def _placements(y: Floats, p: Floats) -> tuple[Floats, Floats]:
    """Of each positive, the share of negatives below it; of each negative, of positives above."""
    positive, negative = p[y == 1], p[y == 0]
    ranks = rankdata(np.concatenate([positive, negative]))
    above = ranks[: len(positive)] - rankdata(positive)
    below = ranks[len(positive) :] - rankdata(negative)
    return above / len(negative), 1 - below / len(positive)


def _gain(first: float, second: float, gain: float, error: float, n: int) -> Gain:
    return Gain(first, second, gain, gain - _Z * error, gain + _Z * error, n)
