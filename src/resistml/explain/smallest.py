"""The smallest change of a record that lifts the best strategy above a stated response.

A search over the model's input, on worlds alone, where the truth is known and no patient is real.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import REACH
from resistml.errors import ModelError, UsageError
from resistml.explain.refusal import check_explainable
from resistml.explain.view import percentile
from resistml.features.conditions import eligible
from resistml.features.links import inverse
from resistml.features.matrix import Records, standardised
from resistml.predict.abstain import doubts
from resistml.predict.model import Model, sigmoid
from resistml.tables.profiles import Profiles

Floats = npt.NDArray[np.float64]
Answer = dict[str, Any]

#: Furthest change of one marker that is looked at, in standard deviations of the setting's
#: patients.
FURTHEST = 3.0
#: Directions, of the whole turn, in which two markers are tried; the diagonals, which reach
#: furthest, are among them.
DIRECTIONS = 24
#: Sizes of steps that are tried in each direction: between two of them what is enough is taken to
#: be enough from some place on.
SIZES_OF_ONE, SIZES_OF_TWO = 12, 3
#: Halvings by which what was found is drawn back towards the record.
_HALVINGS = 12


@dataclass(frozen=True)
class Moved:
    """A marker as it was and as it is put: values in its ``unit``, percentiles (0 to 100) in the
    setting, and the ``deviations`` between, in standard deviations of the setting's patients on
    the scale on which the marker is normal."""

    marker: str
    unit: str
    before: float
    after: float
    percentile_before: float
    percentile_after: float
    deviations: float


@dataclass(frozen=True)
class Change:
    """The smallest change found for one patient.

    Attributes
    ----------
    moved : tuple of Moved
        One marker or two; none where the best strategy is above the response as it is.
    size : float
        Root of the sum of the squared deviations.
    strategy : str
        The best strategy after the change.
    before, after : float
        P(response) of the best strategy, before and after.
    """

    patient_id: str
    moved: tuple[Moved, ...]
    size: float
    strategy: str
    before: float
    after: float


def smallest_change(
    model: Model, records: Records, response: float, markers: int = 2
) -> list[Change | None]:
    """For each patient the smallest change of one marker, or of so many, that is enough.

    Parameters
    ----------
    response : float
        Probability, in (0, 1), that the best strategy open to the patient is to reach.
    markers : {1, 2}
        How many markers may change at once. Two are taken where they need less than one alone.

    Returns
    -------
    list of Change or None
        None where no change of :data:`FURTHEST` deviations or less is enough.

    Raises
    ------
    ModelError
        If the model was not trained on a world, or is no better than a constant.
    UsageError
        If ``response`` is no probability.

    Notes
    -----
    Only measured markers of the setting's panel that are no mutation are changed, and only to
    values that a profile may have. Strategies open or close with the changed record.
    """
    check_world(model)
    check_explainable(model)
    if not 0 < response < 1:
        raise UsageError(f"cannot reach a response of {response:g}", allowed="above 0, below 1")
    rows = range(len(records))
    return [_Search(model, records.take(np.array([i])), response).smallest(markers) for i in rows]


def check_world(model: Model) -> None:
    """Refuse a model of real patients, or one that does not say.

    Raises
    ------
    ModelError
    """
    kind = model.about.get("trained_on", {}).get("kind")
    if kind != "virtual":
        raise ModelError(
            "the smallest change is looked for on worlds alone: this model was trained on "
            f"{'patients of kind ' + repr(kind) if kind else 'patients of a kind it does not say'}",
            allowed="a model trained on virtual patients",
            hint="of real patients nobody knows what a changed marker would do; `--set` shows how "
            "the model's answer moves",
        )


class _Search:
    """The search for one patient. A step (markers,) says by how many deviations each one moves."""

    def __init__(self, model: Model, record: Records, response: float) -> None:
        self.model, self.record, self.response = model, record, response
        self.setting = str(record.setting[0])
        spec, law = model.spec, model.spec.settings[self.setting]
        measured = {m: record.column(m) for m in law.panel if spec.markers[m].kind != "mutation"}
        self.markers = tuple(m for m, x in measured.items() if not np.isnan(x[0]))
        places = [law.panel.index(m) for m in self.markers]
        self.sd = np.sqrt(np.array(law.covariance)[places, places])
        self.f = [float(standardised(spec.markers[m], measured[m])[0]) for m in self.markers]
        few = doubts(model, record, self.setting, np.arange(1)).few
        self.arms = tuple(a for a in law.strategies if a not in few)

    def smallest(self, most: int) -> Change | None:
        """The smallest change found; None where none is enough."""
        nothing = np.zeros((1, len(self.markers)))
        before = float(self._best(nothing)[0][0])
        if before >= self.response:
            return self._change(nothing[0], before)
        step = self._nearest(self._alone())
        if most >= 2:
            limit = FURTHEST * np.sqrt(2) if step is None else float(np.linalg.norm(step))
            coarse = self._nearest(self._in_pairs(limit))
            if coarse is not None:
                step = self._smaller(step, coarse)
                step = self._smaller(step, self._nearest(self._around(coarse)))
        return None if step is None else self._change(step, before)

    @staticmethod
    def _smaller(one: Floats | None, other: Floats | None) -> Floats | None:
        found = [x for x in (one, other) if x is not None]
        return min(found, key=lambda x: float(np.linalg.norm(x))) if found else None

    def _alone(self) -> Floats:
        """(k, markers) steps of one marker, up and down."""
        size = FURTHEST * np.arange(1, SIZES_OF_ONE + 1) / SIZES_OF_ONE
        ways = np.concatenate([np.eye(len(self.markers)), -np.eye(len(self.markers))])
        return np.concatenate([x * ways for x in size.tolist()])

    def _in_pairs(self, limit: float) -> Floats:
        """(k, markers) steps of two markers, in all directions and up to ``limit`` together."""
        turn = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
        turn = turn[np.arange(DIRECTIONS) % (DIRECTIONS // 4) > 0]  # but those of one alone
        both = _spokes(turn, limit * np.arange(1, SIZES_OF_TWO + 1) / SIZES_OF_TWO)
        pairs = list(combinations(range(len(self.markers)), 2))
        out = np.zeros((len(pairs), len(both), len(self.markers)))
        for i, pair in enumerate(pairs):
            out[i][:, list(pair)] = both
        return out.reshape(len(pairs) * len(both), len(self.markers))

    def _around(self, step: Floats) -> Floats:
        """(k, markers) steps of the same two markers in directions near one that was found."""
        places = np.flatnonzero(step)
        if len(places) < 2:
            return np.zeros((0, len(step)))
        turn = np.arctan2(step[places[1]], step[places[0]])
        near = turn + np.pi / DIRECTIONS * np.linspace(-1, 1, 9)
        both = _spokes(near, np.array([1.05 * np.linalg.norm(step)]))
        out = np.zeros((len(both), len(step)))
        out[:, places] = both
        return out

    def _nearest(self, steps: Floats) -> Floats | None:
        """The smallest of the steps that are enough, each drawn back towards the record as far as
        it may; None where none is."""
        far = steps[self._best(steps)[0] >= self.response]
        if not len(far):
            return None
        low, high, size = np.zeros(len(far)), np.ones(len(far)), np.linalg.norm(far, axis=1)
        for _ in range(_HALVINGS):
            # What is not enough where another is already nearer is not looked at again.
            kept = low * size <= (high * size).min()
            far, low, high, size = far[kept], low[kept], high[kept], size[kept]
            middle = (low + high) / 2
            good = self._best(middle[:, None] * far)[0] >= self.response
            low, high = np.where(good, low, middle), np.where(good, middle, high)
        nearest = int(np.argmin(high * size))
        return np.asarray(high[nearest] * far[nearest])

    def _values(self, place: int, step: Floats) -> Floats:
        """A marker's values after steps, within what a profile may hold."""
        name = self.markers[place]
        marker = self.model.spec.markers[name]
        f = self.f[place] + step * self.sd[place]
        values = inverse(marker.kind, f * marker.scale + marker.centre)
        if marker.kind == "count":
            values = np.floor(values)
        # What lies below a detection limit has no value that could be put in.
        low = marker.low if marker.limit is None else max(marker.low, marker.limit)
        values = np.clip(values, low, marker.high)
        return np.where(step == 0, self.record.column(name)[0], values)

    def _best(self, steps: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
        """(k,) p(response) of the best open strategy after each step, and which it is."""
        k = len(steps)
        columns = {name: np.repeat(x, k) for name, x in self.record.columns.items()}
        columns |= {m: self._values(j, steps[:, j]) for j, m in enumerate(self.markers)}
        ids, setting = self.record.patient_id, self.record.setting
        record = Records(np.repeat(ids, k), np.repeat(setting, k), columns)
        p = np.full((k, max(len(self.arms), 1)), -1.0)
        for j, arm in enumerate(self.arms):
            rules = self.model.spec.strategies[arm].eligibility
            rows = np.flatnonzero(eligible(record.columns, rules, k))
            named = np.full(len(rows), arm, dtype=object)
            margins = self.model.margins(self.model.features(record.take(rows), named))
            p[rows, j] = 1 - sigmoid(self.model.calibrated(margins.mean(axis=1)))
        return p.max(axis=1), p.argmax(axis=1)

    def _change(self, step: Floats, before: float) -> Change:
        after, which = self._best(step[None])
        moved = tuple(self._moved(j, float(step[j])) for j in np.flatnonzero(step).tolist())
        return Change(
            patient_id=str(self.record.patient_id[0]),
            moved=moved,
            size=float(np.linalg.norm([m.deviations for m in moved])),
            strategy=self.arms[int(which[0])] if self.arms else "",
            before=before,
            after=float(after[0]),
        )

    def _moved(self, place: int, step: float) -> Moved:
        name = self.markers[place]
        values = np.array([self.record.column(name)[0], self._values(place, np.array([step]))[0]])
        told = percentile(self.model, self.setting, name, values)
        marker = self.model.spec.markers[name]
        taken = np.diff(standardised(marker, values)) / self.sd[place]
        (old, new), (was, put) = values.tolist(), told.tolist()
        return Moved(name, marker.unit, old, new, was, put, float(taken[0]))


def _spokes(turn: Floats, size: Floats) -> Floats:
    """(k, 2) steps in these directions, by these sizes or as far as one may go."""
    way = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    furthest = FURTHEST / np.abs(way).max(axis=1)
    return np.asarray((np.minimum.outer(size, furthest)[:, :, None] * way).reshape(-1, 2))


def reach(model: Model, profiles: Profiles, response: float) -> Answer:
    """The columns of `resistml explain --reach`: a row per profile; rejected ones are left out."""
    accepted = profiles.accepted
    records = profiles.records.take(accepted)
    out: dict[str, list[Any]] = {name: [] for name in REACH}
    found = smallest_change(model, records, response)
    for patient, change in zip(records.patient_id.tolist(), found, strict=True):
        cells = _cells(change, response)
        for name, cell in zip(REACH, (patient, *cells), strict=True):
            out[name].append(cell)
    return out


def _cells(change: Change | None, response: float) -> tuple[Any, ...]:
    nan = float("nan")
    if change is None:
        text = (
            f"no change of one or two markers by {FURTHEST:g} standard deviations or less lifts "
            f"the best strategy to {response:.0%}"
        )
        return [], [], [], [], nan, "", nan, nan, text
    text = "" if change.moved else "the best strategy is there as the record is"
    return (
        [m.marker for m in change.moved],
        [f"{m.before:.3g} (percentile {m.percentile_before:.0f})" for m in change.moved],
        [f"{m.after:.3g} (percentile {m.percentile_after:.0f})" for m in change.moved],
        [f"{m.deviations:+.2f}" for m in change.moved],
        change.size,
        change.strategy,
        change.before,
        change.after,
        text,
    )
