"""What stands beside the models of times: Kaplan-Meier per arm, and Cox regression."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from resistml.cohort.curves import kaplan_meier
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.data import training_data
from resistml.learn.params import TrainingData
from resistml.learn.survival import HALF_A_DAY, has_time
from resistml.tables.cohort import Cohort

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: (n, G) share free of the event after (G,) months, under the strategy named beside each.
TimePredictor = Callable[[Records, Words, Floats], Floats]


def kaplan_meier_per_arm(spec: FeatureSpec, cohort: Cohort, name: str) -> TimePredictor:
    """The curve of each setting and strategy, and of all patients where one had none.

    Parameters
    ----------
    name : str
        ``pfs`` or ``os``.
    """
    data, months, event = _followed(spec, cohort, name)
    everybody = kaplan_meier(months, event)
    curves = {
        arm: kaplan_meier(months[data.arms == arm], event[data.arms == arm])
        for arm in np.unique(data.arms).tolist()
    }

    def predict(records: Records, strategy: Words, at: Floats) -> Floats:
        codes = _matrix(spec, records, strategy)[1]
        table = np.stack([curves.get(a, everybody).at(at)[0] for a in range(len(spec.arms))])
        return np.asarray(table[codes])

    return predict


def has_cox() -> bool:
    """Whether statsmodels, which has the Cox regression, is installed."""
    return find_spec("statsmodels") is not None


def cox(spec: FeatureSpec, cohort: Cohort, name: str) -> TimePredictor:
    """Cox regression of statsmodels on the model's own features, each arm a stratum.

    Notes
    -----
    Its partial likelihood (Breslow's, with ties) is maximised by L-BFGS on standardised columns:
    Newton's steps, as it takes them, overshoot with so many strata. An arm that nobody had, or
    whose patients had no event, has the Kaplan-Meier curve of :func:`kaplan_meier_per_arm`.
    """
    from statsmodels.duration.hazard_regression import PHReg

    data, months, event = _followed(spec, cohort, name)
    spread = data.centred.std(axis=0)
    used = spread > 0
    x = data.centred[:, used] / spread[used]
    fitted = PHReg(months, x, status=event.astype(float), strata=data.arms, ties="breslow")
    n = len(months)

    def loss(beta: Floats) -> tuple[float, Floats]:
        return -float(fitted.loglike(beta)) / n, -np.asarray(fitted.score(beta)) / n

    beta = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    hazards = {
        arm: breslow(months[rows], event[rows], np.exp(x[rows] @ beta))
        for arm in np.unique(data.arms[event]).tolist()
        for rows in [data.arms == arm]
    }
    plain = kaplan_meier_per_arm(spec, cohort, name)

    def predict(records: Records, strategy: Words, at: Floats) -> Floats:
        out = plain(records, strategy, at)
        centred, codes = _matrix(spec, records, strategy)
        relative = np.exp(centred[:, used] / spread[used] @ beta)
        for arm, (times, hazard) in hazards.items():
            rows = codes == arm
            cumulative = hazard[np.searchsorted(times, at, side="right")]
            out[rows] = np.exp(-relative[rows, None] * cumulative)
        return out

    return predict


def breslow(
    months: Floats, event: npt.NDArray[np.bool_], relative: Floats
) -> tuple[Floats, Floats]:
    """Baseline cumulative hazard of n patients with relative hazards.

    Returns
    -------
    times : (T,) array
        Distinct times, ascending.
    hazard : (T + 1,) array
        0, then just after each of them. (That of statsmodels is just before.)

    References
    ----------
    Breslow, N. (1972), in the discussion of D. R. Cox, Regression models and life-tables.
    """
    times, place = np.unique(months, return_inverse=True)
    events = np.bincount(place, weights=event, minlength=len(times))
    leaving = np.bincount(place, weights=relative, minlength=len(times))
    at_risk = np.cumsum(leaving[::-1])[::-1]
    return times, np.concatenate([[0.0], np.cumsum(events / at_risk)])


def _followed(
    spec: FeatureSpec, cohort: Cohort, name: str
) -> tuple[TrainingData, Floats, npt.NDArray[np.bool_]]:
    """Features, months and events of those whose time is recorded."""
    rows = np.flatnonzero(has_time(cohort, name))
    data = training_data(
        spec, cohort.records.take(rows), cohort.strategy[rows], cohort.resistant[rows]
    )
    months = np.asarray(cohort.columns[f"{name}_months"], dtype=float)[rows]
    event = np.asarray(cohort.columns[f"{name}_event"])[rows] == 1
    return data, np.maximum(months, HALF_A_DAY), event


def _matrix(spec: FeatureSpec, records: Records, strategy: Words) -> tuple[Floats, Ints]:
    """Centred features and codes of arms."""
    data = training_data(spec, records, strategy, np.zeros(len(records)))
    return data.centred, data.arms
