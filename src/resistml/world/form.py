"""How a marker acts on the log-odds: along a line, or bent.

The default world is additive and linear in f. A misspecified world bends some markers, and
lets some pairs do more than their sum, so that no learner is right by construction:

    threshold   g(f) = tanh(k (f - turn))                 low or high, and little between
    saturating  g(f) = turn - log(1 + exp(k (turn - f))) / k   f up to the turn, flat above
    inert       g(f) = 0                                  no bearing, whatever the catalog says

with k the steepness. They are smooth, so that a world can still be solved to the claims.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]
Bend = Literal["linear", "threshold", "saturating", "inert"]
BENDS: tuple[str, ...] = get_args(Bend)


def bent(bend: str, turn: float, steepness: float, f: Floats) -> Floats:
    """g(f), of any shape.

    Raises
    ------
    ValueError
        For a bend that is not known.
    """
    if bend == "linear":
        return f
    if bend == "threshold":
        return np.asarray(np.tanh(steepness * (f - turn)))
    if bend == "saturating":
        return np.asarray(turn - np.logaddexp(0.0, steepness * (turn - f)) / steepness)
    if bend == "inert":
        return np.zeros_like(f)
    raise ValueError(f"unknown bend '{bend}'; known: {', '.join(BENDS)}")


def bent_slope(bend: str, turn: float, steepness: float, f: Floats) -> Floats:
    """dg / df, of the shape of f."""
    if bend == "linear":
        return np.ones_like(f)
    if bend == "threshold":
        return np.asarray(steepness * (1 - np.tanh(steepness * (f - turn)) ** 2))
    if bend == "saturating":
        return np.asarray(expit(steepness * (turn - f)))
    if bend == "inert":
        return np.zeros_like(f)
    raise ValueError(f"unknown bend '{bend}'; known: {', '.join(BENDS)}")
