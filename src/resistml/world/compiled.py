"""A setting of a world as arrays, ready to be drawn from, solved or conditioned on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from resistml.errors import WorldError
from resistml.features.links import location
from resistml.world.form import bent, bent_slope
from resistml.world.laws import MarkerLaw, SettingLaw, World
from resistml.world.missing import MissingLaw, frail_above

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: The review's mechanisms, each a factor that ties its markers together.
MECHANISMS = ("accumulation", "target", "apoptosis", "stemness", "microenvironment")
#: Smallest eigenvalue that a correlation matrix of factors may have.
_LEAST = 1e-6


def factors(world: World) -> tuple[str, ...]:
    """Factors of a world: the review's mechanisms, any other that a marker names, ``clinical``."""
    named = dict.fromkeys((*MECHANISMS, *(law.mechanism for law in world.markers.values())))
    return (*(m for m in named if m != "clinical"), "clinical")


@dataclass(frozen=True)
class Compiled:
    """Arrays of one setting; C continuous markers, B mutations, A arms, K factors.

    Attributes
    ----------
    continuous, mutations, arms : tuple of str
        Ids, in the order of the arrays' axes. Columns of f are continuous, then mutations.
    location, spread, centre, scale, error : (C,) arrays
        On the link scale; ``error`` is an absolute standard deviation here.
    limit : (C,) array
        Detection limit on the link scale, -inf where there is none.
    loadings : (C, K) array
        z = loadings @ F + unique * e, with F ~ N(0, factor_cov) and e ~ N(0, 1).
    unique : (C,) array
    factor_cov : (K, K) array
    prevalence, false_negative, false_positive : (B,) arrays
    weights : (A, C + B) array
        Log-odds of response per unit of g, the form in which f acts: -effect * exposure.
    alpha, kappa : (A,) arrays
    missing : MissingLaw
        The chance that each marker goes unmeasured.
    bends : tuple of (column, law)
        The columns of f that do not act along a line.
    pairs : (P, 2) int array
        Columns whose product adds to the log-odds; none in the default world.
    pair_weights : (A, P) array
    """

    law: SettingLaw
    continuous: tuple[str, ...]
    mutations: tuple[str, ...]
    arms: tuple[str, ...]
    kinds: tuple[str, ...]
    location: Floats
    spread: Floats
    centre: Floats
    scale: Floats
    error: Floats
    limit: Floats
    loadings: Floats
    unique: Floats
    factor_cov: Floats
    prevalence: Floats
    false_negative: Floats
    false_positive: Floats
    weights: Floats
    alpha: Floats
    kappa: Floats
    missing: MissingLaw
    bends: tuple[tuple[int, MarkerLaw], ...] = ()
    pairs: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    pair_weights: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def markers(self) -> tuple[str, ...]:
        """Ids of the columns of f."""
        return self.continuous + self.mutations

    @property
    def covariance(self) -> Floats:
        """(C, C) correlation matrix of z."""
        shared = self.loadings @ self.factor_cov @ self.loadings.T
        return np.asarray(shared + np.diag(self.unique**2))

    def standardised(self, link_values: Floats) -> Floats:
        """f of continuous markers from link-scale values, (n, C)."""
        return (link_values - self.centre) / self.scale

    @property
    def additive(self) -> bool:
        """Whether the log-odds are linear in f."""
        return not self.bends and not len(self.pairs)

    def acting(self, f: Floats) -> Floats:
        """g (n, C + B): f in the form in which each marker acts."""
        if not self.bends:
            return f
        g = f.copy()
        for column, x in self.bends:
            g[:, column] = bent(x.bend, x.turn, x.steepness, f[:, column])
        return g

    def acting_slope(self, f: Floats) -> Floats:
        """dg / df (n, C + B)."""
        slope = np.ones_like(f)
        for column, x in self.bends:
            slope[:, column] = bent_slope(x.bend, x.turn, x.steepness, f[:, column])
        return slope

    def terms(self, f: Floats) -> Floats:
        """(n, C + B + P): g, then the products of the pairs; the log-odds are linear in them."""
        g = self.acting(f)
        if not len(self.pairs):
            return g
        return np.concatenate([g, g[:, self.pairs[:, 0]] * g[:, self.pairs[:, 1]]], axis=1)

    @property
    def term_weights(self) -> Floats:
        """(A, C + B + P) log-odds of response per unit of each term."""
        if not len(self.pairs):
            return self.weights
        return np.concatenate([self.weights, self.pair_weights], axis=1)

    def log_odds(self, f: Floats, hazard: Floats) -> Floats:
        """(n, A) log-odds of response from f (n, C + B) and clinical terms (n, A)."""
        return np.asarray(self.alpha + self.terms(f) @ self.term_weights.T - hazard)


