"""The fair oracle: the truth, expected given no more than what was recorded.

For each patient the true markers are drawn from their distribution given the record (panel,
measurement error, counts, detection limits, which values are missing) under the true world,
in antithetic pairs, so that the Monte-Carlo error of a probability stays below 0.005.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri
from scipy.stats import qmc

from resistml.cohort.latent import Latent, Seen, draw_latent
from resistml.world.compiled import Compiled
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Antithetic pairs per patient.
PAIRS = 64
#: Patients conditioned on at a time.
_CHUNK = 256


@dataclass(frozen=True)
class Fair:
    """Expectations given the record: ``p_response`` (n, A), and ``terms`` (n, C + B + P), which
    the log-odds are linear in: f itself where all markers act along a line."""

    p_response: Floats
    terms: Floats


def fair_expectations(
    world: World,
    c: Compiled,
    recorded: Floats,
    hazard: Floats,
    frail: Bools,
    rng: np.random.Generator,
    pairs: int = PAIRS,
) -> Fair:
    """Expected response probability and terms of n patients, given their records.

    Parameters
    ----------
    recorded : (n, C + B) array
        Recorded values, NaN where missing.
    hazard : (n, A) array
        Clinical terms, which are recorded without error.
    frail : (n,) array
        Who is frail, on which missing values depend.

    Notes
    -----
    A patient's random numbers depend on his row alone, not on how many follow him.
    """
    dice = _Dice(rng, c, pairs)
    rows = [slice(i, i + _CHUNK) for i in range(0, len(recorded), _CHUNK)]
    parts = [_chunk(world, c, recorded[x], hazard[x], frail[x], dice) for x in rows]
    return Fair(
        np.concatenate([part.p_response for part in parts]),
        np.concatenate([part.terms for part in parts]),
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


def fair_log_odds(
    world: World,
    c: Compiled,
    recorded: Floats,
    hazard: Floats,
    frail: Bools,
    rng: np.random.Generator,
    pairs: int = PAIRS,
) -> Iterator[tuple[slice, Floats, Floats]]:
    """What the records leave open of the log-odds of response, in runs of patients.

    Takes what :func:`fair_expectations` takes, for expectations of other things than the response.

    Yields
    ------
    rows : slice
        The patients of the run.
    weight : (rows, 2 * pairs) array
        Of each draw; they add up to 1 for each patient.
    eta : (rows, 2 * pairs, A) array
        Log-odds of response in each draw.
    """
    dice = _Dice(rng, c, pairs)
    for i in range(0, len(recorded), _CHUNK):
        rows = slice(i, min(i + _CHUNK, len(recorded)))
        draws = _Draws.of(world, c, recorded[rows], frail[rows], dice)
        sides = list(draws.sides(c, hazard[rows]))
        weight = np.concatenate([side[0] for side in sides], axis=1)
        yield rows, weight, np.concatenate([side[2] for side in sides], axis=1)


@dataclass(frozen=True)
class _Draws:
    """Draws of the true markers of n patients: ``z`` of the continuous ones, ``mutated``
    (n, pairs, B), and ``posterior`` (n, B), the chance of each mutation."""

    z: Latent
    mutated: Bools
    posterior: Floats

    @classmethod
    def of(cls, world: World, c: Compiled, recorded: Floats, frail: Bools, dice: _Dice) -> _Draws:
        n, n_c = len(recorded), len(c.continuous)
        factor, unique, within, rank = dice.roll(n)
        posterior = mutation_posterior(c, recorded[:, n_c:], frail)
        by_marker = dict(zip(dice.loose, np.moveaxis(within, 2, 0), strict=True))
        seen = Seen.of(world, c, recorded[:, :n_c], frail)
        z = draw_latent(c, seen, ndtri(factor), ndtri(unique), by_marker)
        return cls(z, rank < posterior[:, None, :], posterior)

    def sides(self, c: Compiled, hazard: Floats) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Of either side of the pairs: weights (n, pairs), terms (n, pairs, T) and log-odds of
        response (n, pairs, A)."""
        n, pairs, _ = self.mutated.shape
        n_c = len(c.continuous)
        f = np.empty((n, pairs, len(c.markers)))
        f[:, :, n_c:] = self.mutated
        repeated = np.repeat(hazard, pairs, axis=0)
        for sign, weight in zip((1.0, -1.0), self.z.weights, strict=True):
            z = self.z.middle + sign * self.z.swing
            f[:, :, :n_c] = c.standardised(c.location + c.spread * z)
            terms = c.terms(f.reshape(n * pairs, -1))
            eta = c.alpha + terms @ c.term_weights.T - repeated
            yield weight, terms.reshape(n, pairs, -1), eta.reshape(n, pairs, -1)


def _chunk(
    world: World, c: Compiled, recorded: Floats, hazard: Floats, frail: Bools, dice: _Dice
) -> Fair:
    draws = _Draws.of(world, c, recorded, frail, dice)
    n, z = len(recorded), draws.z
    p, terms = np.zeros((n, len(c.arms))), np.zeros((n, c.term_weights.shape[1]))
    for weight, drawn, eta in draws.sides(c, hazard):
        p += np.einsum("ip,ipa->ia", weight, expit(eta))
        if not c.additive:
            terms += np.einsum("ip,ipt->it", weight, drawn)
    f_mean = np.concatenate(
        [c.standardised(c.location + c.spread * z.mean), draws.posterior], axis=1
    )
    along_a_line = np.setdiff1d(np.arange(len(c.markers)), [column for column, _ in c.bends])
    terms[:, along_a_line] = f_mean[:, along_a_line]
    return Fair(p, terms)


def mutation_posterior(c: Compiled, called: Floats, frail: Bools) -> Floats:
    """(n, B) probability of each mutation given its call, and of whom none (NaN) was made."""
    n_c, prior, unmeasured = len(c.continuous), c.prevalence, np.isnan(called)
    present = np.where(called == 1, 1 - c.false_negative, c.false_negative)
    absent = np.where(called == 1, c.false_positive, 1 - c.false_positive)
    present[unmeasured] = absent[unmeasured] = 1.0
    for b in np.flatnonzero(c.missing.own[n_c:]).tolist():
        for likelihood, u in ((present, 1.0), (absent, 0.0)):
            gone = c.missing.chance(n_c + b, frail, np.full(len(frail), u))
            likelihood[:, b] *= np.where(unmeasured[:, b], gone, 1 - gone)
    return np.asarray(prior * present / (prior * present + (1 - prior) * absent))
