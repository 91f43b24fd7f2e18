"""What a model was trained on: how many patients each setting and strategy had."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.features.spec import FeatureSpec

if TYPE_CHECKING:
    import xgboost as xgb


@dataclass(frozen=True)
class Support:
    """The training population, as far as scoring needs it.

    Attributes
    ----------
    counts : (arms,) array of int
        Training patients of each (setting, strategy), in the order of ``spec.arms``.
    """

    counts: npt.NDArray[np.int64]
    boosters: dict[str, xgb.Booster] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it."""
        return {"counts": self.counts.tolist()}

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Support:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        counts = np.array(raw["counts"], dtype=np.int64)
        if counts.shape != (len(spec.arms),) or (counts < 0).any():
            raise ValueError(f"counts {counts.shape} of {len(spec.arms)} arms, or below 0")
        return cls(counts)
