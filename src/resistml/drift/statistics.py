"""Tests and sizes of differences within strata: new patients against the training patients.

A stratum is a setting. New patients are weighed as they are, the training patients to their
settings, so that another mix of settings is no difference of a column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import gamma, hypergeom

from resistml.predict.marginals import Column
from resistml.tables.own.drift import smirnov_p

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: 95% of a normal distribution lies within so many standard deviations.
Z95 = 1.959963984540054
#: From this variance on, a count is near enough to normal.
_NORMAL = 25.0
#: Draws of a permutation test, and how many beyond what was found tell p well enough.
DRAWS, _FEW = 19_999, 10


@dataclass(frozen=True)
class Stratum:
    """The new values of one setting, without NaN, and the training patients'."""

    values: Floats
    known: Column


@dataclass(frozen=True)
class Count:
    """Events among the new patients of one setting and among its training patients."""

    events: int
    n: int
    events_known: int
    n_known: int


def weights(strata: Sequence[Stratum]) -> Floats:
    """(strata,) share of the new patients in each."""
    n = np.array([len(s.values) for s in strata], dtype=float)
    return np.asarray(n / n.sum())


def chance(strata: Sequence[Stratum]) -> float:
    """Variance that chance gives a mean difference in standard deviations."""
    parts = [
        w**2 * (1 / len(s.values) + 1 / s.known.n)
        for w, s in zip(weights(strata), strata, strict=True)
    ]
    return float(sum(parts))


def shift(strata: Sequence[Stratum]) -> tuple[float, float, float]:
    """Mean difference in the training patients' standard deviations, with its 95% interval."""
    size = variance = 0.0
    for w, s in zip(weights(strata).tolist(), strata, strict=True):
        values, scale = s.known.drawn_in(s.values), s.known.scale
        if scale <= 0:
            continue
        size += w * (float(values.mean()) - s.known.mean) / scale
        own = float(values.var()) / scale**2
        variance += w**2 * (own / len(values) + 1 / s.known.n)
    half = Z95 * math.sqrt(variance)
    return size, size - half, size + half


def normal_p(z: float) -> float:
    """Two-sided p of a standard normal."""
    return math.erfc(abs(z) / math.sqrt(2))


def smirnov(strata: Sequence[Stratum]) -> tuple[float, float]:
    """Largest difference of the distribution functions at the edges, and its p.

    Notes
    -----
    Within a stratum the difference of two empirical distribution functions is, in the limit, a
    Brownian bridge over the training patients' levels, scaled by sqrt(1/n + 1/N). Bins have the
    same levels in every stratum, so the weighed sum is one too, scaled by the root of
    :func:`chance`. It is looked at at the edges alone, and ties shorten it: p is too large, if
    anything.
    """
    apart = np.zeros(len(strata[0].known.edges))
    for w, s in zip(weights(strata), strata, strict=True):
        here = np.cumsum(s.known.binned(s.values))[:-1] / len(s.values)
        there = np.cumsum(s.known.counts)[:-1] / s.known.n
        apart += w * (here - there)
    distance = float(np.abs(apart).max())
    return distance, smirnov_p(distance, 1 / chance(strata))


def tenths(strata: Sequence[Stratum]) -> tuple[Floats, Floats]:
    """Shares, of the new and of the training patients, in bins that hold a tenth each of these."""
    bins = len(strata[0].known.counts) // 2
    here, there = np.zeros(bins), np.zeros(bins)
    for w, s in zip(weights(strata), strata, strict=True):
        here += w * s.known.binned(s.values).reshape(bins, 2).sum(axis=1) / len(s.values)
        there += w * s.known.counts.reshape(bins, 2).sum(axis=1) / s.known.n
    return here, there


def psi(here: Floats, there: Floats, n: float, n_known: float) -> float:
    """Population stability index of two sets of shares, less what chance adds on average.

    Notes
    -----
    The sum of (a - e) ln(a / e) over bins, half a patient added to each. Were both drawn from
    one law, it would be about chi-square with (bins - 1) degrees of freedom, times
    1/n + 1/N (Yurdakul and Naranjo, 2020).
    """
    bins = int(((here > 0) | (there > 0)).sum())
    a, e = ((x * m + 0.5) / (m + 0.5 * len(x)) for x, m in ((here, n), (there, n_known)))
    found = float(((a - e) * np.log(a / e)).sum())
    return max(found - (bins - 1) * (1 / n + 1 / n_known), 0.0)


def known_size(strata: Sequence[Stratum]) -> float:
    """Training patients that a weighed mean of theirs is worth."""
    parts = [w**2 / s.known.n for w, s in zip(weights(strata), strata, strict=True)]
    return 1 / float(sum(parts))


def counts_p(counts: Sequence[Count]) -> float:
    """Whether events are as frequent in both, stratum by stratum (Mantel and Haenszel).

    With few events the exact distribution of their number given all margins is taken, the
    two-sided p being twice the smaller tail; else the normal one, corrected for continuity.
    """
    events = sum(c.events for c in counts)
    mean = variance = 0.0
    for c in counts:
        total, with_it = c.n + c.n_known, c.events + c.events_known
        mean += c.n * with_it / total
        if total > 1:
            rest = c.n_known * (total - with_it) / (total * (total - 1))
            variance += c.n * with_it / total * rest
    if variance <= 0:
        return 1.0
    if variance >= _NORMAL:
        return normal_p(max(abs(events - mean) - 0.5, 0.0) / math.sqrt(variance))
    law = np.ones(1)
    for c in counts:
        with_it = c.events + c.events_known
        at = np.arange(min(c.n, with_it) + 1)
        law = np.convolve(law, hypergeom.pmf(at, c.n + c.n_known, with_it, c.n))
    return min(2 * min(float(law[: events + 1].sum()), float(law[events:].sum())), 1.0)


def mix_p(tables: Sequence[tuple[Ints, Ints]], rng: np.random.Generator) -> float:
    """Whether new and training patients are spread alike over categories, in each stratum.

    Parameters
    ----------
    tables : sequence of (here, training)
        Counts of each category.

    Notes
    -----
    Chi-square, summed over strata, against as many draws with the same margins: exact with
    categories of few patients too. Where fewer than ten draws go as far, the gamma law with the
    draws' mean and variance tells how far out it is.
    """
    found, drawn = 0.0, np.zeros(DRAWS)
    for here, training in tables:
        whole = here + training
        here, whole = here[whole > 0], whole[whole > 0]
        n, total = int(here.sum()), int(whole.sum())
        if n == 0 or n == total or len(whole) < 2:
            continue
        expected = whole * n / total
        share = 1 - n / total  # both rows of the table, in terms of the first
        found += float(((here - expected) ** 2 / (expected * share)).sum())
        draws = rng.multivariate_hypergeometric(whole, n, size=DRAWS, method="marginals")
        drawn += ((draws - expected) ** 2 / (expected * share)).sum(axis=1)
    beyond = int((drawn >= found * (1 - 1e-9)).sum())
    p = (1 + beyond) / (DRAWS + 1)
    mean, variance = float(drawn.mean()), float(drawn.var())
    if beyond >= _FEW or variance <= 0:
        return p
    return min(p, float(gamma.sf(found, mean**2 / variance, scale=variance / mean)))


def holm(p: Sequence[float]) -> list[float]:
    """p values after Holm's correction: the chance of any false word is then at most alpha."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    out, worst = [1.0] * len(p), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[i]))
        out[i] = worst
    return out
