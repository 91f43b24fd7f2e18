"""Link functions: the scale on which a marker is normal and its effect linear."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Keeps logit and log finite at the ends of a range.
_TINY = 1e-9
#: Numbers of one's own table, normal as they are or in their logarithm.
MEASURES = ("measure", "log_measure")
#: Kinds that are taken as they are, and those whose logarithm is.
_PLAIN = ("mutation", "measure")
_LOGS = ("expression", "log_measure")


def forward(kind: str, values: Floats) -> Floats:
    """Link-scale values g(x); NaN stays NaN.

    Parameters
    ----------
    kind : str
        A marker's kind. ``percent`` is taken as a fraction of 100; a ``count`` c, which stands
        for an intensity anywhere in [c, c + 1), is placed in the middle, c + 0.5.
    values : array
        Values in the marker's unit.
    """
    if kind in _PLAIN:
        return values
    if kind == "count":
        return np.log(np.maximum(values, 0.0) + 0.5)
    if kind in _LOGS:
        return np.log(np.maximum(values, _TINY))
    share = values / 100.0 if kind == "percent" else values
    share = np.clip(share, _TINY, 1 - _TINY)
    return np.log(share / (1 - share))


def inverse(kind: str, values: Floats) -> Floats:
    """Values in the marker's unit from link-scale ones; counts stay real (an intensity)."""
    if kind in _PLAIN:
        return values
    if kind in _LOGS or kind == "count":
        return np.exp(values)
    share = 1 / (1 + np.exp(-values))
    return share * 100.0 if kind == "percent" else share


def location(kind: str, median: float) -> float:
    """Link-scale location of a median given in the marker's unit."""
    if kind == "count":
        return math.log(median)
    return float(forward(kind, np.array([median]))[0])


def link_threshold(kind: str, op: str, value: float) -> tuple[float, bool]:
    """A condition on a recorded value as one on the link scale.

    Returns
    -------
    threshold : float
        Link-scale threshold.
    above : bool
        True if the condition holds above it, False if below.

    Raises
    ------
    ValueError
        For ``==`` and ``!=``, which have no meaning for a continuous marker.
    """
    if op not in ("<", "<=", ">", ">="):
        raise ValueError(f"a continuous marker cannot be compared with '{op}'")
    above = op in (">", ">=")
    if kind == "count":
        # A recorded count is the whole part of the measured intensity.
        whole = math.floor(value) + 1 if op in (">", "<=") else math.ceil(value)
        return (math.log(whole) if whole > 0 else -math.inf), above
    return location(kind, value), above


#: Comparison operators by the name they have in a catalog.
COMPARE: dict[str, Callable[[Floats, float], npt.NDArray[np.bool_]]] = {
    "==": lambda x, v: x == v,
    "!=": lambda x, v: x != v,
    "<": lambda x, v: x < v,
    "<=": lambda x, v: x <= v,
    ">": lambda x, v: x > v,
    ">=": lambda x, v: x >= v,
}
