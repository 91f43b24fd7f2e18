"""The columns that an own table gave, a category as one, for those who look at tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resistml.tables.own.cohort import OwnCohort

Floats = npt.NDArray[np.float64]


def clinical_of(cohort: OwnCohort) -> dict[str, Floats]:
    """Those that a cohort has of age, sex and performance status."""
    there = cohort.records.columns
    return {name: there[name] for name in ("age", "sex", "ecog") if name in there}


def plain_columns(cohort: OwnCohort) -> dict[str, Floats]:
    """Features with no levels, and the clinical columns, by name."""
    own = {f.name: cohort.records.column(f.name) for f in cohort.features if f.level is None}
    return {**own, **clinical_of(cohort)}


def coded_categories(cohort: OwnCohort) -> dict[str, tuple[tuple[str, ...], Floats]]:
    """Each category by its column: its levels, and each patient's, 0, 1, ...; NaN = missing."""
    flags: dict[str, dict[str, Floats]] = {}
    for feature in cohort.features:
        if feature.level is not None:
            values = cohort.records.column(feature.name)
            flags.setdefault(feature.source, {})[feature.level] = values
    out = {}
    for source, levels in flags.items():
        whole = np.column_stack(list(levels.values()))
        code = np.where(whole.max(axis=1) == 1, np.argmax(whole == 1, axis=1), np.nan)
        out[source] = (tuple(levels), code.astype(np.float64))
    return out


def whole_columns(cohort: OwnCohort) -> dict[str, Floats]:
    """All that is recorded of patients before treatment, a column each; categories as codes."""
    coded = {name: code for name, (_, code) in coded_categories(cohort).items()}
    return {**plain_columns(cohort), **coded}
