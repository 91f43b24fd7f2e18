"""p(resistance) of profiles, each under the strategy it names or its setting's usual one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.conditions import eligible, undecided
from resistml.features.matrix import Words
from resistml.features.spec import FeatureSpec
from resistml.predict.model import Model
from resistml.tables.profiles import Profiles

Rows = dict[str, Any]

#: Columns of `resistml score`, in order.
COLUMNS = (
    "patient_id",
    "setting",
    "strategy",
    "p_resistance",
    "lower",
    "upper",
    "status",
    "flags",
    "message",
)


def score(model: Model, profiles: Profiles) -> Rows:
    """The columns of `resistml score`, a row per profile.

    ``p_resistance`` is the calibrated probability of no objective response; ``lower`` and
    ``upper`` its 90% interval for the sampling of training patients; NaN where rejected.
    ``status`` is ok, abstained (nothing that the model uses was measured) or rejected.
    """
    spec, records = model.spec, profiles.records
    n = len(records)
    good = np.array([i for i in range(n) if i not in profiles.rejected], dtype=np.int64)
    strategy = profiles.strategy.copy()
    for row in good:
        if not strategy[row]:
            strategy[row] = spec.settings[records.setting[row]].usual
    p, low, high = (np.full(n, np.nan) for _ in range(3))
    status = np.full(n, "rejected", dtype=object)
    flags: list[list[str]] = [list(profiles.notes.get(i, ())) for i in range(n)]
    message: list[str] = [profiles.rejected.get(i, "") for i in range(n)]
    if len(good):
        risk = model.risk(records.take(good), strategy[good])
        p[good] = risk.p
        low[good], high[good] = risk.interval()
        status[good] = "ok"
    missing = unmeasured(spec, profiles, good)
    ineligible = _ineligible(spec, profiles, strategy, good)
    for row in good:
        say: list[str] = []
        if not profiles.strategy[row]:
            flags[row].append("usual_strategy")
            say.append(f"no strategy named: scored against the usual one, {strategy[row]}")
        panel = spec.settings[records.setting[row]].panel
        if len(missing[row]) == len(panel):
            status[row] = "abstained"
            p[row] = low[row] = high[row] = np.nan
            say.append("none of the setting's markers was measured")
        flags[row] += [f"unmeasured:{m}" for m in missing[row]]
        if row in ineligible:
            flags[row].append("ineligible")
            say.append(ineligible[row])
        message[row] = "; ".join(say)
    return {
        "patient_id": records.patient_id,
        "setting": records.setting,
        "strategy": strategy,
        "p_resistance": p,
        "lower": low,
        "upper": high,
        "status": status,
        "flags": flags,
        "message": message,
    }


def unmeasured(
    spec: FeatureSpec, profiles: Profiles, rows: npt.NDArray[np.int64]
) -> dict[int, list[str]]:
    """Per row, the markers of its setting's panel that have no value."""
    out: dict[int, list[str]] = {int(row): [] for row in rows}
    missing = {m: np.isnan(profiles.records.column(m)) for m in spec.markers}
    for row in rows:
        for marker in spec.settings[profiles.records.setting[row]].panel:
            if missing[marker][row]:
                out[int(row)].append(marker)
    return out


def _ineligible(
    spec: FeatureSpec, profiles: Profiles, strategy: Words, rows: npt.NDArray[np.int64]
) -> dict[int, str]:
    """Rows whose record does not make them eligible for their strategy, with the reason."""
    out: dict[int, str] = {}
    for name in {str(strategy[row]) for row in rows}:
        alternatives = spec.strategies[name].eligibility
        mine = np.array([row for row in rows if strategy[row] == name], dtype=np.int64)
        for row, reason in zip(mine, reasons(spec, profiles, name, mine), strict=True):
            if reason and alternatives:
                out[int(row)] = reason
    return out


def reasons(
    spec: FeatureSpec, profiles: Profiles, strategy: str, rows: npt.NDArray[np.int64]
) -> list[str]:
    """Why each row is not eligible for a strategy; empty where it is."""
    alternatives = spec.strategies[strategy].eligibility
    if not alternatives:
        return [""] * len(rows)
    columns = {
        column: profiles.records.column(column)[rows]
        for tests in alternatives
        for column, _, _ in tests
    }
    met = eligible(columns, alternatives, len(rows))
    open_ = undecided(columns, alternatives, len(rows))
    needs = " or ".join(
        " and ".join(f"{c} {op} {value:g}" for c, op, value in tests) for tests in alternatives
    )
    return [
        "" if ok else f"{strategy} needs {needs}" + (f"; {', '.join(m)} not measured" if m else "")
        for ok, m in zip(met, open_, strict=True)
    ]
