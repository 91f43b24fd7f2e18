"""Response rates of a world as smooth functions of its unknowns, with gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from resistml.errors import WorldError
from resistml.evidence import Evidence, strategies_of
from resistml.evidence.schema import Claim
from resistml.world.compiled import Compiled, clinical_terms, compile_setting, exposures
from resistml.world.draft import tests
from resistml.world.laws import Test, World
from resistml.world.sample import Base, draw_base, f_values
from resistml.world.strata import Stratum, eligible, stratum

Floats = npt.NDArray[np.float64]
#: Least half-width of a rate: one percentage point.
_LEAST = 0.01
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

    ``low`` and ``high`` are the reported range, infinite on the side that a bound leaves open;
    ``id`` is the claim's, or the assumption's. Several cells are pooled with equal weight per
    setting.
    """

    id: str
    endpoint: Literal["orr", "cr"]
    cells: tuple[Cell, ...]
    low: float
    high: float
    claimed: bool

    @property
    def middle(self) -> float:
        """What the solver aims at: the middle, or just inside a bound."""
        if np.isinf(self.high):
            return self.low + self.half_width
        if np.isinf(self.low):
            return self.high - self.half_width
        return (self.low + self.high) / 2

    @property
    def half_width(self) -> float:
        """Half the range, or one percentage point for a point value or a bound."""
        half = (self.high - self.low) / 2
        return max(half, _LEAST) if np.isfinite(half) else _LEAST


def claim_cells(evidence: Evidence, claim: Claim) -> tuple[Cell, ...]:
    """The cells over which a claim's rate or time is taken."""
    conditions = tests(evidence, claim.population)
    return tuple(
        Cell(setting, arm, conditions)
        for setting in claim.settings
        for arm in strategies_of(evidence, claim, setting)
    )


def open_range(low: float, high: float, bound: str) -> tuple[float, float]:
    """A reported range, without an end on the side that a bound leaves open."""
    if bound == "at_least":
        return low, float("inf")
    if bound == "at_most":
        return float("-inf"), high
    return low, high


def is_solved(evidence: Evidence, claim: Claim) -> bool:
    """Whether the solver aims at a claim: a target that states the level of a response rate."""
    family = evidence.endpoints[claim.endpoint].family
    return claim.role == "target" and family == "response" and claim.measure == "level"


def cell_stratum(world: World, c: Compiled, base: Base, cell: Cell) -> Stratum:
    """Who of a setting's fixed sample a cell is about."""
    if cell.conditions:
        return stratum(c, base, cell.conditions)
    return eligible(c, base, world.strategies[cell.arm].eligibility)


def response_moments(evidence: Evidence) -> list[Moment]:
    """Targets of the solver: all response claims, then the arms' assumed response rates."""
    moments: list[Moment] = []
    for claim in evidence.claims.values():
        if is_solved(evidence, claim) and claim.low is not None and claim.high is not None:
            cells = claim_cells(evidence, claim)
            cr = claim.endpoint == "cr"
            span = open_range(claim.low, claim.high, claim.bound)
            moments.append(Moment(claim.id, "cr" if cr else "orr", cells, *span, True))
    for setting in evidence.modelled_settings:
        for arm, entry in evidence.arms_of(setting).items():
            if entry.orr is not None:
                cell = Cell(setting, arm, ())
                name = f"strategies.{arm}.arms.{setting}.orr"
                moments.append(Moment(name, "orr", (cell,), entry.orr.low, entry.orr.high, False))
    return moments


@dataclass(frozen=True)
class _State:
    """A setting at some values of the unknowns.

    ``terms`` (n, C + B + P) are what the log-odds ``eta`` (n, A) are linear in; ``slope``
    (n, C + B) is dg / df, None where all markers act along a line.
    """

    compiled: Compiled
    terms: Floats
    slope: Floats | None
    eta: Floats

    def per_f(self, arm: int, column: int) -> Floats | float:
        """d eta / d f of a marker under an arm: a number where markers act along a line."""
        c = self.compiled
        weight: Floats | float = float(c.weights[arm, column])
        if self.slope is None:
            return weight
        for k, pair in enumerate(c.pairs):
            if column in pair:
                partner = int(pair.sum()) - column
                weight = weight + c.pair_weights[arm, k] * self.terms[:, partner]
        return weight * self.slope[:, column]


