"""Rows that seem to be of one patient: the same in nearly all that both have recorded.

How much two rows have in common is told in bits: values that a share q of all rows have add
-log2 q. By chance one of the n (n - 1) / 2 pairs agrees in that many bits or more with a
probability of about n² 2^(-bits) / 2, were columns independent; what is told here is held to
:data:`SPARE` bits more than that asks for, since they are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.tables.own.cohort import Note, OwnCohort
from resistml.tables.own.columns import whole_columns
from resistml.tables.words import label

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Bits beyond those at which one pair would be expected by chance: one in a thousand tables.
SPARE = 10.0
#: Two numbers are the same if they differ by this share of their column's standard deviation.
CLOSE = 0.01
#: Most columns in which near-identical rows may differ, and the largest share of columns.
DIFFERENT, SHARE = 3, 0.1
#: Rows that have a block of columns alike are looked at in pairs, unless there are more than these.
_CROWD = 30
#: Pairs that a message names.
_TOLD = 5


@dataclass(frozen=True)
class Pair:
    """Two rows that seem to be of one patient: alike in ``same`` of ``both`` columns."""

    first: int
    second: int
    same: int
    both: int


def alike(columns: Mapping[str, Floats]) -> list[Pair]:
    """Pairs of rows that are nearly the same, in the order of the rows.

    They differ in at most a tenth of the columns that both have, in three at most; what one of
    them lacks counts as different where it keeps rows from being found.
    """
    values = np.column_stack(list(columns.values())) if columns else np.zeros((0, 0))
    n = len(values)
    if n < 2:
        return []
    close = _closeness(values)
    bits = np.column_stack([_bits(x, c) for x, c in zip(values.T, close, strict=True)])
    needed = 2 * np.log2(n) - 1 + SPARE
    found = []
    for a, b in _candidates(values, close, np.nansum(bits, axis=0)):
        both = ~np.isnan(values[a]) & ~np.isnan(values[b])
        same = both & (np.abs(values[a] - values[b]) <= close)
        differ = int(both.sum() - same.sum())
        if differ > min(DIFFERENT, max(1, SHARE * both.sum())):
            continue
        if bits[a, same].sum() >= needed:
            found.append(Pair(a, b, int(same.sum()), int(both.sum())))
    return found


def without_duplicates(cohort: OwnCohort, policy: str, file: str) -> OwnCohort:
    """The cohort with what ``policy`` says done to rows that seem to be of one patient.

    Parameters
    ----------
    policy : str
        ``drop`` keeps the first of them, ``keep`` all, ``refuse`` raises; each says which.

    Raises
    ------
    TableError
        By ``refuse``, if there are any.
    """
    pairs = alike(_identifying(cohort))
    if not pairs:
        return cohort
    ids = cohort.records.patient_id
    named = [(str(ids[p.first]), str(ids[p.second]), p) for p in pairs]
    later = {p.second for p in pairs}
    message = f"{len(later)} row(s) seem to be of patients who stand in an earlier one: "
    return _done(cohort, later, named, message, policy, file)


def across(train: OwnCohort, other: OwnCohort, policy: str, name: str, file: str) -> OwnCohort:
    """``other`` with what ``policy`` says done to its rows that seem to be of training patients.

    Raises
    ------
    TableError
        By ``refuse``, if there are any.
    """
    mine, theirs = _identifying(train), _identifying(other)
    shared = [column for column in mine if column in theirs]
    pairs = alike({c: np.concatenate([mine[c], theirs[c]]) for c in shared})
    n = len(train)
    pairs = [p for p in pairs if p.first < n <= p.second]
    if not pairs:
        return other
    ids = (train.records.patient_id, other.records.patient_id)
    named = [(str(ids[0][p.first]), str(ids[1][p.second - n]), p) for p in pairs]
    rows = {p.second - n for p in pairs}
    message = f"{len(rows)} row(s) of '{name}' seem to be of patients who are trained on: "
    return _done(other, rows, named, message, policy, file)


def _done(
    cohort: OwnCohort,
    rows: set[int],
    named: list[tuple[str, str, Pair]],
    message: str,
    policy: str,
    file: str,
) -> OwnCohort:
    said = [f"'{a}' and '{b}' (alike in {p.same} of {p.both} columns)" for a, b, p in named]
    more = f", and {len(said) - _TOLD} more pairs" if len(said) > _TOLD else ""
    message += label(", ".join(said[:_TOLD]), 600) + more
    if policy == "refuse":
        raise TableError(
            message,
            file=file,
            allowed="a row for each patient",
            hint="mend the table, or say `data.duplicates: drop` or `keep`",
        )
    done = "; left out" if policy == "drop" else "; kept, as the config says"
    note = Note("duplicates", {b: float(p.same) for _, b, p in named}, message + done)
    if policy == "drop":
        cohort = cohort.take(np.array([i for i in range(len(cohort)) if i not in rows], np.int64))
    return cohort.with_notes((note,))


def _identifying(cohort: OwnCohort) -> dict[str, Floats]:
    """All that tells patients apart; the outcome may differ between rows of one."""
    return {**whole_columns(cohort), **cohort.times}


def _closeness(values: Floats) -> Floats:
    """(columns,) how near two values need be; 0 for those of few distinct values."""
    out = np.zeros(values.shape[1])
    for j, column in enumerate(values.T):
        seen = column[~np.isnan(column)]
        if len(np.unique(seen)) > 20:  # codes and flags are the same or not
            out[j] = CLOSE * float(seen.std())
    return out


def _bits(column: Floats, close: float) -> Floats:
    """(n,) -log2 of the share of rows that have each row's value; 0 where it is missing."""
    seen = np.sort(column[~np.isnan(column)])
    if not len(seen):
        return np.zeros(len(column))
    near = np.searchsorted(seen, column + close, "right") - np.searchsorted(seen, column - close)
    share = np.where(np.isnan(column), 1.0, np.maximum(near, 1) / len(seen))
    return np.asarray(-np.log2(share))


def _candidates(values: Floats, close: Floats, told: Floats) -> Iterable[tuple[int, int]]:
    """Pairs of rows that are the same in one of :data:`DIFFERENT` + 1 blocks of columns.

    Rows that differ in no more columns than that are the same in one block at least. Columns are
    dealt to the blocks by what they tell, so that each tells about as much.
    """
    order = np.argsort(-told, kind="stable")
    step = np.where(close > 0, 4 * close, 1.0)  # cells some times wider than what is close
    pairs: set[tuple[int, int]] = set()
    for shift in (0.0, 0.5):  # two values that a border parts in one grid, none parts in the other
        moved = np.where(close > 0, shift, 0.0)
        cells = np.where(np.isnan(values), np.iinfo(np.int64).min / 2, values / step + moved)
        cells = np.floor(cells).astype(np.int64)
        for k in range(DIFFERENT + 1):
            block = np.ascontiguousarray(cells[:, order[k :: DIFFERENT + 1]])
            pairs |= _pairs(block)
    return sorted(pairs)


def _pairs(block: Ints) -> set[tuple[int, int]]:
    """Pairs of rows that are the same throughout."""
    if not block.shape[1]:
        return set()
    _, index, count = np.unique(block, axis=0, return_inverse=True, return_counts=True)
    index = index.ravel()
    out: set[tuple[int, int]] = set()
    for group in np.flatnonzero((count > 1) & (count <= _CROWD)):
        rows = np.flatnonzero(index == group).tolist()
        out |= {(a, b) for i, a in enumerate(rows) for b in rows[i + 1 :]}
    return out
