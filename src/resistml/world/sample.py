"""The fixed low-discrepancy sample on which a world is solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from resistml.world.compiled import Compiled

Floats = npt.NDArray[np.float64]

#: Sobol points per setting.
POINTS = 8_192


@dataclass(frozen=True)
class Base:
    """Points of one setting that do not change while the world is solved.

    ``z`` (n, C) correlated standard normals; ``mutated`` (n, B) 0 or 1; ``age`` in whole
    years; ``ecog`` 0, 1 or 2; ``progress`` (n,) uniforms for the time to progression.
    """

    z: Floats
    mutated: Floats
    age: Floats
    ecog: Floats
    progress: Floats


def draw_base(c: Compiled, seed: int = 20_260_101, points: int = POINTS) -> Base:
    """Scrambled Sobol points of a setting."""
    n_c, n_b = len(c.continuous), len(c.mutations)
    u = qmc.Sobol(n_c + n_b + 3, scramble=True, rng=seed).random(points)
    u = np.clip(u, 1e-12, 1 - 1e-12)
    z = ndtri(u[:, :n_c]) @ np.linalg.cholesky(c.covariance).T if n_c else u[:, :0]
    mutated = (u[:, n_c : n_c + n_b] < c.prevalence).astype(float)
    return Base(
        z=z,
        mutated=mutated,
        age=truncated_age(c, u[:, -3]),
        ecog=ecog_class(c, u[:, -2]),
        progress=u[:, -1],
    )


def truncated_age(c: Compiled, uniform: Floats) -> Floats:
    """Ages from uniforms: a normal cut to the setting's range, in whole years as in a chart."""
    law = c.law
    low = ndtr((law.age_low - law.age_mean) / law.age_sd)
    high = ndtr((law.age_high - law.age_mean) / law.age_sd)
    return np.floor(law.age_mean + law.age_sd * ndtri(low + uniform * (high - low)))


def ecog_class(c: Compiled, uniform: Floats) -> Floats:
    """Performance status 0, 1 or 2 from uniforms."""
    two, one = c.law.ecog_2, c.law.ecog_1
    return np.where(uniform < two, 2.0, np.where(uniform < two + one, 1.0, 0.0))


def f_values(c: Compiled, base: Base) -> Floats:
    """(n, C + B) standardised true values under the setting's present location."""
    link = c.location + c.spread * base.z
    return np.concatenate([c.standardised(link), base.mutated], axis=1)
