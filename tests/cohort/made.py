"""Cohorts and claims written by hand, of shipped settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.cohort.observed import Observed
from resistml.evidence import Evidence
from resistml.evidence.schema import Claim

Columns = dict[str, npt.NDArray[Any]]


def patients(setting: str, strategy: str, n: int, **columns: object) -> Columns:
    """``n`` patients of one setting and strategy, all of whom respond and die at a year, but for
    the columns given (a value for all, or one for each)."""
    usual: dict[str, object] = {
        "setting": setting, "strategy": strategy, "line": 1, "age": 60.0, "sex": "female",
        "ecog": 0, "response": "PR", "resistant": 0, "pfs_months": 6.0, "pfs_event": 1,
        "os_months": 12.0, "os_event": 1,
    }  # fmt: skip
    made = {}
    for name, value in {**usual, **columns}.items():
        array = np.full(n, value, dtype=object) if np.ndim(value) == 0 else np.array(value)
        text = isinstance(array[0], str)
        made[name] = array.astype(object) if text else array.astype(float)
        assert len(made[name]) == n
    return made


def cohort(
    *parts: Columns, assignment: str = "randomised", missing: str = "catalogued"
) -> Observed:
    """Patients of several parts as one cohort; what a part lacks is unmeasured."""
    names = dict.fromkeys(name for part in parts for name in part)
    whole = {
        name: np.concatenate(
            [part.get(name, np.full(len(part["setting"]), np.nan)) for part in parts]
        )
        for name in names
    }
    return Observed.of(whole, assignment, missing)


def claim(evidence: Evidence, like: str, **changes: object) -> Evidence:
    """The catalog with one claim alone: a shipped one with some fields put otherwise, as ``x``."""
    entry: Claim = evidence.claims[like].model_copy(update={"id": "x", **changes})
    return replace(evidence, claims={"x": entry})
