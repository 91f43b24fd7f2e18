"""From profiles to the model matrix: markers engaged with what the strategy is exposed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.features.links import forward
from resistml.features.spec import CLINICAL, FeatureSpec, MarkerSpec

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Records:
    """What is recorded of n patients, as columns.

    Attributes
    ----------
    patient_id, setting : (n,) arrays of str
    columns : mapping of str to (n,) array
        Markers by id, ``age`` in years, ``sex`` (1 = female), ``ecog``; NaN = unmeasured.
        A marker that is absent is unmeasured in everyone.
    """

    patient_id: Words
    setting: Words
    columns: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.patient_id)

    def column(self, name: str) -> Floats:
        """A column's values, all NaN if it is absent."""
        found = self.columns.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def take(self, rows: npt.NDArray[np.int64]) -> Records:
        """The given rows, in the given order."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Records(self.patient_id[rows], self.setting[rows], columns)


def standardised(marker: MarkerSpec, values: Floats) -> Floats:
    """f of recorded values; what was recorded as below the detection limit counts as half of it."""
    if marker.limit is not None:
        values = np.where(values < marker.limit, marker.limit / 2, values)
    return (forward(marker.kind, values) - marker.centre) / marker.scale


def model_matrix(spec: FeatureSpec, records: Records, strategy: Words) -> Floats:
    """(n, columns) features of each patient under the strategy named beside him.

    A marker's column is exposure(strategy, marker) * f: what pulls towards resistance is
    positive, whatever the marker and the strategy; 0 where the marker has no bearing or is
    not in the setting's panel; NaN where it has a bearing but was not measured.
    """
    out = np.zeros((len(records), len(spec.columns)))
    codes = _codes(records.setting, strategy)
    for key, rows in codes.items():
        setting, arm = spec.settings[key[0]], spec.strategies[key[1]]
        for j, name in enumerate(spec.markers):
            exposure = arm.exposure.get(name, 0.0)
            if exposure != 0.0 and name in setting.panel:
                values = records.column(name)[rows]
                out[rows, j] = exposure * standardised(spec.markers[name], values)
        out[rows, len(spec.markers) :] = _clinical(spec, records, rows, arm.treatment_class)
    return out


def centred(spec: FeatureSpec, matrix: Floats, setting: Words, strategy: Words) -> Floats:
    """The matrix with each marker's column less its mean in the setting; missing becomes 0."""
    out = matrix.copy()
    for (s, a), rows in _codes(setting, strategy).items():
        exposure, means = spec.strategies[a].exposure, spec.settings[s].means
        shift = [exposure.get(m, 0.0) * means.get(m, 0.0) for m in spec.markers]
        out[rows, : len(shift)] -= np.array(shift)
    return np.asarray(np.nan_to_num(out, nan=0.0))


def arm_codes(spec: FeatureSpec, setting: Words, strategy: Words) -> npt.NDArray[np.int64]:
    """(n,) index of each row's (setting, strategy) in ``spec.arms``."""
    index = {arm: i for i, arm in enumerate(spec.arms)}
    out = np.zeros(len(setting), dtype=np.int64)
    for key, rows in _codes(setting, strategy).items():
        out[rows] = index[key]
    return out


def _codes(setting: Words, strategy: Words) -> dict[tuple[str, str], npt.NDArray[np.int64]]:
    """Rows of each (setting, strategy) pair."""
    if len(setting) == 0:
        return {}
    settings, s = np.unique(setting.astype(str), return_inverse=True)
    strategies, a = np.unique(strategy.astype(str), return_inverse=True)
    code = s * len(strategies) + a
    order = np.argsort(code, kind="stable")
    values, starts = np.unique(code[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {
        (str(settings[v // len(strategies)]), str(strategies[v % len(strategies)])): rows
        for v, rows in zip(values, parts, strict=True)
    }


def _clinical(
    spec: FeatureSpec, records: Records, rows: npt.NDArray[np.int64], treatment_class: str
) -> Floats:
    age, ecog = records.column("age")[rows], records.column("ecog")[rows]
    weak, old = ecog >= 2, age > spec.frailty_age
    unknown = ~(weak | old) & (np.isnan(age) | np.isnan(ecog))
    frail = np.where(unknown, np.nan, weak | old)
    intensified = treatment_class == "chemotherapy_intensified"
    centre = spec.age_centre
    decades = np.maximum(age - 60, 0) / 10 if centre is None else (age - centre) / 10
    columns = {
        "age_over_60": decades,
        "ecog_1": np.where(np.isnan(ecog), np.nan, ecog == 1),
        "ecog_2": np.where(np.isnan(ecog), np.nan, ecog >= 2),
        "female": records.column("sex")[rows],
        "frail_intensified": frail if intensified else np.zeros(len(rows)),
    }
    return np.column_stack([columns[name] for name in CLINICAL])
