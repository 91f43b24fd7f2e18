"""The additive model as it scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from resistml.features.ramps import SEGMENTS
from resistml.features.terms import Terms

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


_PARTS = ("intercepts", "slopes", "own", "clinical")


@dataclass(frozen=True)
class Additive:
    """Parameters of one additive model, in log-odds of resistance.

    Attributes
    ----------
    intercepts : (arms,) array
    slopes : (markers, SEGMENTS) array
        Of each marker's line, per unit of f at exposure 1; none is negative.
    own : (strategies, markers) array
        What a strategy adds to the slopes its exposures give.
    clinical : (columns,) array
        Per unit of each clinical column.
    """

    intercepts: Floats
    slopes: Floats
    own: Floats
    clinical: Floats

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name).tolist() for name in _PARTS}

    @classmethod
    def from_json(cls, raw: dict[str, Any], terms: Terms, columns: int) -> Additive:
        """From plain data; ValueError where it does not fit the terms and clinical columns."""
        markers, strategies = len(terms.bends), terms.strategies
        shapes = ((len(terms.setting),), (markers, SEGMENTS), (strategies, markers), (columns,))
        parts = {name: np.array(raw[name], dtype=float) for name in _PARTS}
        for (name, values), shape in zip(parts.items(), shapes, strict=True):
            if values.shape != shape or not np.isfinite(values).all():
                raise ValueError(f"{name} of shape {values.shape}, not {shape}, or not finite")
        return cls(**parts)


class Inputs(Protocol):
    """What is asked of the features of n rows."""

    @property
    def centred(self) -> Floats:
        """(n, markers + clinical columns), 0 or its expectation where unmeasured."""

    @property
    def bent(self) -> Floats | None:
        """(n, places, SEGMENTS) ramps of the markers; None = no column is a marker."""

    @property
    def terms(self) -> Terms | None:
        """What the ramps are of."""


def additive_inputs(features: Inputs) -> tuple[Terms, Floats, Floats]:
    """Terms, ramps and clinical columns of n rows; all columns are clinical where none is known
    to be a marker."""
    if features.terms is None or features.bent is None:
        nothing = np.zeros((len(features.centred), 0, SEGMENTS))
        return Terms.none(), nothing, features.centred
    markers = len(features.terms.bends)
    return features.terms, features.bent, features.centred[:, markers:]


def additive_margins(
    models: Sequence[Additive], terms: Terms, bent: Floats, clinical: Floats, arms: Ints
) -> Floats:
    """(n, models) log-odds of resistance.

    Parameters
    ----------
    bent : (n, places, SEGMENTS) array
    clinical : (n, columns) array
        0 where unmeasured.
    arms : (n,) array of int
    """
    weights = np.stack([terms.weights(m.slopes, m.own) for m in models])
    flat = weights.reshape(*weights.shape[:2], -1)
    # Sums run row by row, which products of BLAS do not: a row's value is its own.
    out = np.einsum("nj,bj->nb", clinical, np.stack([m.clinical for m in models]))
    out += np.stack([m.intercepts for m in models], axis=1)[arms]
    held = bent.reshape(len(bent), flat.shape[2])
    for arm, rows in by_arm(arms):
        used = np.flatnonzero(flat[:, arm].any(axis=0))
        out[rows] += np.einsum("nj,bj->nb", held[np.ix_(rows, used)], flat[:, arm, used])
    return np.asarray(out)


def marker_parts(model: Additive, terms: Terms, bent: Floats, arms: Ints) -> Floats:
    """(n, markers) what each marker adds to the log-odds of an additive model."""
    weights = terms.weights(model.slopes, model.own)
    out = np.zeros((len(arms), len(terms.bends)))
    for arm, rows in by_arm(arms):
        marker = terms.marker[terms.setting[arm]]
        places = np.flatnonzero(marker >= 0)
        parts = np.einsum("npk,pk->np", bent[np.ix_(rows, places)], weights[arm, places])
        out[np.ix_(rows, marker[places])] = parts
    return out


def by_arm(arms: Ints) -> Iterator[tuple[int, Ints]]:
    """The arms that occur, each with its rows."""
    order = np.argsort(arms, kind="stable")
    values, starts = np.unique(arms[order], return_index=True)
    parts = np.split(order, starts[1:]) if len(values) else []
    return zip(values.tolist(), parts, strict=True)
