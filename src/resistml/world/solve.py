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
from scipy.optimize import least_squares

from resistml.errors import WorldError
from resistml.evidence import Evidence, require_sound
from resistml.threads import one_blas_thread
from resistml.world.conflicts import find_conflicts
from resistml.world.draft import draft_world
from resistml.world.laws import ArmLaw, SettingLaw, World, rounded_world
from resistml.world.moments import Moment, Rates, response_moments
from resistml.world.strata import eligible
from resistml.world.time_solve import solve_times
from resistml.world.unknowns import PULL, Unknown, cut_of, labelled, list_unknowns
from resistml.world.variants import misspecified

Floats = npt.NDArray[np.float64]


def solve_world(evidence: Evidence, variant: str = "default", seed: int = 0) -> World:
    """The default world of a catalog, or a misspecified one.

    Parameters
    ----------
    evidence : Evidence
    variant : {"default", "form", "knowledge"}
        See :mod:`resistml.world.variants`.
    seed : int
        What a misspecification strikes; the default world does not depend on it.

    Raises
    ------
    CatalogError
        If the catalog does not hold together.
    WorldError
        If the solver does not converge.
    """
    require_sound(evidence)
    return solve_drawn(evidence, variant, seed)


@one_blas_thread
def solve_drawn(
    evidence: Evidence, variant: str = "default", seed: int = 0, *, prove: bool = True
) -> World:
    """As :func:`solve_world`, of evidence that is known to be sound.

    With ``prove`` false, figures that pull against each other are compromised between, and no
    conflict is looked for.
    """
    moments = response_moments(evidence)
    draft = misspecified(evidence, draft_world(evidence), variant, seed)
    unknowns = list_unknowns(evidence, draft, moments)
    rates = Rates(draft, moments, [u.name for u in unknowns])
    values = fit(rates, unknowns)
    world = put_in(draft, rates, values)
    world = _complete_shares(evidence, world, rates, values, moments)
    world = replace(
        world,
        labels=label(rates, unknowns, values),
        conflicts=find_conflicts(world, moments, unknowns) if prove else (),
    )
    return rounded_world(solve_times(evidence, world, prove=prove))


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
            kappa = cut_of(eta[:, i], w, default if share is None else share.value)
            arms[a] = replace(arm, kappa=kappa)
        settings[s] = replace(law, arms=arms)
    return replace(world, settings=settings)


def label(rates: Rates, unknowns: list[Unknown], values: Floats) -> dict[str, str]:
    """Whether claims identify each unknown; see :func:`resistml.world.unknowns.labelled`."""
    _, jacobian = rates.evaluate(values)
    claimed = np.array([m.claimed for m in rates.moments])
    half = np.array([m.half_width for m in rates.moments])
    return labelled(unknowns, (jacobian / half[:, None])[claimed])
