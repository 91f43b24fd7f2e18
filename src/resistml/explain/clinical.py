"""The clinical values behind an explanation: what they are called and which columns they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClinicalTerm:
    """A clinical value: its name and unit, the matrix's columns it makes, and its two words, for 0
    and 1, where it is no number."""

    name: str
    unit: str
    columns: tuple[str, ...]
    words: tuple[str, str] | None = None

    def text(self, value: float) -> str:
        """A value in words."""
        if np.isnan(value):
            return "unmeasured"
        return f"{value:.3g}" if self.words is None else self.words[int(value == 1)]


TERMS = (
    ClinicalTerm("age", "years", ("age_over_60",)),
    ClinicalTerm("ecog", "performance status", ("ecog_1", "ecog_2")),
    ClinicalTerm("sex", "1 = female, 0 = male", ("female",), ("male", "female")),
    ClinicalTerm("frail", "1 = yes, 0 = no", ("frail_intensified",), ("no", "yes")),
)


def clinical_values(spec: FeatureSpec, records: Records) -> dict[str, Floats]:
    """(n,) values of each term; NaN = unmeasured. Frail is who is old or of status 2 or worse."""
    age, ecog = records.column("age"), records.column("ecog")
    weak, old = ecog >= 2, age > spec.frailty_age
    unknown = ~(weak | old) & (np.isnan(age) | np.isnan(ecog))
    frail = np.where(unknown, np.nan, (weak | old).astype(float))
    return {"age": age, "ecog": ecog, "sex": records.column("sex"), "frail": frail}
