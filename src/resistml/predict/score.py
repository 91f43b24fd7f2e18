"""p(resistance) of profiles, each under the strategy it names or its setting's usual one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import SCORE
from resistml.features.matrix import Words
from resistml.features.spec import FeatureSpec
from resistml.predict.model import Model
from resistml.predict.patterns import grouped, labels, nothing_measured, reasons, unmeasured
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
    ok. ``status`` is ok, abstained (no marker of the setting's panel was measured) or rejected.
    ``flags``: those of the profile (see :class:`~resistml.tables.profiles.Profiles`),
    ``usual_strategy`` (it named none), ``unmeasured:M`` and ``ineligible`` (its record does
    not meet what the strategy needs, or does not say); ``message`` gives the reasons.
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
        said = _Remarks(model.spec, profiles, strategy, setting, rows)
        status[rows] = np.where(said.empty, "abstained", "ok")
        message[rows] = said.messages
        for row, found in zip(rows.tolist(), said.flags, strict=True):
            flags[row].extend(found)
    answered = accepted[status[accepted] == "ok"]
    risk = model.risk(records.take(answered), strategy[answered])
    p, low, high = (np.full(n, np.nan) for _ in range(3))
    p[answered] = risk.p
    low[answered], high[answered] = risk.interval()
    columns = (records.patient_id, records.setting, strategy, p, low, high, status, flags, message)
    return dict(zip(COLUMNS, columns, strict=True))


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
    empty : (n,) array of bool
        True where no marker was measured.
    flags : list of tuple of str
    messages : (n,) array of str
    """

    def __init__(
        self, spec: FeatureSpec, profiles: Profiles, strategy: Words, setting: str, rows: Rows
    ) -> None:
        panel, usual = spec.settings[setting].panel, spec.settings[setting].usual
        absent = unmeasured(spec, profiles.records, setting, rows)
        unnamed = profiles.strategy[rows] == ""
        why = _ineligible(spec, profiles, strategy, rows)
        self.empty = nothing_measured(absent)
        names = ("usual_strategy", *(f"unmeasured:{marker}" for marker in panel), "ineligible")
        self.flags = labels(np.column_stack([unnamed, absent, why != ""]), names)
        texts = (
            f"no strategy named: scored against the usual one, {usual}",
            "none of the setting's markers was measured",
        )
        said = labels(np.column_stack([unnamed, self.empty]), texts)
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
