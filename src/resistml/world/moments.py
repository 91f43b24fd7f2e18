"""Response rates of a world as smooth functions of its unknowns, with gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.evidence import Evidence, strategies_of
from resistml.evidence.schema import Claim
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.draft import tests
from resistml.world.laws import Test, World
from resistml.world.sample import Base, Stratum, draw_base, eligible, f_values, stratum

Floats = npt.NDArray[np.float64]
#: An unknown: ("alpha" | "kappa" | "location", setting, arm or marker) or ("effect", "", marker).
Name = tuple[str, str, str]


@dataclass(frozen=True)
class Cell:
    """An arm among the patients of a setting whose record meets ``conditions``.

    ``conditions`` empty = those eligible for the arm.
    """

    setting: str
    arm: str
    conditions: tuple[Test, ...]


@dataclass(frozen=True)
class Moment:
    """A response rate that a claim reports, or that an assumption gives.

    ``low`` and ``high`` are the reported range; ``id`` is the claim's, or the assumption's.
    Several cells are pooled with equal weight per setting.
    """

    id: str
    endpoint: Literal["orr", "cr"]
    cells: tuple[Cell, ...]
    low: float
    high: float
    claimed: bool

    @property
    def middle(self) -> float:
        """What the solver aims at."""
        return (self.low + self.high) / 2

    @property
    def half_width(self) -> float:
        """Half the range, or one percentage point for a point value."""
        return max((self.high - self.low) / 2, 0.01)


def claim_cells(evidence: Evidence, claim: Claim) -> tuple[Cell, ...]:
    """The cells over which a claim's rate or time is taken."""
    conditions = tests(evidence, claim.population)
    return tuple(
        Cell(setting, arm, conditions)
        for setting in claim.settings
        for arm in strategies_of(evidence, claim, setting)
    )


def response_moments(evidence: Evidence) -> list[Moment]:
    """Targets of the solver: all response claims, then the arms' assumed response rates."""
    moments = [
        Moment(c.id, "cr" if c.endpoint == "cr" else "orr", claim_cells(evidence, c), c.low, c.high, True)
        for c in evidence.claims.values()
        if c.role == "target"
        and evidence.endpoints[c.endpoint].family == "response"
        and c.low is not None
        and c.high is not None
    ]
    for setting in evidence.modelled_settings:
        for arm, entry in evidence.arms_of(setting).items():
            if entry.orr is not None:
                cell = Cell(setting, arm, ())
                name = f"strategies.{arm}.arms.{setting}.orr"
                moments.append(Moment(name, "orr", (cell,), entry.orr.low, entry.orr.high, False))
    return moments


