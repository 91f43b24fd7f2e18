"""Checks of a config's words against the catalog, and notes of who was chosen and of tiny arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resistml.errors import ConfigError, did_you_mean, listed
from resistml.tables.own.cohort import Note, OwnCohort
from resistml.tables.own.names import post_treatment
from resistml.tables.words import label

if TYPE_CHECKING:
    from resistml.config_data import DataConfig
    from resistml.evidence import Evidence

#: Fewest patients of an arm, a group or a site that it is not noted for.
FEW = 10


def check_words(data: DataConfig, evidence: Evidence) -> None:
    """Refuse markers and mechanisms that are not the catalog's, and features named as its markers.

    Raises
    ------
    ConfigError
    """
    for marker in data.markers:
        if marker not in evidence.markers:
            raise ConfigError(
                "is no marker of the catalog",
                key=f"data.markers.{marker}",
                allowed=listed(evidence.markers, most=50),
                hint=did_you_mean(marker, evidence.markers) or "give it under `data.features`",
            )
    for name, feature in data.features.items():
        if name in evidence.markers:
            raise ConfigError(
                "is a marker of the catalog",
                key=f"data.features.{label(name)}",
                hint="give it under `data.markers`; or name it otherwise, with `column:`",
            )
        if feature.mechanism not in evidence.mechanisms:
            raise ConfigError(
                f"'{label(feature.mechanism)}' is no mechanism",
                key=f"data.features.{label(name)}.mechanism",
                allowed=listed(evidence.mechanisms),
                hint=did_you_mean(feature.mechanism, evidence.mechanisms),
            )


def chosen_by_outcome(data: DataConfig) -> tuple[Note, ...]:
    """A note of rows kept by what came after treatment: rates are then not those of all."""
    found = {c: word for c in data.where if (word := post_treatment(c)) is not None}
    found |= {data.outcome.column: "the outcome"} if data.outcome.column in data.where else {}
    if not found:
        return ()
    said = ", ".join(f"'{label(column)}' ({word})" for column, word in found.items())
    message = f"`where` keeps patients by what is known after treatment alone: {said}"
    return (Note("chosen_by_outcome", dict.fromkeys(found, 1.0), message),)


def few_patients(cohort: OwnCohort, data: DataConfig) -> list[Note]:
    """Notes of arms, and of groups to split by, with hardly any patients."""
    notes = []
    both = [f"{s}/{a}" for s, a in zip(cohort.records.setting, cohort.strategy, strict=True)]
    arms, counts = np.unique(both, return_counts=True)
    few = {str(arm): float(n) for arm, n in zip(arms, counts, strict=True) if n < FEW}
    if few:
        said = ", ".join(f"{name} ({n:.0f})" for name, n in few.items())
        message = f"{len(few)} of {len(arms)} arms have fewer than {FEW} patients: {said}"
        notes.append(Note("few_patients", few, message))
    for column, words in () if data.split.by == "time" else cohort.split.items():
        names, counts = np.unique(words.astype(str), return_counts=True)
        small = {str(n): float(c) for n, c in zip(names, counts, strict=True) if c < FEW}
        if small and len(words) >= FEW * len(names):  # groups that all are small are no strata
            said = label(", ".join(f"{name} ({n:.0f})" for name, n in small.items()), 300)
            message = (
                f"{len(small)} of {len(names)} '{column}' have fewer than {FEW} patients: {said}"
            )
            notes.append(Note("few_patients", small, message))
    return notes
