"""The fair oracle: the truth, expected given no more than what was recorded.

For each patient the true markers are drawn from their distribution given the record
(panel, missing values, measurement error, counts, detection limits) under the true world:
a Gibbs sampler over the mechanisms' factors, with antithetic pairs, so that the
Monte-Carlo error of a probability stays below 0.005.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr, ndtri

from resistml.cohort.markers import record_bounds
from resistml.world.compiled import Compiled
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Antithetic pairs per patient, and Gibbs sweeps before the first.
PAIRS = 64
BURN_IN = 12
#: Patients conditioned on at a time.
_CHUNK = 256


@dataclass(frozen=True)
class Fair:
    """Expectations given the record: ``p_response`` (n, A) and ``f`` (n, C + B)."""

    p_response: Floats
    f: Floats


def fair_expectations(
    world: World,
    c: Compiled,
    recorded: Floats,
    hazard: Floats,
    rng: np.random.Generator,
    pairs: int = PAIRS,
) -> Fair:
    """Expected response probability and markers of n patients, given their records.

    Parameters
    ----------
    recorded : (n, C + B) array
        Recorded values, NaN where missing.
    hazard : (n, A) array
        Clinical terms, which are recorded without error.

    Notes
    -----
    A patient's random numbers depend on his row alone, not on how many follow him.
    """
    dice = _Dice(rng, c, pairs)
    parts = [
        _chunk(world, c, recorded[i : i + _CHUNK], hazard[i : i + _CHUNK], dice)
        for i in range(0, len(recorded), _CHUNK)
    ]
    return Fair(
        np.concatenate([part.p_response for part in parts]),
        np.concatenate([part.f for part in parts]),
    )


class _Dice:
    """Random numbers, each kind from a stream of its own, patient by patient."""

    def __init__(self, rng: np.random.Generator, c: Compiled, pairs: int) -> None:
        self.pairs = pairs
        limited = np.isfinite(c.limit) | (np.array(c.kinds, dtype=object) == "count")
        #: Columns whose record may be an interval.
        self.loose = np.flatnonzero(limited)
        self._shape = (len(c.continuous), c.loadings.shape[1], len(c.mutations))
        streams = rng.spawn(5)
        self._factor, self._unique, self._within, self._shift = streams[:4]
        order = [streams[4].permutation(pairs) for _ in c.mutations]
        self._order = np.array(order, dtype=float).reshape(len(order), pairs).T

    def factors(self, rows: int) -> Floats:
        """(rows, sweeps, K) normals."""
        return self._factor.standard_normal((rows, BURN_IN + self.pairs, self._shape[1]))

    def unique(self, rows: int) -> Floats:
        """(rows, pairs, C) normals."""
        return self._unique.standard_normal((rows, self.pairs, self._shape[0]))

    def within(self, rows: int) -> Floats:
        """(rows, sweeps, columns that may be loose) uniforms."""
        return self._within.random((rows, BURN_IN + self.pairs, len(self.loose)))

    def mutations(self, rows: int) -> Floats:
        """(rows, pairs, B) uniforms, evenly spread over each patient's draws."""
        shift = self._shift.random((rows, 1, self._shape[2]))
        return (self._order + shift) / len(self._order)


def _chunk(world: World, c: Compiled, recorded: Floats, hazard: Floats, dice: _Dice) -> Fair:
    n, n_c, pairs = len(recorded), len(c.continuous), dice.pairs
    given = _Given.from_record(world, c, recorded[:, :n_c])
    normal = dice.factors(n)
    y = given.measured(normal, dice.within(n), dice.loose)
    middle, swing = given.latent(y, normal[:, BURN_IN:], dice.unique(n))
    posterior = mutation_posterior(c, recorded[:, n_c:])
    mutated = (dice.mutations(n) < posterior[:, None, :]).astype(float)
    p = np.zeros((n, len(c.arms)))
    many = np.repeat(hazard, pairs, axis=0)
    for sign in (1.0, -1.0):
        f = np.empty((n, pairs, len(c.markers)))
        f[:, :, :n_c] = c.standardised(c.location + c.spread * (middle + sign * swing))
        f[:, :, n_c:] = mutated
        rates = expit(c.log_odds(f.reshape(n * pairs, -1), many))
        p += rates.reshape(n, pairs, -1).mean(axis=1) / 2
    expected = c.standardised(c.location + c.spread * middle.mean(axis=1))
    return Fair(p, np.concatenate([expected, posterior], axis=1))