class Rates:
    """All moments of a world, and their Jacobian, on fixed samples.

    Parameters
    ----------
    world : World
        Where the unknowns start from.
    moments : list of Moment
    names : list of Name
        The unknowns, in the order of the vectors passed to :meth:`evaluate`.
    """

    def __init__(self, world: World, moments: list[Moment], names: list[Name]) -> None:
        self.world = world
        self.moments = moments
        self.names = names
        self._index = {name: i for i, name in enumerate(names)}
        wanted = {cell.setting for m in moments for cell in m.cells}
        self._start = {s: compile_setting(world, s) for s in world.settings if s in wanted}
        self._base = {s: draw_base(c) for s, c in self._start.items()}
        self._hazard = {
            s: clinical_terms(world, c.arms, self._base[s].age, self._base[s].ecog)
            for s, c in self._start.items()
        }
        self._users = self._markers_by_unknown()

    def _markers_by_unknown(self) -> dict[str, list[tuple[int, int]]]:
        users: dict[str, list[tuple[int, int]]] = {}
        for s, c in self._start.items():
            users[s] = [
                (j, self._index["effect", "", m])
                for j, m in enumerate(c.markers)
                if ("effect", "", m) in self._index
            ]
        return users

    def evaluate(self, values: Floats) -> tuple[Floats, Floats]:
        """Rates (M,) and Jacobian (M, P) at a vector of unknowns (P,)."""
        cells = {cell for m in self.moments for cell in m.cells}
        endpoints = {(cell, m.endpoint) for m in self.moments for cell in m.cells}
        state = {s: self._setting_state(s, values) for s in self._start}
        strata = {
            cell: self._stratum(state[cell.setting][0], cell)
            for cell in sorted(cells, key=repr)
        }
        parts = {
            (cell, endpoint): self._cell(state[cell.setting], strata[cell], cell, endpoint)
            for cell, endpoint in sorted(endpoints, key=repr)
        }
        rates = np.zeros(len(self.moments))
        jacobian = np.zeros((len(self.moments), len(self.names)))
        for i, moment in enumerate(self.moments):
            rates[i], jacobian[i] = _pooled([parts[cell, moment.endpoint] for cell in moment.cells])
        return rates, jacobian

    def compiled(self, setting: str, values: Floats) -> Compiled:
        """The setting's arrays with the unknowns put in."""
        c = self._start[setting]
        take: Callable[[Name, float], float] = lambda name, old: (  # noqa: E731
            float(values[self._index[name]]) if name in self._index else old
        )
        weights = c.weights.copy()
        for j, i in self._users[setting]:
            exposures = [
                self.world.strategies[a].exposure.get(c.markers[j], 0.0) for a in c.arms
            ]
            weights[:, j] = -values[i] * np.array(exposures)
        return replace(
            c,
            alpha=np.array([take(("alpha", setting, a), c.alpha[i]) for i, a in enumerate(c.arms)]),
            kappa=np.array([take(("kappa", setting, a), c.kappa[i]) for i, a in enumerate(c.arms)]),
            location=np.array(
                [take(("location", setting, m), c.location[i]) for i, m in enumerate(c.continuous)]
            ),
            weights=weights,
        )

    def _setting_state(self, setting: str, values: Floats) -> tuple[Compiled, Floats, Floats]:
        c = self.compiled(setting, values)
        f = f_values(c, self._base[setting])
        return c, f, c.log_odds(f, self._hazard[setting])

    def _stratum(self, c: Compiled, cell: Cell) -> Stratum:
        base = self._base[cell.setting]
        if cell.conditions:
            return stratum(c, base, cell.conditions)
        return eligible(c, base, self.world.strategies[cell.arm].eligibility)

    def _cell(
        self, state: tuple[Compiled, Floats, Floats], s: Stratum, cell: Cell, endpoint: str
    ) -> tuple[float, float, Floats, Floats]:
        """Numerator and denominator of a cell's rate, and their gradients."""
        c, f, eta = state
        a = c.arms.index(cell.arm)
        cut = c.kappa[a] if endpoint == "cr" else 0.0
        p = expit(eta[:, a] - cut)
        w = s.weight
        slope = w * p * (1 - p)
        d_top, d_bottom = np.zeros(len(self.names)), np.zeros(len(self.names))
        self._add(d_top, ("alpha", cell.setting, cell.arm), slope.mean())
        if endpoint == "cr":
            self._add(d_top, ("kappa", cell.setting, cell.arm), -slope.mean())
        exposure = self.world.strategies[cell.arm].exposure
        for j, i in self._users[cell.setting]:
            d_top[i] -= exposure.get(c.markers[j], 0.0) * (slope @ f[:, j]) / len(w)
        for j, marker in enumerate(c.continuous):
            name = ("location", cell.setting, marker)
            if name in self._index:
                moved = s.slopes.get(marker, np.zeros(1))
                self._add(d_top, name, slope.mean() * c.weights[a, j] / c.scale[j])
                self._add(d_top, name, float((moved * p).mean()))
                self._add(d_bottom, name, float(moved.mean()))
        return float((w * p).mean()), float(w.mean()), d_top, d_bottom

    def _add(self, into: Floats, name: Name, amount: float) -> None:
        if name in self._index:
            into[self._index[name]] += amount

    def base(self, setting: str) -> Base:
        """The fixed sample of a setting."""
        return self._base[setting]

    def hazard(self, setting: str) -> Floats:
        """(n, A) clinical terms of the fixed sample."""
        return self._hazard[setting]


def _pooled(parts: list[tuple[float, float, Floats, Floats]]) -> tuple[float, Floats]:
    top = sum(p[0] for p in parts)
    bottom = sum(p[1] for p in parts)
    d_top = np.sum([p[2] for p in parts], axis=0)
    d_bottom = np.sum([p[3] for p in parts], axis=0)
    rate = top / bottom
    return rate, (d_top - rate * d_bottom) / bottom
