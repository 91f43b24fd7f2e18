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


@dataclass(frozen=True)
class Likelihood:
    """The penalised negative log-likelihood of n patients.

    Attributes
    ----------
    centred : (n, columns) array
    arms : (n,) array of int
        Index of each row's (setting, strategy) pair, of ``n_arms``.
    y : (n,) array
        1 = resistant, 0 = response.
    weight : (n,) array
    penalty : float
        Half of it times the sum of squares is added.
    """

    centred: Floats
    arms: Ints
    y: Floats
    weight: Floats
    n_arms: int
    penalty: float

    @property
    def overall(self) -> float:
        """Log-odds of the overall rate, to which the arms' intercepts are pulled."""
        mean = float(np.average(self.y, weights=self.weight))
        return float(logit(np.clip(mean, 1e-3, 1 - 1e-3)))

    @property
    def by_arm(self) -> Floats:
        """(arms,) weight of each arm's patients."""
        return _sums(self.arms, self.weight, self.n_arms)

    @property
    def curvature(self) -> Floats:
        """Largest second derivative in each variable: p (1 - p) is at most 1/4."""
        squares = np.einsum("i,ij,ij->j", self.weight, self.centred, self.centred)
        return np.concatenate([self.by_arm, squares]) / 4 + self.penalty

    def __call__(self, theta: Floats, overall: float) -> tuple[float, Floats]:
        """Loss and gradient at ``theta``: the arms' distances from ``overall``, the coefficients.

        Sums over patients run in one order whatever the number of threads, which products of
        BLAS do not.
        """
        shift, coefficients = theta[: self.n_arms], theta[self.n_arms :]
        m = overall + shift[self.arms] + np.einsum("ij,j->i", self.centred, coefficients)
        losses = self.weight * (np.logaddexp(0, m) - self.y * m)
        value = float(losses.sum()) + 0.5 * self.penalty * float(theta @ theta)
        gap = self.weight * (expit(m) - self.y)
        by_arm = _sums(self.arms, gap, self.n_arms)
        slope = np.concatenate([by_arm, np.einsum("i,ij->j", gap, self.centred)])
        return value, slope + self.penalty * theta


def _sums(arms: Ints, values: Floats, n_arms: int) -> Floats:
    return np.asarray(np.bincount(arms, weights=values, minlength=n_arms), dtype=np.float64)


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
    centred, arms, y, weight, n_arms, penalty
        As in :class:`Likelihood`. Arms are pulled to the overall rate, coefficients to 0; an
        arm without patients has the overall rate.
    signed : (columns,) array of bool
        True where a larger value can only add resistance.
    start : Base, optional
        Where to start from, such as the fit to all patients.
    """
    problem = Likelihood(centred, arms, y, weight, n_arms, penalty)
    overall = problem.overall
    unit = 1 / np.sqrt(problem.curvature)

    def loss(scaled: Floats) -> tuple[float, Floats]:
        value, slope = problem(scaled * unit, overall)
        return value, slope * unit

    bounds = [(None, None)] * n_arms + [(0.0, None) if s else (None, None) for s in signed]
    first = np.zeros(len(unit))
    if start is not None:
        first = np.concatenate([start.intercepts - overall, start.coefficients]) / unit
    found = minimize(
        loss,
        first,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1_000, "ftol": 1e-13, "gtol": 1e-6},
    )
    theta = np.asarray(found.x * unit)
    shift = np.where(problem.by_arm > 0, theta[:n_arms], 0.0)
    return Base(overall + shift, theta[n_arms:])
