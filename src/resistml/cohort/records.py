"""What was recorded of drawn patients, as models read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records


def records_of(cohort: Mapping[str, npt.NDArray[Any]], markers: tuple[str, ...]) -> Records:
    """The recorded part of a drawn cohort's columns."""
    columns = {name: np.asarray(cohort[name], dtype=float) for name in (*markers, "age", "ecog")}
    columns["sex"] = (cohort["sex"] == "female").astype(float)
    return Records(
        np.asarray(cohort["patient_id"], dtype=object),
        np.asarray(cohort["setting"], dtype=object),
        columns,
    )
