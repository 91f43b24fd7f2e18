"""The unknowns of some arms' laws of times, and what figures they give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from resistml.world.laws import ArmLaw, World
from resistml.world.moments import Cell, cell_stratum
from resistml.world.time_moments import Probe, Reading, TimeMoment
from resistml.world.time_sample import PARAMETERS
from resistml.world.times import Times, setting_times
from resistml.world.unknowns import Unknown

Floats = npt.NDArray[np.float64]
#: An arm: setting and strategy.
Key = tuple[str, str]
#: Fields that are solved by their logarithm.
SCALES = ("pfs_scale", "os_scale")


class Shares:
    """Shares free of an event in a world's arms, on the fixed samples, with gradients."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._times: dict[str, dict[str, Times]] = {}
        self._weights: dict[Cell, Floats] = {}

    def times(self, key: Key) -> Times:
        """The times of an arm."""
        setting, arm = key
        if setting not in self._times:
            self._times[setting] = setting_times(self.world, setting)
        return self._times[setting][arm]

    def weight(self, cell: Cell) -> Floats:
        """(n,) probability of each point to be in the cell."""
        if cell not in self._weights:
            times = self.times((cell.setting, cell.arm))
            self._weights[cell] = cell_stratum(self.world, times.c, times.base, cell).weight
        return self._weights[cell]

    def value(
        self, moment: TimeMoment, months: float, laws: Mapping[Key, ArmLaw]
    ) -> tuple[float, dict[Key, Floats]]:
        """A moment's figure at some months, with its gradient by arm."""
        top, d_top = self._share(moment.reading, moment.cells, months, laws)
        if not moment.against:
            return top, d_top
        bottom, d_bottom = self._share(moment.reading, moment.against, months, laws)
        ratio = top / bottom
        slopes = {key: d / bottom for key, d in d_top.items()}
        for key, d in d_bottom.items():
            slopes[key] = slopes.get(key, np.zeros_like(d)) - ratio * d / bottom
        return ratio, slopes

    def _share(
        self, how: Reading, cells: Sequence[Cell], months: float, laws: Mapping[Key, ArmLaw]
    ) -> tuple[float, dict[Key, Floats]]:
        top, bottom = 0.0, 0.0
        slopes: dict[Key, tuple[Floats, Floats]] = {}
        for cell in cells:
            key = (cell.setting, cell.arm)
            law, sample, weight = laws[key], self.times(key).sample, self.weight(cell)
            start = law.course_months if how.late else 0.0
            t, d_t = sample.free(law, weight, how.event, start + months, how.group)
            b, d_b = sample.free(law, weight, how.event, start, how.among)
            top, bottom = top + t, bottom + b
            before = slopes.get(key, (np.zeros_like(d_t), np.zeros_like(d_b)))
            slopes[key] = (before[0] + d_t, before[1] + d_b)
        share = top / bottom
        gradient = {key: (d_t - share * d_b) / bottom for key, (d_t, d_b) in slopes.items()}
        if how.said == "lost":
            return 1 - share, {key: -d for key, d in gradient.items()}
        return share, gradient


@dataclass(frozen=True)
class Problem:
    """Some arms whose laws are solved together.

    Attributes
    ----------
    laws : dict
        The arms' laws, at which the fields that are no unknowns stay.
    unknowns : list of Unknown
        Named (field, setting, strategy); scales by their logarithm.
    """

    shares: Shares
    laws: dict[Key, ArmLaw]
    unknowns: list[Unknown]

    def laws_at(self, x: Floats) -> dict[Key, ArmLaw]:
        """The laws at a vector of unknowns (P,)."""
        changed: dict[Key, dict[str, float]] = {key: {} for key in self.laws}
        for u, value in zip(self.unknowns, x, strict=True):
            field, setting, arm = u.name
            found = np.exp(value) if field in SCALES else value
            changed[setting, arm][field] = float(found)
        return {key: replace(law, **changed[key]) for key, law in self.laws.items()}

    def value(self, moment: TimeMoment, months: float, x: Floats) -> tuple[float, Floats]:
        """A moment's figure at some months, and its gradient (P,)."""
        value, slopes = self.shares.value(moment, months, self.laws_at(x))
        none = np.zeros(len(PARAMETERS))
        places = (((s, a), PARAMETERS.index(field)) for field, s, a in self._names())
        return value, np.array([slopes.get(key, none)[i] for key, i in places])

    def missed(self, moment: TimeMoment, x: Floats) -> float:
        """How far a figure lies outside what its claim allows: of a median the share of patients
        by which half is missed; 0 if it is met."""
        return max(
            (outside(self.value(moment, probe.months, x)[0], probe) for probe in moment.limits()),
            default=0.0,
        )

    def half_width(self, moment: TimeMoment, x: Floats) -> float:
        """What a moment may miss its aim by, as a share: of a median by the steepness there."""
        if moment.reading.said != "median":
            return max(moment.margin, _LEAST)
        early, late = (self.value(moment, months, x)[0] for months in moment.sides())
        return max((early - late) / 2, _LEAST)

    def values(self, asked: Sequence[tuple[TimeMoment, Probe]], x: Floats) -> tuple[Floats, Floats]:
        """Figures (M,) of moments at their probes' months, and their Jacobian (M, P)."""
        found = [self.value(moment, probe.months, x) for moment, probe in asked]
        slopes = np.array([slope for _, slope in found]).reshape(len(found), len(x))
        return np.array([value for value, _ in found]), slopes

    def _names(self) -> list[tuple[str, str, str]]:
        return [u.name for u in self.unknowns]


#: Least half-width of an aim, as a share.
_LEAST = 1e-3


def miss(
    problem: Problem, asked: Sequence[tuple[TimeMoment, Probe]], x: Floats
) -> tuple[Floats, Floats]:
    """How far figures lie outside their probes' ranges, (M,): negative below, 0 inside; and the
    Jacobian (M, P)."""
    values, slopes = problem.values(asked, x)
    low = np.array([probe.low for _, probe in asked])
    high = np.array([probe.high for _, probe in asked])
    off = values - np.clip(values, low, high)
    return off, np.where((off != 0)[:, None], slopes, 0.0)


def remembered(
    function: Callable[[Floats], tuple[Floats, Floats]],
) -> Callable[[Floats], tuple[Floats, Floats]]:
    """The function with its last value kept, for solvers that ask for residuals and Jacobian one
    after the other."""
    known: dict[bytes, tuple[Floats, Floats]] = {}

    def asked(x: Floats) -> tuple[Floats, Floats]:
        key = x.tobytes()
        if key not in known:
            known.clear()
            known[key] = function(x)
        return known[key]

    return asked


def outside(value: float, probe: Probe) -> float:
    """How far a value lies outside a probe's range; 0 inside."""
    return max(0.0, probe.low - value, value - probe.high)