@dataclass(frozen=True)
class _Part:
    """Numerator and denominator of a cell's rate, and their gradients (P,)."""

    top: float
    bottom: float
    d_top: Floats
    d_bottom: Floats


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
        self._f = {s: f_values(c, self._base[s]) for s, c in self._start.items()}
        self._hazard = {
            s: clinical_terms(world, c.arms, self._base[s].age, self._base[s].ecog)
            for s, c in self._start.items()
        }
        cells = dict.fromkeys((cell, m.endpoint) for m in moments for cell in m.cells)
        self._cells = list(cells)

    def evaluate(self, values: Floats) -> tuple[Floats, Floats]:
        """Rates (M,) and Jacobian (M, P) at a vector of unknowns (P,)."""
        states = {s: self._state(s, values) for s in self._start}
        strata: dict[Cell, Stratum] = {}
        parts: dict[tuple[Cell, str], _Part] = {}
        for cell, endpoint in self._cells:
            state = states[cell.setting]
            if cell not in strata:
                base = self._base[cell.setting]
                strata[cell] = cell_stratum(self.world, state.compiled, base, cell)
            parts[cell, endpoint] = self._part(state, strata[cell], cell, endpoint)
        rates = np.zeros(len(self.moments))
        jacobian = np.zeros((len(self.moments), len(self.names)))
        for i, moment in enumerate(self.moments):
            found = [parts[cell, moment.endpoint] for cell in moment.cells]
            if not sum(part.bottom for part in found) > 0:
                raise WorldError(
                    f"nobody is in the population of '{moment.id}'",
                    key=moment.id,
                    hint="see its conditions, and the distributions of the markers in them",
                )
            rates[i], jacobian[i] = _pooled(found)
        return rates, jacobian

    def compiled(self, setting: str, values: Floats) -> Compiled:
        """The setting's arrays with the unknowns put in."""
        c = self._start[setting]

        def put(kind: str, where: str, names: tuple[str, ...], old: Floats) -> Floats:
            places = [self._index.get((kind, where, name)) for name in names]
            pairs = zip(places, old, strict=True)
            return np.array([x if i is None else values[i] for i, x in pairs], dtype=float)

        effect = np.array([self.world.markers[m].effect for m in c.markers])
        weights = -put("effect", "", c.markers, effect) * exposures(self.world, c.arms, c.markers)
        return replace(
            c,
            alpha=put("alpha", setting, c.arms, c.alpha),
            kappa=put("kappa", setting, c.arms, c.kappa),
            location=put("location", setting, c.continuous, c.location),
            weights=weights,
        )

    def _state(self, setting: str, values: Floats) -> _State:
        c, start = self.compiled(setting, values), self._start[setting]
        f = self._f[setting].copy()
        f[:, : len(c.continuous)] += (c.location - start.location) / c.scale
        terms = c.terms(f)
        eta = c.alpha + terms @ c.term_weights.T - self._hazard[setting]
        return _State(c, terms, None if c.additive else c.acting_slope(f), eta)

    def _part(self, state: _State, s: Stratum, cell: Cell, endpoint: str) -> _Part:
        c, a = state.compiled, state.compiled.arms.index(cell.arm)
        p = expit(state.eta[:, a] - (c.kappa[a] if endpoint == "cr" else 0.0))
        slope = s.weight * p * (1 - p)
        out = _Part(
            float((s.weight * p).mean()),
            float(s.weight.mean()),
            np.zeros(len(self.names)),
            np.zeros(len(self.names)),
        )
        self._add(out.d_top, ("alpha", cell.setting, cell.arm), slope.mean())
        if endpoint == "cr":
            self._add(out.d_top, ("kappa", cell.setting, cell.arm), -slope.mean())
        exposure = self.world.strategies[cell.arm].exposure
        per_g = slope @ state.terms[:, : len(c.markers)] / len(slope)
        for j, marker in enumerate(c.markers):
            self._add(out.d_top, ("effect", "", marker), -exposure.get(marker, 0.0) * per_g[j])
        for j, marker in enumerate(c.continuous):
            name = ("location", cell.setting, marker)
            if name not in self._index:
                continue
            self._add(out.d_top, name, float((slope * state.per_f(a, j)).mean()) / c.scale[j])
            if marker in s.slopes:
                self._add(out.d_top, name, float((s.slopes[marker] * p).mean()))
                self._add(out.d_bottom, name, float(s.slopes[marker].mean()))
        return out

    def _add(self, into: Floats, name: Name, amount: float) -> None:
        if name in self._index:
            into[self._index[name]] += amount

    def base(self, setting: str) -> Base:
        """The fixed sample of a setting."""
        return self._base[setting]

    def log_odds(self, setting: str, values: Floats) -> Floats:
        """(n, A) log-odds of response of the fixed sample."""
        return self._state(setting, values).eta


def _pooled(parts: list[_Part]) -> tuple[float, Floats]:
    bottom = sum(p.bottom for p in parts)
    rate = sum(p.top for p in parts) / bottom
    d_top = np.sum([p.d_top for p in parts], axis=0)
    d_bottom = np.sum([p.d_bottom for p in parts], axis=0)
    return rate, (d_top - rate * d_bottom) / bottom
