"""The fair oracle: the truth, expected given no more than what was recorded.

For each patient the true markers are drawn from their distribution given the record
(panel, missing values, measurement error, counts, detection limits) under the true world:
a Gibbs sampler over the mechanisms' factors, with antithetic pairs, so that the
Monte-Carlo error of a probability stays below 0.005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr, ndtri

from resistml.cohort.markers import record_bounds
from resistml.world.compiled import Compiled
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]

#: Antithetic pairs per patient, and Gibbs sweeps before the first.
PAIRS = 64
BURN_IN = 12


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
    """
    n, n_c = len(recorded), len(c.continuous)
    sampler = _Sampler(world, c, recorded[:, :n_c], rng)
    mutated = _mutation_draws(c, recorded[:, n_c:], 2 * pairs, rng)
    p = np.zeros((n, len(c.arms)))
    f_sum = np.zeros((n, len(c.markers)))
    for k in range(pairs):
        for sign, z in enumerate(sampler.pair()):
            f = np.concatenate(
                [c.standardised(c.location + c.spread * z), mutated(2 * k + sign)], axis=1
            )
            p += expit(c.log_odds(f, hazard))
            f_sum += f
    return Fair(p / (2 * pairs), f_sum / (2 * pairs))


class _Sampler:
    """Draws z given the record; y = (measured - location) / spread = z + error."""

    def __init__(
        self, world: World, c: Compiled, recorded: Floats, rng: np.random.Generator
    ) -> None:
        self.rng = rng
        low, high = record_bounds(world, c, recorded)
        self.low, self.high = (low - c.location) / c.spread, (high - c.location) / c.spread
        self.seen = ~np.isnan(recorded)
        self.loose = self.seen & (self.low != self.high)
        self.loadings = c.loadings
        self.own = c.unique**2
        self.noise = (c.error / c.spread) ** 2
        # Known values as they are, loose ones started inside their interval, missing ones unused.
        self.y = np.where(self.seen, np.clip(0.0, self.low, self.high), 0.0)
        precision = self.seen / (self.own + self.noise)
        prior = np.linalg.inv(c.factor_cov)
        total = prior + np.einsum("ij,jk,jl->ikl", precision, c.loadings, c.loadings)
        self.covariance = np.linalg.inv(total)
        self.root = np.linalg.cholesky(self.covariance)
        self.precision = precision
        if self.loose.any():
            for _ in range(BURN_IN):
                self._loosen(self._factors(self._normal())[0])

    def _normal(self) -> Floats:
        return self.rng.standard_normal((len(self.y), self.loadings.shape[1]))

    def _factors(self, normal: Floats) -> tuple[Floats, Floats]:
        pulled = (self.precision * self.y) @ self.loadings
        mean = np.einsum("ikl,il->ik", self.covariance, pulled)
        step = np.einsum("ikl,il->ik", self.root, normal)
        return mean + step, mean - step

    def _loosen(self, factors: Floats) -> None:
        """Redraw the measured values that are known only to lie within an interval."""
        rows, cols = np.nonzero(self.loose)
        centre = np.einsum("ik,ik->i", factors[rows], self.loadings[cols])
        sd = np.sqrt(self.own + self.noise)[cols]
        a = ndtr((self.low[rows, cols] - centre) / sd)
        b = ndtr((self.high[rows, cols] - centre) / sd)
        u = np.clip(a + self.rng.random(len(rows)) * (b - a), 1e-12, 1 - 1e-12)
        self.y[rows, cols] = centre + sd * ndtri(u)

    def pair(self) -> tuple[Floats, Floats]:
        """Two antithetic draws of z, (n, C) each."""
        normal = self._normal()
        plus, minus = self._factors(normal)
        gain = np.where(self.seen, self.own / (self.own + self.noise), 0.0)
        sd = np.sqrt(self.own * (1 - gain))
        step = sd * self.rng.standard_normal(self.y.shape)
        draws = []
        for factors, sign in ((plus, 1.0), (minus, -1.0)):
            mean = factors @ self.loadings.T
            draws.append(mean + gain * (self.y - mean) + sign * step)
        if self.loose.any():
            self._loosen(plus)
        return draws[0], draws[1]


def _mutation_draws(
    c: Compiled, called: Floats, draws: int, rng: np.random.Generator
) -> _MutationDraws:
    prior = c.prevalence
    present = np.where(called == 1, 1 - c.false_negative, c.false_negative)
    absent = np.where(called == 1, c.false_positive, 1 - c.false_positive)
    posterior = prior * present / (prior * present + (1 - prior) * absent)
    posterior = np.where(np.isnan(called), prior, posterior)
    ranks = np.empty((draws, called.shape[1]), dtype=np.int64)
    for j in range(called.shape[1]):
        ranks[:, j] = rng.permutation(draws)
    return _MutationDraws(posterior, ranks, rng.random(called.shape))


@dataclass(frozen=True)
class _MutationDraws:
    """Systematic draws: each patient has the mutation in the right share of all draws."""

    posterior: Floats
    ranks: npt.NDArray[np.int64]
    shift: Floats

    def __call__(self, draw: int) -> Floats:
        total = len(self.ranks)
        return ((self.ranks[draw] + self.shift) / total < self.posterior).astype(float)
