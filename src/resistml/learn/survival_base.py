"""The additive base of a time: penalised accelerated failure times with signs from the evidence.

    log t = intercept(arm) + response(arm) * r + coefficients @ x + scale(arm) * z

with r = 1 for a response, x the centred, engaged markers, whose coefficients may not be positive
(what adds resistance shortens no less than nothing), and the clinical columns, whose coefficients
are free. Intercepts are pulled to the overall mean, the effect of response and the scale of an arm
to what all arms share, so that an arm with few patients has what the others have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_ndtr

from resistml.threads import one_blas_thread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: Log-density and log-survival of a law at z, with their derivatives.
Logs = tuple[Floats, Floats, Floats, Floats]

#: Keeps exponentials finite.
_FAR = 500.0


def _extreme(z: Floats) -> Logs:
    e = np.exp(np.minimum(z, _FAR))
    return z - e, -e, 1 - e, -e


def _logistic(z: Floats) -> Logs:
    soft, p = np.logaddexp(0, z), expit(z)
    return z - 2 * soft, -soft, 1 - 2 * p, -p


def _normal(z: Floats) -> Logs:
    density, survival = -(z**2) / 2 - 0.5 * np.log(2 * np.pi), log_ndtr(-z)
    return density, survival, -z, -np.exp(density - survival)


#: By the name of the law in :mod:`resistml.predict.time_laws`.
LOGS: dict[str, Callable[[Floats], Logs]] = {
    "extreme": _extreme,
    "logistic": _logistic,
    "normal": _normal,
}


@dataclass(frozen=True)
class Followed:
    """n patients with a time.

    Attributes
    ----------
    centred : (n, columns) array
    arms : (n,) array of int
        Of ``n_arms``.
    responded : (n,) array
        1 = response, 0 = none.
    log_months : (n,) array
    event : (n,) array of bool
        True where the event was seen, False where a patient was no longer followed.
    """

    centred: Floats
    arms: Ints
    responded: Floats
    log_months: Floats
    event: Bools
    n_arms: int


@dataclass(frozen=True)
class TimeBase:
    """``intercepts``, ``response`` and ``log_scale`` (arms,), ``coefficients`` (columns,)."""

    intercepts: Floats
    response: Floats
    log_scale: Floats
    coefficients: Floats

    def standardised(self, data: Followed) -> tuple[Floats, Floats]:
        """(n,) z of each patient's time, and the log of his scale."""
        log_scale = self.log_scale[data.arms]
        centre = self.intercepts[data.arms] + self.response[data.arms] * data.responded
        centre += np.einsum("ij,j->i", data.centred, self.coefficients)
        return (data.log_months - centre) * np.exp(-log_scale), log_scale


def losses(law: str, z: Floats, log_scale: Floats, event: Bools) -> Floats:
    """(n,) negative log-likelihood of log months."""
    density, survival, _, _ = LOGS[law](z)
    return np.asarray(np.where(event, log_scale - density, -survival))


