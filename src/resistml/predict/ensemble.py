"""How far an answer moves over worlds that fit the evidence as well as the default one.

For each of K worlds drawn from the evidence the part holds, per arm, the straight line that comes
nearest to what the fair oracle of that world knows:

    log-odds of resistance = intercept + coefficients @ x + missing @ (unmeasured)

with x the centred, engaged columns of the spec. Their spread is what better evidence alone would
settle: no patient sampling is in it, since the lines are fitted to probabilities, not to outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from resistml.features.spec import FeatureSpec

if TYPE_CHECKING:
    import xgboost as xgb

Floats = npt.NDArray[np.float64]

#: Fewest worlds that have a spread.
FEWEST = 2


class Inputs(Protocol):
    """What is asked of the features of n rows."""

    @property
    def matrix(self) -> npt.NDArray[np.floating]:
        """(n, columns) with NaN where unmeasured."""

    @property
    def centred(self) -> Floats:
        """(n, columns) less each setting's mean, at what is expected where unmeasured."""

    @property
    def arms(self) -> npt.NDArray[np.int64]:
        """(n,) codes of (setting, strategy)."""


@dataclass(frozen=True)
class Ensemble:
    """K worlds, each as one line per arm.

    Attributes
    ----------
    intercepts : (K, arms) array
        Log-odds of resistance of a patient at his setting's means with nothing unmeasured.
    coefficients, missing : (K, arms, columns) arrays
        What a unit of each centred column adds, and what it adds that the column is unmeasured.
    factor : float
        Half the width of the 90% interval, in standard deviations over the K worlds.
    """

    intercepts: Floats
    coefficients: Floats
    missing: Floats
    factor: float
    boosters: dict[str, xgb.Booster] = field(default_factory=dict)

    def margins(self, features: Inputs) -> Floats:
        """(n, K) log-odds of resistance in each world."""
        unmeasured = np.isnan(features.matrix).astype(np.float64)
        out = np.empty((len(features.arms), len(self.intercepts)))
        for arm in np.unique(features.arms).tolist():
            rows = np.flatnonzero(features.arms == arm)
            # Summed row by row, which products of BLAS are not: a row's value is its own.
            out[rows] = (
                self.intercepts[:, arm]
                + np.einsum("ij,kj->ik", features.centred[rows], self.coefficients[:, arm])
                + np.einsum("ij,kj->ik", unmeasured[rows], self.missing[:, arm])
            )
        return out

    def interval(self, features: Inputs) -> tuple[Floats, Floats]:
        """90% interval of the log-odds of resistance in one more world, each (n,).

        Notes
        -----
        mean -+ t(0.95, K - 1) sd sqrt(1 + 1/K) over the K worlds: the predictive interval of a
        normal variable for a draw like the K that were seen. Worlds are drawn evenly within the
        ranges of the evidence, so 90% is the share of such draws, not a degree of belief.

        References
        ----------
        Hahn, G. and Meeker, W. (1991). Statistical Intervals, section 4.7.
        """
        margins = self.margins(features)
        centre, half = margins.mean(axis=1), self.factor * margins.std(axis=1, ddof=1)
        return centre - half, centre + half

    def to_json(self) -> dict[str, Any]:
        """As the bundle holds it: per arm the columns with a bearing, and a row per world."""
        bearing = (self.coefficients != 0).any(axis=0) | (self.missing != 0).any(axis=0)
        arms = []
        for arm, columns in enumerate(bearing):
            parts = (
                self.intercepts[:, [arm]],
                self.coefficients[:, arm, columns],
                self.missing[:, arm, columns],
            )
            rows = np.concatenate(parts, axis=1)
            arms.append({"columns": np.flatnonzero(columns).tolist(), "worlds": rows.tolist()})
        return {"factor": self.factor, "arms": arms}

    @classmethod
    def from_json(
        cls, raw: dict[str, Any], boosters: dict[str, xgb.Booster], spec: FeatureSpec
    ) -> Ensemble:
        """As the bundle holds it; ValueError where it does not fit the spec."""
        arms, width, factor = raw["arms"], len(spec.columns), float(raw["factor"])
        if len(arms) != len(spec.arms) or not 0 < factor < np.inf:
            raise ValueError(f"lines for {len(arms)} of {len(spec.arms)} arms, factor {factor}")
        worlds = len(arms[0]["worlds"])
        if worlds < FEWEST:
            raise ValueError(f"{worlds} worlds, not {FEWEST} or more")
        intercepts = np.zeros((worlds, len(arms)))
        coefficients, missing = (np.zeros((worlds, len(arms), width)) for _ in range(2))
        for arm, part in enumerate(arms):
            columns = _columns(part["columns"], width)
            rows = np.array(part["worlds"], dtype=float)
            if rows.shape != (worlds, 1 + 2 * len(columns)) or not np.isfinite(rows).all():
                raise ValueError(f"lines {rows.shape} of arm {spec.arms[arm]}, or not finite")
            intercepts[:, arm] = rows[:, 0]
            coefficients[:, arm, columns] = rows[:, 1 : 1 + len(columns)]
            missing[:, arm, columns] = rows[:, 1 + len(columns) :]
        return cls(intercepts, coefficients, missing, factor)


def _columns(raw: Any, width: int) -> list[int]:
    """Indices of columns, rising."""
    columns = [int(i) for i in raw]
    if columns != sorted(set(columns)) or not set(columns) <= set(range(width)):
        raise ValueError(f"columns {columns} of {width}")
    return columns
