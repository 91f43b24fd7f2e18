"""Changes of patients' columns, such as befall real tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Columns = dict[str, Any]
Plant = Callable[[Columns], Columns]


def scaled(name: str, factor: float) -> Plant:
    """A column in another unit."""
    return lambda columns: columns | {name: columns[name] * factor}


def unmeasured(name: str, share: float) -> Plant:
    """A column that so many more have no value of."""

    def plant(columns: Columns) -> Columns:
        lost = np.random.default_rng(8).random(len(columns[name])) < share
        return columns | {name: np.where(lost, np.nan, columns[name])}

    return plant


def present(name: str, share: float) -> Plant:
    """A mutation found in so many of those without it."""

    def plant(columns: Columns) -> Columns:
        values = columns[name]
        hit = (np.random.default_rng(8).random(len(values)) < share) & (values == 0)
        return columns | {name: np.where(hit, 1.0, values)}

    return plant


def fewer_of(setting: str, share: float) -> Plant:
    """So many patients of a setting do not come."""

    def plant(columns: Columns) -> Columns:
        n = len(columns["setting"])
        gone = np.random.default_rng(8).random(n) < share
        kept = np.flatnonzero(~((columns["setting"] == setting) & gone))
        return {name: values[kept] for name, values in columns.items()}

    return plant


def alone(*settings: str) -> Plant:
    """Patients of these settings alone."""

    def plant(columns: Columns) -> Columns:
        kept = np.flatnonzero(np.isin(columns["setting"].astype(str), settings))
        return {name: values[kept] for name, values in columns.items()}

    return plant


def nothing(columns: Columns) -> Columns:
    """Patients as they are."""
    return columns
