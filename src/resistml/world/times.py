"""Scales of progression-free and overall survival, from the reported medians.

With r = 1 for a response and eta the log-odds of it,

    PFS = pfs_scale * pfs_response_ratio^r * exp(pfs_risk_slope * (eta - alpha)) * W1
    OS  = PFS + os_scale * os_response_ratio^r * W2

where W1 and W2 are Weibull with scale 1. OS as PFS plus the rest keeps PFS <= OS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from resistml.evidence import Evidence
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.laws import ArmLaw, World
from resistml.world.moments import Cell, cell_stratum, claim_cells
from resistml.world.sample import Base, draw_base, f_values

Floats = npt.NDArray[np.float64]

#: Endpoints that are medians of a time.
MEDIANS = ("median_pfs", "median_os")
#: A median reported as a point is met within this share of it.
TIME_TOLERANCE = 0.02
#: Scales that the solver looks between: months for OS, units of the PFS law.
_SHORTEST, _LONGEST = 1e-3, 2_000.0


@dataclass(frozen=True)
class _Aim:
    """A reported or assumed median of the patients of a cell."""

    cell: Cell
    low: float
    high: float
    claimed: bool


def pfs_unit(world: World, response: Floats, merit: Floats, uniform: Floats) -> Floats:
    """PFS in units of an arm's scale; ``merit`` is eta - alpha, uniforms in (0, 1)."""
    wait = (-np.log(uniform)) ** (1 / world.constants["pfs_shape"])
    return np.asarray(wait * _pfs_gain(world, response, merit))


def post_unit(world: World, response: Floats, uniform: Floats) -> Floats:
    """Survival after progression, in units of an arm's ``os_scale``."""
    c = world.constants
    wait = (-np.log(uniform)) ** (1 / c["os_post_shape"])
    return np.asarray(wait * c["os_response_ratio"] ** response)


def _pfs_gain(world: World, response: Floats | float, merit: Floats) -> Floats:
    """Factor by which a response and a low risk lengthen PFS."""
    c = world.constants
    gain = np.log(c["pfs_response_ratio"]) * response + c["pfs_risk_slope"] * merit
    return np.asarray(np.exp(gain))


def solve_times(evidence: Evidence, world: World) -> World:
    """The world with the time scales of all its arms solved."""
    aims = _aims(evidence)
    settings = {}
    for s, law in world.settings.items():
        arms = {
            a: _solve_arm(times, law.arms[a], aims[s, a, "median_pfs"], aims[s, a, "median_os"])
            for a, times in Times.by_arm(world, compile_setting(world, s)).items()
        }
        settings[s] = replace(law, arms=arms)
    return replace(world, settings=settings)


def _aims(evidence: Evidence) -> dict[tuple[str, str, str], list[_Aim]]:
    aims: dict[tuple[str, str, str], list[_Aim]] = {}
    for claim in evidence.claims.values():
        timed = claim.endpoint in MEDIANS and claim.measure == "level"
        if claim.role != "target" or not timed or claim.low is None or claim.high is None:
            continue
        for cell in claim_cells(evidence, claim):
            aim = _Aim(cell, claim.low, claim.high, True)
            aims.setdefault((cell.setting, cell.arm, claim.endpoint), []).append(aim)
    for s in evidence.modelled_settings:
        for a, arm in evidence.arms_of(s).items():
            for endpoint in MEDIANS:
                assumed = getattr(arm, endpoint)
                if assumed is not None:
                    aim = _Aim(Cell(s, a, ()), assumed.value, assumed.value, False)
                    aims.setdefault((s, a, endpoint), []).append(aim)
    return {key: _widened(found) for key, found in aims.items()}


def _widened(aims: list[_Aim]) -> list[_Aim]:
    """Beside other claims a point leaves half its tolerance, so that a range which begins at it
    can be met as well."""
    if sum(aim.claimed for aim in aims) < 2:
        return aims
    slack = TIME_TOLERANCE / 2
    return [
        replace(aim, low=aim.low * (1 - slack), high=aim.high * (1 + slack))
        if aim.claimed and aim.low == aim.high
        else aim
        for aim in aims
    ]


