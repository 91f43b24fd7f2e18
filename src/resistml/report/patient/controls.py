"""What a reader may change in the page: sliders for markers, age and performance status."""

from __future__ import annotations

import math

import numpy as np

from resistml.features.expected import deviations
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.features.terms import panel_values
from resistml.report.patient.phrases import short_unit, shown
from resistml.report.patient.view import Control

#: Half of a slider's way, in spreads of the setting's patients.
REACH = 3.0
#: Steps of a slider over markers, in f.
STEP = 0.05


def controls(spec: FeatureSpec, record: Records) -> tuple[Control, ...]:
    """The controls of one patient's record: his panel, then age and performance status."""
    law = spec.settings[str(record.setting[0])]
    f = panel_values(spec, law, record)
    mean, covariance = np.array([law.means[m] for m in law.panel]), np.array(law.covariance)
    expected = (mean + deviations(mean, covariance, f))[0] if law.panel else np.zeros(0)
    out = []
    for j, name in enumerate(law.panel):
        marker, here = spec.markers[name], float(f[0, j])
        middle, spread = float(mean[j]), math.sqrt(float(covariance[j, j]))
        ends = [middle - REACH * spread, middle + REACH * spread]
        ends += [] if math.isnan(here) else [here]
        start = float(expected[j]) if math.isnan(here) else here
        out.append(
            Control(
                column=name,
                name=marker.name,
                kind=marker.kind,
                unit=short_unit(marker),
                group=marker.mechanism,
                low=math.floor(min(ends) / STEP) * STEP,
                high=math.ceil(max(ends) / STEP) * STEP,
                step=STEP,
                start=start,
                text="" if math.isnan(here) else shown(marker, float(record.column(name)[0])),
            )
        )
    return (*out, *_clinical(record, law.ages))


def _clinical(record: Records, ages: tuple[float, float]) -> tuple[Control, ...]:
    """Age within what profiles of the setting may have, and performance status."""
    age, ecog = float(record.column("age")[0]), float(record.column("ecog")[0])
    made = []
    for name, title, unit, ends, here in (
        ("age", "Age", "years", ages, age),
        ("ecog", "Performance status (ECOG)", "", (0.0, 2.0), min(ecog, 2.0)),
    ):
        known = not math.isnan(here)
        text = f"{here:g} {unit}".strip() if known else ""
        start = here if known else round((ends[0] + ends[1]) / 2)
        made.append(Control(name, title, name, unit, "clinical", *ends, 1.0, start, text))
    return tuple(made)
