"""Solves a world so that all response claims hold together.

The unknowns are found jointly by bounded least squares on population moments:

    minimise  sum over claims ((rate - middle) / half-width)^2
            + PULL^2 * sum over unknowns ((value - midpoint) / half-range)^2

so that the claims decide wherever they say something, and the assumptions' midpoints
where they do not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, least_squares
from scipy.special import expit, logit

from resistml.errors import WorldError
from resistml.evidence import Evidence, require_sound
from resistml.threads import one_blas_thread
from resistml.world.conflicts import find_conflicts
from resistml.world.draft import draft_world
from resistml.world.laws import ArmLaw, SettingLaw, World, rounded_world
from resistml.world.moments import Moment, Rates, response_moments
from resistml.world.strata import eligible
from resistml.world.times import solve_times
from resistml.world.unknowns import STEEP, Unknown, list_unknowns

Floats = npt.NDArray[np.float64]

#: Weight of an assumption's midpoint relative to a claim's: a shift by half the assumed
#: range costs as much as missing a claim by this share of its half-width.
PULL = 0.25
#: An unknown counts as claim-identified if claims take away half of its assumed variance:
#: its standard deviation then shrinks by this factor or more.
IDENTIFIED = 0.7071


@one_blas_thread
def solve_world(evidence: Evidence) -> World:
    """The default world of a catalog.

    Parameters
    ----------
    evidence : Evidence

    Raises
    ------
    CatalogError
        If the catalog does not hold together.
    WorldError
        If the solver does not converge.
    """
    require_sound(evidence)
    moments = response_moments(evidence)
    draft = draft_world(evidence)
    unknowns = list_unknowns(evidence, draft, moments)
    rates = Rates(draft, moments, [u.name for u in unknowns])
    values = fit(rates, unknowns)
    world = put_in(draft, rates, values)
    world = _complete_shares(evidence, world, rates, values, moments)
    world = replace(
        world,
        labels=label(rates, unknowns, values),
        conflicts=find_conflicts(world, moments, unknowns),
    )
    return rounded_world(solve_times(evidence, world))


def fit(rates: Rates, unknowns: list[Unknown]) -> Floats:
    """The unknowns' values at the least squares."""
    half = np.array([m.half_width for m in rates.moments])
    aim = np.array([m.middle for m in rates.moments])
    weight = np.array([1.0 if m.claimed else PULL for m in rates.moments]) / half
    held = [i for i, u in enumerate(unknowns) if u.middle is not None]
    middle = np.array([unknowns[i].middle for i in held], dtype=float)
    pull = PULL / np.array([unknowns[i].half for i in held], dtype=float)
    pull_jacobian = np.zeros((len(held), len(unknowns)))
    pull_jacobian[np.arange(len(held)), held] = pull
    known: dict[bytes, tuple[Floats, Floats]] = {}

    def evaluated(x: Floats) -> tuple[Floats, Floats]:
        key = x.tobytes()
        if key not in known:
            known.clear()
            known[key] = rates.evaluate(x)
        return known[key]

    def residuals(x: Floats) -> Floats:
        return np.concatenate([weight * (evaluated(x)[0] - aim), pull * (x[held] - middle)])

    def jacobian(x: Floats) -> Floats:
        return np.vstack([weight[:, None] * evaluated(x)[1], pull_jacobian])

    result = least_squares(
        residuals,
        np.array([u.start for u in unknowns]),
        jac=jacobian,
        bounds=([u.low for u in unknowns], [u.high for u in unknowns]),
        x_scale="jac",
        ftol=1e-12,
        xtol=1e-12,
        gtol=1e-10,
        max_nfev=200,
    )
    if not result.success:
        raise WorldError(f"the world does not solve: {result.message}", hint="widen the ranges")
    return np.asarray(result.x)


def put_in(draft: World, rates: Rates, values: Floats) -> World:
    """The draft with solved intercepts, cuts, effects and locations."""
    found = dict(zip(rates.names, (float(v) for v in values), strict=True))
    markers = {
        m: replace(law, effect=found.get(("effect", "", m), law.effect))
        for m, law in draft.markers.items()
    }

    def setting(s: str, law: SettingLaw) -> SettingLaw:
        places = {m: found.get(("location", s, m), x) for m, x in law.location.items()}
        arms = {
            a: replace(
                arm,
                alpha=found.get(("alpha", s, a), arm.alpha),
                kappa=found.get(("kappa", s, a), arm.kappa),
            )
            for a, arm in law.arms.items()
        }
        return replace(law, location=places, arms=arms)

    return replace(
        draft, markers=markers, settings={s: setting(s, x) for s, x in draft.settings.items()}
    )


def _complete_shares(
    evidence: Evidence, world: World, rates: Rates, values: Floats, moments: list[Moment]
) -> World:
    """Cut ``kappa`` of each arm without a CR claim, from its assumed share of responses."""
    done = {(c.setting, c.arm) for m in moments if m.endpoint == "cr" for c in m.cells}
    default = evidence.assumptions["complete_share_default"].value
    settings = {}
    for s, law in world.settings.items():
        arms: dict[str, ArmLaw] = {}
        assumed = evidence.arms_of(s)
        c = rates.compiled(s, values)
        base = rates.base(s)
        eta = rates.log_odds(s, values)
        for i, (a, arm) in enumerate(law.arms.items()):
            if (s, a) in done:
                arms[a] = arm
                continue
            share = assumed[a].complete_share
            w = eligible(c, base, world.strategies[a].eligibility).weight
            kappa = _cut(eta[:, i], w, default if share is None else share.value)
            arms[a] = replace(arm, kappa=kappa)
        settings[s] = replace(law, arms=arms)
    return replace(world, settings=settings)


def _cut(eta: Floats, weight: Floats, share: float) -> float:
    """The cut that leaves a share of responses complete."""
    share = float(np.clip(share, 1e-6, 1.0))
    rate = float(weight @ expit(eta))

    def gap(kappa: float) -> float:
        return float(weight @ expit(eta - kappa)) / rate - share

    return float(brentq(gap, 0.0, STEEP - logit(1e-6), xtol=1e-12))


def label(rates: Rates, unknowns: list[Unknown], values: Floats) -> dict[str, str]:
    """Whether claims identify each unknown: does what they say narrow its assumed range?

    With J the claims' scaled Jacobian, the unknown's standard deviation given claims and
    pulls is compared with its pull alone (a linear-Gaussian approximation).
    """
    _, jacobian = rates.evaluate(values)
    claimed = np.array([m.claimed for m in rates.moments])
    half = np.array([m.half_width for m in rates.moments])
    scaled = jacobian / half[:, None]
    wide = np.array([u.half if u.half is not None else STEEP for u in unknowns])
    information = (scaled[claimed] * wide).T @ (scaled[claimed] * wide)
    posterior = np.linalg.inv(information + np.eye(len(unknowns)))
    narrowed = np.sqrt(np.diag(posterior)) < IDENTIFIED
    return {
        ".".join(part for part in u.name if part): (
            "claim-identified" if narrowed[i] else "assumption-only"
        )
        for i, u in enumerate(unknowns)
    }
