"""Potential outcomes: what every strategy would have done to every patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr

from resistml.rng import BLOCK, Streams
from resistml.world.compiled import Compiled
from resistml.world.laws import World
from resistml.world.times import draw_times, monthly_hazard

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Best response, by code.
CATEGORIES = ("CR", "PR", "SD", "PD")


@dataclass(frozen=True)
class OutcomeNoise:
    """Uniforms of one block; (BLOCK, arms) each, correlated across arms within a patient."""

    response: Floats
    pfs: Floats
    post: Floats


def draw_outcome_noise(streams: Streams, world: World, block: int, arms: int) -> OutcomeNoise:
    """The numbers behind the outcomes of a block."""
    rho = world.constants["outcome_noise_correlation"]

    def uniform(name: str) -> Floats:
        normal = streams.generator(name, block).standard_normal((BLOCK, arms + 1))
        mixed = np.sqrt(rho) * normal[:, :1] + np.sqrt(1 - rho) * normal[:, 1:]
        return np.asarray(np.clip(ndtr(mixed), 1e-15, 1 - 1e-15))

    return OutcomeNoise(
        uniform("outcomes.response"), uniform("outcomes.pfs"), uniform("outcomes.post")
    )


@dataclass(frozen=True)
class Outcomes:
    """Potential outcomes of n patients under A strategies, (n, A) each.

    ``p_response`` and ``p_cr`` are probabilities given the true markers; ``category`` is a
    code into :data:`CATEGORIES`; times are in months, uncensored; the ``cured`` do not progress.
    """

    p_response: Floats
    p_cr: Floats
    category: npt.NDArray[np.int8]
    pfs: Floats
    os: Floats
    cured: Bools


def draw_outcomes(
    world: World, c: Compiled, eta: Floats, noise: OutcomeNoise, rows: npt.NDArray[np.int64]
) -> Outcomes:
    """Outcomes from the log-odds of response ``eta`` (n, A)."""
    u, progress, post = (
        uniform[rows][:, : len(c.arms)] for uniform in (noise.response, noise.pfs, noise.post)
    )
    p, p_cr = expit(eta), expit(eta - c.kappa)
    stable = p + (1 - p) * world.constants["stable_share"]
    category = (u >= p_cr).astype(np.int8) + (u >= p) + (u >= stable)
    arms = [c.law.arms[a] for a in c.arms]
    times = draw_times(arms, monthly_hazard(world), eta, u, progress, post)
    return Outcomes(p, p_cr, category.astype(np.int8), times.pfs, times.os, times.cured)


def censoring(streams: Streams, world: World, block: int) -> Floats:
    """(BLOCK,) months after which each patient of a block is no longer followed."""
    k = world.constants
    u = streams.generator("follow-up", block).random((BLOCK, 2))
    low, high = k["followup_months_min"], k["followup_months_max"]
    administrative = low + u[:, 0] * (high - low)
    if k["dropout_per_year"] == 0:
        return np.asarray(administrative)
    # A constant hazard that loses this share of patients within a year.
    dropout = 12 * np.log(1 - u[:, 1]) / np.log(1 - k["dropout_per_year"])
    return np.asarray(np.minimum(administrative, dropout))
