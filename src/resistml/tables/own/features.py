"""An own table's columns to the model's: numbers, flags, a flag per level of a category."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.tables.categories import OTHER
from resistml.tables.own.cohort import Note, OwnFeature
from resistml.tables.own.table import Table
from resistml.tables.own.values import lookup
from resistml.tables.words import label

if TYPE_CHECKING:
    from resistml.config_data import FeatureConfig, Values

Floats = npt.NDArray[np.float64]
#: A feature, and its value in each patient.
Made = tuple[OwnFeature, Floats]


def made_features(
    table: Table,
    name: str,
    column: str,
    config: FeatureConfig,
    levels: tuple[str, ...] | None = None,
) -> tuple[list[Made], list[Note]]:
    """The columns of the model that one feature comes to.

    Parameters
    ----------
    levels : tuple of str, optional
        A category's levels where they are settled already, as for patients to validate on.

    Raises
    ------
    TableError
        If a cell does not hold what the config says.
    """
    if config.kind == "category":
        return _category(table, name, column, config, levels)
    if config.kind == "flag":
        values = flags(table, column, config.present, config.absent, f"data.features.{name}")
        kind = "mutation"
    else:
        values = _measure(table, column, config)
        kind = "log_measure" if config.log else "measure"
    unit = config.unit if config.kind == "measure" else "1 = yes, 0 = no"
    made = OwnFeature(name, kind, unit, config.direction, config.mechanism, column)
    return [(made, values)], []


def flags(table: Table, column: str, present: Values, absent: Values, key: str) -> Floats:
    """(n,) 1 where a cell is one of ``present``, 0 where of ``absent``, NaN where it is missing.

    Raises
    ------
    TableError
        If a cell is neither, or a value is said to be both.
    """
    try:
        known = lookup({1.0: present, 0.0: absent})
    except ValueError:
        raise TableError(
            f"the config's `{key}` gives one value both meanings", hint="say each value once"
        ) from None
    keys = table.keys(column)
    wrong = np.array([bool(k) and k not in known for k in keys], dtype=bool)
    said = ", ".join(str(v) for v in (*present, *absent))
    table.refuse(
        column,
        wrong,
        "is neither yes nor no",
        f"{label(said, 200)}, or empty",
        f"say under `{key}` which values are which: `present: ...`, `absent: ...`",
    )
    return np.array([known.get(k, np.nan) for k in keys], dtype=np.float64)


def _measure(table: Table, column: str, config: FeatureConfig) -> Floats:
    values = table.numbers(column) * config.factor
    low, high = config.low, config.high
    if config.log and low is None:
        low = 0.0
    span = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
    outside = np.zeros(len(values), dtype=bool)
    outside |= values < (-np.inf if low is None else low)
    outside |= values > (np.inf if high is None else high)
    unit = f" {config.unit}" if config.unit else ""
    times = "" if config.factor == 1 else f" (times {config.factor:g})"
    table.refuse(column, outside, f"is out of range{times}", f"{span}{unit}, or empty")
    return values


def _category(
    table: Table, name: str, column: str, config: FeatureConfig, levels: tuple[str, ...] | None
) -> tuple[list[Made], list[Note]]:
    cells = table.levels(column)
    there = cells != ""
    notes = []
    if levels is None:
        words, counts = np.unique(cells[there].astype(str), return_counts=True)
        often = counts >= config.least
        levels = tuple(map(str, words[often]))
        if not often.all():
            notes.append(_pooled(name, words[~often].tolist(), counts[~often].tolist(), config))
            levels = (*levels, OTHER)
    known = np.isin(cells.astype(str), levels)
    strange = there & ~known
    if strange.any() and OTHER not in levels:
        there = there & known
        new = sorted(set(cells[strange].tolist()))
        said = label(", ".join(new), 200)
        message = f"{strange.sum():,} patients have a '{name}' that nobody trained on has: {said}"
        notes.append(Note("new_level", {name: float(strange.sum())}, message))
    made = []
    for level in levels:
        at = (cells == level) | (strange if level == OTHER else False)
        feature = OwnFeature(
            f"{name}={level}", "mutation", "1 = yes, 0 = no", 0, config.mechanism, column, level
        )
        made.append((feature, np.where(there, at, np.nan).astype(np.float64)))
    return made, notes


def _pooled(name: str, words: list[str], counts: list[int], config: FeatureConfig) -> Note:
    said = ", ".join(f"{w} ({n})" for w, n in zip(words, counts, strict=True))
    return Note(
        "rare_levels",
        {f"{name}={w}": float(n) for w, n in zip(words, counts, strict=True)},
        f"levels of '{name}' with fewer than {config.least} patients are put together as "
        f"'{OTHER}': {label(said, 300)}",
    )
