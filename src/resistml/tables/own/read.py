"""Reads an own cohort as its config says, and looks at it before anybody trains on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.config_paths import expanded
from resistml.features.matrix import Records
from resistml.tables.own.checks import check_words, chosen_by_outcome, few_patients
from resistml.tables.own.clinical import clinical_columns
from resistml.tables.own.cohort import AS_GIVEN, ONE_SETTING, Note, OwnCohort
from resistml.tables.own.drift import drift_notes
from resistml.tables.own.duplicates import across, without_duplicates
from resistml.tables.own.features import Made, made_features
from resistml.tables.own.leaks import refuse_leaks
from resistml.tables.own.markers import made_marker
from resistml.tables.own.names import refuse_outcomes
from resistml.tables.own.outcome import check_classes, read_outcome, read_times
from resistml.tables.own.select import features_of, kept_rows, wanted
from resistml.tables.own.splits import split_columns
from resistml.tables.own.suspects import suspects
from resistml.tables.own.table import Table, read_table
from resistml.tables.own.values import missing_keys

if TYPE_CHECKING:
    from resistml.config_data import DataConfig
    from resistml.evidence import Evidence

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]


def read_own(data: DataConfig, evidence: Evidence) -> OwnCohort:
    """The patients to train on.

    Parameters
    ----------
    data : DataConfig
    evidence : Evidence
        Names the markers and mechanisms that ``data`` may speak of.

    Raises
    ------
    ConfigError
        If ``data`` speaks of a marker or a mechanism that is not in the catalog, or its path of an
        environment variable that is not set.
    TableError
        If the table lacks what ``data`` names, a cell does not hold what it should, outcomes are
        all the same, or a column gives them away.
    """
    check_words(data, evidence)
    path = expanded(data.train)
    table = _table(data, path, but=())
    refuse_outcomes(data, table)
    cohort = _cohort(data, evidence, table, levels=None)
    check_classes(cohort.resistant, data, str(path))
    refuse_leaks(cohort, str(path))
    cohort = without_duplicates(cohort, data.duplicates, str(path))
    check_classes(cohort.resistant, data, str(path))
    caveats = tuple(Note("caveat", {}, text) for text in data.caveats)
    caveats += chosen_by_outcome(data)
    return cohort.with_notes((*caveats, *suspects(cohort), *few_patients(cohort, data)))


def read_external(data: DataConfig, evidence: Evidence, train: OwnCohort) -> dict[str, OwnCohort]:
    """The patients to validate on, by the name of their file, with the features of ``train``.

    Rows that seem to be of a patient who is trained on are treated as ``data.duplicates`` says;
    notes tell of them, and of what differs from the training patients.

    Raises
    ------
    ConfigError, TableError
        As :func:`read_own`.
    """
    return {
        name: _external(data, evidence, train, name, expanded(path))
        for name, path in data.external.items()
    }


def _external(
    data: DataConfig, evidence: Evidence, train: OwnCohort, name: str, path: Path
) -> OwnCohort:
    where = set() if data.split.column is None else {data.split.column}
    table = _table(data, path, but=where)
    cohort = _cohort(data, evidence, table, levels=_levels(train))
    cohort = without_duplicates(cohort, data.duplicates, str(path))
    cohort = across(train, cohort, data.duplicates, name, str(path))
    return cohort.with_notes((*suspects(cohort), *drift_notes(train, cohort, name)))


def _table(data: DataConfig, path: Path, but: Collection[str]) -> Table:
    missing = missing_keys(data.missing)
    table = read_table(path, lambda names: wanted(data, names, str(path), but), missing)
    table = kept_rows(table, data)
    table.refuse(data.id, table.columns[data.id] == "", "is empty", "an id in every row")
    _, first, index = np.unique(
        table.columns[data.id].astype(str), return_index=True, return_inverse=True
    )
    table.refuse(
        data.id,
        first[index] != np.arange(len(table)),
        "stood in an earlier row",
        "a row for each patient",
        "keep one row of each with `data.where`, or name another column under `data.id`",
    )
    return table


def _cohort(
    data: DataConfig,
    evidence: Evidence,
    table: Table,
    levels: Mapping[str, tuple[str, ...]] | None,
) -> OwnCohort:
    times = read_times(table, data.times)
    y, note = read_outcome(table, data, times)
    notes = [note] if note else []
    known = ~np.isnan(y)
    if data.treatment is not None:
        given = table.levels(data.treatment)
        unsaid = known & (given == "")
        if unsaid.any():
            message = f"{unsaid.sum():,} patients are left out: it is not said what they had"
            notes.append(Note("no_treatment", {data.treatment: float(unsaid.sum())}, message))
        known &= given != ""
    rows = np.flatnonzero(known)
    table, y = table.take(rows), y[rows]
    made, more = _made(data, evidence, table, levels)
    return OwnCohort(
        records=Records(
            table.columns[data.id],
            _words(table, data.setting, ONE_SETTING),
            {**{f.name: values for f, values in made}, **clinical_columns(table, data)},
        ),
        strategy=_words(table, data.treatment, AS_GIVEN),
        resistant=y,
        times={name: values[rows] for name, values in times.items()},
        features=tuple(f for f, _ in made),
        label=data.outcome.name,
        responded=data.outcome.other,
        treatments=data.treatment is not None,
        split=split_columns(table, data),
        notes=(*notes, *more),
    )


def _made(
    data: DataConfig,
    evidence: Evidence,
    table: Table,
    levels: Mapping[str, tuple[str, ...]] | None,
) -> tuple[list[Made], list[Note]]:
    made = [
        made_marker(table, evidence.markers[marker], config)
        for marker, config in data.markers.items()
    ]
    notes: list[Note] = []
    chosen = features_of(data, tuple(table.columns), table.files[0])
    for name, (column, config) in chosen.items():
        found, more = made_features(
            table, name, column, config, None if levels is None else levels.get(column)
        )
        made += found
        notes += more
    return made, notes


def _words(table: Table, column: str | None, otherwise: str) -> Words:
    if column is None:
        return np.full(len(table), otherwise, dtype=object)
    words = table.levels(column)
    table.refuse(column, words == "", "is empty", "a word in every row")
    return words


def _levels(cohort: OwnCohort) -> dict[str, tuple[str, ...]]:
    """Levels of each category, by its column."""
    out: dict[str, tuple[str, ...]] = {}
    for feature in cohort.features:
        if feature.level is not None:
            out[feature.source] = (*out.get(feature.source, ()), feature.level)
    return out
