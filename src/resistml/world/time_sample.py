"""An arm's law of times on a setting's fixed sample: shares free of an event, with gradients.

Response and the time after progression are integrated out in closed form; only the time to
progression is sampled, and only where it is followed by the time to death.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.world.laws import ArmLaw

Floats = npt.NDArray[np.float64]

#: What is waited for: progression (or death before it), or death.
Event = Literal["pfs", "os"]
#: Whose times: everybody's, or those of a part that response and cure define.
Group = Literal["all", "responders", "complete", "cured", "uncured"]
#: Fields of an arm's law that the solver may move, in the order of gradients.
PARAMETERS = (
    *("pfs_scale", "os_scale", "pfs_shape", "post_shape", "pfs_ratio", "post_ratio"),
    *("risk_slope", "cure"),
)
_PFS_SCALE, _OS_SCALE, _PFS_SHAPE, _POST_SHAPE, _PFS_RATIO, _POST_RATIO, _SLOPE, _CURE = range(8)


@dataclass(frozen=True)
class _Curve:
    """Shares free of the event, (n,), and their derivatives by parameter, (n,) each."""

    free: Floats
    slopes: dict[int, Floats]


@dataclass(frozen=True)
class ArmSample:
    """The fixed sample of a setting, seen from one of its arms.

    Attributes
    ----------
    eta, merit : (n,) arrays
        Log-odds of response, and how far they lie above the arm's intercept.
    log_wait : (n,) array
        Logarithm of a unit exponential wait, which makes the time to progression.
    kappa : float
        Cut of complete responses.
    hazard : float
        Of the cured, per month.
    """

    eta: Floats
    merit: Floats
    log_wait: Floats
    kappa: float
    hazard: float

    @cached_property
    def response(self) -> Floats:
        """(n,) probability of a response."""
        return np.asarray(expit(self.eta))

    @cached_property
    def complete(self) -> Floats:
        """(n,) probability of a complete response."""
        return np.asarray(expit(self.eta - self.kappa))

    def cured(self, law: ArmLaw) -> Floats:
        """(n,) probability of being cured."""
        if law.cure is None:
            return np.zeros_like(self.eta)
        return np.asarray(expit(self.eta - law.cure))

    def free(
        self, law: ArmLaw, weight: Floats, event: Event, months: float, group: Group
    ) -> tuple[float, Floats]:
        """Share of the setting that is in the group and free of the event beyond a time.

        Parameters
        ----------
        law : ArmLaw
        weight : (n,) array
            Probability of each point to be in the cell.
        months : float
            At least 0; at 0 the share is that of the group.

        Returns
        -------
        share : float
        gradient : (8,) array
            By :data:`PARAMETERS`; the scales' by their logarithms.
        """
        shares, by_cure = self._shares(law, group)
        plateau = float(np.exp(-self.hazard * months))
        total = shares[0] * plateau
        gradient = np.zeros(len(PARAMETERS))
        gradient[_CURE] = plateau * float((weight * by_cure[0]).mean())
        for r, share, slope in ((1.0, shares[1], by_cure[1]), (0.0, shares[2], by_cure[2])):
            if months <= 0:
                curve = _Curve(np.ones_like(self.eta), {})
            elif event == "pfs":
                curve = self._progression(law, months, r)
            else:
                curve = self._death(law, months, r)
            total = total + share * curve.free
            mass = weight * share
            for parameter, d in curve.slopes.items():
                gradient[parameter] += float(mass @ d) / len(mass)
            gradient[_CURE] += float((weight * slope) @ curve.free) / len(mass)
        return float((weight * total).mean()), gradient

    def _shares(
        self, law: ArmLaw, group: Group
    ) -> tuple[tuple[Floats, Floats, Floats], tuple[Floats, Floats, Floats]]:
        """Probabilities of the cured, the other responders and the rest, and their derivatives
        by the cut of cure; outside the group 0."""
        none, c = np.zeros_like(self.eta), self.cured(law)
        d = -c * (1 - c)
        p = self.complete if group == "complete" else self.response
        last = 1 - p if group in ("all", "uncured") else none
        if group == "cured":
            return (c, none, none), (d, none, none)
        if group == "uncured":
            return (none, p - c, last), (none, -d, none)
        return (c, p - c, last), (d, -d, none)

    def _progression(self, law: ArmLaw, months: float, r: float) -> _Curve:
        """exp(-(t / scale)^shape) of those with response r and not cured."""
        k = law.pfs_shape
        later = np.log(months) - self._log_scale(law, r)
        y = np.exp(k * later)
        free = np.exp(-y)
        steep = k * y * free
        return _Curve(free, {**self._by_scale(law, r, steep), _PFS_SHAPE: -y * free * later})

    def _death(self, law: ArmLaw, months: float, r: float) -> _Curve:
        """As :meth:`_progression`, of the time to death: progression, and a wait after it."""
        k = law.post_shape
        log_wait = self.log_wait / law.pfs_shape
        pfs = np.exp(self._log_scale(law, r) + log_wait)
        left = months - pfs
        progressed = left > 0
        left = np.where(progressed, left, 1.0)
        later = np.log(left) - np.log(law.os_scale) - r * np.log(law.post_ratio)
        x = np.where(progressed, np.exp(k * later), 0.0)
        free = np.exp(-x)
        steep = k * x * free
        # A longer time to progression leaves a shorter one after it.
        by_pfs = steep * pfs / left
        return _Curve(
            free,
            {
                **self._by_scale(law, r, by_pfs),
                _PFS_SHAPE: -by_pfs * log_wait / law.pfs_shape,
                _OS_SCALE: steep,
                _POST_RATIO: steep * (r / law.post_ratio),
                _POST_SHAPE: -x * free * later,
            },
        )

    def _log_scale(self, law: ArmLaw, r: float) -> Floats:
        """Logarithm of the scale of the time to progression."""
        at_rest = np.log(law.pfs_scale) + r * np.log(law.pfs_ratio)
        return np.asarray(at_rest + law.risk_slope * self.merit)

    def _by_scale(self, law: ArmLaw, r: float, steep: Floats) -> dict[int, Floats]:
        """Derivatives by all that moves the scale of the time to progression, from that by its
        logarithm."""
        return {
            _PFS_SCALE: steep,
            _PFS_RATIO: steep * (r / law.pfs_ratio),
            _SLOPE: steep * self.merit,
        }
