"""Mean and covariance of a setting's markers, from records with gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.threads import one_blas_thread

Floats = npt.NDArray[np.float64]

#: Patients' worth of independence that is added, so that few patients give no wild correlations.
PRIOR = 20.0
#: Most rounds, and the change of an entry, in standard deviations, below which they end.
_ROUNDS, _STILL = 100, 1e-3


@dataclass(frozen=True)
class _Moments:
    """Sums over the patients of each of G patterns of missing values.

    ``seen`` (G, P) is 1 where measured; ``count`` (G,), ``first`` (G, P) and ``second``
    (G, P, P) are numbers of patients, sums of values and of products, 0 where unmeasured.
    """

    seen: Floats
    count: Floats
    first: Floats
    second: Floats

    @classmethod
    def of(cls, f: Floats) -> _Moments:
        seen = ~np.isnan(f)
        patterns, code = np.unique(seen, axis=0, return_inverse=True)
        order = np.argsort(code.ravel(), kind="stable")
        count = np.bincount(code.ravel(), minlength=len(patterns))
        parts = np.split(np.nan_to_num(f)[order], np.cumsum(count)[:-1])
        first = np.array([part.sum(axis=0) for part in parts])
        second = np.array([part.T @ part for part in parts])
        return cls(patterns.astype(float), count.astype(float), first, second)

    def about(self, mean: Floats) -> tuple[Floats, Floats]:
        """(G, P) sums and (G, P, P) sums of products of deviations from the mean."""
        m = self.seen * mean
        cross = self.first[:, :, None] * m[:, None, :]
        outer = self.count[:, None, None] * m[:, :, None] * m[:, None, :]
        products = self.second - cross - np.swapaxes(cross, 1, 2) + outer
        return self.first - self.count[:, None] * m, products


@one_blas_thread
def mean_and_covariance(f: Floats) -> tuple[Floats, Floats]:
    """Maximum likelihood of a normal distribution, pulled towards independence.

    Parameters
    ----------
    f : (n, P) array
        NaN = unmeasured. A marker measured in nobody has mean 0 and variance 1.

    Returns
    -------
    mean, covariance : (P,) and (P, P) arrays
        The covariance is positive definite.

    References
    ----------
    Dempster, Laird and Rubin (1977). Maximum likelihood from incomplete data via the EM algorithm.
    """
    n, p = f.shape
    if n == 0 or p == 0:
        return np.zeros(p), np.eye(p)
    count = np.maximum((~np.isnan(f)).sum(axis=0), 1)
    mean = np.nan_to_num(f).sum(axis=0) / count
    square = np.nan_to_num((f - mean) ** 2).sum(axis=0) / count
    variance = np.where(square > 1e-9, square, 1.0)
    moments, prior, unit = _Moments.of(f), np.diag(variance), np.sqrt(variance)
    covariance = prior
    for _ in range(_ROUNDS):
        shift, expected = _expected(moments, mean, covariance, n)
        updated = (expected - n * np.outer(shift, shift) + PRIOR * prior) / (n + PRIOR)
        change = np.abs((updated - covariance) / np.outer(unit, unit)).max()
        mean, covariance = mean + shift, updated
        if change < _STILL:
            break
    return mean, (covariance + covariance.T) / 2


def _expected(moments: _Moments, mean: Floats, covariance: Floats, n: int) -> tuple[Floats, Floats]:
    """Mean deviation (P,) and summed products of deviations (P, P), had all been measured."""
    both = moments.seen[:, :, None] * moments.seen[:, None, :]
    # What is unmeasured stands alone with variance 1: the inverse over the rest is its own.
    alone = np.eye(len(mean)) * (1 - moments.seen)[:, None, :]
    inverse = np.linalg.inv(both * covariance + alone) * both
    slopes = covariance @ inverse  # (G, P, P): of all markers on the measured ones
    first, second = moments.about(mean)
    shift = np.einsum("gij,gj->i", slopes, first) / n
    products = np.einsum("gij,gjk,glk->il", slopes, second, slopes, optimize=True)
    left = covariance - slopes @ (moments.seen[:, :, None] * covariance)
    return shift, products + np.einsum("g,gij->ij", moments.count, left)


@one_blas_thread
def shrunk_moments(f: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance of few patients with many markers, without iterating.

    Each correlation is taken over the patients in whom both markers were measured, and all are
    drawn to 0 as far as their number and size ask for; see :func:`shrunk_correlation`. Where values
    are missing for reasons that others tell, :func:`mean_and_covariance` is nearer, at a cost that
    grows with the patterns of missing values times the cube of the markers.

    Parameters
    ----------
    f : (n, P) array
        NaN = unmeasured. A marker measured in nobody has mean 0 and variance 1.

    Returns
    -------
    mean, covariance : (P,) and (P, P) arrays
        The covariance is positive definite.
    """
    count = np.maximum((~np.isnan(f)).sum(axis=0), 1)
    mean = np.nan_to_num(f).sum(axis=0) / count
    square = np.nan_to_num((f - mean) ** 2).sum(axis=0) / count
    scale = np.sqrt(np.where(square > 1e-9, square, 1.0))
    return mean, shrunk_correlation((f - mean) / scale) * np.outer(scale, scale)


def shrunk_correlation(z: Floats) -> Floats:
    """(k, k) correlations of standardised values (n, k), NaN = unmeasured, drawn towards 0.

    Each is taken over the patients in whom both were measured, and all are shrunk by the share
    sum(var(r)) / sum(r^2) of what they come to, with var(r) = (1 - r^2)^2 / (n - 1), and more
    where they would not be positive definite.

    References
    ----------
    J. Schäfer and K. Strimmer, "A shrinkage approach to large-scale covariance matrix estimation",
    Statistical Applications in Genetics and Molecular Biology 4 (2005).
    """
    seen = (~np.isnan(z)).astype(float)
    both = seen.T @ seen
    filled = np.nan_to_num(z, nan=0.0)
    r = np.clip(filled.T @ filled / np.maximum(both, 1), -1, 1)
    off = ~np.eye(len(r), dtype=bool)
    noise = ((1 - r**2) ** 2 / np.maximum(both - 1, 1))[off].sum()
    size = (r**2)[off].sum()
    share = min(noise / size, 1.0) if size > 0 else 1.0
    made = np.where(off, (1 - share) * r, 1.0)
    while len(made) and np.linalg.eigvalsh(made).min() < 0.05:
        made = np.where(off, 0.9 * made, 1.0)
    return made
