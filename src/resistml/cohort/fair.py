"""The fair oracle: the truth, expected given no more than what was recorded.

For each patient the true markers are drawn from their distribution given the record
(panel, missing values, measurement error, counts, detection limits) under the true world:
what is known to within an interval by sequential importance sampling, the rest exactly, in
antithetic pairs, so that the Monte-Carlo error of a probability stays below 0.005.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr, ndtri
from scipy.stats import qmc

from resistml.world.compiled import Compiled
from resistml.world.laws import World
from resistml.world.markers import record_bounds

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Antithetic pairs per patient.
PAIRS = 64
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
    """Sobol points, shifted at random for each patient: unbiased, and independent between them."""

    def __init__(self, rng: np.random.Generator, c: Compiled, pairs: int) -> None:
        self.pairs = pairs
        factors, continuous, mutations = c.loadings.shape[1], len(c.continuous), len(c.mutations)
        #: Markers whose record may be no more than an interval.
        self.loose = np.flatnonzero(np.isfinite(c.limit) | (np.array(c.kinds) == "count"))
        self._ends = np.cumsum([factors, continuous, len(self.loose)])
        width = int(self._ends[-1]) + mutations
        self._points = qmc.Sobol(width, scramble=True, rng=rng).random(pairs)
        self._rng = rng

    def roll(self, rows: int) -> list[Floats]:
        """Uniforms (rows, pairs, columns): for the factors, for what is unique to each
        marker, for the measured values of loose ones, for the mutations."""
        uniform = self._points + self._rng.random((rows, 1, self._points.shape[1]))
        uniform -= uniform >= 1.0
        return np.split(np.maximum(uniform, 1e-12), self._ends, axis=2)


def _chunk(world: World, c: Compiled, recorded: Floats, hazard: Floats, dice: _Dice) -> Fair:
    n, n_c, pairs = len(recorded), len(c.continuous), dice.pairs
    factor, unique, within, rank = dice.roll(n)
    posterior = mutation_posterior(c, recorded[:, n_c:])
    by_marker = dict(zip(dice.loose, np.moveaxis(within, 2, 0), strict=True))
    z = _latent(world, c, recorded[:, :n_c], ndtri(factor), ndtri(unique), by_marker)
    f = np.empty((n, pairs, len(c.markers)))
    f[:, :, n_c:] = rank < posterior[:, None, :]
    repeated = np.repeat(hazard, pairs, axis=0)
    p = np.zeros((n, len(c.arms)))
    for sign in (1.0, -1.0):
        f[:, :, :n_c] = c.standardised(c.location + c.spread * (z.middle + sign * z.swing))
        rates = expit(c.log_odds(f.reshape(n * pairs, -1), repeated)).reshape(n, pairs, -1)
        p += np.einsum("ip,ipa->ia", z.weight, rates) / 2
    mean = np.einsum("ip,ipc->ic", z.weight, z.middle)
    expected = c.standardised(c.location + c.spread * mean)
    return Fair(p, np.concatenate([expected, posterior], axis=1))


@dataclass(frozen=True)
class _Latent:
    """Weighted antithetic draws of z: ``middle`` + and - ``swing``, (n, pairs, C) each.

    ``weight`` (n, pairs) adds up to 1 for each patient.
    """

    middle: Floats
    swing: Floats
    weight: Floats


def _latent(
    world: World,
    c: Compiled,
    recorded: Floats,
    factor: Floats,
    unique: Floats,
    within: Mapping[int, Floats],
) -> _Latent:
    """Draws of z given the record, by way of the measured y = z + error and the factors.

    ``factor`` (n, pairs, K) and ``unique`` (n, pairs, C) are normals; ``within`` holds uniforms
    (n, pairs) for each marker whose record may be no more than an interval.
    """
    bounds = record_bounds(world, c, recorded)
    low, high = ((bound - c.location) / c.spread for bound in bounds)
    seen = ~np.isnan(recorded)
    loose = seen & (low != high)
    own, noise = c.unique**2, (c.error / c.spread) ** 2
    pairs = factor.shape[1]
    y = np.repeat(np.where(seen & ~loose, low, 0.0)[:, None, :], pairs, axis=1)
    factors = _Factors.given(c, y[:, 0], (seen & ~loose) / (own + noise), pairs)
    weight = np.ones(factor.shape[:2])
    for j in within:
        rows = np.flatnonzero(loose[:, j])
        centre, variance = factors.predict(rows, c.loadings[j], own[j] + noise[j])
        drawn, mass = _between(
            centre, np.sqrt(variance)[:, None], low[rows, j], high[rows, j], within[j][rows]
        )
        factors.observe(rows, c.loadings[j], variance, drawn - centre)
        y[rows, :, j] = drawn
        weight[rows] *= mass
    gain = np.where(seen, own / (own + noise), 0.0)[:, None, :]
    root = np.linalg.cholesky(factors.covariance)
    step = (factor @ np.swapaxes(root, 1, 2)) @ c.loadings.T
    return _Latent(
        middle=(1 - gain) * (factors.mean @ c.loadings.T) + gain * y,
        swing=(1 - gain) * step + np.sqrt(own * (1 - gain)) * unique,
        weight=weight / weight.sum(axis=1, keepdims=True),
    )


def _between(
    centre: Floats, sd: Floats, low: Floats, high: Floats, uniform: Floats
) -> tuple[Floats, Floats]:
    """Normal values (n, pairs) drawn between low and high (n,), and the mass that lies there."""
    below = ndtr((low[:, None] - centre) / sd)
    mass = np.maximum(ndtr((high[:, None] - centre) / sd) - below, 1e-300)
    share = np.clip(below + uniform * mass, 1e-15, 1 - 1e-15)
    drawn = np.clip(centre + sd * ndtri(share), low[:, None], high[:, None])
    return np.asarray(drawn), np.asarray(mass)


@dataclass
class _Factors:
    """The mechanisms' factors given what was measured so far.

    ``mean`` (n, pairs, K), ``covariance`` (n, K, K), which no measured value changes.
    """

    mean: Floats
    covariance: Floats

    @classmethod
    def given(cls, c: Compiled, y: Floats, precision: Floats, pairs: int) -> _Factors:
        """Given y (n, C), each with its precision about the factors, 0 = not measured."""
        information = np.linalg.inv(c.factor_cov) + np.einsum(
            "ij,jk,jl->ikl", precision, c.loadings, c.loadings
        )
        covariance = np.linalg.inv(information)
        mean = np.einsum("ikl,il->ik", covariance, (precision * y) @ c.loadings)
        return cls(np.repeat(mean[:, None, :], pairs, axis=1), covariance)

    def predict(
        self, rows: npt.NDArray[np.int64], loading: Floats, own: float
    ) -> tuple[Floats, Floats]:
        """Mean (rows, pairs) and variance (rows,) of a marker's measured value."""
        spread = np.einsum("k,ikl,l->i", loading, self.covariance[rows], loading)
        return self.mean[rows] @ loading, spread + own

    def observe(
        self, rows: npt.NDArray[np.int64], loading: Floats, variance: Floats, surprise: Floats
    ) -> None:
        """Take in a marker's measured value: how far (rows, pairs) it lies from its mean."""
        pull = self.covariance[rows] @ loading
        gain = pull / variance[:, None]
        self.mean[rows] += surprise[:, :, None] * gain[:, None, :]
        self.covariance[rows] -= pull[:, :, None] * gain[:, None, :]


def mutation_posterior(c: Compiled, called: Floats) -> Floats:
    """(n, B) probability of each mutation given its call, NaN = none made."""
    prior = c.prevalence
    present = np.where(called == 1, 1 - c.false_negative, c.false_negative)
    absent = np.where(called == 1, c.false_positive, 1 - c.false_positive)
    posterior = prior * present / (prior * present + (1 - prior) * absent)
    return np.asarray(np.where(np.isnan(called), prior, posterior))
