"""Figures that say how near predicted times come to censored ones.

Where follow-up ends is taken to have nothing to do with the patient; what is lost by it is made
good by weights of one over the chance to be followed so long (IPCW), which a Kaplan-Meier curve of
the censoring estimates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.cohort.curves import Curve, kaplan_meier

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: Bins of equal size over which calibration is averaged.
BINS = 10
#: Events that are compared with all other patients at once.
_BLOCK = 512


@dataclass(frozen=True)
class Seen:
    """What was seen of n patients: months (n,), and whether the event came (n,) or they were
    no longer followed."""

    months: Floats
    event: Bools

    def take(self, rows: Ints | Bools) -> Seen:
        """Those rows."""
        return Seen(self.months[rows], self.event[rows])


def censoring_curve(seen: Seen) -> Curve:
    """Chance to be followed beyond each time."""
    return kaplan_meier(seen.months, ~seen.event)


def before(curve: Curve, months: Floats) -> Floats:
    """A curve just before each of the months."""
    place = np.searchsorted(curve.times, months, side="left")
    return np.asarray(np.concatenate([[1.0], curve.survival])[place])


def concordance(
    seen: Seen,
    risk: Floats,
    *,
    weight: Floats | None = None,
    strata: Ints | None = None,
    until: float = np.inf,
) -> float:
    """Share of comparable pairs in which the one with the earlier event has the greater risk.

    Parameters
    ----------
    risk : (n,) array
        The greater, the sooner. Equal risks count a half.
    weight : (n,) array, optional
        Of pairs whose earlier event is that patient's.
    strata : (n,) array of int, optional
        Only pairs within one of them are compared.
    until : float
        Only events before so many months count.

    Returns
    -------
    float
        1 = always, 0.5 = as often as by chance, NaN without a comparable pair.

    Notes
    -----
    A pair is comparable where the one is seen to have the event while the other is still free of
    it; of equal times an event comes before an end of follow-up.

    References
    ----------
    Harrell, F. et al. (1996). Multivariable prognostic models. Statistics in Medicine 15.
    """
    groups = np.zeros(len(risk), dtype=np.int64) if strata is None else strata
    weight = np.ones(len(risk)) if weight is None else weight
    right = total = 0.0
    for group in np.unique(groups).tolist():
        rows = np.flatnonzero(groups == group)
        t, e, r, w = seen.months[rows], seen.event[rows], risk[rows], weight[rows]
        earlier = np.flatnonzero(e & (t < until))
        for part in np.array_split(earlier, len(earlier) // _BLOCK + 1):
            later = (t > t[part, None]) | ((t == t[part, None]) & ~e)
            agree = (r < r[part, None]) + 0.5 * (r == r[part, None])
            right += float(w[part] @ (later * agree).sum(axis=1))
            total += float(w[part] @ later.sum(axis=1))
    return right / total if total > 0 else float("nan")


def uno(seen: Seen, risk: Floats, until: float) -> float:
    """Concordance of events before ``until``, weighted so that it does not hang on the censoring.

    References
    ----------
    Uno, H. et al. (2011). On the C-statistics for evaluating overall adequacy of risk prediction
    procedures with censored survival data. Statistics in Medicine 30.
    """
    followed = before(censoring_curve(seen), seen.months)
    weight = np.where(followed > 0, 1 / np.maximum(followed, 1e-12) ** 2, 0.0)
    return concordance(seen, risk, weight=weight, until=until)


def brier_scores(seen: Seen, survival: Floats, months: Floats) -> Floats:
    """(G,) mean squared distance of survival (n, G) from being free of the event, weighted.

    References
    ----------
    Graf, E. et al. (1999). Assessment and comparison of prognostic classification schemes for
    survival data. Statistics in Medicine 18.
    """
    curve = censoring_curve(seen)
    followed = before(curve, seen.months)
    out = np.empty(len(months))
    for j, t in enumerate(months.tolist()):
        gone, left = (seen.months <= t) & seen.event, seen.months > t
        score = np.zeros(len(seen.months))
        score[gone] = survival[gone, j] ** 2 / followed[gone]
        if left.any():
            score[left] = (1 - survival[left, j]) ** 2 / curve.at(t)[0]
        out[j] = score.mean()
    return out


def integrated_brier(seen: Seen, survival: Floats, months: Floats) -> float:
    """Mean of the Brier scores over the months, which are a grid (G,) of two or more."""
    scores = brier_scores(seen, survival, months)
    return float(np.trapezoid(scores, months) / (months[-1] - months[0]))


def calibration_at(
    seen: Seen, survival: Floats, months: float, fair: Floats | None = None, bins: int = BINS
) -> dict[str, list[float]]:
    """Predicted against observed at one time, in bins of equal size by rising prediction.

    Parameters
    ----------
    survival : (n,) array
        Predicted share free of the event after so many months.
    fair : (n,) array, optional
        The fair oracle's.

    Returns
    -------
    dict
        Lists of a number per bin: ``predicted``, the mean; ``observed``, Kaplan-Meier's;
        ``count``, the patients; and ``fair``, the mean, where it is given.
    """
    parts = [x for x in np.array_split(np.argsort(survival, kind="stable"), bins) if len(x)]
    curves = [kaplan_meier(seen.months[part], seen.event[part]) for part in parts]
    found = {
        "predicted": [float(survival[part].mean()) for part in parts],
        "observed": [float(curve.at(months)[0]) for curve in curves],
        "count": [float(len(part)) for part in parts],
    }
    return found if fair is None else {**found, "fair": [float(fair[x].mean()) for x in parts]}


def calibration_error(bins: dict[str, list[float]], against: str = "observed") -> float:
    """Mean distance of predicted from observed, or from ``fair``, over patients.

    Against what was observed even the truth errs by chance: by about 0.02 with 500 in a bin.
    """
    gap = np.abs(np.subtract(bins["predicted"], bins[against]))
    return float(np.average(gap, weights=bins["count"]))
