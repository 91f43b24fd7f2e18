"""What stands behind a prediction: where a value lies among the training patients, what strategies
act on, and how claims were reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.features.spec import FeatureSpec

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]

#: Per cent of the training patients at or below each of a marker's quantiles; closer at the ends,
#: where one point is a great difference.
LEVELS = np.array([0, 1, 2.5, *range(5, 100, 5), 97.5, 99, 100], dtype=float)


@dataclass(frozen=True)
class Background:
    """Facts of the catalog and of the training patients that explanations show.

    Attributes
    ----------
    quantiles : mapping of setting to mapping of marker to (LEVELS,) array
        In the marker's own unit, among the setting's training patients in whom it was measured;
        of markers that are no mutation.
    shares : mapping of setting to mapping of mutation to float
        Share, 0 to 1, of those patients who have it.
    acts_on : mapping of strategy to tuple of str
        The mechanisms that it acts on.
    reported : mapping of claim to str
        Its figure in words, such as ``60-70%``; "" where it is a statement without a figure.
    """

    quantiles: Mapping[str, Mapping[str, Floats]] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    acts_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reported: Mapping[str, str] = field(default_factory=dict)
    boosters: dict[str, xgb.Booster] = field(default_factory=dict)

    def percentile(self, setting: str, marker: str, values: Floats) -> Floats:
        """(n,) per cent of the setting's training patients below each value, half of the equal.

        Parameters
        ----------
        values : (n,) array
            In the marker's unit; NaN = unmeasured, which stays NaN.
        """
        known = self.quantiles.get(setting, {}).get(marker)
        if known is None:
            return np.full(len(values), np.nan)
        return mid_rank(known, values)

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it."""
        return {
            "quantiles": {
                s: {m: q.tolist() for m, q in own.items()} for s, own in self.quantiles.items()
            },
            "shares": {s: dict(own) for s, own in self.shares.items()},
            "acts_on": {a: list(names) for a, names in self.acts_on.items()},
            "reported": dict(self.reported),
        }

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Background:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        quantiles = {
            s: {m: np.array(q, dtype=float) for m, q in own.items()}
            for s, own in raw["quantiles"].items()
        }
        shares = {s: {m: float(p) for m, p in own.items()} for s, own in raw["shares"].items()}
        acts_on = {str(a): tuple(map(str, names)) for a, names in raw["acts_on"].items()}
        reported = {str(c): str(text) for c, text in raw["reported"].items()}
        made = cls(quantiles, shares, acts_on, reported)
        made._check(spec)
        return made

    def _check(self, spec: FeatureSpec) -> None:
        """Raise ValueError where it does not fit the spec."""
        panels: tuple[Mapping[str, Mapping[str, Any]], ...] = (self.quantiles, self.shares)
        for held in panels:
            for setting, own in held.items():
                if not set(own) <= set(spec.settings[setting].panel):
                    raise ValueError(f"background of {setting} holds other markers than its panel")
        for known in (q for own in self.quantiles.values() for q in own.values()):
            if known.shape != LEVELS.shape or not np.isfinite(known).all():
                raise ValueError(f"quantiles of shape {known.shape}, or not finite")
            if (np.diff(known) < 0).any():
                raise ValueError("quantiles that fall")
        if not all(0 <= p <= 1 for own in self.shares.values() for p in own.values()):
            raise ValueError("shares outside 0 to 1")
        if not all(set(names) <= set(spec.groups) for names in self.acts_on.values()):
            raise ValueError("strategies act on mechanisms that are not there")


def mid_rank(quantiles: Floats, values: Floats) -> Floats:
    """(n,) level, 0 to 100, at which values lie among quantiles (LEVELS,); the middle of a tie."""
    first = np.searchsorted(quantiles, values, side="left")
    last = np.searchsorted(quantiles, values, side="right")
    top = len(LEVELS) - 1
    equal = (LEVELS[np.minimum(first, top)] + LEVELS[np.clip(last - 1, 0, top)]) / 2
    below = np.clip(first - 1, 0, top - 1)
    low, high = quantiles[below], quantiles[below + 1]
    share = np.clip((values - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    between = LEVELS[below] + share * (LEVELS[below + 1] - LEVELS[below])
    out = np.where(last > first, equal, between)
    out = np.where(values < quantiles[0], 0.0, np.where(values > quantiles[-1], 100.0, out))
    return np.where(np.isnan(values), np.nan, out)
