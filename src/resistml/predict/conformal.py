"""Prediction sets: the outcomes that a patient's record leaves open.

Of fresh patients of a setting, treated as the training patients were, at least the stated share
have an outcome that is in their set, however good or bad the probabilities are. A set with both
outcomes says that neither can be left out; an empty one, that each is rarer than what the share
asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Words
from resistml.features.spec import FeatureSpec

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Outcomes, as sets name them: an objective response, or none.
OUTCOMES = ("response", "resistant")
#: What an outcome may lack in probability and still be in a set, for rounding.
_ROUNDING = 1e-8


@dataclass(frozen=True)
class Threshold:
    """The most that an outcome's probability may fall short of 1 for it to be in the set.

    Attributes
    ----------
    value : float
        From 0 to 1.
    patients : int
        Training patients of the setting whose outcome was held against the model.
    pooled : bool
        Whether they were too few, so that the value is that of all settings together.
    """

    value: float
    patients: int
    pooled: bool


@dataclass(frozen=True)
class Conformal:
    """Thresholds of prediction sets.

    Attributes
    ----------
    level : float
        The share of outcomes that sets hold.
    settings : dict
        The threshold of each setting of the spec.
    """

    level: float
    settings: dict[str, Threshold]
    boosters: dict[str, xgb.Booster] = field(default_factory=dict)

    def holds(self, setting: Words, p: Floats) -> Bools:
        """(n, 2) whether each set holds a response, and resistance, by p(resistance) (n,)."""
        most = np.array([self.settings[str(s)].value for s in setting], dtype=float)
        short = np.column_stack([p, 1 - p])
        return np.asarray(short <= most[:, None] + _ROUNDING)

    def sets(self, setting: Words, p: Floats, names: tuple[str, str] = OUTCOMES) -> list[list[str]]:
        """(n,) the outcomes in each set, by p(resistance) (n,); ``names`` as :data:`OUTCOMES`."""
        held = self.holds(setting, p).tolist()
        return [[name for name, h in zip(names, row, strict=True) if h] for row in held]

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it."""
        return {"level": self.level, "settings": {k: vars(v) for k, v in self.settings.items()}}

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Conformal:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        settings = {name: Threshold(**fields) for name, fields in raw["settings"].items()}
        if set(settings) != set(spec.settings):
            raise ValueError("thresholds of prediction sets for other settings than the spec's")
        numbers = [raw["level"], *(t.value for t in settings.values())]
        if not all(isinstance(x, (int, float)) and 0 <= x <= 1 for x in numbers):
            raise ValueError("a level or threshold of prediction sets outside 0 to 1")
        return cls(float(raw["level"]), settings)
