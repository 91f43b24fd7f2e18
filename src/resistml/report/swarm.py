"""Contributions of patients, with the values and words that figures need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resistml.features.spec import CLINICAL
from resistml.predict.contributions import contributions
from resistml.report.context import Swarm

if TYPE_CHECKING:
    from resistml.features.matrix import Records, Words
    from resistml.predict.model import Model

#: Patients whose contributions a report draws.
MOST = 1_500


def first_patients(model: Model, records: Records, strategy: Words) -> Swarm:
    """Contributions of the first patients, :data:`MOST` at most, under the strategies given."""
    rows = np.arange(min(MOST, len(records)))
    return swarm_of(model, records.take(rows), strategy[rows])


def swarm_of(model: Model, records: Records, strategy: Words) -> Swarm:
    """Contributions of n patients under the strategies named beside them."""
    spec = model.spec
    found = contributions(model, records, strategy)
    data = model.features(records, strategy).matrix.astype(float)
    for j, marker in enumerate(spec.markers):  # as recorded, which is what people know
        data[:, j] = records.column(marker)
    who = zip(records.patient_id, records.setting, strategy, strict=True)
    return Swarm(
        values=found.values,
        data=data,
        columns=tuple(c.replace("_", " ") if c in CLINICAL else c for c in found.columns),
        units=(*(marker.unit for marker in spec.markers.values()), *("" for _ in CLINICAL)),
        base=found.baseline + found.context,
        labels=tuple(
            f"{patient}, {spec.settings[setting].name}, {spec.strategies[arm].name}"
            for patient, setting, arm in who
        ),
        groups=tuple(spec.group_of(column) for column in found.columns),
    )
