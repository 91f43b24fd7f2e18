"""The fixed low-discrepancy sample on which a world is solved, and smooth strata of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import qmc

from resistml.features.links import COMPARE, link_threshold
from resistml.world.compiled import Compiled
from resistml.world.laws import Test

Floats = npt.NDArray[np.float64]

#: Sobol points per setting.
POINTS = 8_192
#: Standardised thresholds beyond this are as good as infinite.
_FAR = 40.0


@dataclass(frozen=True)
class Base:
    """Points of one setting that do not change while the world is solved.

    ``z`` (n, C) correlated standard normals; ``mutated`` (n, B) 0 or 1; ``age`` in years;
    ``ecog`` 0, 1 or 2; ``noise`` (n, 3) uniforms for response, PFS and the time after it.
    """

    z: Floats
    mutated: Floats
    age: Floats
    ecog: Floats
    noise: Floats


def draw_base(c: Compiled, seed: int = 20_260_101, points: int = POINTS) -> Base:
    """Scrambled Sobol points of a setting."""
    n_c, n_b = len(c.continuous), len(c.mutations)
    u = qmc.Sobol(n_c + n_b + 5, scramble=True, rng=seed).random(points)
    u = np.clip(u, 1e-12, 1 - 1e-12)
    z = ndtri(u[:, :n_c]) @ np.linalg.cholesky(c.covariance).T if n_c else u[:, :0]
    mutated = (u[:, n_c : n_c + n_b] < c.prevalence).astype(float)
    return Base(
        z=z,
        mutated=mutated,
        age=truncated_age(c, u[:, -5]),
        ecog=ecog_class(c, u[:, -4]),
        noise=u[:, -3:],
    )


def truncated_age(c: Compiled, uniform: Floats) -> Floats:
    """Ages from uniforms: a normal cut to the setting's range."""
    law = c.law
    low = ndtr((law.age_low - law.age_mean) / law.age_sd)
    high = ndtr((law.age_high - law.age_mean) / law.age_sd)
    return np.asarray(law.age_mean + law.age_sd * ndtri(low + uniform * (high - low)))


def ecog_class(c: Compiled, uniform: Floats) -> Floats:
    """Performance status 0, 1 or 2 from uniforms."""
    two, one = c.law.ecog_2, c.law.ecog_1
    return np.where(uniform < two, 2.0, np.where(uniform < two + one, 1.0, 0.0))


def f_values(c: Compiled, base: Base) -> Floats:
    """(n, C + B) standardised true values under the setting's present location."""
    link = c.location + c.spread * base.z
    return np.concatenate([c.standardised(link), base.mutated], axis=1)


@dataclass(frozen=True)
class Stratum:
    """Probability that each point's record meets some conditions, and its derivatives.

    ``weight`` (n,); ``slopes`` maps a continuous marker to d weight / d location (n,).
    """

    weight: Floats
    slopes: dict[str, Floats]


def stratum(c: Compiled, base: Base, tests: tuple[Test, ...]) -> Stratum:
    """Weights of the points for conditions on *recorded* values.

    Measurement error makes the weights smooth in a marker's location, which a hard
    indicator on a fixed sample is not.
    """
    factors: list[tuple[str | None, Floats, Floats | None]] = []
    for column, op, value in tests:
        if column in ("age", "ecog"):
            held = COMPARE[op](getattr(base, column), value)
            factors.append((None, held.astype(float), None))
        elif column in c.mutations:
            factors.append((None, _mutation_weight(c, base, column, op, value), None))
        elif column in c.continuous:
            factors.append((column, *_continuous_weight(c, base, column, op, value)))
        else:
            raise ValueError(f"'{column}' is not measured in setting '{c.law.id}'")
    weight = np.ones(len(base.age))
    for _, w, _ in factors:
        weight = weight * w
    slopes: dict[str, Floats] = {}
    for i, (column_, _, slope) in enumerate(factors):
        if column_ is None or slope is None:
            continue
        others = np.ones(len(base.age))
        for j, (_, w, _) in enumerate(factors):
            if i != j:
                others = others * w
        slopes[column_] = slopes.get(column_, 0.0) + slope * others
    return Stratum(weight, slopes)


def _mutation_weight(c: Compiled, base: Base, column: str, op: str, value: float) -> Floats:
    j = c.mutations.index(column)
    called = np.where(base.mutated[:, j] == 1, 1 - c.false_negative[j], c.false_positive[j])
    one = bool(COMPARE[op](np.array([1.0]), value)[0])
    zero = bool(COMPARE[op](np.array([0.0]), value)[0])
    return np.asarray(one * called + zero * (1 - called))


def _continuous_weight(
    c: Compiled, base: Base, column: str, op: str, value: float
) -> tuple[Floats, Floats]:
    i = c.continuous.index(column)
    threshold, above = link_threshold(c.kinds[i], op, value)
    link = c.location[i] + c.spread[i] * base.z[:, i]
    standard = np.clip((link - threshold) / c.error[i], -_FAR, _FAR)
    density = np.exp(-0.5 * standard**2) / np.sqrt(2 * np.pi) / c.error[i]
    return (ndtr(standard), density) if above else (ndtr(-standard), -density)


def eligible(c: Compiled, base: Base, alternatives: tuple[tuple[Test, ...], ...]) -> Stratum:
    """Probability that each point's record makes it eligible; 1 where anyone is."""
    if len(alternatives) <= 1:
        return stratum(c, base, alternatives[0] if alternatives else ())
    misses = np.ones(len(base.age))
    for conjunction in alternatives:
        misses = misses * (1 - stratum(c, base, conjunction).weight)
    return Stratum(1 - misses, {})
