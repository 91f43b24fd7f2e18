"""Conditions on recorded columns, with unmeasured values kept apart from unmet ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from resistml.features.links import COMPARE

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Test = tuple[str, str, float]


def holds(columns: Mapping[str, Floats], tests: Sequence[Test], rows: int) -> Bools:
    """(rows,) True where every test is met; an unmeasured (NaN) or absent column meets none."""
    met = np.ones(rows, dtype=bool)
    for column, op, value in tests:
        values = columns.get(column)
        if values is None:
            return np.zeros(rows, dtype=bool)
        met &= COMPARE[op](values, value) & ~np.isnan(values)
    return met


def eligible(
    columns: Mapping[str, Floats], alternatives: Sequence[Sequence[Test]], rows: int
) -> Bools:
    """(rows,) True where at least one alternative holds; no alternatives = everyone."""
    if not alternatives:
        return np.ones(rows, dtype=bool)
    met = np.zeros(rows, dtype=bool)
    for tests in alternatives:
        met |= holds(columns, tests, rows)
    return met


def undecided(
    columns: Mapping[str, Floats], alternatives: Sequence[Sequence[Test]], rows: int
) -> list[list[str]]:
    """Per row, the unmeasured columns that eligibility hangs on; empty where it is decided.

    It is decided where an alternative is met, and where a measured column rules every one out.
    """
    out: list[list[str]] = [[] for _ in range(rows)]
    met = eligible(columns, alternatives, rows)
    for tests in alternatives:
        unmeasured = {column: _unmeasured(columns, column, rows) for column, _, _ in tests}
        possible = ~met
        for test in tests:
            possible &= holds(columns, (test,), rows) | unmeasured[test[0]]
        for column, absent in unmeasured.items():
            for row in np.flatnonzero(absent & possible):
                if column not in out[row]:
                    out[row].append(column)
    return out


def _unmeasured(columns: Mapping[str, Floats], column: str, rows: int) -> Bools:
    values = columns.get(column)
    return np.ones(rows, dtype=bool) if values is None else np.isnan(values)
