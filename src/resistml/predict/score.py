"""p(resistance) of profiles, each under the strategy it names or its setting's usual one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import SCORE
from resistml.features.matrix import Words
from resistml.features.spec import FeatureSpec
from resistml.predict.abstain import Doubts, doubts
from resistml.predict.conformal import OUTCOMES
from resistml.predict.evidence import evidence_interval, with_those_of_evidence
from resistml.predict.model import Model
from resistml.predict.patterns import grouped, labels, panel_columns, reasons
from resistml.tables.profiles import Profiles

Answer = dict[str, Any]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

#: Columns of `resistml score`, in order.
COLUMNS = SCORE


def score(model: Model, profiles: Profiles) -> Answer:
    """The columns of `resistml score`, a row per profile.

    ``p_resistance`` is the calibrated probability of no objective response; ``lower`` and
    ``upper`` its 90% interval for the sampling of training patients; NaN unless the status is
    ok. ``prediction_set``: the outcomes left open (see :mod:`resistml.predict.conformal`), none
    where the model does not answer or has no thresholds.
    ``status`` is ok, abstained (see :class:`~resistml.predict.abstain.Doubts`) or rejected.
    ``flags``: those of the profile (see :class:`~resistml.tables.profiles.Profiles`),
    ``usual_strategy`` (it named none), ``unmeasured:M`` and ``ineligible`` (its record does
    not meet what the strategy needs, or does not say); of those abstained from
    ``mostly_unmeasured``, ``outlying:M`` and ``unsupported``; ``message`` gives the reasons.
    """
    records, accepted = profiles.records, profiles.accepted
    n = len(records)
    strategy = asked_strategy(model.spec, profiles)
    status = np.full(n, "rejected", dtype=object)
    message = np.full(n, "", dtype=object)
    for row, text in profiles.rejected.items():
        message[row] = text
    flags: list[list[str]] = [list(profiles.notes.get(row, ())) for row in range(n)]
    for setting, rows in grouped(records.setting, accepted).items():
        found = doubts(model, records, setting, rows)
        said = _Remarks(model.spec, profiles, strategy, setting, rows, found)
        status[rows] = np.where(said.abstained, "abstained", "ok")
        message[rows] = said.messages
        for row, own in zip(rows.tolist(), said.flags, strict=True):
            flags[row].extend(own)
    answered = accepted[status[accepted] == "ok"]
    risk = model.risk(records.take(answered), strategy[answered])
    p, low, high = (np.full(n, np.nan) for _ in range(3))
    p[answered] = risk.p
    low[answered], high[answered] = risk.interval()
    sets = _prediction_sets(model, records.setting, p)
    columns = (records.patient_id, records.setting, strategy, p, low, high, sets)
    answer: Answer = dict(zip(COLUMNS, (*columns, status, flags, message), strict=True))
    evidence = evidence_interval(model, records.take(answered), strategy[answered])
    for name, ends in evidence.items():
        answer[name] = np.full(n, np.nan)
        answer[name][answered] = ends
    return {name: answer[name] for name in with_those_of_evidence(model, COLUMNS)}


def _prediction_sets(model: Model, setting: Words, p: npt.NDArray[np.float64]) -> list[list[str]]:
    """(n,) the outcomes that p(resistance) (n,) leaves open; none where it is NaN."""
    out: list[list[str]] = [[] for _ in range(len(p))]
    conformal, answered = model.parts.conformal, np.flatnonzero(~np.isnan(p))
    own = model.spec.outcome
    names = OUTCOMES if own is None else (own.responded, own.label)
    if conformal is not None:
        for row, found in zip(
            answered.tolist(), conformal.sets(setting[answered], p[answered], names), strict=True
        ):
            out[row] = found
    return out


def asked_strategy(spec: FeatureSpec, profiles: Profiles) -> Words:
    """(n,) the strategy that each profile names, or its setting's usual one."""
    out = profiles.strategy.copy()
    accepted = profiles.accepted
    unnamed = accepted[out[accepted] == ""]
    for setting, rows in grouped(profiles.records.setting, unnamed).items():
        out[rows] = spec.settings[setting].usual
    return out


class _Remarks:
    """What is to be said of one setting's profiles.

    Attributes
    ----------
    abstained : (n,) array of bool
    flags : list of tuple of str
    messages : (n,) array of str
    """

    def __init__(
        self,
        spec: FeatureSpec,
        profiles: Profiles,
        strategy: Words,
        setting: str,
        rows: Rows,
        found: Doubts,
    ) -> None:
        panel, usual = panel_columns(spec, setting), spec.settings[setting].usual
        unnamed = profiles.strategy[rows] == ""
        why = _ineligible(spec, profiles, strategy, rows)
        few = np.array([found.unsupported(str(a)) for a in strategy[rows]], dtype=object)
        self.abstained: Bools = found.abstained | (few != "")
        names = ("usual_strategy", *(f"unmeasured:{marker}" for marker in panel), "ineligible")
        plain = labels(np.column_stack([unnamed, found.absent, why != ""]), names)
        self.flags: list[tuple[str, ...]] = plain
        text = f"no strategy named: scored against the usual one, {usual}"
        said: list[tuple[str, ...]] = [(text,) if u else () for u in unnamed.tolist()]
        for row in np.flatnonzero(self.abstained).tolist():
            self.flags[row] = (
                *plain[row],
                *found.flags(row),
                *(("unsupported",) if few[row] else ()),
            )
            said[row] += found.reasons(row) + ((few[row],) if few[row] else ())
        self.messages: Words = np.array(
            [
                "; ".join((*parts, reason) if reason else parts)
                for parts, reason in zip(said, why, strict=True)
            ],
            dtype=object,
        )


def _ineligible(spec: FeatureSpec, profiles: Profiles, strategy: Words, rows: Rows) -> Words:
    """(n,) why each row's record does not make it eligible for its strategy; "" where it does."""
    out = np.full(len(rows), "", dtype=object)
    for name, places in grouped(strategy[rows], np.arange(len(rows))).items():
        out[places] = reasons(spec, profiles.records, name, rows[places])
    return out
