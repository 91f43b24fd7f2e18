"""The training patients of a setting, and how far a profile is from them.

Markers that are no mutation are compared on the scale on which they are normal, with age and
performance status; what was not measured is left out of the comparison, which for a normal
distribution is to marginalise over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Attributes that hold a number for each column that is compared.
_COLUMNS = ("mean", "scale", "low", "high")


@dataclass(frozen=True)
class Population:
    """The training patients of one setting.

    Attributes
    ----------
    names : tuple of str
        The k columns that are compared as numbers: markers, as their standardised value f, then
        ``age`` in years and ``ecog``.
    mean, scale : (k,) arrays
    low, high : (k,) arrays
        98% of the patients lie between them.
    correlation : (k, k) array
        Positive definite.
    mutations : tuple of str
        The m markers that are present (1) or absent (0).
    shares : (m,) array
        Share of patients in whom each is present, in (0, 1).
    rarest : float
        Rarity above which mutations are an outlier. It is the setting's own: rarity has few values,
        and one that many patients have is no outlier, however small their share.
    """

    names: tuple[str, ...]
    mean: Floats
    scale: Floats
    low: Floats
    high: Floats
    correlation: Floats
    mutations: tuple[str, ...]
    shares: Floats
    rarest: float

    def distance(self, values: Floats) -> tuple[Floats, Floats]:
        """How far each of n patients is from the others, as a whole and in each column.

        Parameters
        ----------
        values : (n, k) array
            NaN where unmeasured.

        Returns
        -------
        whole : (n,) array
            Mahalanobis distance from the mean, over what was measured, on a scale on which it is
            standard normal among the training patients, however many columns were measured; 0
            where none was.
        each : (n, k) array
            Deviation of each value from what the patient's other values let expect, in standard
            deviations; 0 where unmeasured.

        References
        ----------
        E. B. Wilson and M. M. Hilferty, "The distribution of chi-square", PNAS 17 (1931): the cube
        root of chi-square per degree of freedom is nearly normal.
        """
        seen = ~np.isnan(values)
        off = np.where(seen, (values - self.mean) / self.scale, 0.0)
        pulled, variance = self._inverse_applied(off, seen)
        each = np.where(seen, pulled / np.sqrt(variance), 0.0)
        k = seen.sum(axis=1)
        spread = 2 / (9 * np.maximum(k, 1))
        ratio = np.maximum(np.einsum("ij,ij->i", off, pulled), 0.0) / np.maximum(k, 1)
        return np.where(k > 0, (np.cbrt(ratio) - (1 - spread)) / np.sqrt(spread), 0.0), each

    def _inverse_applied(self, off: Floats, seen: Bools) -> tuple[Floats, Floats]:
        """(n, k) inverse of what was measured's correlation, times ``off``; and its diagonal."""
        k = len(self.names)
        masks, code = np.unique(seen, axis=0, return_inverse=True)
        both = masks[:, :, None] & masks[:, None, :]
        # An unmeasured column stands alone with variance 1: the others' inverse is their own.
        inverse = np.linalg.inv(np.where(both, self.correlation, np.eye(k)))
        rows = inverse[code.reshape(-1)]
        return np.einsum("nij,nj->ni", rows, off), np.einsum("nii->ni", rows)

    def rarity(self, values: Floats) -> tuple[Floats, Floats]:
        """How rare each of n patients' mutations are together.

        Parameters
        ----------
        values : (n, m) array
            1 = present, 0 = absent, NaN = unmeasured.

        Returns
        -------
        whole : (n,) array
            Negative log-likelihood of what was measured, taken as independent, less its mean among
            the training patients, in standard deviations.
        each : (n, m) array
            That of each mutation, less its mean; 0 where unmeasured.
        """
        p = self.shares
        rare = np.where(values == 1, -np.log(p), -np.log1p(-p))
        mean = -(p * np.log(p) + (1 - p) * np.log1p(-p))
        variance = p * (1 - p) * (np.log(p) - np.log1p(-p)) ** 2
        seen = ~np.isnan(values)
        each = np.where(seen, rare - mean, 0.0)
        # Where every mutation is in half of the patients, all patterns are equally rare.
        spread = np.sqrt(np.maximum(np.where(seen, variance, 0.0).sum(axis=1), 1e-6))
        return each.sum(axis=1) / spread, each

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "names": list(self.names),
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            "correlation": self.correlation.tolist(),
            "mutations": list(self.mutations),
            "shares": self.shares.tolist(),
            "rarest": self.rarest,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Population:
        """From plain data; ValueError where it does not hold together."""
        numbers = {
            name: np.array(raw[name], dtype=float) for name in (*_COLUMNS, "correlation", "shares")
        }
        made = cls(
            names=tuple(str(name) for name in raw["names"]),
            mutations=tuple(str(name) for name in raw["mutations"]),
            rarest=float(raw["rarest"]),
            **numbers,
        )
        k, m = len(made.names), len(made.mutations)
        shapes = {**dict.fromkeys(_COLUMNS, (k,)), "correlation": (k, k), "shares": (m,)}
        for name, shape in shapes.items():
            values = numbers[name]
            if values.shape != shape or not np.isfinite(values).all():
                raise ValueError(f"{name} of shape {values.shape}, not {shape}, or not finite")
        if (made.scale <= 0).any() or ((made.shares <= 0) | (made.shares >= 1)).any():
            raise ValueError("scales not above 0, or shares not between 0 and 1")
        if not np.isfinite(made.rarest):
            raise ValueError("rarest is not finite")
        if k and np.linalg.eigvalsh(made.correlation).min() <= 0:
            raise ValueError("correlation is not positive definite")
        return made
