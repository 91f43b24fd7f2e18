"""Rolls contributions up to the mechanisms of resistance, with markers and claims behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import EXPLAIN
from resistml.features.matrix import Records, Words
from resistml.features.spec import CLINICAL, FeatureSpec
from resistml.predict.contributions import Contributions, contributions
from resistml.predict.model import Model
from resistml.predict.score import asked_strategy
from resistml.tables.profiles import Profiles

Floats = npt.NDArray[np.float64]
Answer = dict[str, Any]

#: Columns of `resistml explain`, in order.
COLUMNS = EXPLAIN
#: What adds less than this is not named among the clinical terms.
_NAMED = 0.005


def _number(value: float) -> str:
    return "unmeasured" if np.isnan(value) else f"{value:.3g}"


def _word(no: str, yes: str) -> Callable[[float], str]:
    return lambda value: "unmeasured" if np.isnan(value) else (yes if value == 1 else no)


#: What a clinical term is called, how its value is shown, and the matrix's columns it is made of.
_CLINICAL_WORDS: dict[str, tuple[Callable[[float], str], tuple[str, ...]]] = {
    "age": (_number, ("age_over_60",)),
    "ecog": (_number, ("ecog_1", "ecog_2")),
    "sex": (_word("male", "female"), ("female",)),
    "frail": (_word("no", "yes"), ("frail_intensified",)),
}


def groups(spec: FeatureSpec) -> tuple[str, ...]:
    """The mechanisms, then ``clinical`` and ``context``."""
    named = [g for g in spec.groups if g not in ("clinical", "context")]
    return (*named, "clinical", "context")


def by_mechanism(spec: FeatureSpec, found: Contributions) -> Floats:
    """(n, groups) contributions summed over each mechanism's columns."""
    names = groups(spec)
    out = np.zeros((len(found.margin), len(names)))
    for j, column in enumerate(found.columns):
        out[:, names.index(spec.group_of(column))] += found.values[:, j]
    out[:, names.index("context")] += found.context
    return out


def explain(model: Model, records: Records, strategy: Words) -> Answer:
    """The columns of `resistml explain`: per row a ``baseline`` and one line per mechanism.

    ``contribution`` is in log-odds towards resistance; a patient's lines add up to the model's
    margin before calibration. ``markers`` are ``NAME=value (contribution)``, the strongest
    first; a marker with a bearing that was not measured says so.
    """
    found = contributions(model, records, strategy)
    rolled = by_mechanism(model.spec, found)
    names = groups(model.spec)
    behind = _Behind(model.spec, records, found.values)
    out: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for i, (patient, arm) in enumerate(zip(records.patient_id, strategy, strict=True)):
        said = behind.row(i, str(records.setting[i]), str(arm))
        lines = zip(names, rolled[i].tolist(), said, strict=True)
        for name, amount, (markers, claims) in (("baseline", found.baseline, ([], [])), *lines):
            for column, cell in zip(
                COLUMNS, (patient, arm, name, amount, markers, claims), strict=True
            ):
                out[column].append(cell)
    return out


def explain_profiles(model: Model, profiles: Profiles) -> Answer:
    """:func:`explain` for profiles that may name no strategy, or have been rejected.

    Rejected profiles are left out; a profile without a strategy is explained under its
    setting's usual one.
    """
    accepted = profiles.accepted
    strategy = asked_strategy(model.spec, profiles)[accepted]
    return explain(model, profiles.records.take(accepted), strategy)


@dataclass(frozen=True)
class _Bearing:
    """The columns (index, name) of a group that bear on a strategy in a setting."""

    markers: tuple[tuple[int, str], ...]
    clinical: tuple[tuple[int, str], ...] = ()
    claims: tuple[str, ...] = ()


class _Behind:
    """What stands behind the contributions ``values`` (n, columns) of ``records``."""

    def __init__(self, spec: FeatureSpec, records: Records, values: Floats) -> None:
        self._spec = spec
        self._measured = [records.column(marker) for marker in spec.markers]
        age, ecog = records.column("age"), records.column("ecog")
        frail = np.where((ecog >= 2) | (age > spec.frailty_age), 1.0, 0.0)
        unknown = np.isnan(ecog) & ~(age > spec.frailty_age)
        frail = np.where(unknown, np.nan, frail)
        self._clinical = {"age": age, "ecog": ecog, "sex": records.column("sex"), "frail": frail}
        self._setting = records.setting
        self._values = values
        self._known: dict[tuple[str, str], list[_Bearing]] = {}

    def row(self, i: int, setting: str, strategy: str) -> list[tuple[list[str], list[str]]]:
        """The markers and the claims behind each group of the i-th row."""
        key = (setting, strategy)
        if key not in self._known:
            self._known[key] = [self._bearing(*key, group) for group in groups(self._spec)]
        return [self._said(i, bearing) for bearing in self._known[key]]

    def _bearing(self, setting: str, strategy: str, group: str) -> _Bearing:
        spec = self._spec
        panel, exposure = spec.settings[setting].panel, spec.strategies[strategy].exposure
        markers = tuple(
            (j, m)
            for j, (m, marker) in enumerate(spec.markers.items())
            if marker.mechanism == group and m in panel and exposure.get(m, 0.0) != 0.0
        )
        if group == "context":
            claims = spec.claims_in(spec.strategies[strategy].claims, setting)
            return _Bearing(markers, claims=claims)
        first = len(spec.markers)
        clinical = tuple((first + j, c) for j, c in enumerate(CLINICAL))
        return _Bearing(markers, clinical if group == "clinical" else ())

    def _said(self, i: int, bearing: _Bearing) -> tuple[list[str], list[str]]:
        values = self._values[i]
        shown = sorted(bearing.markers, key=lambda pair: (-abs(values[pair[0]]), pair[1]))
        texts = [self._marker(i, j, name, values[j]) for j, name in shown]
        if bearing.clinical:
            texts += self._clinical_texts(i, {c: values[j] for j, c in bearing.clinical})
        claims = [c for _, name in shown for c in self._spec.markers[name].claims]
        setting = str(self._setting[i])
        return texts, [*bearing.claims, *self._spec.claims_in(dict.fromkeys(claims), setting)]

    def _clinical_texts(self, i: int, values: dict[str, float]) -> list[str]:
        """Age, ECOG, sex and frailty with what they add; what adds next to nothing is left out."""
        texts = []
        for name, (shown, columns) in _CLINICAL_WORDS.items():
            added = sum(values[column] for column in columns)
            if abs(added) >= _NAMED:
                texts.append(f"{name}={shown(self._clinical[name][i])} ({added:+.2f})")
        return texts

    def _marker(self, i: int, j: int, name: str, value: float) -> str:
        measured = self._measured[j][i]
        text = "unmeasured" if np.isnan(measured) else f"{measured:.3g}"
        return f"{name}={text} ({value:+.2f})"
