"""What moves when a record or its strategy is changed: risk, ranking and mechanisms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from resistml.columns import WHAT_IF
from resistml.errors import UsageError, did_you_mean, listed
from resistml.explain.mechanisms import explain_profiles
from resistml.explain.what_if import Value, changed
from resistml.predict.model import Model
from resistml.predict.rank import rank
from resistml.predict.score import asked_strategy, score
from resistml.tables.profiles import Profiles

Answer = dict[str, Any]

#: Columns of `resistml explain --set`, in order.
COLUMNS = WHAT_IF


def what_if(
    model: Model,
    profiles: Profiles,
    changes: Mapping[str, Value],
    strategy: str | None = None,
) -> Answer:
    """The columns of `resistml explain --set`: a row per quantity that a change may move.

    Parameters
    ----------
    changes : mapping of column to value
        As :func:`resistml.explain.what_if.changed` takes it.
    strategy : str, optional
        Asked about after the change, in place of each profile's own.

    Returns
    -------
    dict
        ``quantity`` is ``p_resistance``, then ``baseline``, the mechanisms and ``margin`` in
        log-odds, of the strategy asked about; then ``p_response`` and ``rank`` of every strategy
        that is open before or after. NaN stands where the model does not answer, and ``message``
        says why. Rejected profiles are left out.

    Raises
    ------
    UsageError
        For a change that is not possible, or a strategy that is not open in a profile's setting.
    ModelError
        If the model is not explained; see :mod:`resistml.explain.refusal`.
    """
    accepted = profiles.accepted
    records = profiles.records.take(accepted)
    named = asked_strategy(model.spec, profiles)[accepted]
    before = Profiles(records, named, profiles.line[accepted], {}, {}, ())
    after = replace(before, records=changed(records, model.spec, changes))
    if strategy is not None:
        _check_strategy(model, before, strategy)
        after = replace(after, strategy=np.full(len(after), strategy, dtype=object))
    asked = [_Asked(model, before), _Asked(model, after)]
    rows = [row for i in range(len(records)) for row in _rows(asked, i)]
    return {name: [row[k] for row in rows] for k, name in enumerate(COLUMNS)}


def _check_strategy(model: Model, profiles: Profiles, strategy: str) -> None:
    for setting in dict.fromkeys(map(str, profiles.records.setting)):
        open_there = model.spec.settings[setting].strategies
        if strategy not in open_there:
            raise UsageError(
                f"--strategy '{strategy}' is not open in setting {setting}",
                allowed=listed(open_there),
                hint=did_you_mean(strategy, open_there),
            )


class _Asked:
    """What the model says of profiles, by patient."""

    def __init__(self, model: Model, profiles: Profiles) -> None:
        n = len(profiles)
        told = score(model, profiles)
        self.patient = [str(x) for x in told["patient_id"]]
        self.strategy = [str(x) for x in told["strategy"]]
        self.p: list[float] = told["p_resistance"].tolist()
        self.message = [str(x) for x in told["message"]]
        lines = explain_profiles(model, profiles)
        step = len(lines["mechanism"]) // max(n, 1)
        self.names = [*lines["mechanism"][:step], "margin"]
        self.mechanisms: list[list[float]] = []
        for i in range(n):
            mine = lines["contribution"][i * step : (i + 1) * step]
            self.mechanisms.append([*mine, sum(mine)])
        self.ranks: dict[str, dict[str, tuple[float, float]]] = {}
        ranked = rank(model, profiles)
        columns = (ranked[x] for x in ("patient_id", "strategy", "p_response", "rank"))
        for patient, strategy, p, place in zip(*columns, strict=True):
            if place is not None:
                self.ranks.setdefault(str(patient), {})[str(strategy)] = (p, float(place))


def _rows(asked: list[_Asked], i: int) -> Iterator[tuple[Any, ...]]:
    """The rows of the i-th profile, in the order of the columns."""
    before, after = asked
    patient, strategy = after.patient[i], after.strategy[i]
    was = before.strategy[i]
    said = [] if was == strategy else [f"before: under {was}"]
    said += [
        f"{w}: {x.message[i]}"
        for w, x in (("before", before), ("after", after))
        if x.p[i] != x.p[i]
    ]
    yield _row(patient, strategy, "p_resistance", before.p[i], after.p[i], "; ".join(said))
    pairs = zip(after.names, before.mechanisms[i], after.mechanisms[i], strict=True)
    for name, old, new in pairs:
        yield _row(patient, strategy, name, old, new)
    old_ranks, new_ranks = (x.ranks.get(patient, {}) for x in asked)
    none = (np.nan, np.nan)
    for name in dict.fromkeys((*new_ranks, *old_ranks)):
        old_pair, new_pair = old_ranks.get(name, none), new_ranks.get(name, none)
        closed = "" if name in new_ranks else "not open after the change"
        opened = "" if name in old_ranks else "not open before the change"
        told = closed or opened
        yield _row(patient, name, "p_response", old_pair[0], new_pair[0], told)
        yield _row(patient, name, "rank", old_pair[1], new_pair[1], told)


def _row(
    patient: str, strategy: str, quantity: str, before: float, after: float, message: str = ""
) -> tuple[Any, ...]:
    return patient, strategy, quantity, before, after, after - before, message