@dataclass(frozen=True)
class Times:
    """Survival functions of an arm on a setting's fixed sample.

    Response and the time after progression are integrated out; only the time to progression
    is sampled, and only for the time to death.

    Attributes
    ----------
    eta, merit : (n,) arrays
        Log-odds of response, and how far they lie above the arm's intercept.
    """

    world: World
    c: Compiled
    base: Base
    eta: Floats
    merit: Floats

    @classmethod
    def by_arm(cls, world: World, c: Compiled) -> dict[str, Times]:
        """The survival functions of all arms of a setting."""
        base = draw_base(c)
        eta = c.log_odds(f_values(c, base), clinical_terms(world, c.arms, base.age, base.ecog))
        merit = eta - c.alpha
        return {a: cls(world, c, base, eta[:, i], merit[:, i]) for i, a in enumerate(c.arms)}

    def weight(self, cell: Cell) -> Floats:
        """(n,) shares of the points in the cell, adding up to 1."""
        weight = cell_stratum(self.world, self.c, self.base, cell).weight
        return np.asarray(weight / weight.sum())

    def share(self, cell: Cell) -> float:
        """Share of the setting's patients in the cell, all columns measured."""
        return float(cell_stratum(self.world, self.c, self.base, cell).weight.mean())

    def pfs_median(self, cell: Cell) -> float:
        """Median PFS in units of the arm's scale."""
        weight, shape = self.weight(cell), self.world.constants["pfs_shape"]
        groups = self._by_response()

        def excess(time: float) -> float:
            free = [q * np.exp(-((time / gain) ** shape)) for _, q, gain in groups]
            return float(weight @ sum(free)) - 0.5

        return float(brentq(excess, 0.0, _LONGEST, xtol=1e-10))

    def os_median(self, cell: Cell, pfs_scale: float, os_scale: float) -> float:
        """Median OS in months."""
        weight = self.weight(cell)

        def excess(months: float) -> float:
            return float(weight @ self._alive(months, pfs_scale, os_scale)) - 0.5

        return float(brentq(excess, 0.0, _LONGEST, xtol=1e-9))

    def os_scale(self, cell: Cell, pfs_scale: float, months: float) -> float:
        """Scale at which the median OS is ``months``; the least one if PFS exceeds that."""
        weight = self.weight(cell)

        def excess(scale: float) -> float:
            return float(weight @ self._alive(months, pfs_scale, scale)) - 0.5

        if excess(_SHORTEST) >= 0:
            return _SHORTEST
        return float(brentq(excess, _SHORTEST, _LONGEST, xtol=1e-9))

    def _by_response(self) -> list[tuple[float, Floats, Floats]]:
        """For 1 = response and 0 = none: its probability and the gain in PFS, (n,) each."""
        p = expit(self.eta)
        return [(r, q, _pfs_gain(self.world, r, self.merit)) for r, q in ((1.0, p), (0.0, 1 - p))]

    def _alive(self, months: float, pfs_scale: float, os_scale: float) -> Floats:
        """(n,) probability of being alive after so many months."""
        k = self.world.constants
        wait = (-np.log(self.base.progress)) ** (1 / k["pfs_shape"])
        alive = np.zeros(len(wait))
        for r, q, gain in self._by_response():
            left = np.maximum(months - pfs_scale * gain * wait, 0.0)
            scale = os_scale * k["os_response_ratio"] ** r
            alive += q * np.exp(-((left / scale) ** k["os_post_shape"]))
        return alive


def _solve_arm(times: Times, arm: ArmLaw, pfs_aims: list[_Aim], os_aims: list[_Aim]) -> ArmLaw:
    ranges = []
    for aim in pfs_aims:
        median = times.pfs_median(aim.cell)
        ranges.append((aim, (aim.low / median, aim.high / median)))
    pfs_scale = _compromise(ranges)
    ranges = []
    for aim in os_aims:
        low = times.os_scale(aim.cell, pfs_scale, aim.low)
        high = times.os_scale(aim.cell, pfs_scale, aim.high) if aim.high > aim.low else low
        ranges.append((aim, (low, high)))
    return replace(arm, pfs_scale=pfs_scale, os_scale=_compromise(ranges))


def _compromise(ranges: list[tuple[_Aim, tuple[float, float]]]) -> float:
    """A scale inside all claimed ranges if there is one, else the claims' mean middle.

    An assumption chooses within the claims' ranges; without claims it decides.
    """
    claimed = [r for aim, r in ranges if aim.claimed]
    assumed = [r[0] for aim, r in ranges if not aim.claimed]
    if not claimed:
        return assumed[0]
    low, high = max(r[0] for r in claimed), min(r[1] for r in claimed)
    if low > high:
        return float(np.mean([(a + b) / 2 for a, b in claimed]))
    return float(np.clip(assumed[0], low, high)) if assumed else (low + high) / 2
