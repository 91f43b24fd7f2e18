"""What settings of small specs say of their patients, where nothing hangs on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from resistml.features.ramps import SEGMENTS


def no_patients(panel: tuple[str, ...]) -> dict[str, Any]:
    """What a setting without training patients says: means of 0, variances of 1, no
    correlation."""
    return {
        "covariance": tuple(tuple(row) for row in np.eye(len(panel)).tolist()),
        "ramp_means": dict.fromkeys(panel, (0.0,) * SEGMENTS),
        "segment_shares": dict.fromkeys(panel, (1 / SEGMENTS,) * SEGMENTS),
    }
