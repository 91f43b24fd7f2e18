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
Rows = npt.NDArray[np.int64]

#: Best response, by code.
CATEGORIES = ("CR", "PR", "SD", "PD")


@dataclass(frozen=True)
class OutcomeNoise:
    """The numbers behind the outcomes of a block, correlated across arms within a patient.

    Attributes
    ----------
    response, pfs, post : (rows, 1 + arms) arrays
        Standard normals: the patient's own, then one of each arm.
    rho : float
        Correlation of a patient's outcomes across arms, on the normal scale.
    """

    response: Floats
    pfs: Floats
    post: Floats
    rho: float

    def uniforms(self, rows: Rows, arms: Rows) -> tuple[Floats, Floats, Floats]:
        """Of the rows (n,), for arms (1, A) of all of them or (n, 1) of each: (n, A) or (n, 1)."""

        def uniform(normal: Floats) -> Floats:
            own, at_arm = normal[rows, :1], normal[rows[:, None], arms + 1]
            mixed = np.sqrt(self.rho) * own + np.sqrt(1 - self.rho) * at_arm
            return np.asarray(np.clip(ndtr(mixed), 1e-15, 1 - 1e-15))

        return uniform(self.response), uniform(self.pfs), uniform(self.post)


def draw_outcome_noise(streams: Streams, world: World, block: int, arms: int) -> OutcomeNoise:
    """The numbers behind the outcomes of a block."""

    def normals(name: str) -> Floats:
        return streams.generator(name, block).standard_normal((BLOCK, arms + 1))

    return OutcomeNoise(
        response=normals("outcomes.response"),
        pfs=normals("outcomes.pfs"),
        post=normals("outcomes.post"),
        rho=world.constants["outcome_noise_correlation"],
    )


@dataclass(frozen=True)
class Outcomes:
    """Potential outcomes of n patients under A strategies, (n, A) each; A = 1 for those given.

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
    world: World,
    c: Compiled,
    eta: Floats,
    noise: OutcomeNoise,
    rows: Rows,
    given: Rows | None = None,
) -> Outcomes:
    """Outcomes from the log-odds of response ``eta`` (n, A).

    ``given`` (n,) draws for each patient the arm he was given alone, as it is among all.
    """
    arms = np.arange(len(c.arms))[None, :] if given is None else given[:, None]
    eta = eta if given is None else np.take_along_axis(eta, arms, axis=1)
    u, progress, post = noise.uniforms(rows, arms)
    p, p_cr = expit(eta), expit(eta - c.kappa[arms])
    stable = p + (1 - p) * world.constants["stable_share"]
    category = (u >= p_cr).astype(np.int8) + (u >= p) + (u >= stable)
    laws = [c.law.arms[a] for a in c.arms]
    times = draw_times(laws, monthly_hazard(world), eta, u, progress, post, index=arms)
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
