"""Profiles: the rows of a table that a model is asked about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.tables.categories import categories_of
from resistml.tables.header import Header
from resistml.tables.profile_rows import RowChecks
from resistml.tables.read import iter_rows
from resistml.tables.rows import Rows, rows_from_columns, rows_from_records
from resistml.tables.seen import Seen

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Profiles:
    """Profiles as columns, with what was found in them.

    Attributes
    ----------
    records : Records
        All n rows, in the order of the file; those rejected hold NaN throughout.
    strategy : (n,) array of str
        The strategy that a row names, "" if none.
    line : (n,) array
        Line of treatment; NaN if not given.
    rejected : dict of int to str
        Index of each row at fault, and what is wrong with it: row, column, value, what is allowed.
    notes : dict of int to tuple of str
        Index of a row, and flags on it: ``outside_panel:M`` (marker M was measured but is not in
        the setting's panel, so is not used), ``ecog_as_2:E`` (status 3 or 4 counts as 2),
        ``other_line:L`` (not the setting's line), ``looks_like_fraction:M`` (a per cent below 1).
    ignored : tuple of str
        Columns of the table that are not used.
    first : int
        Rows of the file before these.
    """

    records: Records
    strategy: Words
    line: Floats
    rejected: dict[int, str]
    notes: dict[int, tuple[str, ...]]
    ignored: tuple[str, ...]
    first: int = 0

    def __len__(self) -> int:
        return len(self.records)

    @property
    def accepted(self) -> npt.NDArray[np.int64]:
        """Indices of the rows that were not rejected."""
        kept = np.ones(len(self), dtype=bool)
        kept[list(self.rejected)] = False
        return np.flatnonzero(kept)


def iter_profiles(source: str | Path, spec: FeatureSpec) -> Iterator[Profiles]:
    """Read profiles batch by batch, in memory that grows by eight bytes a row (for the ids).

    Parameters
    ----------
    source : str or Path
        As in :func:`resistml.tables.read.iter_rows`; a cohort file is a table of profiles too.
    spec : FeatureSpec
        Names the settings, strategies and markers, and the range of each.

    Yields
    ------
    Profiles
        Batches; a row whose id stood in an earlier one is rejected.

    Raises
    ------
    TableError
        For a fault of the file or its header. A fault of a row is not raised but listed.
    """
    name = "<stdin>" if str(source) == "-" else str(source)
    header, seen = Header(spec, name), Seen()
    for rows in iter_rows(source, header.choose):
        yield _profiles(rows, spec, seen, header)


def read_profiles(source: str | Path, spec: FeatureSpec) -> Profiles:
    """All profiles of a table; see :func:`iter_profiles`."""
    return _joined(list(iter_profiles(source, spec)))


def profiles_from_rows(rows: Any, spec: FeatureSpec, *, name: str = "profiles") -> Profiles:
    """Profiles from Python objects.

    Parameters
    ----------
    rows : list of dict, mapping of str to sequence, DataFrame or Arrow table
    spec : FeatureSpec
    name : str
        What messages call them.

    Raises
    ------
    TableError
        If the columns are not those of profiles; see :func:`iter_profiles`.
    """
    header = Header(spec, name)
    if isinstance(rows, Sequence) and not isinstance(rows, (str, bytes)):
        table = rows_from_records(rows, name, 0, header.choose)
    else:
        table = rows_from_columns(_columns(rows, name), name, header.choose)
    return _profiles(table, spec, Seen(), header)


def _columns(rows: Any, name: str) -> Mapping[str, Any]:
    if isinstance(rows, Mapping):
        return rows
    if hasattr(rows, "column_names") and hasattr(rows, "column"):  # an Arrow table
        return {key: rows.column(i) for i, key in enumerate(rows.column_names)}
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):  # a DataFrame
        if len(set(rows.columns)) != len(rows.columns):
            raise TableError("has two columns of one name", file=name, hint="keep one")
        found: Mapping[str, Any] = rows.to_dict("list")
        return found
    raise TableError(
        f"are of type {type(rows).__name__}",
        file=name,
        allowed="a list of dicts, a dict of columns, a DataFrame or an Arrow table",
    )


def _profiles(rows: Rows, spec: FeatureSpec, seen: Seen, header: Header) -> Profiles:
    checks = RowChecks(rows, spec)
    ids = checks.ids(seen)
    setting = checks.settings()
    strategy = checks.strategies()
    line = checks.line()
    columns = {"age": checks.age(), "sex": checks.sex(), "ecog": checks.ecog()}
    for marker in spec.markers:
        if marker in rows.columns:
            columns[marker] = checks.marker(marker)
    for category in categories_of(spec):
        for column in category.given_in(rows.columns):
            columns.update(checks.category(category, column))
    rejected = checks.rejected()
    for values in (line, *columns.values()):
        values[list(rejected)] = np.nan
    return Profiles(
        records=Records(ids, setting, columns),
        strategy=strategy,
        line=line,
        rejected=rejected,
        notes={row: found for row, found in checks.notes().items() if row not in rejected},
        ignored=header.ignored,
        first=rows.first,
    )


def _joined(parts: list[Profiles]) -> Profiles:
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.records.columns)
    columns = {
        name: np.concatenate([part.records.column(name) for part in parts]) for name in names
    }
    return Profiles(
        records=Records(
            np.concatenate([part.records.patient_id for part in parts]),
            np.concatenate([part.records.setting for part in parts]),
            columns,
        ),
        strategy=np.concatenate([part.strategy for part in parts]),
        line=np.concatenate([part.line for part in parts]),
        rejected={part.first + row: m for part in parts for row, m in part.rejected.items()},
        notes={part.first + row: n for part in parts for row, n in part.notes.items()},
        ignored=parts[-1].ignored,
    )
