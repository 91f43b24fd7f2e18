"""A marker's effect as a broken line: what each segment of f adds up to.

With knots t_1 < ... < t_{K-1} the segments are (-inf, t_1], ..., (t_{K-1}, inf). Of a value f a
segment holds what lies between 0 and f in it, with the sign of f, so that the K ramps add up to
f, and a line with slopes b_1, ..., b_K is sum_k b_k ramp_k(f): straight where the slopes are
equal, rising where none is negative.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Where slopes may change, on the scale of f: 0 is the catalog's median, 1 its spread.
KNOTS = (-1.5, -0.75, 0.0, 0.75, 1.5)
#: Segments of a broken line.
SEGMENTS = len(KNOTS) + 1

_EDGES = np.array([-np.inf, *KNOTS, np.inf])
_LOW, _HIGH = _EDGES[:-1], _EDGES[1:]
#: The end of each segment that is nearer to 0, from which its ramp is counted.
_NEAR = np.clip(0.0, _LOW, _HIGH)


def ramps(f: Floats) -> Floats:
    """(..., SEGMENTS) parts of f (...), which add up to it."""
    return np.asarray(np.clip(f[..., None], _LOW, _HIGH) - _NEAR)


def segment_shares(f: Floats) -> Floats:
    """(SEGMENTS,) share of n values in each segment, which is the ramps' mean slope; equal if
    n = 0."""
    if len(f) == 0:
        return np.full(SEGMENTS, 1 / SEGMENTS)
    inside = (f[:, None] > _LOW) & (f[:, None] <= _HIGH)
    return np.asarray(inside.mean(axis=0))
