"""How each column, and the score, is distributed among the training patients of each setting.

What new patients are held against to see whether they still are like those that a model was
trained on (:mod:`resistml.drift`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.predict.support import Support, compared

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Per cent of the training patients at or below each edge between bins.
LEVELS = np.arange(5, 100, 5, dtype=float)
#: Columns beside the panel's markers.
CLINICAL = ("age", "sex", "ecog")
#: The scores that are kept: under the strategy that a patient was given, and the setting's usual.
SCORES = ("given", "usual")
#: Values so much above an edge still lie below it: edges were rounded when they were stored.
_SAME = 1e-9


@dataclass(frozen=True)
class Column:
    """One column among the training patients of one setting.

    Markers that are no mutation are on the scale of f (see
    :func:`resistml.features.matrix.standardised`); age is in years, sex 1 = female, scores are
    probabilities of resistance.

    Attributes
    ----------
    n : int
        Patients in whom it was measured.
    missing : int or None
        Patients in whom it was not; None = not known.
    mean, scale : float
        Of values drawn in to ``low`` and ``high``; of flags, of 0 and 1 as they are.
    low, high : float
        98% of the values lie between them.
    edges : (k,) array
        Between bins, rising; empty where none are known, and for flags.
    counts : (k + 1,) array of int
        Patients in each bin, which holds its upper edge.
    """

    n: int
    missing: int | None
    mean: float
    scale: float
    low: float
    high: float
    edges: Floats = field(default_factory=lambda: np.zeros(0))
    counts: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))

    def binned(self, values: Floats) -> Ints:
        """(k + 1,) how many of the values, without NaN, lie in each bin."""
        return binned(self.edges, values)

    def drawn_in(self, values: Floats) -> Floats:
        """Values no further out than 98% of the training patients' are."""
        return np.asarray(np.clip(values, self.low, self.high))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        plain = {name: getattr(self, name) for name in _NUMBERS}
        return {**plain, "edges": self.edges.tolist(), "counts": self.counts.tolist()}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Column:
        """From plain data; ValueError where it does not hold together."""
        missing = raw["missing"]
        made = cls(
            n=int(raw["n"]),
            missing=None if missing is None else int(missing),
            **{name: float(raw[name]) for name in ("mean", "scale", "low", "high")},
            edges=np.array(raw["edges"], dtype=float),
            counts=np.array(raw["counts"], dtype=np.int64),
        )
        numbers = [made.mean, made.scale, made.low, made.high, *made.edges]
        if not np.isfinite(numbers).all() or made.scale < 0 or made.low > made.high:
            raise ValueError("a column's numbers are not finite, or out of order")
        if made.counts.shape != (len(made.edges) + 1,) or (made.counts < 0).any():
            raise ValueError("a column's counts are not those of its bins")
        if len(made.edges) and (made.counts.sum() != made.n or (np.diff(made.edges) < 0).any()):
            raise ValueError("a column's counts do not add up, or its edges fall")
        return made


_NUMBERS = ("n", "missing", "mean", "scale", "low", "high")


@dataclass(frozen=True)
class Marginals:
    """The training patients, column by column.

    Attributes
    ----------
    columns : mapping of setting to mapping of name to Column
        Markers of the panel and :data:`CLINICAL`; those measured in too few are left out.
    scores : mapping of setting to mapping of one of :data:`SCORES` to Column
    """

    columns: Mapping[str, Mapping[str, Column]]
    scores: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)
    boosters: dict[str, xgb.Booster] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it."""
        return {
            name: {s: {c: x.to_json() for c, x in own.items()} for s, own in held.items()}
            for name, held in (("columns", self.columns), ("scores", self.scores))
        }

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Marginals:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        held = {
            name: {s: {c: Column.from_json(x) for c, x in own.items()} for s, own in part.items()}
            for name, part in raw.items()
        }
        for setting, own in held["columns"].items():
            if not set(own) <= {*spec.settings[setting].panel, *CLINICAL}:
                raise ValueError(f"marginals of {setting} hold other columns than its panel")
        if not all(set(own) <= set(SCORES) for own in held["scores"].values()):
            raise ValueError("unknown scores")
        return cls(held["columns"], held["scores"])

    @classmethod
    def of_support(cls, support: Support, spec: FeatureSpec) -> Marginals:
        """What the support part of a bundle tells: means and shares, neither bins nor gaps.

        How many patients had a value is not in it, so those of the setting stand in their place.
        """
        out: dict[str, dict[str, Column]] = {}
        for setting, known in support.populations.items():
            n = sum(support.count(spec, setting).values())
            out[setting] = {}
            for j, name in enumerate(known.names):
                numbers = (known.mean, known.scale, known.low, known.high)
                mean, scale, low, high = (float(x[j]) for x in numbers)
                out[setting][name] = Column(n, None, mean, scale, low, high)
            for name, share in zip(known.mutations, known.shares.tolist(), strict=True):
                spread = float(np.sqrt(share * (1 - share)))
                out[setting][name] = Column(n, None, share, spread, 0.0, 1.0)
        return cls(out)


def is_flag(spec: FeatureSpec, name: str) -> bool:
    """Whether a column holds 0 and 1 alone."""
    return name == "sex" or (name in spec.markers and spec.markers[name].kind == "mutation")


def values_of(spec: FeatureSpec, records: Records, name: str) -> Floats:
    """(n,) a column as marginals hold it; NaN = unmeasured."""
    return np.asarray(compared(spec, records, (name,))[:, 0])


def binned(edges: Floats, values: Floats) -> Ints:
    """(k + 1,) how many values lie in each bin, which holds its upper edge."""
    above = edges + _SAME * np.maximum(np.abs(edges), 1.0)
    return np.bincount(np.searchsorted(above, values, side="left"), minlength=len(edges) + 1)
