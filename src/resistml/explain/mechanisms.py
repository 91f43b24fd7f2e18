"""Rolls contributions up to the mechanisms of resistance, with markers and claims behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words
from resistml.features.spec import CLINICAL, FeatureSpec
from resistml.predict.contributions import Contributions, contributions
from resistml.predict.model import Model
from resistml.tables.profiles import Profiles

Floats = npt.NDArray[np.float64]
Rows = dict[str, Any]

#: Columns of `resistml explain`, in order.
COLUMNS = ("patient_id", "strategy", "mechanism", "contribution", "markers", "claims")


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


def explain(model: Model, records: Records, strategy: Words) -> Rows:
    """The columns of `resistml explain`: per row a ``baseline`` and one line per mechanism.

    ``contribution`` is in log-odds towards resistance; a patient's lines add up to the model's
    margin before calibration. ``markers`` are ``NAME=value (contribution)``, the strongest
    first; a marker with a bearing that was not measured says so.
    """
    spec = model.spec
    found = contributions(model, records, strategy)
    rolled = by_mechanism(spec, found)
    names = groups(spec)
    out: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for i in range(len(records)):
        lines = [("baseline", found.baseline, [], [])]
        for g, group in enumerate(names):
            markers, claims = _evidence(spec, records, str(strategy[i]), i, group, found.values[i])
            lines.append((group, float(rolled[i, g]), markers, claims))
        for mechanism, amount, markers, claims in lines:
            row = (records.patient_id[i], strategy[i], mechanism, amount, markers, claims)
            for name, value in zip(COLUMNS, row, strict=True):
                out[name].append(value)
    return out


def _evidence(
    spec: FeatureSpec, records: Records, strategy: str, i: int, group: str, values: Floats
) -> tuple[list[str], list[str]]:
    """The markers of a group that bear on the strategy, and the claims about them."""
    if group == "context":
        return [], list(spec.strategies[strategy].claims)
    panel = spec.settings[records.setting[i]].panel
    exposure = spec.strategies[strategy].exposure
    shown = [
        (abs(values[j]), m)
        for j, m in enumerate(spec.markers)
        if spec.markers[m].mechanism == group and m in panel and exposure.get(m, 0.0) != 0.0
    ]
    shown.sort(key=lambda pair: (-pair[0], pair[1]))
    columns = list(spec.columns)
    markers = [_marker(spec, records, i, m, values[columns.index(m)]) for _, m in shown]
    if group == "clinical":
        markers += [
            f"{c} ({values[columns.index(c)]:+.2f})"
            for c in CLINICAL
            if abs(values[columns.index(c)]) >= 0.005
        ]
    claims = [c for _, m in shown for c in spec.markers[m].claims]
    return markers, list(dict.fromkeys(claims))


def _marker(spec: FeatureSpec, records: Records, i: int, marker: str, value: float) -> str:
    measured = records.column(marker)[i]
    text = "unmeasured" if np.isnan(measured) else f"{measured:.3g}"
    return f"{marker}={text} ({value:+.2f})"


def explain_profiles(model: Model, profiles: Profiles) -> Rows:
    """:func:`explain` for profiles that may name no strategy, or have been rejected.

    Rejected profiles are left out; a profile without a strategy is explained under its
    setting's usual one.
    """
    n = len(profiles.records)
    good = np.array([i for i in range(n) if i not in profiles.rejected], dtype=np.int64)
    strategy = profiles.strategy[good].copy()
    records = profiles.records.take(good)
    for i, setting in enumerate(records.setting):
        if not strategy[i]:
            strategy[i] = model.spec.settings[setting].usual
    return explain(model, records, strategy)
