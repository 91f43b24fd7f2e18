"""Who the training patients are: the counts of a paper's first table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.evaluate.subgroups import divisions, in_order
from resistml.predict.patterns import grouped

if TYPE_CHECKING:
    from resistml.features.matrix import Records
    from resistml.features.spec import FeatureSpec
    from resistml.tables.cohort import Cohort

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Characteristics:
    """Training patients by what reports divide patients by.

    Attributes
    ----------
    resistant : int
        How many had no objective response to the strategy given.
    counts : dict of str to dict of str to int
        Patients per group, within each way of dividing them.
    strategies : int
        Strategies that were given to one of them or more.
    unmeasured : dict of str to float
        Per marker, the share without a value among those whose setting's panel holds it.
    follow_up : float
        Median months from start to death or last contact; NaN where a cohort has no times.
    deaths : int
        Deaths seen.
    """

    n: int
    resistant: int
    counts: dict[str, dict[str, int]]
    strategies: int
    unmeasured: dict[str, float]
    follow_up: float
    deaths: int


def characteristics(spec: FeatureSpec, cohort: Cohort) -> Characteristics:
    """Count the patients of a cohort."""
    return Characteristics(
        n=len(cohort),
        resistant=int(cohort.resistant.sum()),
        counts={
            division: _counted(names) for division, names in divisions(spec, cohort.records).items()
        },
        strategies=len(set(cohort.strategy.tolist())),
        unmeasured=unmeasured_shares(spec, cohort.records),
        follow_up=_median(cohort.columns.get("os_months")),
        deaths=int(np.nansum(np.asarray(cohort.columns.get("os_event", 0), dtype=float))),
    )


def unmeasured_shares(spec: FeatureSpec, records: Records) -> dict[str, float]:
    """Per marker that is on a panel of theirs, the share of those patients without a value."""
    absent: dict[str, int] = {}
    asked: dict[str, int] = {}
    for setting, rows in grouped(records.setting, np.arange(len(records))).items():
        for marker in spec.settings[setting].panel:
            gaps = int(np.isnan(records.column(marker)[rows]).sum())
            absent[marker] = absent.get(marker, 0) + gaps
            asked[marker] = asked.get(marker, 0) + len(rows)
    return {marker: absent[marker] / asked[marker] for marker in spec.markers if marker in asked}


def _counted(names: npt.NDArray[np.object_]) -> dict[str, int]:
    return {name: int((names == name).sum()) for name in in_order(names)}


def _median(months: object) -> float:
    values = np.array([], dtype=float) if months is None else np.asarray(months, dtype=float)
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else float("nan")
