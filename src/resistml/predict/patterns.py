"""Rows that share a pattern are handled together, so that nothing is worked out row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resistml.features.conditions import eligible, undecided
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec, Test

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

#: Share of a panel's markers above which too much is unmeasured to answer: for what is missing the
#: setting's patients stand in, so the answer would be more theirs than this patient's.
MOST = 0.5


def grouped(words: Words, rows: Rows) -> dict[str, Rows]:
    """``rows`` by the word that stands in each, in the order in which words first appear."""
    index: dict[str, int] = {}
    codes = np.fromiter(
        (index.setdefault(str(word), len(index)) for word in words[rows]), np.int64, len(rows)
    )
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(index)))[:-1]
    return dict(zip(index, np.split(rows[order], ends), strict=False))


def labels(true: Bools, names: Sequence[str]) -> list[tuple[str, ...]]:
    """(n,) the names of the columns that are true in each row of (n, k)."""
    n, k = true.shape
    if n == 0 or k == 0:
        return [()] * n
    packed = np.ascontiguousarray(np.packbits(true, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, code = np.unique(keys, return_index=True, return_inverse=True)
    found = [tuple(names[j] for j in np.flatnonzero(true[row]).tolist()) for row in first]
    return [found[i] for i in code.tolist()]


def panel_columns(spec: FeatureSpec, setting: str) -> dict[str, str]:
    """By the name of each column that a setting's panel asks for, a marker that it gives.

    That is the marker itself, but for the levels of a category of one's own, which are one column
    and measured together.
    """
    out: dict[str, str] = {}
    for marker in spec.settings[setting].panel:
        level = spec.markers[marker].level
        out.setdefault(marker if level is None else marker.removesuffix(f"={level}"), marker)
    return out


def unmeasured(spec: FeatureSpec, records: Records, setting: str, rows: Rows) -> Bools:
    """(n, columns) True where a column of :func:`panel_columns` has no value."""
    panel = panel_columns(spec, setting)
    absent = [np.isnan(records.column(marker)[rows]) for marker in panel.values()]
    return np.column_stack(absent) if panel else np.zeros((len(rows), 0), dtype=np.bool_)


def nothing_measured(absent: Bools) -> Bools:
    """(n,) True where a panel that holds markers has no value at all; from (n, panel)."""
    return np.asarray(absent.all(axis=1) & (absent.shape[1] > 0), dtype=np.bool_)


def mostly_unmeasured(absent: Bools) -> Bools:
    """(n,) True where some but less than half of a panel has values; from (n, panel)."""
    most = absent.mean(axis=1) > MOST if absent.shape[1] else np.zeros(len(absent), dtype=np.bool_)
    return np.asarray(most & ~nothing_measured(absent), dtype=np.bool_)


def reasons(spec: FeatureSpec, records: Records, strategy: str, rows: Rows) -> list[str]:
    """(n,) why each row is not eligible for a strategy; empty where it is."""
    alternatives = spec.strategies[strategy].eligibility
    out = [""] * len(rows)
    columns = {
        column: records.column(column)[rows] for tests in alternatives for column, _, _ in tests
    }
    closed = np.flatnonzero(~eligible(columns, alternatives, len(rows)))
    seen = {column: values[closed] for column, values in columns.items()}
    needs = f"{strategy} needs {_in_words(alternatives)}"
    hangs = undecided(seen, alternatives, len(closed))
    for k, (i, hangs_on) in enumerate(zip(closed, hangs, strict=True)):
        told = f"{', '.join(hangs_on)} not measured"
        if not hangs_on:
            told = ", ".join(f"{c} is {v[k]:.3g}" for c, v in seen.items() if not np.isnan(v[k]))
        out[i] = f"{needs}; {told}"
    return out


def _in_words(alternatives: Sequence[Sequence[Test]]) -> str:
    return " or ".join(
        " and ".join(f"{column} {op} {value:g}" for column, op, value in tests)
        for tests in alternatives
    )
