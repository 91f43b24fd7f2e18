"""Contributions as the lines of `resistml explain`: a mechanism each, with markers and claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import EXPLAIN, EXPLAIN_FULL
from resistml.explain.clinical import TERMS, clinical_values
from resistml.explain.groups import by_mechanism, groups
from resistml.explain.refusal import check_explainable
from resistml.explain.view import Explained, MechanismPart, explain_view
from resistml.features.matrix import Records, Words, arm_codes
from resistml.features.spec import CLINICAL, FeatureSpec
from resistml.predict.additive import by_arm
from resistml.predict.contributions import bearing, contributions
from resistml.predict.model import Model
from resistml.predict.score import asked_strategy
from resistml.tables.profiles import Profiles

__all__ = ["COLUMNS", "by_mechanism", "explain", "explain_full", "explain_profiles", "groups"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Answer = dict[str, Any]

#: Columns of `resistml explain`, in order.
COLUMNS = EXPLAIN
#: What adds less than this is not named among the clinical terms.
_NAMED = 0.005


def explain(model: Model, records: Records, strategy: Words) -> Answer:
    """The columns of `resistml explain`: per row a ``baseline`` and one line per mechanism.

    ``contribution`` is in log-odds towards resistance; a patient's lines add up to the model's
    margin before calibration. ``markers`` are ``NAME=value (contribution)``, the strongest
    first; a marker with a bearing that was not measured says so.

    Raises
    ------
    ModelError
        If the model is no better than a constant; see :mod:`resistml.explain.refusal`.
    """
    check_explainable(model)
    found = contributions(model, records, strategy)
    names, n = ("baseline", *groups(model.spec)), len(records)
    amounts = np.column_stack([np.full(n, found.baseline), by_mechanism(model.spec, found)])
    behind = _Behind(model.spec, records, found.values)
    markers: list[list[list[str]]] = [[] for _ in range(n)]
    claims: list[list[list[str]]] = [[] for _ in range(n)]
    codes = arm_codes(model.spec, records.setting, strategy)
    for arm, rows in by_arm(codes):
        for i, said, cited in behind.lines(arm, rows):
            markers[i], claims[i] = said, cited
    columns: list[list[Any]] = [
        np.repeat(records.patient_id, len(names)).tolist(),
        np.repeat(strategy, len(names)).tolist(),
        list(names) * n,
        amounts.ravel().tolist(),
        [cell for row in markers for cell in row],
        [cell for row in claims for cell in row],
    ]
    return dict(zip(COLUMNS, columns, strict=True))


def explain_full(model: Model, records: Records, strategy: Words) -> Answer:
    """The columns of `resistml explain --full`: beside those of :func:`explain`, the absolute sum
    and the mechanism's own Shapley value, percentiles in the setting, claims in words and the
    strategies that act on the mechanism."""
    out = explain(model, records, strategy)
    more: dict[str, list[Any]] = {name: [] for name in EXPLAIN_FULL}
    for view in explain_view(model, records, strategy):
        for cells in (_baseline(view), *(_details(part) for part in view.mechanisms)):
            for name, cell in zip(EXPLAIN_FULL, cells, strict=True):
                more[name].append(cell)
    return {**out, **more}


def explain_profiles(model: Model, profiles: Profiles, *, full: bool = False) -> Answer:
    """:func:`explain` for profiles that may name no strategy, or have been rejected.

    Rejected profiles are left out; a profile without a strategy is explained under its
    setting's usual one. ``full``: as :func:`explain_full`.
    """
    accepted = profiles.accepted
    strategy = asked_strategy(model.spec, profiles)[accepted]
    ask = explain_full if full else explain
    return ask(model, profiles.records.take(accepted), strategy)


def _baseline(view: Explained) -> tuple[Any, ...]:
    return abs(view.baseline), view.baseline, [], [], []


def _details(part: MechanismPart) -> tuple[Any, ...]:
    """Cells of :data:`EXPLAIN_FULL` for one line."""
    return (
        part.absolute,
        part.shapley,
        [f"{m.name}={m.percentile:.0f}" for m in part.markers if m.percentile is not None],
        [f"{c.id}: {c.reported}" for c in part.claims if c.reported],
        list(part.strategies),
    )


@dataclass(frozen=True)
class _Bearing:
    """The columns (index, name) of a group that bear on a strategy in a setting, by name."""

    markers: tuple[tuple[int, str], ...]
    clinical: bool
    claims: tuple[str, ...]


class _Behind:
    """What stands behind the contributions ``values`` (n, columns) of ``records``."""

    def __init__(self, spec: FeatureSpec, records: Records, values: Floats) -> None:
        self._spec, self._values, self._bears = spec, values, bearing(spec)
        self._measured = [records.column(marker) for marker in spec.markers]
        self._clinical = clinical_values(spec, records)
        #: Claims by group of an arm and order of its markers.
        self._cited: dict[tuple[int, int, bytes], list[str]] = {}

    def lines(self, arm: int, rows: Ints) -> Any:
        """For each of an arm's rows its index, and per line its markers' texts and its claims."""
        parts = [self._group(arm, g, rows) for g in range(len(groups(self._spec)))]
        texts, cited = zip(*parts, strict=True)
        for i, *cells in zip(rows.tolist(), *texts, *cited, strict=True):
            half = len(cells) // 2
            yield i, [[], *cells[:half]], [[], *cells[half:]]

    def _group(self, arm: int, g: int, rows: Ints) -> tuple[list[list[str]], list[list[str]]]:
        bears = self._bearing(arm, groups(self._spec)[g])
        places = np.array([j for j, _ in bears.markers], dtype=np.int64)
        amounts = self._values[np.ix_(rows, places)]
        # By name first, so that equals stand in the order of their names.
        order = np.argsort(-np.abs(amounts), axis=1, kind="stable")
        said = [self._texts(rows, j, name) for j, name in bears.markers]
        texts = [[said[k][i] for k in row] for i, row in enumerate(order.tolist())]
        cited = [self._claims(arm, g, bears, row) for row in order]
        if bears.clinical:
            for text, more in zip(texts, self._clinical_texts(rows), strict=True):
                text += more
        return texts, cited

    def _bearing(self, arm: int, group: str) -> _Bearing:
        spec = self._spec
        setting, strategy = spec.arms[arm]
        markers = [
            (j, m)
            for j, (m, marker) in enumerate(spec.markers.items())
            if marker.mechanism == group and self._bears[arm, j]
        ]
        named = spec.strategies[strategy].claims if group == "context" else ()
        return _Bearing(
            tuple(sorted(markers, key=lambda pair: pair[1])),
            clinical=group == "clinical",
            claims=spec.claims_in(named, setting),
        )

    def _texts(self, rows: Ints, j: int, name: str) -> list[str]:
        """A marker's text in each row."""
        pairs = zip(self._measured[j][rows].tolist(), self._values[rows, j].tolist(), strict=True)
        return [
            f"{name}={x:.3g} ({v:+.2f})" if x == x else f"{name}=unmeasured ({v:+.2f})"
            for x, v in pairs
        ]

    def _claims(self, arm: int, g: int, bears: _Bearing, order: Ints) -> list[str]:
        """Claims of a group's markers in a row's order, those about the setting first."""
        key = (arm, g, order.tobytes())
        if key not in self._cited:
            spec, names = self._spec, [bears.markers[k][1] for k in order.tolist()]
            mine = dict.fromkeys(c for name in names for c in spec.markers[name].claims)
            self._cited[key] = [*bears.claims, *spec.claims_in(mine, spec.arms[arm][0])]
        return list(self._cited[key])

    def _clinical_texts(self, rows: Ints) -> list[list[str]]:
        """Age, ECOG, sex and frailty with what they add; what adds next to nothing is left out."""
        first = len(self._spec.markers)
        out: list[list[str]] = [[] for _ in range(len(rows))]
        for term in TERMS:
            places = [first + CLINICAL.index(column) for column in term.columns]
            added = self._values[rows][:, places].sum(axis=1)
            shown = np.flatnonzero(np.abs(added) >= _NAMED)
            values = self._clinical[term.name][rows[shown]].tolist()
            for i, value, amount in zip(shown.tolist(), values, added[shown].tolist(), strict=True):
                out[i].append(f"{term.name}={term.text(value)} ({amount:+.2f})")
        return out
