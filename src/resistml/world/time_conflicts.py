"""Which claims about times cannot hold together, and which not even alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from resistml.errors import WorldError
from resistml.world.conflicts import SEARCHED
from resistml.world.deletion import NOTHING, holding
from resistml.world.laws import Conflict
from resistml.world.time_moments import TimeMoment
from resistml.world.time_problem import Problem, miss, remembered

Floats = npt.NDArray[np.float64]

#: Starting points of the search besides the compromise.
_STARTS = 3
#: An unknown so near an end of its range, as a share of it, is held there.
_AT_END = 1e-3


def find_time_conflicts(
    problem: Problem, x: Floats, missed: Sequence[TimeMoment], claimed: Sequence[TimeMoment]
) -> list[Conflict]:
    """Minimal conflict sets that account for the claims which the compromise ``x`` misses.

    A claim that no set holds is left out: it is met once the others' compromise spares it, or
    :func:`require_met` says that it is not.

    Raises
    ------
    WorldError
        If a claim is out of reach by itself.
    """
    search = _Search(problem, x)
    found: list[Conflict] = []
    for moment in missed:
        if any(moment.id in conflict.claims for conflict in found):
            continue
        members = holding(search.gap, moment, claimed)
        if len(members) == 1:
            require_met(problem, search.nearest(members)[1], members)
        elif members:
            names = tuple(m.id for m in members)
            found.append(Conflict(names, search.gap(members) / 100, "search", SEARCHED))
    return found


def require_met(problem: Problem, x: Floats, claims: Sequence[TimeMoment]) -> None:
    """Raise the error that these claims are missed at ``x``, if there are any.

    Raises
    ------
    WorldError
        Says by how much each is missed, and which unknowns are at an end of their ranges.
    """
    if not claims:
        return
    said = [f"{m.id} by {100 * problem.missed(m, x):.1f} percentage points" for m in claims]
    ends = []
    for u, value in zip(problem.unknowns, x, strict=True):
        room = _AT_END * (u.high - u.low)
        if value - u.low < room or u.high - value < room:
            ends.append(f"{u.name[0]} of {u.name[2]} in {u.name[1]}")
    where = f"; at an end of their ranges: {', '.join(ends)}" if ends else ""
    raise WorldError(
        f"no law of times meets {'this claim' if len(said) == 1 else 'these claims'}: "
        f"{'; '.join(said)}",
        key=claims[0].id,
        allowed=f"times that the assumed ranges leave room for{where}",
        hint="widen these ranges in the arm's entry of strategies.yaml, or mend the claim",
    )


class _Search:
    """Looks for laws of times that meet a set of claims."""

    def __init__(self, problem: Problem, x: Floats) -> None:
        self.problem = problem
        self.low = np.array([u.low for u in problem.unknowns])
        self.high = np.array([u.high for u in problem.unknowns])
        self._starts = self._starting(x)
        self._known: dict[frozenset[str], tuple[float, Floats]] = {}

    def gap(self, moments: Sequence[TimeMoment]) -> float:
        """Least root-sum-of-squares miss found, in percentage points."""
        return self.nearest(moments)[0]

    def nearest(self, moments: Sequence[TimeMoment]) -> tuple[float, Floats]:
        """That miss, and the unknowns at which it was found."""
        key = frozenset(m.id for m in moments)
        if key not in self._known:
            self._known[key] = self._least(moments)
        return self._known[key]

    def _least(self, moments: Sequence[TimeMoment]) -> tuple[float, Floats]:
        asked = [(m, probe) for m in moments for probe in m.limits()]
        evaluated = remembered(partial(miss, self.problem, asked))

        def residuals(x: Floats) -> Floats:
            return 100 * evaluated(x)[0]

        def jacobian(x: Floats) -> Floats:
            return 100 * evaluated(x)[1]

        best, at = np.inf, self._starts[0]
        for start in self._starts:
            result = least_squares(
                residuals,
                np.clip(start, self.low, self.high),
                jac=jacobian,
                bounds=(self.low, self.high),
                x_scale="jac",
                max_nfev=60,
            )
            norm = float(np.linalg.norm(result.fun))
            if norm < best:
                best, at = norm, result.x
            if best <= NOTHING:
                break
        return best, at

    def _starting(self, x: Floats) -> list[Floats]:
        rng = np.random.default_rng(0)
        half = [u.half for u in self.problem.unknowns]
        # Scales know no range: a factor of e either way.
        width = np.array([2.0 if h is None else 2 * h for h in half])
        moved = [x + width * rng.uniform(-0.5, 0.5, len(x)) for _ in range(_STARTS)]
        return [x, *moved]
