"""Decision curves: what acting on a predicted risk is worth, by the risk from which one acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Risks of resistance from which one would act.
THRESHOLDS = tuple(round(0.05 + 0.01 * k, 2) for k in range(91))


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit of n patients at each threshold, in true positives per patient.

    Attributes
    ----------
    prevalence : float
        Share resistant to the strategy given.
    threshold : tuple of float
        Risks of resistance from which one acts.
    everybody : tuple of float
        Net benefit of acting on every patient; that of acting on none is 0.
    learners : dict of str to tuple of float
        That of acting on whom a learner gives such a risk; ``fair`` is the fair oracle.
    low, high : tuple of float
        95% bootstrap interval of the model's.
    """

    n: int
    prevalence: float
    threshold: tuple[float, ...]
    everybody: tuple[float, ...]
    learners: dict[str, tuple[float, ...]]
    low: tuple[float, ...]
    high: tuple[float, ...]


def net_benefit(y: Floats, p: Floats, threshold: Floats, weight: Floats | None = None) -> Floats:
    """(k,) net benefit of acting where ``p`` is at least each of k thresholds.

    Parameters
    ----------
    y : (n,) array
        1 = what ``p`` predicts happened, 0 = it did not.
    p : (n,) array
        Predicted probability of it.
    threshold : (k,) array
        Rising, above 0 and below 1.
    weight : (n,) array, optional
        How often each patient counts; else once.

    Notes
    -----
    True positives less false ones weighted by the odds of the threshold t, per patient:

        TP / n - FP / n * t / (1 - t)

    References
    ----------
    Vickers and Elkin (2006), Medical Decision Making 26:565.
    """
    counts = np.ones(len(y)) if weight is None else weight
    # A patient of the k-th bin is acted on under the first k thresholds.
    bins = np.searchsorted(threshold, p, side="right")
    size = len(threshold) + 1
    true = np.bincount(bins, counts * y, size)
    false = np.bincount(bins, counts * (1 - y), size)
    acted = [np.cumsum(x[::-1])[::-1][1:] / counts.sum() for x in (true, false)]
    return np.asarray(acted[0] - acted[1] * threshold / (1 - threshold), dtype=np.float64)


def everybody(prevalence: float, threshold: Floats) -> Floats:
    """(k,) net benefit of acting on all, of whom ``prevalence`` are those that one acts for."""
    return np.asarray(prevalence - (1 - prevalence) * threshold / (1 - threshold), dtype=np.float64)


def decision_curve(
    y: Floats,
    risks: Mapping[str, Floats],
    model: str,
    *,
    resamples: int,
    rng: np.random.Generator,
) -> DecisionCurve:
    """The decision curves of several predictions of the same n patients.

    Parameters
    ----------
    y : (n,) array
        1 = resistant to the strategy given.
    risks : mapping of str to (n,) array
        Predicted risk by learner.
    model : str
        Of which of them to find the interval.
    """
    at = np.array(THRESHOLDS)
    drawn = np.array(
        [
            net_benefit(y, risks[model], at, np.bincount(rows, minlength=len(y)).astype(float))
            for rows in (rng.integers(0, len(y), len(y)) for _ in range(resamples))
        ]
    ).reshape(resamples, len(at))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return DecisionCurve(
        n=len(y),
        prevalence=float(y.mean()),
        threshold=THRESHOLDS,
        everybody=_told(everybody(float(y.mean()), at)),
        learners={name: _told(net_benefit(y, p, at)) for name, p in risks.items()},
        low=_told(low),
        high=_told(high),
    )


def _told(values: Floats) -> tuple[float, ...]:
    return tuple(values.tolist())