@dataclass(frozen=True)
class _Given:
    """The law of z given the record; y = (measured - location) / spread = z + error.

    Attributes
    ----------
    low, high : (n, C) arrays
        What y lies between; ``seen``, ``loose`` tell where it is recorded at all, and where
        only to within an interval.
    own, noise : (C,) arrays
        Variances of z given the factors, and of the error.
    precision : (n, C) array
        Of y given the factors, 0 where missing.
    covariance, root : (n, K, K) arrays
        Of the factors given y, and its Cholesky factor.
    """

    low: Floats
    high: Floats
    seen: Bools
    loose: Bools
    loadings: Floats
    own: Floats
    noise: Floats
    precision: Floats
    covariance: Floats
    root: Floats

    @classmethod
    def from_record(cls, world: World, c: Compiled, recorded: Floats) -> _Given:
        bounds = record_bounds(world, c, recorded)
        low, high = ((bound - c.location) / c.spread for bound in bounds)
        seen = ~np.isnan(recorded)
        own, noise = c.unique**2, (c.error / c.spread) ** 2
        precision = seen / (own + noise)
        total = np.linalg.inv(c.factor_cov) + np.einsum(
            "ij,jk,jl->ikl", precision, c.loadings, c.loadings
        )
        covariance = np.linalg.inv(total)
        root = np.linalg.cholesky(covariance)
        loose = seen & (low != high)
        return cls(low, high, seen, loose, c.loadings, own, noise, precision, covariance, root)

    def rows(self, rows: npt.NDArray[np.int64]) -> _Given:
        """The same for some of the patients."""
        per_patient = ("low", "high", "seen", "loose", "precision", "covariance", "root")
        return replace(self, **{name: getattr(self, name)[rows] for name in per_patient})

    def measured(self, normal: Floats, uniform: Floats, columns: npt.NDArray[np.int64]) -> Floats:
        """(n, pairs or 1, C) draws of y: values known exactly as they are, 0 where missing."""
        # Loose values start inside their interval.
        y = np.where(self.seen, np.clip(0.0, self.low, self.high), 0.0)[:, None, :]
        some = np.flatnonzero(self.loose.any(axis=1))
        if not len(some):
            return y
        path = np.repeat(y, normal.shape[1] - BURN_IN, axis=1)
        part, now = self.rows(some), y[some]
        step = normal[some] @ np.swapaxes(part.root, 1, 2)
        loose = part.loose[:, columns]
        for sweep in range(normal.shape[1]):
            if sweep >= BURN_IN:
                path[some, sweep - BURN_IN] = now[:, 0]
            factors = part.factor_mean(now)[:, 0] + step[:, sweep]
            drawn = part.inside(factors, uniform[some, sweep], columns)
            now[:, 0, columns] = np.where(loose, drawn, now[:, 0, columns])
        return path

    def inside(self, factors: Floats, uniform: Floats, columns: npt.NDArray[np.int64]) -> Floats:
        """(n, columns) values of y between their bounds, given the factors (n, K)."""
        low, high = self.low[:, columns], self.high[:, columns]
        centre = factors @ self.loadings[columns].T
        sd = np.sqrt(self.own + self.noise)[columns]
        below, above = ndtr((low - centre) / sd), ndtr((high - centre) / sd)
        share = np.clip(below + uniform * (above - below), 1e-12, 1 - 1e-12)
        return np.asarray(np.clip(centre + sd * ndtri(share), low, high))

    def factor_mean(self, y: Floats) -> Floats:
        """(n, m, K) mean of the factors given y (n, m, C)."""
        pulled = (self.precision[:, None, :] * y) @ self.loadings
        return pulled @ self.covariance

    def latent(self, y: Floats, normal: Floats, unique: Floats) -> tuple[Floats, Floats]:
        """Antithetic draws of z: their middle (n, m, C) and how far each swings (n, pairs, C)."""
        gain = np.where(self.seen, self.own / (self.own + self.noise), 0.0)[:, None, :]
        rest = 1 - gain
        middle = rest * (self.factor_mean(y) @ self.loadings.T) + gain * y
        step = (normal @ np.swapaxes(self.root, 1, 2)) @ self.loadings.T
        return middle, rest * step + np.sqrt(self.own * rest) * unique


def mutation_posterior(c: Compiled, called: Floats) -> Floats:
    """(n, B) probability of each mutation given its call, NaN = none made."""
    prior = c.prevalence
    present = np.where(called == 1, 1 - c.false_negative, c.false_negative)
    absent = np.where(called == 1, c.false_positive, 1 - c.false_positive)
    posterior = prior * present / (prior * present + (1 - prior) * absent)
    return np.asarray(np.where(np.isnan(called), prior, posterior))
