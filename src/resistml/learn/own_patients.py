"""The patients of one's own table, as the learner takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class FeatureLike(Protocol):
    """A feature as a table of one's own gives it.

    ``kind`` is ``measure`` (a number; where it is skewed its logarithm is taken), ``log_measure``
    (one of which equal ratios count alike), ``mutation`` (1 = there, 0 = not), or a kind of the
    catalog's markers; ``direction`` is
    1 where more of it is held to raise resistance, -1 where to lower it, 0 where nobody says;
    ``source`` and ``level`` are those of a spec's marker; ``catalog`` is the marker of the catalog
    that it is, or None.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def direction(self) -> int: ...
    @property
    def mechanism(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def level(self) -> str | None: ...
    @property
    def catalog(self) -> str | None: ...


class CohortLike(Protocol):
    """A table of one's own, as it was read."""

    @property
    def records(self) -> Records: ...
    @property
    def strategy(self) -> Words: ...
    @property
    def resistant(self) -> Floats: ...
    @property
    def times(self) -> Mapping[str, Floats]: ...
    @property
    def features(self) -> Sequence[FeatureLike]: ...
    @property
    def label(self) -> str: ...
    @property
    def responded(self) -> str: ...
    @property
    def treatments(self) -> bool: ...


@dataclass(frozen=True)
class OwnPatients:
    """n patients of one's own, in the order of their ids.

    Attributes
    ----------
    records : Records
    strategy : (n,) array of str
        What each was given; one word for all where the table names no treatments.
    resistant : (n,) array
        1 = the outcome that ``label`` names, 0 = ``responded``.
    features : tuple of FeatureLike
    label, responded : str
    treatments : bool
        Whether the table names treatments.
    times : mapping of str to (n,) array
        Those present of ``pfs_months``, ``pfs_event``, ``os_months``, ``os_event``.
    groups : tuple of str
        Features whose values make the groups within which an arm is open where some of the group
        had it; none = every arm is open to all.
    arms : tuple of (setting, strategy)
        All that the table has, also where these are some of its patients; none = those that these
        patients have.
    """

    records: Records
    strategy: Words
    resistant: Floats
    features: tuple[FeatureLike, ...]
    label: str = "resistant"
    responded: str = "response"
    treatments: bool = False
    times: Mapping[str, Floats] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    arms: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, cohort: CohortLike, groups: tuple[str, ...] = ()) -> OwnPatients:
        """The patients of a table whose outcome is known, whatever the order of its rows."""
        order = np.argsort(cohort.records.patient_id.astype(str), kind="stable")
        order = order[~np.isnan(np.asarray(cohort.resistant, dtype=float)[order])]
        whole = cls(
            cohort.records,
            cohort.strategy,
            np.asarray(cohort.resistant, dtype=float),
            tuple(cohort.features),
            cohort.label,
            cohort.responded,
            cohort.treatments,
            cohort.times,
            groups,
        )
        kept = whole.take(order)
        return replace(kept, arms=kept.had)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def had(self) -> tuple[tuple[str, str], ...]:
        """The (setting, strategy) pairs that these patients have, in order."""
        pairs = zip(self.records.setting.tolist(), self.strategy.tolist(), strict=True)
        return tuple(sorted({(str(s), str(a)) for s, a in pairs}))

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies of the table, in order."""
        return tuple(sorted({a for _, a in self.arms or self.had}))

    def take(self, rows: Ints) -> OwnPatients:
        """The given patients, in the given order."""
        return replace(
            self,
            records=self.records.take(rows),
            strategy=self.strategy[rows],
            resistant=self.resistant[rows],
            times={name: values[rows] for name, values in self.times.items()},
        )
