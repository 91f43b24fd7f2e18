"""How wide an interval must be: the bag's spread, and what a bag cannot see.

The models of a bag differ by the patients they drew. What the form of the learner costs all of
them alike, such as an expectation in place of what was not measured, their spread does not show.
So the variance of a margin about what the fair oracle knows is taken to be

    bag * (variance over the bag) + arm(s, a) + missing * sum over unmeasured markers of effect^2
        + slope * sum over measured markers of part^2

with effect what a marker adds per unit of f under the strategy, part what it adds to the margin,
and constants that were found on other worlds than a model is judged on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from resistml.features.ramps import SEGMENTS
from resistml.features.spec import FeatureSpec
from resistml.features.terms import Terms
from resistml.predict.additive import Additive, marker_parts

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]


class Inputs(Protocol):
    """What is asked of the features of n rows."""

    @property
    def matrix(self) -> npt.NDArray[np.float32]:
        """(n, columns) with NaN where unmeasured."""

    @property
    def bent(self) -> Floats | None:
        """(n, places, SEGMENTS) ramps of the markers."""

    @property
    def arms(self) -> npt.NDArray[np.int64]:
        """(n,) codes of (setting, strategy)."""


@dataclass(frozen=True)
class Effects:
    """What markers add to a margin, by the mean of a bag's additive models.

    Attributes
    ----------
    terms : Terms
    base : Additive
        Mean over the bag.
    per_unit : (arms, markers) array
        Mean slope in f; 0 where a marker is not in the setting's panel.
    """

    terms: Terms
    base: Additive
    per_unit: Floats

    @classmethod
    def of(cls, spec: FeatureSpec, bases: Sequence[Additive]) -> Effects:
        """Of the additive models of a bag."""
        parts = {f.name: [getattr(b, f.name) for b in bases] for f in fields(Additive)}
        base = Additive(**{name: np.mean(values, axis=0) for name, values in parts.items()})
        terms, everyone = Terms.of(spec), np.arange(len(spec.arms))
        unit = np.zeros((len(spec.arms), terms.places, SEGMENTS))
        for i, (setting, _) in enumerate(spec.arms):
            for j, marker in enumerate(spec.settings[setting].panel):
                straight = spec.markers[marker].kind == "mutation"
                shares = spec.settings[setting].segment_shares[marker]
                unit[i, j] = np.eye(SEGMENTS)[0] if straight else shares
        return cls(terms, base, marker_parts(base, terms, unit, everyone))


@dataclass(frozen=True)
class Widths:
    """Variances on the scale of margins, log-odds of resistance before calibration.

    Attributes
    ----------
    bag : float
        Factor of the variance over the bag.
    arms : (arms,) array
        What is added for each (setting, strategy), in the order of ``spec.arms``.
    missing, slope : float
        Factors of the squared effects of unmeasured markers, and of the squared parts of
        measured ones.
    found_on : dict
        Where the constants come from.
    """

    bag: float
    arms: Floats
    missing: float
    slope: float
    found_on: dict[str, Any] = field(default_factory=dict)
    boosters: dict[str, xgb.Booster] = field(default_factory=dict)

    @classmethod
    def plain(cls, spec: FeatureSpec) -> Widths:
        """The bag's spread and nothing else."""
        return cls(1.0, np.zeros(len(spec.arms)), 0.0, 0.0)

    def added(self, effects: Effects, features: Inputs) -> Floats:
        """(n,) variance beside that of the bag."""
        out, arms = self.arms[features.arms], features.arms
        unmeasured = np.isnan(features.matrix[:, : effects.per_unit.shape[1]])
        if self.missing:
            unknown = np.where(unmeasured, effects.per_unit[arms], 0.0)
            out = out + self.missing * (unknown**2).sum(axis=1)
        if self.slope and features.bent is not None:
            parts = marker_parts(effects.base, effects.terms, features.bent, arms)
            out = out + self.slope * (np.where(unmeasured, 0.0, parts) ** 2).sum(axis=1)
        return out

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it."""
        return {
            "bag": self.bag,
            "arms": self.arms.tolist(),
            "missing": self.missing,
            "slope": self.slope,
            "found_on": self.found_on,
        }

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Widths:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        arms = np.array(raw["arms"], dtype=float)
        bag, missing, slope = (float(raw[name]) for name in ("bag", "missing", "slope"))
        if arms.shape != (len(spec.arms),):
            raise ValueError(f"widths of {arms.shape} arms, not of {len(spec.arms)}")
        values = np.array([bag, missing, slope, *arms])
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError("widths that are no variances")
        return cls(bag, arms, missing, slope, dict(raw["found_on"]))
