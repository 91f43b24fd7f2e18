"""The additive base: a penalised logistic regression with signs that the evidence gives.

    log-odds of resistance = intercept(arm) + coefficients @ x

with x the centred, engaged markers, whose coefficients may not be negative, and the
clinical columns, whose coefficients are free. It serves as the margin that boosting
starts from: on additive truth it is all there is to learn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Base:
    """``intercepts`` (arms,) and ``coefficients`` (columns,), in log-odds of resistance."""

    intercepts: Floats
    coefficients: Floats

    def margin(self, centred: Floats, arms: Ints) -> Floats:
        """(n,) log-odds of resistance."""
        return np.asarray(self.intercepts[arms] + centred @ self.coefficients)


def fit_base(
    centred: Floats,
    arms: Ints,
    y: Floats,
    weight: Floats,
    *,
    n_arms: int,
    signed: npt.NDArray[np.bool_],
    penalty: float,
    start: Base | None = None,
) -> Base:
    """Fit by penalised maximum likelihood (L-BFGS-B, on variables of like curvature).

    Parameters
    ----------
    centred : (n, columns) array
    arms : (n,) array of int
        Index of each row's (setting, strategy) pair.
    y : (n,) array
        1 = resistant, 0 = response.
    weight : (n,) array
    signed : (columns,) array of bool
        True where a larger value can only add resistance.
    penalty : float
        Ridge penalty: half of it times the sum of squares is added to the negative
        log-likelihood. Arms are pulled to the overall rate, coefficients to 0.
    start : Base, optional
        Where to start from, such as the fit to all patients.
    """
    mean = float(np.clip(np.average(y, weights=weight), 1e-3, 1 - 1e-3))
    overall = float(logit(mean))
    counts = np.bincount(arms, weights=weight, minlength=n_arms)

    # Largest curvature of each variable's log-likelihood: p (1 - p) is at most 1/4.
    curvature = np.concatenate([counts, weight @ centred**2]) / 4 + penalty
    unit = 1 / np.sqrt(curvature)

    def loss(scaled: Floats) -> tuple[float, Floats]:
        theta = scaled * unit
        m = overall + theta[:n_arms][arms] + centred @ theta[n_arms:]
        gap = weight * (expit(m) - y)
        value = float(weight @ (np.logaddexp(0, m) - y * m)) + 0.5 * penalty * float(theta @ theta)
        by_arm = np.bincount(arms, weights=gap, minlength=n_arms)
        return value, (np.concatenate([by_arm, centred.T @ gap]) + penalty * theta) * unit

    bounds = [(None, None)] * n_arms + [(0.0, None) if s else (None, None) for s in signed]
    first = np.zeros(len(unit))
    if start is not None:
        first = np.concatenate([start.intercepts - overall, start.coefficients]) / unit
    found = minimize(
        loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}
    )
    theta = found.x * unit
    shift = np.where(counts > 0, theta[:n_arms], 0.0)
    return Base(overall + shift, np.asarray(theta[n_arms:]))
