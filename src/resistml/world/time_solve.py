"""Solves the laws of times so that all claims about times hold together.

Arms that a claim compares or pools are solved together, the others one by one, by bounded
least squares like those of :mod:`resistml.world.solve`:

    minimise  sum over claims ((share - aim) / half-width)^2
            + PULL^2 * sum over assumed medians and cured shares ((share - aim) / half-width)^2
            + PULL^2 * sum over unknowns ((value - midpoint) / half-range)^2

where every figure is the share free of an event at some months
(:mod:`resistml.world.time_moments`). Scales, and the cut of cure where a cured share is assumed,
are solved in every arm; shapes, ratios and slopes leave their assumptions only in arms whose
claims cannot be met without that, or not without driving an assumed figure from its range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from resistml.evidence import Evidence
from resistml.world.laws import ArmLaw, Conflict, World
from resistml.world.time_conflicts import find_time_conflicts, require_met
from resistml.world.time_moments import TimeMoment, aims, assumed_moments, claimed_moments
from resistml.world.time_problem import Key, Problem, Shares, miss, outside, remembered
from resistml.world.time_unknowns import free_unknowns, held_unknowns, started
from resistml.world.unknowns import PULL, labelled

Floats = npt.NDArray[np.float64]
#: By which the weight of a claim, by id, is multiplied.
Firmness = Mapping[str, float]

#: Weights of claims, tried in turn until all are met: the last leaves assumptions no say.
_FIRMNESS = (1.0, 10.0, 100.0)
#: Without its arm's shapes a claim counts as met if its aim is missed by no more than this
#: share of its half-width.
_NEAR = 0.25
#: Misses below this, as a share of patients, count as none.
_MISSED = 1e-4
#: Times that the half-widths of medians are taken anew.
_ROUNDS = 8
#: Holds a scale that nothing else does where it starts.
_RIDGE = 1e-4


def solve_times(evidence: Evidence, world: World, *, prove: bool = True) -> World:
    """The world with the laws of times of all its arms solved.

    Parameters
    ----------
    prove : bool
        Without it claims that pull against each other are compromised between, and no more is
        said of them.

    Raises
    ------
    WorldError
        If a claim about times is out of reach by itself.
    """
    claimed = claimed_moments(evidence)
    wanted = aims(claimed) + assumed_moments(evidence)
    shares = Shares(world)
    laws: dict[Key, ArmLaw] = {}
    labels, conflicts = dict(world.labels), list(world.conflicts)
    for keys in components(world, wanted):
        mine = [m for m in wanted if _keys(m) & keys]
        said = [m for m in claimed if _keys(m) & keys]
        problem, x = _solve(evidence, shares, keys, mine)
        if prove and _missed(problem, said, x):
            found = find_time_conflicts(problem, x, _missed(problem, said, x), said)
            x = _spared(problem, mine, found)
            conflicts += found
            require_met(problem, x, [m for m in _missed(problem, said, x) if not _in(m, found)])
        laws |= problem.laws_at(x)
        labels |= _label(problem, [m for m in mine if m.claimed], x)
    return replace(_put_in(world, laws), labels=labels, conflicts=tuple(conflicts))


def components(world: World, moments: Sequence[TimeMoment]) -> Iterator[set[Key]]:
    """Arms that moments tie together, each arm once."""
    left = {(s, a): {(s, a)} for s, law in world.settings.items() for a in law.arms}
    for moment in moments:
        tied = set().union(*(left[key] for key in _keys(moment)))
        left.update(dict.fromkeys(tied, tied))
    seen: set[Key] = set()
    for key, tied in left.items():
        if key not in seen:
            seen |= tied
            yield tied


def _keys(moment: TimeMoment) -> set[Key]:
    return {(cell.setting, cell.arm) for cell in (*moment.cells, *moment.against)}


def _solve(
    evidence: Evidence, shares: Shares, keys: set[Key], moments: list[TimeMoment]
) -> tuple[Problem, Floats]:
    """The problem of some arms, and its solution.

    First without the shapes, ratios and slopes; then with them, and with claims ever firmer.
    """
    laws = {key: started(evidence, shares, key, moments) for key in sorted(keys)}
    problem = Problem(shares, laws, free_unknowns(evidence, shares, laws))
    names = [m.id for m in moments if m.claimed]
    x = fit(problem, moments, dict.fromkeys(names, _FIRMNESS[0]))
    if all(_near(problem, m, x) for m in moments):
        return problem, x
    laws = problem.laws_at(x)
    unknowns = free_unknowns(evidence, shares, laws) + held_unknowns(evidence, laws)
    problem = Problem(shares, laws, unknowns)
    for firmness in _FIRMNESS:
        x = fit(problem, moments, dict.fromkeys(names, firmness))
        if not _missed(problem, [m for m in moments if m.claimed], x):
            break
    return problem, x


def _missed(problem: Problem, claimed: Sequence[TimeMoment], x: Floats) -> list[TimeMoment]:
    return [m for m in claimed if problem.missed(m, x) > _MISSED]


def _spared(problem: Problem, moments: Sequence[TimeMoment], found: list[Conflict]) -> Floats:
    """A compromise between the members of conflicts alone: other claims do not pay for it."""
    least, most = _FIRMNESS[0], _FIRMNESS[-1]
    names = [m for m in moments if m.claimed]
    return fit(problem, moments, {m.id: least if _in(m, found) else most for m in names})


def _in(moment: TimeMoment, conflicts: Sequence[Conflict]) -> bool:
    return any(name in conflict.claims for conflict in conflicts for name in moment.claims)


def _near(problem: Problem, moment: TimeMoment, x: Floats) -> bool:
    """Whether a claim is as good as met, or an assumption within its range."""
    if not moment.claimed:
        return problem.missed(moment, x) <= 0
    aim = moment.aim()
    off = outside(problem.value(moment, aim.months, x)[0], aim)
    return off <= _NEAR * problem.half_width(moment, x)


def fit(problem: Problem, moments: Sequence[TimeMoment], firmness: Firmness) -> Floats:
    """The unknowns' values at the least squares, each claim's weight multiplied by its firmness.

    Half-widths of medians depend on how steep the curves are there: they are held while
    solving, and taken anew from the solution.
    """
    x = np.array([u.start for u in problem.unknowns])
    for _ in range(_ROUNDS):
        before = x
        x = _least(problem, moments, firmness, x)
        if np.allclose(x, before, rtol=0, atol=1e-8):
            break
    return x


def _least(
    problem: Problem, moments: Sequence[TimeMoment], firmness: Firmness, start: Floats
) -> Floats:
    unknowns = problem.unknowns
    aimed = [(m, m.aim()) for m in moments]
    half = np.array([problem.half_width(m, start) for m in moments])
    weight = np.array([firmness[m.id] if m.claimed else PULL for m in moments]) / half
    origin = np.array([u.start if u.middle is None else u.middle for u in unknowns])
    pull = np.array([_RIDGE if u.half is None else PULL / u.half for u in unknowns])
    evaluated = remembered(partial(miss, problem, aimed))

    def residuals(x: Floats) -> Floats:
        return np.concatenate([weight * evaluated(x)[0], pull * (x - origin)])

    def jacobian(x: Floats) -> Floats:
        return np.vstack([weight[:, None] * evaluated(x)[1], np.diag(pull)])

    low, high = np.array([u.low for u in unknowns]), np.array([u.high for u in unknowns])
    result = least_squares(
        residuals,
        np.clip(start, low, high),
        jac=jacobian,
        bounds=(low, high),
        x_scale="jac",
        ftol=1e-12,
        xtol=1e-12,
        gtol=1e-10,
        max_nfev=200,
    )
    return np.asarray(result.x)


def _label(problem: Problem, claimed: list[TimeMoment], x: Floats) -> dict[str, str]:
    """Whether claims identify each unknown; see :func:`resistml.world.unknowns.labelled`.

    A bound that is met with room to spare tells nothing.
    """
    telling = [m for m in claimed if m.bound == "about" or not _clear(problem, m, x)]
    rows = [problem.value(m, m.aim().months, x)[1] / problem.half_width(m, x) for m in telling]
    return labelled(problem.unknowns, np.array(rows).reshape(len(rows), len(x)))


def _clear(problem: Problem, moment: TimeMoment, x: Floats) -> bool:
    aim = moment.aim()
    return outside(problem.value(moment, aim.months, x)[0], aim) == 0


def _put_in(world: World, laws: dict[Key, ArmLaw]) -> World:
    settings = {
        s: replace(law, arms={a: laws[s, a] for a in law.arms}) for s, law in world.settings.items()
    }
    return replace(world, settings=settings)
