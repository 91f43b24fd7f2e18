"""What an own cohort holds, as plain data: for a look before training."""

from __future__ import annotations

from typing import Any

import numpy as np

from resistml.tables.own.cohort import OwnCohort, Words


def summary(cohort: OwnCohort) -> dict[str, Any]:
    """Patients, outcomes, arms, features with how many have each, and notes.

    Returns
    -------
    dict
        ``patients``, ``outcomes`` and ``strategies`` and ``settings`` (counts by name),
        ``features`` (name, kind, unit, direction, mechanism, source, measured) and ``notes``.
    """
    ones = int(cohort.resistant.sum())
    return {
        "patients": len(cohort),
        "outcomes": {cohort.label: ones, cohort.responded: len(cohort) - ones},
        "strategies": _counts(cohort.strategy) if cohort.treatments else {},
        "settings": _counts(cohort.records.setting),
        "features": [
            {
                "name": feature.name,
                "kind": feature.kind,
                "unit": feature.unit,
                "direction": feature.direction,
                "mechanism": feature.mechanism,
                "source": feature.source,
                "measured": int((~np.isnan(cohort.records.column(feature.name))).sum()),
            }
            for feature in cohort.features
        ],
        "notes": [note.to_json() for note in cohort.notes],
    }


def _counts(words: Words) -> dict[str, int]:
    names, counts = np.unique(words.astype(str), return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}
