"""What an own cohort is once it has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]

#: The setting of all patients where no column names one, and what they had where none is named.
ONE_SETTING = "cohort"
AS_GIVEN = "as_given"


@dataclass(frozen=True)
class Note:
    """Something odd in a table that is read all the same.

    Attributes
    ----------
    code : str
        What it is about, such as ``left_out`` or ``duplicates``.
    names : dict of str to float
        Columns, levels or rows it is about, with a count or value of each.
    message : str
    """

    code: str
    names: dict[str, float]
    message: str

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class OwnFeature:
    """A column of the model that was made from one of the table.

    Attributes
    ----------
    name : str
        ``COLUMN=LEVEL`` for a level of a category; the marker's id for one of the catalog's.
    kind : str
        ``measure`` (a real number), ``log_measure`` (of which equal ratios count alike),
        ``mutation`` (1 = yes, 0 = no), or the kind of the catalog's marker.
    unit : str
    direction : int
        1 = more of it is held to raise resistance, -1 = to lower it, 0 = either.
    mechanism : str
    source : str
        The table's column.
    level : str, optional
        The category's level that 1 stands for.
    catalog : str, optional
        The catalog's marker that it is.
    """

    name: str
    kind: str
    unit: str
    direction: int
    mechanism: str
    source: str
    level: str | None = None
    catalog: str | None = None


@dataclass(frozen=True)
class OwnCohort:
    """n patients of an own table, what was given to each and what came of it.

    Attributes
    ----------
    records : Records
        Features by name, with those there of ``age`` (years), ``sex`` (1 = female) and ``ecog``.
    strategy : (n,) array of str
        :data:`AS_GIVEN` throughout where no column names treatments.
    resistant : (n,) array
        1 = ``label``, 0 = ``responded``; never missing.
    times : dict of str to (n,) array
        Those there of ``pfs_months``, ``pfs_event``, ``os_months``, ``os_event`` (1 = seen).
    features : tuple of OwnFeature
    label, responded : str
        The outcome's own names for 1 and 0.
    treatments : bool
        Whether a column names treatments; if not, nothing can be ranked.
    split : dict of str to (n,) array of str
        Columns that patients are split by.
    notes : tuple of Note
    """

    records: Records
    strategy: Words
    resistant: Floats
    times: Mapping[str, Floats]
    features: tuple[OwnFeature, ...]
    label: str
    responded: str
    treatments: bool
    split: Mapping[str, Words] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def take(self, rows: Rows) -> OwnCohort:
        """The given rows, in the given order."""
        return replace(
            self,
            records=self.records.take(rows),
            strategy=self.strategy[rows],
            resistant=self.resistant[rows],
            times={name: values[rows] for name, values in self.times.items()},
            split={name: values[rows] for name, values in self.split.items()},
        )

    def with_notes(self, notes: tuple[Note, ...]) -> OwnCohort:
        """The same with more notes."""
        return replace(self, notes=(*self.notes, *notes))
