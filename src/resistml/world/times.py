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
from resistml.world.laws import ArmLaw, Test, World
from resistml.world.moments import claim_cells
from resistml.world.sample import Base, draw_base, eligible, f_values, stratum

Floats = npt.NDArray[np.float64]

#: Months after progression that the solver looks between.
_SHORTEST, _LONGEST = 1e-3, 2_000.0


@dataclass(frozen=True)
class _Aim:
    """A reported or assumed median among those whose record meets ``conditions``."""

    conditions: tuple[Test, ...]
    low: float
    high: float
    claimed: bool


def pfs_unit(world: World, response: Floats, merit: Floats, uniform: Floats) -> Floats:
    """PFS in units of an arm's scale; ``merit`` is eta - alpha, uniforms in (0, 1)."""
    c = world.constants
    wait = (-np.log(uniform)) ** (1 / c["pfs_shape"])
    gain = np.log(c["pfs_response_ratio"]) * response + c["pfs_risk_slope"] * merit
    return np.asarray(wait * np.exp(gain))


def post_unit(world: World, response: Floats, uniform: Floats) -> Floats:
    """Survival after progression, in units of an arm's ``os_scale``."""
    c = world.constants
    wait = (-np.log(uniform)) ** (1 / c["os_post_shape"])
    return np.asarray(wait * c["os_response_ratio"] ** response)


def weighted_median(values: Floats, weights: Floats) -> float:
    """The median of weighted values, interpolated between order statistics."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) - weights[order] / 2
    return float(np.interp(0.5 * weights.sum(), share, values[order]))


def solve_times(evidence: Evidence, world: World) -> World:
    """The world with the time scales of all its arms solved."""
    aims = _aims(evidence)
    settings = {}
    for s, law in world.settings.items():
        c = compile_setting(world, s)
        base = draw_base(c)
        eta = c.log_odds(f_values(c, base), clinical_terms(world, c.arms, base.age, base.ecog))
        arms = {
            a: _solve_arm(world, c, base, eta[:, i], arm, (s, a), aims)
            for i, (a, arm) in enumerate(law.arms.items())
        }
        settings[s] = replace(law, arms=arms)
    return replace(world, settings=settings)


def _aims(evidence: Evidence) -> dict[tuple[str, str, str], list[_Aim]]:
    aims: dict[tuple[str, str, str], list[_Aim]] = {}
    for claim in evidence.claims.values():
        if claim.role != "target" or claim.endpoint not in ("median_pfs", "median_os"):
            continue
        assert claim.low is not None and claim.high is not None
        for cell in claim_cells(evidence, claim):
            aim = _Aim(cell.conditions, claim.low, claim.high, True)
            aims.setdefault((cell.setting, cell.arm, claim.endpoint), []).append(aim)
    for s in evidence.modelled_settings:
        for a, arm in evidence.arms_of(s).items():
            for endpoint in ("median_pfs", "median_os"):
                assumed = getattr(arm, endpoint)
                if assumed is not None:
                    aim = _Aim((), assumed.value, assumed.value, False)
                    aims.setdefault((s, a, endpoint), []).append(aim)
    return aims


def _solve_arm(
    world: World,
    c: Compiled,
    base: Base,
    eta: Floats,
    arm: ArmLaw,
    key: tuple[str, str],
    aims: dict[tuple[str, str, str], list[_Aim]],
) -> ArmLaw:
    response = (base.noise[:, 0] < expit(eta)).astype(float)
    pfs = pfs_unit(world, response, eta - arm.alpha, base.noise[:, 1])
    rest = post_unit(world, response, base.noise[:, 2])

    def weight(aim: _Aim) -> Floats:
        if aim.conditions:
            return stratum(c, base, aim.conditions).weight
        return eligible(c, base, world.strategies[key[1]].eligibility).weight

    ranges = [
        (aim, (aim.low / m, aim.high / m))
        for aim in aims[(*key, "median_pfs")]
        if (m := weighted_median(pfs, weight(aim))) > 0
    ]
    pfs_scale = _compromise(ranges)

    def post(aim: _Aim, months: float) -> float:
        w = weight(aim)
        gap = lambda k: weighted_median(pfs_scale * pfs + k * rest, w) - months  # noqa: E731
        if gap(_SHORTEST) >= 0:
            return _SHORTEST
        return float(brentq(gap, _SHORTEST, _LONGEST, xtol=1e-9))

    os_scale = _compromise(
        [(a, (post(a, a.low), post(a, a.high))) for a in aims[(*key, "median_os")]]
    )
    return replace(arm, pfs_scale=pfs_scale, os_scale=os_scale)


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
