"""Which columns of a table a config asks for, and which rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from resistml.errors import TableError, listed
from resistml.tables.own.table import Table, known_column
from resistml.tables.own.values import keys_of
from resistml.tables.words import label

if TYPE_CHECKING:
    from resistml.config_data import DataConfig, FeatureConfig


def named_columns(data: DataConfig) -> Iterator[tuple[str, str]]:
    """Columns that a config names outright, each with its key; patterns apart."""
    single: dict[str, str | None] = {
        "data.id": data.id,
        "data.setting": data.setting,
        "data.treatment": data.treatment,
        "data.outcome.column": data.outcome.column,
        "data.split.column": data.split.column,
        "data.age.column": None if data.age is None else data.age.column,
        "data.sex.column": None if data.sex is None else data.sex.column,
        "data.ecog.column": None if data.ecog is None else data.ecog.column,
    }
    yield from ((name, key) for key, name in single.items() if name is not None)
    yield from ((name, "data.where") for name in data.where)
    for which, time in data.times.items():
        yield time.time, f"data.times.{which}.time"
        yield time.event, f"data.times.{which}.event"
    for marker, config in data.markers.items():
        yield config.column or marker, f"data.markers.{marker}"
    for feature, stated in data.features.items():
        if "*" not in feature:
            yield stated.column or feature, f"data.features.{feature}"


def features_of(
    data: DataConfig, names: Collection[str], file: str
) -> dict[str, tuple[str, FeatureConfig]]:
    """The features that a config asks for, by name: the column, and what is said of it.

    A name with ``*`` in it stands for every column like it that nothing else names.

    Raises
    ------
    TableError
        If no column is like a pattern.
    """
    taken = {name for name, _ in named_columns(data)}
    out: dict[str, tuple[str, FeatureConfig]] = {}
    for name, stated in data.features.items():
        if "*" not in name:
            out[name] = (stated.column or name, stated)
            continue
        like = [c for c in names if fnmatchcase(c, name) and c not in taken]
        if not like:
            raise TableError(
                f"has no column like '{label(name)}', which the config's `data.features` names",
                file=file,
                allowed=f"its columns: {label(listed(names, most=100), 2000)}",
            )
        out |= {c: (c, stated) for c in like}
        taken |= set(like)
    return out


def wanted(data: DataConfig, names: Collection[str], file: str, but: Collection[str]) -> list[str]:
    """Columns to read, of those that a table has.

    Parameters
    ----------
    but : collection of str
        Columns that need not be there.

    Raises
    ------
    TableError
        If one that the config names is not there.
    """
    named = [
        known_column(name, names, file, key)
        for name, key in named_columns(data)
        if name in names or name not in but
    ]
    return list(
        dict.fromkeys([*named, *(column for column, _ in features_of(data, names, file).values())])
    )


def kept_rows(table: Table, data: DataConfig) -> Table:
    """The rows that ``where`` keeps.

    Raises
    ------
    TableError
        If a value that it names stands in no row, or no row has all.
    """
    keep = np.ones(len(table), dtype=bool)
    for column, values in data.where.items():
        keys = table.keys(column)
        for value in values:
            if not (keys == next(iter(keys_of([value])))).any():
                raise TableError(
                    f"has no row with '{label(str(value))}', which `data.where` asks for",
                    file=table.files[0],
                    column=label(column),
                    allowed=label(listed(set(table.levels(column)) - {""}, most=30), 600),
                )
        keep &= np.isin(keys.astype(str), list(keys_of(values)))
    if not keep.any():
        raise TableError("has no row that meets the config's `data.where`", file=table.files[0])
    return table.take(np.flatnonzero(keep))