@dataclass(frozen=True)
class TimeLikelihood:
    """The penalised negative log-likelihood, on variables about ``origin``.

    The variables: intercepts less the overall mean (arms), the common effect of response (1) and
    what arms add to it (arms), coefficients (columns), the common log-scale (1) and what arms add
    to it (arms).
    """

    data: Followed
    law: str
    weight: Floats
    penalty: float
    arm_penalty: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of the six groups of variables."""
        a, columns = self.data.n_arms, self.data.centred.shape[1]
        return a, 1, a, columns, 1, a

    @property
    def origin(self) -> tuple[float, float]:
        """Mean and log of the standard deviation of log months."""
        mean = float(np.average(self.data.log_months, weights=self.weight))
        spread = float(np.average((self.data.log_months - mean) ** 2, weights=self.weight))
        return mean, 0.5 * float(np.log(max(spread, 1e-6)))

    @property
    def ridge(self) -> Floats:
        """Penalty of each variable; what arms share is free."""
        each = self.penalty, 0.0, self.arm_penalty, self.penalty, 0.0, self.arm_penalty
        return np.repeat(each, self.sizes)

    @property
    def curvature(self) -> Floats:
        """About the second derivative by each variable where the scale is that of the origin."""
        data, w = self.data, self.weight
        arms = self.by_arm(w)
        squares = np.einsum("i,ij,ij->j", w, data.centred, data.centred)
        answered = self.by_arm(w * data.responded)
        groups = arms, [answered.sum()], answered, squares, [w.sum()], arms
        return np.concatenate(groups) + self.ridge + 1.0

    def by_arm(self, values: Floats) -> Floats:
        """(arms,) sums."""
        sums = np.bincount(self.data.arms, weights=values, minlength=self.data.n_arms)
        return np.asarray(sums, dtype=np.float64)

    def base(self, theta: Floats) -> TimeBase:
        """What the variables stand for."""
        shift, answer, own, coefficients, scale, spread = self._groups(theta)
        mean, log_spread = self.origin
        return TimeBase(mean + shift, answer + own, log_spread + scale + spread, coefficients)

    def theta(self, base: TimeBase) -> Floats:
        """Variables that stand for a base."""
        mean, log_spread = self.origin
        answer, scale = base.response.mean(), base.log_scale.mean()
        shift, coefficients = base.intercepts - mean, base.coefficients
        own, spread = base.response - answer, base.log_scale - scale
        return np.concatenate([shift, [answer], own, coefficients, [scale - log_spread], spread])

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Loss and gradient."""
        data = self.data
        z, log_scale = self.base(theta).standardised(data)
        density, survival, density_slope, survival_slope = LOGS[self.law](z)
        loss = np.where(data.event, log_scale - density, -survival)
        by_z = -self.weight * np.where(data.event, density_slope, survival_slope)
        by_centre = -by_z * np.exp(-log_scale)
        by_scale = self.weight * data.event - by_z * z
        answered, spread = self.by_arm(by_centre * data.responded), self.by_arm(by_scale)
        columns = np.einsum("i,ij->j", by_centre, data.centred)
        groups = self.by_arm(by_centre), [answered.sum()], answered, columns, [spread.sum()], spread
        ridge = self.ridge
        value = float(self.weight @ loss) + 0.5 * float(ridge @ theta**2)
        return value, np.concatenate(groups) + ridge * theta

    def _groups(self, theta: Floats) -> list[Floats]:
        return np.split(theta, np.cumsum(self.sizes)[:-1])


@one_blas_thread
def fit_time_base(
    data: Followed,
    weight: Floats,
    law: str,
    *,
    signed: Bools,
    penalty: float,
    arm_penalty: float,
    start: TimeBase | None = None,
) -> TimeBase:
    """Fit by penalised maximum likelihood (L-BFGS-B, on variables of like curvature).

    Parameters
    ----------
    weight : (n,) array
        How often each patient counts.
    law : str
        Key of :data:`LOGS`.
    signed : (columns,) array of bool
        True where a larger value can only shorten the time.
    penalty : float
        Ridge penalty of intercepts and coefficients.
    arm_penalty : float
        And of what an arm has of its own: effect of response, log-scale.
    start : TimeBase, optional
        Where to start from.
    """
    problem = TimeLikelihood(data, law, weight, penalty, arm_penalty)
    unit = 1 / np.sqrt(problem.curvature)
    upper = np.full(len(unit), np.inf)
    first = int(np.cumsum(problem.sizes)[2])
    upper[first : first + len(signed)][signed] = 0.0

    def loss(scaled: Floats) -> tuple[float, Floats]:
        value, slope = problem(scaled * unit)
        return value, slope * unit

    begin = np.zeros(len(unit)) if start is None else problem.theta(start) / unit
    found = minimize(
        loss,
        np.minimum(begin, upper),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, 0.0 if bound == 0 else None) for bound in upper],
        options={"maxiter": 1_000, "ftol": 1e-10, "gtol": 1e-5},
    )
    return problem.base(np.asarray(found.x * unit))
