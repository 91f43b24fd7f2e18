"""What unmeasured markers are expected to be, given those that were measured.

Markers of a setting are taken for jointly normal on the scale of f; what was not measured is
then expected at

    mean_m + Sigma_mo inverse(Sigma_oo) (x_o - mean_o)

with o the measured and m the unmeasured markers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def deviations(mean: Floats, covariance: Floats, f: Floats) -> Floats:
    """(n, P) f less its mean, the unmeasured at their expectation given the measured.

    Parameters
    ----------
    mean, covariance : (P,) and (P, P) arrays
    f : (n, P) array
        NaN = unmeasured.
    """
    absent = np.isnan(f)
    out = np.where(absent, 0.0, f - mean)
    for pattern, rows in _patterns(absent):
        seen = ~pattern
        if pattern.any() and seen.any():
            # Summed row by row, which products of BLAS are not: a row's value is its own.
            held = out[np.ix_(rows, seen)]
            slopes = regression(covariance, seen)
            out[np.ix_(rows, pattern)] = np.einsum("ij,jk->ik", held, slopes)
    return out


def regression(covariance: Floats, seen: Bools) -> Floats:
    """(measured, unmeasured) slopes of the unmeasured on the measured."""
    inner, across = covariance[np.ix_(seen, seen)], covariance[np.ix_(seen, ~seen)]
    return np.asarray(np.linalg.solve(inner, across))


def _patterns(absent: Bools) -> list[tuple[Bools, npt.NDArray[np.int64]]]:
    """The patterns of missing values (P,) that occur in (n, P), with the rows of each."""
    if absent.size == 0:
        return []
    packed = np.ascontiguousarray(np.packbits(absent, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, code = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(code, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(code))[:-1])
    return [(absent[i], mine) for i, mine in zip(first, rows, strict=True)]
