"""Kaplan-Meier curves of a cohort by setting and strategy, and what is reported beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.cohort.curves import Curve, at_risk, kaplan_meier
from resistml.cohort.observed import Observed
from resistml.cohort.pool import Part, parts_of
from resistml.evidence import Evidence
from resistml.evidence.schema import Claim
from resistml.world.laws import World
from resistml.world.moments import Cell, claim_cells
from resistml.world.time_moments import Reading, reading

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reported:
    """What a claim says of a curve.

    Attributes
    ----------
    claim : str
    time : str
        ``pfs`` or ``os``.
    months : (low, high)
        Where it lies along the curve; equal for a horizon, or a median given as a point.
    share : (low, high)
        And at what height: a half for a median.
    apart : bool
        Whether it is about others than all who are eligible: a part of them, or a pool of
        several arms; the curve need not run through it.
    """

    claim: str
    time: str
    months: tuple[float, float]
    share: tuple[float, float]
    apart: bool


@dataclass(frozen=True, eq=False)
class ArmCurves:
    """The n patients of a setting who were given a strategy.

    ``curves`` are those of ``pfs`` and ``os``; ``followed`` the months each patient was followed
    for either.
    """

    setting: str
    strategy: str
    n: int
    curves: dict[str, Curve]
    followed: dict[str, Floats]
    reported: tuple[Reported, ...]

    def risk(self, time: str, months: Floats) -> npt.NDArray[np.int64]:
        """Patients still followed and free of the event at each of some times."""
        return at_risk(self.followed[time], months)


def arm_curves(
    evidence: Evidence, world: World, observed: Observed, setting: str
) -> list[ArmCurves]:
    """The curves of a setting's strategies, in its order; those that nobody got are left out.

    Where treatment was given by lot, they are those of all who are eligible for the strategy
    (see :mod:`resistml.cohort.estimate`), else of those who were given it.
    """
    cells = [Cell(setting, arm, ()) for arm in world.settings[setting].arms]
    out = []
    for part in parts_of(world, observed, cells):
        if part.n:
            reported = _reported(evidence, world, part.cell)
            out.append(_curves(part, reported))
    return out


def _curves(part: Part, reported: tuple[Reported, ...]) -> ArmCurves:
    return ArmCurves(
        setting=part.cell.setting,
        strategy=part.cell.arm,
        n=part.n,
        curves={t: kaplan_meier(x, part.events[t], part.weight) for t, x in part.times.items()},
        followed=dict(part.times),
        reported=reported,
    )


def _reported(evidence: Evidence, world: World, cell: Cell) -> tuple[Reported, ...]:
    found = []
    for claim in evidence.claims.values():
        how = reading(claim)
        if (
            how is None
            or how.late
            or claim.measure != "level"
            or cell.setting not in claim.settings
        ):
            continue
        cells = claim_cells(evidence, claim)
        mine = [c for c in cells if (c.setting, c.arm) == (cell.setting, cell.arm)]
        if mine:
            eligible = world.strategies[cell.arm].eligibility
            whole = not mine[0].conditions or (mine[0].conditions,) == eligible
            apart = len(cells) > 1 or not whole or (how.group, how.among) != ("all", "all")
            found.append(_point(claim, how, apart=apart))
    return tuple(found)


def _point(claim: Claim, how: Reading, *, apart: bool) -> Reported:
    assert claim.low is not None  # a target has a range
    assert claim.high is not None
    ends = claim.low, claim.high
    if how.said == "median":
        return Reported(claim.id, how.event, ends, (0.5, 0.5), apart)
    assert claim.at_months is not None  # held by `reading`
    share = (1 - ends[1], 1 - ends[0]) if how.said == "lost" else ends
    return Reported(claim.id, how.event, (claim.at_months, claim.at_months), share, apart)