def compile_setting(world: World, setting: str) -> Compiled:
    """Arrays of one setting of a world.

    Raises
    ------
    WorldError
        If the correlations that the world assumes cannot be those of any patients.
    """
    law = world.settings[setting]
    continuous = tuple(m for m in law.panel if m in law.location)
    mutations = tuple(m for m in law.panel if m in law.prevalence)
    laws = [world.markers[m] for m in continuous]
    calls = [world.markers[m] for m in mutations]
    spread = np.array([law.spread[m] for m in continuous])
    loadings, unique, factor_cov = _factor_model(world, laws)
    arms = tuple(law.arms)
    exposure = exposures(world, arms, (*continuous, *mutations))
    effect = np.array([world.markers[m].effect for m in (*continuous, *mutations)])
    pairs, pair_effect = _pairs(world, (*continuous, *mutations))
    return Compiled(
        law=law,
        continuous=continuous,
        mutations=mutations,
        arms=arms,
        kinds=tuple(x.kind for x in laws),
        location=np.array([law.location[m] for m in continuous]),
        spread=spread,
        centre=np.array([x.centre for x in laws]),
        scale=np.array([x.scale for x in laws]),
        error=np.array([x.error for x in laws]) * spread,
        limit=np.array([_link_limit(x) for x in laws]),
        loadings=loadings,
        unique=unique,
        factor_cov=factor_cov,
        prevalence=np.array([law.prevalence[m] for m in mutations]),
        false_negative=np.array([x.false_negative for x in calls]),
        false_positive=np.array([x.false_positive for x in calls]),
        weights=-effect * exposure,
        alpha=np.array([law.arms[a].alpha for a in arms]),
        kappa=np.array([law.arms[a].kappa for a in arms]),
        missing=MissingLaw.of(world, law, (*continuous, *mutations)),
        bends=_bends(world, (*continuous, *mutations)),
        pairs=pairs,
        pair_weights=-pair_effect * np.maximum(exposure, 0.0)[:, pairs].prod(axis=2),
    )


def exposures(world: World, arms: Sequence[str], markers: Sequence[str]) -> Floats:
    """(A, M) exposures of strategies to markers, 0 where they have no bearing."""
    return np.array([[world.strategies[a].exposure.get(m, 0.0) for m in markers] for a in arms])


def _bends(world: World, markers: Sequence[str]) -> tuple[tuple[int, MarkerLaw], ...]:
    laws = [world.markers[m] for m in markers]
    return tuple((j, x) for j, x in enumerate(laws) if x.bend != "linear")


def _pairs(world: World, markers: Sequence[str]) -> tuple[Ints, Floats]:
    """Columns (P, 2) of the world's synergies among the markers, and their effects (P,)."""
    both = [x for x in world.synergies if x.first in markers and x.second in markers]
    columns = [(markers.index(x.first), markers.index(x.second)) for x in both]
    return (
        np.array(columns, dtype=np.int64).reshape(len(both), 2),
        np.array([x.effect for x in both], dtype=float),
    )


def _link_limit(law: MarkerLaw) -> float:
    return -np.inf if law.limit is None else location(law.kind, law.limit)


def _factor_model(world: World, laws: list[MarkerLaw]) -> tuple[Floats, Floats, Floats]:
    """Loadings (C, K), unique deviations (C,) and the factors' correlation matrix (K, K)."""
    names = factors(world)
    within = np.array([_within(world, law.mechanism) for law in laws])
    loadings = np.zeros((len(laws), len(names)))
    for i, law in enumerate(laws):
        sign = -1.0 if law.protective else 1.0
        loadings[i, names.index(law.mechanism)] = sign * np.sqrt(within[i])
    between = world.constants["correlation_between_mechanisms"]
    factor_cov = np.full((len(names), len(names)), between)
    np.fill_diagonal(factor_cov, 1.0)
    if np.linalg.eigvalsh(factor_cov)[0] < _LEAST:
        raise WorldError(
            f"a correlation of {between:g} between all of {len(names)} mechanisms is not positive "
            "definite",
            key="correlation_between_mechanisms",
            allowed=f"above {-1 / (len(names) - 1):.3g}, below 1",
        )
    return loadings, np.sqrt(1 - within), factor_cov


def _within(world: World, mechanism: str) -> float:
    """Correlation of two markers of a mechanism, as far as they share its factor."""
    key = f"correlation_within_{mechanism}"
    fallback = world.constants.get("correlation_within_default")
    value = world.constants.get(key, fallback)
    if value is None or not 0 <= value < 1:
        said = "is missing" if value is None else f"is {value:g}"
        raise WorldError(said, key=key, allowed="at least 0, below 1")
    return value


def is_frail(world: World, age: Floats, ecog: Floats) -> Bools:
    """Who counts as frail: performance status 2 or worse, or above the frailty age."""
    return frail_above(world.constants["frailty_age"], age, ecog)


def clinical_terms(world: World, arms: tuple[str, ...], age: Floats, ecog: Floats) -> Floats:
    """(n, A) log-odds of resistance that age, ECOG and frailty add."""
    c = world.constants
    base = c["effect_age_per_decade_over_60"] * np.maximum(age - 60, 0) / 10
    base = base + c["effect_ecog_1"] * (ecog == 1) + c["effect_ecog_2"] * (ecog >= 2)
    intensified = np.array(
        [world.strategies[a].treatment_class == "chemotherapy_intensified" for a in arms]
    )
    extra = c["frail_intensified_extra"] * is_frail(world, age, ecog)
    return np.asarray(base[:, None] + extra[:, None] * intensified)
