"""Draws of the latent markers given a record, for the fair oracle.

What is known to within an interval is drawn by sequential importance sampling, the rest
exactly, in antithetic pairs. Where a marker's own value bears on its being missing, draws
are weighted by the chance of the pattern of missing values, and made from a proposal that
already leans the way it speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, ndtr, ndtri

from resistml.world.compiled import Compiled
from resistml.world.laws import World
from resistml.world.markers import record_bounds

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """What the records of n patients say of their C continuous markers, in units of z.

    Attributes
    ----------
    low, high : (n, C) arrays
        Bounds of the measured value; -inf and inf where there is none.
    measured, loose : (n, C) arrays
        Whether there is a value, and whether it is known to within an interval alone.
    lean : (n, C) array
        How far draws are moved towards what a missing value speaks for; 0 where measured.
    pattern : list of (column, (n,) signs, (n,) log-odds)
        Markers whose own value bears on their being missing: 1 where they are, -1 where
        measured; the log-odds of being missing at z = 0.
    """

    low: Floats
    high: Floats
    measured: Bools
    loose: Bools
    lean: Floats
    pattern: list[tuple[int, Floats, Floats]]

    @classmethod
    def of(cls, world: World, c: Compiled, recorded: Floats, frail: Bools) -> Seen:
        """From the recorded values (n, C) of patients who are frail or not (n,)."""
        low, high = ((x - c.location) / c.spread for x in record_bounds(world, c, recorded))
        measured, law = ~np.isnan(recorded), c.missing
        lean, pattern = np.zeros(recorded.shape), []
        for j in np.flatnonzero(law.own[: recorded.shape[1]]).tolist():
            by_frailty = law.log_odds(j, np.array([False, True]), np.zeros(2))
            state, gone = frail.astype(int), ~measured[:, j]
            lean[:, j] = np.where(gone, _mode(float(law.own[j]), by_frailty)[state], 0.0)
            pattern.append((j, np.where(gone, 1.0, -1.0), by_frailty[state]))
        return cls(low, high, measured, measured & (low != high), lean, pattern)

    def log_weight(self, own: Floats, z: Floats) -> Floats:
        """(n, pairs) log-chance of the pattern given z (n, pairs, C), less what draws leaned."""
        out = -(z @ self.lean[:, :, None])[:, :, 0]
        for j, sign, log_odds in self.pattern:
            out += log_expit(sign[:, None] * (log_odds[:, None] + own[j] * z[:, :, j]))
        return np.asarray(out)


def _mode(own: float, log_odds: Floats) -> Floats:
    """Where the density of a standard normal z that went unmeasured is highest.

    There z is the slope of the log-chance, own * expit(-log_odds - own * z), which falls in
    ``own * z``: by bisection between 0 and ``own``.
    """
    low, high = np.zeros(len(log_odds)), np.ones(len(log_odds))
    for _ in range(40):
        share = (low + high) / 2
        beyond = share > expit(-log_odds - own**2 * share)
        low, high = np.where(beyond, low, share), np.where(beyond, share, high)
    return np.asarray(own * (low + high) / 2)


@dataclass(frozen=True)
class Latent:
    """Weighted antithetic draws of z: ``middle`` + and - ``swing``, (n, pairs, C) each.

    ``weights`` (2, n, pairs), of the draws with + and with -, add up to 1 for each patient.
    """

    middle: Floats
    swing: Floats
    weights: Floats

    @property
    def mean(self) -> Floats:
        """(n, C) expected z; what swings cancels but for the difference in weight."""
        up, down = self.weights
        swing = np.einsum("ip,ipc->ic", up - down, self.swing)
        return np.asarray(np.einsum("ip,ipc->ic", up + down, self.middle) + swing)


def draw_latent(
    c: Compiled, seen: Seen, factor: Floats, unique: Floats, within: Mapping[int, Floats]
) -> Latent:
    """Draws of z given the record, by way of the measured y = z + error and the factors.

    ``factor`` (n, pairs, K) and ``unique`` (n, pairs, C) are normals; ``within`` holds uniforms
    (n, pairs) for each marker whose record may be no more than an interval. A density times
    exp(lean . z) is that of z with its mean moved, so leaning costs a draw nothing.
    """
    own, noise = c.unique**2, (c.error / c.spread) ** 2
    exact, pairs = seen.measured & ~seen.loose, factor.shape[1]
    y = np.repeat(np.where(exact, seen.low, 0.0)[:, None, :], pairs, axis=1)
    factors = _Factors.given(c, y[:, 0], exact / (own + noise), seen.lean, pairs)
    log_mass = np.zeros(factor.shape[:2])
    for j in within:
        rows = np.flatnonzero(seen.loose[:, j])
        centre, variance = factors.predict(rows, c.loadings[j], own[j] + noise[j])
        low, high = seen.low[rows, j], seen.high[rows, j]
        drawn, mass = _between(centre, np.sqrt(variance)[:, None], low, high, within[j][rows])
        factors.observe(rows, c.loadings[j], variance, drawn - centre)
        y[rows, :, j] = drawn
        log_mass[rows] += np.log(mass)
    gain = np.where(seen.measured, own / (own + noise), 0.0)[:, None, :]
    root = np.linalg.cholesky(factors.covariance)
    step = (factor @ np.swapaxes(root, 1, 2)) @ c.loadings.T
    middle = (1 - gain) * (factors.mean @ c.loadings.T) + gain * y
    middle += (own * seen.lean)[:, None, :]
    swing = (1 - gain) * step + np.sqrt(own * (1 - gain)) * unique
    if not seen.pattern:
        return Latent(middle, swing, _shares(np.stack([log_mass, log_mass])))
    signed = [log_mass + seen.log_weight(c.missing.own, middle + s * swing) for s in (1.0, -1.0)]
    return Latent(middle, swing, _shares(np.stack(signed)))


def _shares(log_weights: Floats) -> Floats:
    """Weights (2, n, pairs) that add up to 1 for each patient, from their logs."""
    weights = np.exp(log_weights - log_weights.max(axis=(0, 2), keepdims=True))
    return np.asarray(weights / weights.sum(axis=(0, 2), keepdims=True))


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
    def given(cls, c: Compiled, y: Floats, precision: Floats, lean: Floats, pairs: int) -> _Factors:
        """Given y (n, C), each with its precision about the factors, 0 = not measured.

        ``lean`` (n, C) is the log-slope of what else is known of the unmeasured.
        """
        information = np.linalg.inv(c.factor_cov) + np.einsum(
            "ij,jk,jl->ikl", precision, c.loadings, c.loadings
        )
        covariance = np.linalg.inv(information)
        mean = np.einsum("ikl,il->ik", covariance, (precision * y + lean) @ c.loadings)
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
