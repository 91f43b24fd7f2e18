"""Values that may be in another unit, filled in, or stand for missing ones: told, not changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from resistml.tables.own.cohort import Note, OwnCohort
from resistml.tables.own.columns import plain_columns
from resistml.tables.own.units import mixed_shares, mixed_units

Floats = npt.NDArray[np.float64]

#: Numbers that are written for a missing value.
SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0)
#: A value is held to be filled in where it stands in so many rows, in so many times as many as
#: the next, in a column of so many different values.
_ROWS, _TIMES, _VALUES = 10, 5, 20
#: Months by which progression may come after death or the end of follow-up, for rounding.
_LATE = 0.1


def suspects(cohort: OwnCohort) -> tuple[Note, ...]:
    """What in a table looks like a slip, with how often and where it stands."""
    kinds = {f.name: (f.kind, f.unit) for f in cohort.features}
    notes: list[Note] = []
    for name, values in plain_columns(cohort).items():
        notes += _dull(name, values)
        kind, unit = kinds.get(name, ("measure", ""))
        if kind == "mutation" or name in ("sex", "ecog"):
            continue
        percent = kind == "percent" or "%" in unit
        notes += _numbers(name, values, share=percent or kind == "fraction")
        notes += mixed_shares(name, values, percent=percent)
    for name, values in cohort.times.items():
        if name.endswith("_months"):
            notes += _numbers(name, values, share=False)
    return (*notes, *_late(cohort))


def _numbers(name: str, values: Floats, *, share: bool) -> Iterator[Note]:
    """What may be wrong with a column of numbers."""
    sentinel = sentinels(values)
    if sentinel:
        said = ", ".join(f"{v:g} ({n:.0f} rows)" for v, n in sentinel.items())
        yield Note(
            "sentinel",
            {f"{name}={v:g}": n for v, n in sentinel.items()},
            f"'{name}' holds {said}, far from all else: does it stand for a missing value? "
            "Then declare it under `data.missing`",
        )
    values = np.where(np.isin(values, list(sentinel)), np.nan, values)
    if not share:
        yield from mixed_units(name, values)
    yield from _filled(name, values)


def sentinels(values: Floats) -> dict[float, float]:
    """Numbers written for a missing value, with their counts: further off than the others span."""
    found = {}
    for one in SENTINELS:
        at = values == one
        others = values[~at & ~np.isnan(values) & ~np.isin(values, SENTINELS)]
        if not at.any() or len(others) < _ROWS:
            continue
        low, high = float(others.min()), float(others.max())
        if max(one - high, low - one) > (high - low if abs(one) > 1 else 0):
            found[one] = float(at.sum())
    return found


def _filled(name: str, values: Floats) -> Iterator[Note]:
    """A value that stands in far more rows than any other of a column of many values."""
    seen, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(seen) < _VALUES:
        return
    order = np.argsort(-counts, kind="stable")
    value, often, next_often = float(seen[order[0]]), int(counts[order[0]]), int(counts[order[1]])
    if often < _ROWS or often <= _TIMES * next_often:
        return
    others = values[~np.isnan(values) & (values != value)]
    spread = float(others.std())
    middle = min(abs(value - others.mean()), abs(value - float(np.median(others)))) < 0.05 * spread
    what = (
        "the middle of the others: were missing values filled in?"
        if middle
        else "is it a limit of the assay, or filled in?"
    )
    yield Note(
        "filled",
        {name: float(often)},
        f"'{name}' is {value:g} in {often:,} of {int(counts.sum()):,} rows, no other value in more "
        f"than {next_often:,}; {what}",
    )


def _dull(name: str, values: Floats) -> Iterator[Note]:
    seen = values[~np.isnan(values)]
    if not len(seen):
        yield Note("unmeasured", {name: float(len(values))}, f"'{name}' is missing in all patients")
    elif (seen == seen[0]).all():
        gaps = f", or missing ({len(values) - len(seen):,})" if len(seen) < len(values) else ""
        message = f"'{name}' is {seen[0]:g} in all {len(seen):,} patients{gaps}"
        yield Note("constant", {name: float(seen[0])}, message)


def _late(cohort: OwnCohort) -> Iterator[Note]:
    """Progression after death, or after the end of follow-up."""
    if "pfs_months" not in cohort.times or "os_months" not in cohort.times:
        return
    late = cohort.times["pfs_months"] > cohort.times["os_months"] + _LATE
    if late.any():
        ids = ", ".join(map(str, cohort.records.patient_id[late][:5]))
        message = f"PFS is longer than OS in {late.sum():,} patients (such as {ids})"
        yield Note("pfs_after_os", {"pfs_months": float(late.sum())}, message)
