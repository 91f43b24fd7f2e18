"""The unknowns of a world: what the solver may move, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit

from resistml.evidence import Evidence
from resistml.evidence.schema import Assumption
from resistml.features.links import location
from resistml.world.laws import World
from resistml.world.moments import Moment, Name

Floats = npt.NDArray[np.float64]

#: Log-odds beyond which an intercept is not looked for.
STEEP = 12.0
#: Weight of an assumption's midpoint relative to a claim's: a shift by half the assumed
#: range costs as much as missing a claim by this share of its half-width.
PULL = 0.25
#: An unknown counts as claim-identified if claims take away half of its assumed variance:
#: its standard deviation then shrinks by this factor or more.
IDENTIFIED = 0.7071


@dataclass(frozen=True)
class Unknown:
    """A parameter to be solved; ``middle`` and ``half`` are None for free intercepts."""

    name: Name
    start: float
    low: float
    high: float
    middle: float | None = None
    half: float | None = None


def list_unknowns(evidence: Evidence, draft: World, moments: list[Moment]) -> list[Unknown]:
    """Intercepts and cuts of all arms; effects and locations of the markers in claims."""
    cells = {cell for m in moments if m.claimed for cell in m.cells}
    unknowns: list[Unknown] = []
    with_cr = {(c.setting, c.arm) for m in moments if m.endpoint == "cr" for c in m.cells}
    for s, law in draft.settings.items():
        for a in law.arms:
            unknowns.append(Unknown(("alpha", s, a), 0.0, -STEEP, STEEP))
            if (s, a) in with_cr:
                unknowns.append(Unknown(("kappa", s, a), 1.0, 1e-3, STEEP))
    markers = {t[0] for cell in cells for t in cell.conditions if t[0] in draft.markers}
    for m in sorted(markers):
        unknowns.append(assumed_unknown(("effect", "", m), evidence.markers[m].effect))
    places = {
        (cell.setting, t[0])
        for cell in cells
        for t in cell.conditions
        if t[0] in draft.settings[cell.setting].location
    }
    unknowns += [_place(evidence, s, m) for s, m in sorted(places)]
    return unknowns


def _place(evidence: Evidence, setting: str, marker: str) -> Unknown:
    median = evidence.distribution(marker, setting).median
    assert median is not None  # continuous markers have one
    kind = evidence.markers[marker].kind
    on_link = Assumption(
        value=location(kind, median.value),
        low=location(kind, median.low),
        high=location(kind, median.high),
        reason=median.reason,
    )
    return assumed_unknown(("location", setting, marker), on_link)


def assumed_unknown(name: Name, assumption: Assumption) -> Unknown:
    """An unknown that stays inside an assumption's range."""
    half = max(assumption.half_width, 1e-6)
    # least_squares wants room between its bounds, even round an assumption held fixed.
    low, high = min(assumption.low, assumption.value - 1e-9), assumption.high + 1e-9
    return Unknown(name, assumption.value, low, high, assumption.value, half)


def cut_of(eta: Floats, weight: Floats, share: float) -> float:
    """How much higher a cut is that only a share of those with log-odds ``eta`` clears."""
    share = float(np.clip(share, 1e-6, 1.0))
    rate = float(weight @ expit(eta))

    def gap(cut: float) -> float:
        return float(weight @ expit(eta - cut)) / rate - share

    return float(brentq(gap, 0.0, STEEP - logit(1e-6), xtol=1e-12))


def labelled(unknowns: list[Unknown], jacobian: Floats) -> dict[str, str]:
    """Whether claims identify each unknown: does what they say narrow its assumed range?

    The unknown's standard deviation given claims and pulls is compared with its pull alone (a
    linear-Gaussian approximation).

    Parameters
    ----------
    unknowns : list of P Unknown
    jacobian : (M, P) array
        Of the claims' figures, in half-widths.
    """
    wide = np.array([u.half if u.half is not None else STEEP for u in unknowns])
    information = (jacobian * wide).T @ (jacobian * wide)
    posterior = np.linalg.inv(information + np.eye(len(unknowns)))
    narrowed = np.sqrt(np.diag(posterior)) < IDENTIFIED
    return {
        ".".join(part for part in u.name if part): (
            "claim-identified" if narrowed[i] else "assumption-only"
        )
        for i, u in enumerate(unknowns)
    }
