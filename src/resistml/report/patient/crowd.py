"""The patients whom a patient is seen beside: drawn as the setting's training patients are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resistml.features.links import inverse
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.predict.model import Model
from resistml.predict.population import Population
from resistml.report.patient.view import Crowd
from resistml.rng import Streams

Floats = npt.NDArray[np.float64]

#: Patients drawn: a share is off by 1 point, one standard error, at most.
PATIENTS = 2_000
#: Bins of p(resistance), from 0 to 1.
BINS = 20


def drawn_risks(model: Model, setting: str, strategy: str) -> Floats | None:
    """(PATIENTS,) p(resistance), rising; None where the bundle does not describe the patients.

    Notes
    -----
    Markers, age and performance status are drawn normal on the scale on which the bundle holds
    their means and correlations, mutations and sex each by its share and apart from all else.
    Everything is measured in them.
    """
    support = model.parts.support
    people = None if support is None else support.populations.get(setting)
    if people is None:
        return None
    records = drawn(model.spec, people, setting, _female(model))
    asked = np.full(len(records), strategy, dtype=object)
    return np.sort(model.risk(records, asked).p)


def crowd(risks: Floats, p: float) -> Crowd:
    """Where a risk stands among those of drawn patients."""
    counts, _ = np.histogram(risks, bins=BINS, range=(0.0, 1.0))
    return Crowd(
        shares=tuple((counts / len(risks)).tolist()),
        below=float(np.searchsorted(risks, p) / len(risks)),
        median=float(np.median(risks)),
        n=len(risks),
    )


def drawn(spec: FeatureSpec, people: Population, setting: str, female: float) -> Records:
    """Patients of a setting with everything measured; the same ones each time."""
    streams = Streams(0)
    k = len(people.names)
    root = np.linalg.cholesky(people.correlation) if k else np.zeros((0, 0))
    z = streams.generator("report.crowd.numbers").standard_normal((PATIENTS, k)) @ root.T
    values = people.mean + people.scale * z
    columns: dict[str, Floats] = {}
    for j, name in enumerate(people.names):
        columns[name] = _recorded(spec, setting, name, values[:, j])
    chance = streams.generator("report.crowd.flags").random((PATIENTS, len(people.mutations) + 1))
    for j, name in enumerate(people.mutations):
        columns[name] = (chance[:, j] < people.shares[j]).astype(float)
    columns["sex"] = (chance[:, -1] < female).astype(float)
    ids = np.array([f"drawn {i}" for i in range(PATIENTS)], dtype=object)
    return Records(ids, np.full(PATIENTS, setting, dtype=object), columns)


def _recorded(spec: FeatureSpec, setting: str, name: str, values: Floats) -> Floats:
    """Drawn values as a table would hold them, within what may be recorded."""
    if name == "age":
        return np.clip(values, *spec.settings[setting].ages)
    if name == "ecog":
        return np.clip(np.round(values), 0, 2)
    marker = spec.markers[name]
    found = inverse(marker.kind, values * marker.scale + marker.centre)
    return np.clip(np.floor(found) if marker.kind == "count" else found, marker.low, marker.high)


def _female(model: Model) -> float:
    """Share of women among all training patients."""
    place = model.spec.columns.index("female") - len(model.spec.markers)
    return float(model.clinical_means[place])
