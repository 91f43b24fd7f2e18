"""How often a model abstains: from ordinary patients, where it should answer, and from planted
outliers, where it should not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.links import inverse
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.model import Model
from resistml.predict.score import score
from resistml.rng import Streams
from resistml.tables.profiles import profiles_from_rows

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: How far apart, in standard deviations, a combination pulls markers that go together.
PULLED = 2.0
#: Share of a panel that another setting's must have for its patients to pass for this one's.
SHARED = 0.5
_SEX = {1.0: "female", 0.0: "male"}


@dataclass(frozen=True)
class Abstention:
    """Shares of patients, by what the model says of them.

    Attributes
    ----------
    ordinary : dict of str to float
        Of fresh patients of the training world, ``abstained`` in all, and flagged ``outlying``,
        ``mostly_unmeasured`` or ``unsupported``, or ``rejected``.
    caught : dict of str to float
        Of each kind of planted outlier, the share that is rejected or flagged as outlying.
    named : dict of str to float
        Of those kinds in which one marker was changed, the share of the outlying that name it.
    patients : dict of str to int
        How many each share is of; ``ordinary`` among them.
    """

    ordinary: dict[str, float]
    caught: dict[str, float]
    named: dict[str, float]
    patients: dict[str, int]


#: Plants outliers: gives the changed records, which rows could be changed, and the column changed.
Plant = Callable[[Model, Records, np.random.Generator], tuple[Records, Bools, Words]]


def abstention(model: Model, records: Records, strategy: Words, seed: int) -> Abstention:
    """Measure on fresh patients of the world that a model was trained on.

    Parameters
    ----------
    records, strategy : Records, (n,) array
        The patients and the strategy each was given.
    seed : int
        Of the planted outliers.

    Raises
    ------
    ValueError
        If the model has no support part.
    """
    if model.parts.support is None:
        raise ValueError("the model does not know its training patients")
    status, flags = _asked(model, records, strategy)
    ordinary = {"abstained": float((status == "abstained").mean())}
    for name in ("outlying", "mostly_unmeasured", "unsupported"):
        ordinary[name] = float(_flagged(flags, name).mean())
    ordinary["rejected"] = float((status == "rejected").mean())
    caught: dict[str, float] = {}
    named: dict[str, float] = {}
    patients = {"ordinary": len(records)}
    for kind, plant in PLANTS.items():
        changed, rows, column = plant(model, records, Streams(seed).generator(f"plant.{kind}"))
        kept = np.flatnonzero(rows)
        if not len(kept):
            continue
        arms = _usual(model.spec, changed.setting[kept])
        status, flags = _asked(model, changed.take(kept), arms)
        outlying = _flagged(flags, "outlying")
        caught[kind] = float((outlying | (status == "rejected")).mean())
        patients[kind] = len(kept)
        if outlying.any() and (column[kept] != "").all():
            said = zip(flags, column[kept], strict=True)
            right = np.array([f"outlying:{name}" in found for found, name in said], dtype=bool)
            named[kind] = float(right[outlying].mean())
    return Abstention(ordinary, caught, named, patients)


def _usual(spec: FeatureSpec, setting: Words) -> Words:
    return np.array([spec.settings[s].usual for s in setting], dtype=object)


def _asked(model: Model, records: Records, strategy: Words) -> tuple[Words, list[list[str]]]:
    """Status and flags of each patient, read as profiles are."""
    columns: dict[str, Any] = {name: values.tolist() for name, values in records.columns.items()}
    columns["sex"] = [_SEX.get(x) for x in records.column("sex").tolist()]
    table = {
        "patient_id": records.patient_id,
        "setting": records.setting,
        "strategy": strategy,
        **columns,
    }
    answer = score(model, profiles_from_rows(table, model.spec))
    return answer["status"], answer["flags"]


def _flagged(flags: list[list[str]], name: str) -> Bools:
    return np.array([any(f.split(":")[0] == name for f in found) for found in flags], dtype=bool)


def _times(factor: float) -> Plant:
    """One measured expression or count, times a factor."""

    def plant(
        model: Model, records: Records, rng: np.random.Generator
    ) -> tuple[Records, Bools, Words]:
        kinds = {"expression": factor, "count": factor}
        return _one_changed(model.spec, records, rng, kinds)

    return plant


def _swapped(
    model: Model, records: Records, rng: np.random.Generator
) -> tuple[Records, Bools, Words]:
    """One measured fraction given in per cent, or a per cent as a fraction."""
    return _one_changed(model.spec, records, rng, {"fraction": 100.0, "percent": 0.01})


def _months(
    model: Model, records: Records, rng: np.random.Generator
) -> tuple[Records, Bools, Words]:
    """Age in months."""
    columns = {**records.columns, "age": records.column("age") * 12}
    told = np.full(len(records), "age", dtype=object)
    changed = Records(records.patient_id, records.setting, columns)
    return changed, ~np.isnan(records.column("age")), told


def _one_changed(
    spec: FeatureSpec, records: Records, rng: np.random.Generator, factors: dict[str, float]
) -> tuple[Records, Bools, Words]:
    """One measured marker of the panel, by lot among those of these kinds, times a factor."""
    names = [m for m, marker in spec.markers.items() if marker.kind in factors]
    may = np.column_stack([~np.isnan(records.column(m)) for m in names])
    for j, name in enumerate(names):
        may[:, j] &= np.array([name in spec.settings[s].panel for s in records.setting], dtype=bool)
    lot = np.where(may, rng.random(may.shape), -1.0)
    chosen, rows = lot.argmax(axis=1), np.asarray(may.any(axis=1), dtype=np.bool_)
    columns = dict(records.columns)
    for j, name in enumerate(names):
        factor = factors[spec.markers[name].kind]
        values = records.column(name)
        columns[name] = np.where(rows & (chosen == j), values * factor, values)
    told = np.where(rows, np.array(names, dtype=object)[chosen], "")
    return Records(records.patient_id, records.setting, columns), rows, told


def _combined(
    model: Model, records: Records, rng: np.random.Generator
) -> tuple[Records, Bools, Words]:
    """Markers of the mechanism whose markers go together most, pulled apart in turn.

    Each value alone is ordinary: two standard deviations above or below the mean.
    """
    spec, support = model.spec, model.parts.support
    assert support is not None
    columns = {m: records.column(m).copy() for m in spec.markers}
    rows = np.zeros(len(records), dtype=bool)
    for setting, population in support.populations.items():
        group = _together(spec, population.names, population.correlation)
        mine = np.flatnonzero(records.setting == setting)
        if len(group) < 2 or not len(mine):
            continue
        rows[mine] = True
        first = rng.choice([-1.0, 1.0], size=len(mine))
        for k, j in enumerate(group):
            f = population.mean[j] + first * (-1.0) ** k * PULLED * population.scale[j]
            columns[population.names[j]][mine] = _recorded(spec, population.names[j], f)
    changed = Records(records.patient_id, records.setting, {**records.columns, **columns})
    return changed, rows, np.full(len(records), "", dtype=object)


def _together(spec: FeatureSpec, names: tuple[str, ...], correlation: Floats) -> list[int]:
    """The columns of the mechanism with the greatest sum of correlations."""
    best: list[int] = []
    most = 0.0
    for mechanism in spec.groups:
        of = [j for j, n in enumerate(names) if n in spec.markers]
        group = [j for j in of if spec.markers[names[j]].mechanism == mechanism]
        total = float(correlation[np.ix_(group, group)].sum()) - len(group)
        if total > most:
            best, most = group, total
    return best


def _recorded(spec: FeatureSpec, name: str, f: Floats) -> Floats:
    """Values in the marker's unit, within its range."""
    marker = spec.markers[name]
    values = inverse(marker.kind, f * marker.scale + marker.centre)
    return np.clip(values, marker.low, marker.high)


def _relabelled(
    model: Model, records: Records, rng: np.random.Generator
) -> tuple[Records, Bools, Words]:
    """Patients under the name of another setting whose panel shares half or more with theirs."""
    spec = model.spec
    near = {
        s: [
            t
            for t, other in spec.settings.items()
            if t != s and len({*other.panel} & {*law.panel}) >= SHARED * len(other.panel)
        ]
        for s, law in spec.settings.items()
    }
    setting = records.setting.copy()
    rows = np.zeros(len(records), dtype=bool)
    for row, own in enumerate(records.setting):
        if near[own]:
            setting[row] = near[own][int(rng.integers(len(near[own])))]
            rows[row] = True
    told = np.full(len(records), "", dtype=object)
    return Records(records.patient_id, setting, records.columns), rows, told


#: Kinds of planted outliers.
PLANTS: dict[str, Plant] = {
    "ten_fold": _times(10.0),
    "hundred_fold": _times(100.0),
    "swapped_units": _swapped,
    "age_in_months": _months,
    "pulled_apart": _combined,
    "other_setting": _relabelled,
}
