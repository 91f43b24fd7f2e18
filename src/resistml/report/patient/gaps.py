"""What was not measured, and what measuring it could change: the value of information.

Given what was measured, an unmeasured marker is taken to be normal with the setting's covariance
(a mutation: there with its conditional expectation as probability). The model is asked about the
record with each of its likely values in turn, so the answers are those it would give if the marker
were measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from resistml.features.conditions import eligible
from resistml.features.expected import deviations, regression
from resistml.features.links import inverse
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec, MarkerSpec, SettingSpec
from resistml.features.terms import panel_values
from resistml.predict.model import Model
from resistml.predict.support import LEAST
from resistml.report.patient.view import Gap

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Likely values of a marker, each as likely as the others; the first and the last are the ends of
#: nine in ten.
VALUES = 10
#: A mutation is taken to be neither surer to be there, nor to be absent, than so.
_SURE = 0.005


@dataclass(frozen=True)
class _Likely:
    """The likely values of a marker, in its own unit, and the weight of each, which add up to 1."""

    marker: str
    values: Floats
    weights: Floats


def gaps(model: Model, record: Records, asked: str) -> tuple[Gap, ...]:
    """The unmeasured markers of one patient's panel, those that could change most first.

    Parameters
    ----------
    record : Records
        Of one patient.
    asked : str
        The strategy whose risk is shown.
    """
    spec = model.spec
    law = spec.settings[str(record.setting[0])]
    likely = likely_values(spec, law, record)
    if not likely:
        return ()
    variants = _variants(record, likely)
    p, is_open = _responses(model, variants, law)
    found, start = [], 1
    for one in likely:
        rows = slice(start, start + len(one.values))
        found.append(_gap(model, law, one, p[[0]], is_open[0], p[rows], is_open[rows], asked))
        start = rows.stop
    return tuple(sorted(found, key=lambda gap: (-gap.gain, gap.low - gap.high, gap.marker)))


def likely_values(spec: FeatureSpec, law: SettingSpec, record: Records) -> list[_Likely]:
    """What each unmeasured marker of one record may be, given what was measured."""
    f = panel_values(spec, law, record)
    absent = np.isnan(f[0])
    mean = np.array([law.means[m] for m in law.panel])
    covariance = np.array(law.covariance)
    centre = (mean + deviations(mean, covariance, f))[0]
    variance = np.diag(covariance).copy()
    if absent.any() and not absent.all():
        across = covariance[np.ix_(~absent, absent)]
        variance[absent] -= (regression(covariance, ~absent) * across).sum(axis=0)
    spread = np.sqrt(np.maximum(variance, 0.0))
    return [
        _of(spec.markers[law.panel[j]], float(centre[j]), float(spread[j]))
        for j in np.flatnonzero(absent).tolist()
    ]


def _of(marker: MarkerSpec, centre: float, spread: float) -> _Likely:
    if marker.kind == "mutation":
        there = float(np.clip(centre * marker.scale + marker.centre, _SURE, 1 - _SURE))
        return _Likely(marker.id, np.array([0.0, 1.0]), np.array([1 - there, there]))
    levels = [NormalDist().inv_cdf((k + 0.5) / VALUES) for k in range(VALUES)]
    link = (centre + spread * np.array(levels)) * marker.scale + marker.centre
    values = inverse(marker.kind, link)
    values = np.floor(values) if marker.kind == "count" else values
    return _Likely(marker.id, np.clip(values, marker.low, marker.high), np.full(VALUES, 1 / VALUES))


def _variants(record: Records, likely: list[_Likely]) -> Records:
    """The record as it is, then with each likely value of each marker."""
    n = 1 + sum(len(one.values) for one in likely)
    names = dict.fromkeys((*record.columns, *(one.marker for one in likely)))
    columns = {name: np.repeat(record.column(name), n) for name in names}
    start = 1
    for one in likely:
        columns[one.marker][start : start + len(one.values)] = one.values
        start += len(one.values)
    return Records(np.repeat(record.patient_id, n), np.repeat(record.setting, n), columns)


def _responses(model: Model, records: Records, law: SettingSpec) -> tuple[Floats, Bools]:
    """(n, strategies) p(response), and whether each strategy is open."""
    spec, support, n = model.spec, model.parts.support, len(records)
    had = {} if support is None else support.count(spec, law.id)
    p, is_open = np.empty((n, len(law.strategies))), np.zeros((n, len(law.strategies)), dtype=bool)
    for j, name in enumerate(law.strategies):
        p[:, j] = 1 - model.risk(records, np.full(n, name, dtype=object)).p
        if had.get(name, LEAST) >= LEAST:
            is_open[:, j] = eligible(records.columns, spec.strategies[name].eligibility, n)
    return p, is_open


def _gap(
    model: Model,
    law: SettingSpec,
    likely: _Likely,
    now: Floats,
    open_now: Bools,
    p: Floats,
    is_open: Bools,
    asked: str,
) -> Gap:
    """What one marker could change: p (values, strategies) against ``now`` (1, strategies)."""
    spec = model.spec
    marker = spec.markers[likely.marker]
    risk = 1 - p[:, law.strategies.index(asked)]
    changes = gain = 0.0
    if open_now.any():
        first = int(np.argmax(np.where(open_now, now[0], -1.0)))
        best = np.where(is_open, p, -1.0)
        changes = float(likely.weights @ (best.argmax(axis=1) != first))
        gain = float(likely.weights @ (best.max(axis=1) - p[:, first]))
    bears = any(spec.strategies[a].exposure.get(likely.marker, 0.0) for a in law.strategies)
    opens = (is_open & ~open_now).any(axis=0)
    return Gap(
        marker=likely.marker,
        name=marker.name,
        bears=bears or bool(opens.any()),
        low=float(risk.min()),
        high=float(risk.max()),
        present=float(likely.weights[1]) if marker.kind == "mutation" else None,
        first_changes=changes,
        gain=max(gain, 0.0),
        opens=tuple(spec.strategies[law.strategies[j]].name for j in np.flatnonzero(opens)),
    )
