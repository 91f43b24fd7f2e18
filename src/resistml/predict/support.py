"""What a model was trained on, so that what lies outside it is not answered as if it did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.features.links import inverse
from resistml.features.matrix import Records, standardised
from resistml.features.spec import FeatureSpec
from resistml.predict.population import Population

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Fewest training patients of a setting and strategy that are answered for. The 95% interval of a
#: rate seen in ten, half of whom respond, goes from 19% to 81%; of fewer there is nothing to say.
LEAST = 10
#: The statistics that tell outliers in numbers; see :class:`Population`.
STATISTICS = ("distance", "deviation")
#: By how much a rarity is above the rarest, since both were rounded when they were stored.
_ABOVE = 1e-6
#: Columns that a message names at most; those named have at least such a share of what the
#: foremost has, in deviation and in rarity.
_NAMED, _NEAR, _AS_RARE = 3, 0.6, 0.3


@dataclass(frozen=True)
class Outlier:
    """A profile unlike the training patients: the columns that make it so, and that in words."""

    columns: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Support:
    """The training population, as far as scoring needs it.

    Attributes
    ----------
    counts : (arms,) array of int
        Training patients of each (setting, strategy), in the order of ``spec.arms``.
    populations : mapping of setting to Population
        Of the settings with patients enough to describe.
    ranges : mapping of column to (low, high)
        What is no outlier in any setting: for markers that are no mutation as f, for age in years.
    limits : mapping of statistic to float
        A profile is an outlier above any: ``distance`` is that of :class:`Population` as a whole,
        ``deviation`` the greatest of a profile's absolute deviations.
    """

    counts: npt.NDArray[np.int64]
    populations: Mapping[str, Population] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    boosters: dict[str, xgb.Booster] = field(default_factory=dict)

    def count(self, spec: FeatureSpec, setting: str) -> dict[str, int]:
        """Training patients of each strategy of a setting."""
        arms = zip(spec.arms, self.counts.tolist(), strict=True)
        return {a: n for (s, a), n in arms if s == setting}

    def outliers(self, spec: FeatureSpec, records: Records, setting: str) -> dict[int, Outlier]:
        """Rows of one setting's records that are unlike its training patients."""
        out = self._beyond(spec, records, setting)
        population = self.populations.get(setting)
        if population is None or len(records) == 0:
            return out
        numbers = compared(spec, records, population.names)
        distance, each = population.distance(numbers)
        rarity, rare = population.rarity(compared(spec, records, population.mutations))
        off = np.abs(each)
        far = off.max(axis=1, initial=0.0) > self.limits["deviation"]
        for row in np.flatnonzero(far | (distance > self.limits["distance"])).tolist():
            out.setdefault(row, self._unlike(spec, population, numbers[row], off[row]))
        for row in np.flatnonzero(rarity > population.rarest + _ABOVE).tolist():
            out.setdefault(row, _rare(population, rare[row]))
        return dict(sorted(out.items()))

    def _beyond(self, spec: FeatureSpec, records: Records, setting: str) -> dict[int, Outlier]:
        """Rows with a value that is outside the range of all training patients."""
        names = [n for n in self.ranges if n == "age" or n in spec.settings[setting].panel]
        values = compared(spec, records, tuple(names))
        low, high = (np.array([self.ranges[n][i] for n in names]) for i in (0, 1))
        outside = (values < low) | (values > high)
        found: dict[int, Outlier] = {}
        for row in np.flatnonzero(outside.any(axis=1)).tolist():
            at = np.flatnonzero(outside[row])[:_NAMED].tolist()
            said = [
                f"{names[j]} is {_plain(spec, names[j], values[row, j])} (training patients: "
                f"{_plain(spec, names[j], low[j])} to {_plain(spec, names[j], high[j])})"
                for j in at
            ]
            found[row] = Outlier(tuple(names[j] for j in at), _SAID + ", ".join(said))
        return found

    def _unlike(
        self, spec: FeatureSpec, population: Population, values: Floats, off: Floats
    ) -> Outlier:
        """What makes a row an outlier: its greatest deviations."""
        limit = self.limits["deviation"]
        alone = bool(off.max() > limit)
        least = limit if alone else _NEAR * off.max()
        at = [j for j in np.argsort(-off)[:_NAMED].tolist() if off[j] >= least]
        said = []
        for j in at:
            name = population.names[j]
            said.append(
                f"{name} is {_plain(spec, name, values[j])} (98% of them: "
                f"{_plain(spec, name, population.low[j])} to "
                f"{_plain(spec, name, population.high[j])})"
            )
        together = "" if alone else " together"
        return Outlier(tuple(population.names[j] for j in at), _SAID + ", ".join(said) + together)

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it."""
        return {
            "counts": self.counts.tolist(),
            "populations": {name: x.to_json() for name, x in self.populations.items()},
            "ranges": {name: list(ends) for name, ends in self.ranges.items()},
            "limits": dict(self.limits),
        }

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Support:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        counts = np.array(raw["counts"], dtype=np.int64)
        if counts.shape != (len(spec.arms),) or (counts < 0).any():
            raise ValueError(f"counts {counts.shape} of {len(spec.arms)} arms, or below 0")
        populations = {s: Population.from_json(x) for s, x in raw["populations"].items()}
        for setting, found in populations.items():
            names = {*found.names, *found.mutations} - {"age", "ecog"}
            if not names <= set(spec.settings[setting].panel):
                raise ValueError(f"population of {setting} holds other markers than its panel")
        ranges = {m: (float(ends[0]), float(ends[1])) for m, ends in raw["ranges"].items()}
        if not {*ranges} - {"age"} <= set(spec.markers):
            raise ValueError("ranges of unknown markers")
        limits = {name: float(raw["limits"][name]) for name in STATISTICS}
        if not np.isfinite(
            [*limits.values(), *(x for ends in ranges.values() for x in ends)]
        ).all():
            raise ValueError("limits or ranges are not finite")
        return cls(counts, populations, ranges, limits)


_SAID = "unlike the setting's training patients: "


def compared(spec: FeatureSpec, records: Records, names: tuple[str, ...]) -> Floats:
    """(n, k) the named columns as a population compares them: markers as f, others as they are."""
    if not names:
        return np.zeros((len(records), 0))
    columns = []
    for name in names:
        marker, values = spec.markers.get(name), records.column(name)
        same = marker is None or marker.kind == "mutation"
        columns.append(values if same else standardised(spec.markers[name], values))
    return np.column_stack(columns)


def _rare(population: Population, rare: Floats) -> Outlier:
    """Mutations that are rare together."""
    at = [j for j in np.argsort(-rare)[:_NAMED].tolist() if rare[j] >= _AS_RARE * rare.max()]
    said = []
    for j in at:
        # What is rarer than its mean is the less frequent of presence and absence.
        share = population.shares[j]
        word, less = ("present", share) if share <= 0.5 else ("absent", 1 - share)
        said.append(f"{population.mutations[j]} {word} (in {less:.1%} of them)")
    return Outlier(tuple(population.mutations[j] for j in at), _SAID + ", ".join(said))


def _plain(spec: FeatureSpec, name: str, value: float) -> str:
    """A compared value in the column's own unit."""
    marker = spec.markers.get(name)
    if marker is None:
        return f"{value:.4g}"
    link = np.array(value * marker.scale + marker.centre)
    return f"{float(np.clip(inverse(marker.kind, link), marker.low, marker.high)):.4g}"
