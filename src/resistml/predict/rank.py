"""Ranks the strategies open to each profile by modelled response. No recommendation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.features.conditions import holds
from resistml.features.spec import FeatureSpec
from resistml.predict.model import Z90, Model
from resistml.predict.score import reasons, unmeasured
from resistml.tables.profiles import Profiles

Floats = npt.NDArray[np.float64]
Rows = dict[str, Any]

#: Columns of `resistml rank`, in order.
COLUMNS = (
    "patient_id",
    "setting",
    "rank",
    "strategy",
    "value",
    "p_response",
    "lower",
    "upper",
    "p_best",
    "tied",
    "cautions",
    "claims",
    "status",
    "message",
)
#: Response probabilities that differ by less count as equal.
EQUAL = 0.01


def rank(model: Model, profiles: Profiles, *, everything: bool = False) -> Rows:
    """The columns of `resistml rank`: a row per profile and eligible strategy, best first.

    ``value`` is what is ranked by, here the modelled probability of response; ``lower`` and
    ``upper`` its 90% interval; ``p_best`` the share of the bag in which the strategy is best
    (within 0.01); ``tied`` whether it cannot be told from the first. Profiles that are rejected
    or abstained have one row without a rank. With ``everything``, ineligible strategies
    follow, with the reason in ``message``.
    """
    spec, records = model.spec, profiles.records
    out: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    good = np.array([i for i in range(len(records)) if i not in profiles.rejected], dtype=np.int64)
    missing = unmeasured(spec, profiles, good)
    blocks: dict[int, list[dict[str, Any]]] = {
        row: [_unranked(profiles, row, "rejected", message)]
        for row, message in profiles.rejected.items()
    }
    for setting in {str(records.setting[row]) for row in good}:
        rows = np.array([row for row in good if records.setting[row] == setting], dtype=np.int64)
        blocks.update(_rank_setting(model, profiles, setting, rows, missing, everything))
    for row in range(len(records)):
        for entry in blocks[row]:
            for name in COLUMNS:
                out[name].append(entry[name])
    return out


def _unranked(profiles: Profiles, row: int, status: str, message: str) -> dict[str, Any]:
    return {
        "patient_id": profiles.records.patient_id[row],
        "setting": profiles.records.setting[row],
        "rank": None,
        "strategy": "",
        **dict.fromkeys(("value", "p_response", "lower", "upper", "p_best"), np.nan),
        "tied": False,
        "cautions": [],
        "claims": [],
        "status": status,
        "message": message,
    }


def _rank_setting(
    model: Model,
    profiles: Profiles,
    setting: str,
    rows: npt.NDArray[np.int64],
    missing: dict[int, list[str]],
    everything: bool,
) -> dict[int, list[dict[str, Any]]]:
    spec = model.spec
    arms = spec.settings[setting].strategies
    subset = profiles.records.take(rows)
    why = {a: reasons(spec, profiles, a, rows) for a in arms}
    members = np.stack(
        [model.risk(subset, np.full(len(rows), a, dtype=object)).margins for a in arms], axis=1
    )
    columns = {**subset.columns}
    cautions = {a: _cautions(spec, a, columns, len(rows)) for a in arms}
    out: dict[int, list[dict[str, Any]]] = {}
    for i, row in enumerate(rows):
        if len(missing[int(row)]) == len(spec.settings[setting].panel):
            text = "none of the setting's markers was measured: not ranked"
            out[int(row)] = [_unranked(profiles, int(row), "abstained", text)]
            continue
        may = [j for j, a in enumerate(arms) if not why[a][i]]
        ranking = compare(model, members[i, may])
        entries = [
            {
                **_unranked(profiles, int(row), "ok", ""),
                "rank": place + 1,
                "strategy": arms[may[j]],
                "value": ranking.p[j],
                "p_response": ranking.p[j],
                "lower": ranking.lower[j],
                "upper": ranking.upper[j],
                "p_best": ranking.p_best[j],
                "tied": bool(ranking.tied[j]),
                "cautions": cautions[arms[may[j]]][i],
                "claims": list(spec.strategies[arms[may[j]]].claims),
                "message": _unmeasured_message(spec, arms[may[j]], missing[int(row)]),
            }
            for place, j in enumerate(ranking.order)
        ]
        if everything:
            entries += [
                {**_unranked(profiles, int(row), "ineligible", why[a][i]), "strategy": a}
                for a in arms
                if why[a][i]
            ]
        out[int(row)] = entries or [
            _unranked(profiles, int(row), "abstained", "no strategy of the setting is open")
        ]
    return out


class compare:  # noqa: N801 - reads as the act it is
    """Compares the strategies open to one patient.

    Parameters
    ----------
    model : Model
    margins : (A, bag) array
        Log-odds of resistance under each strategy, of each model of the bag.

    Attributes
    ----------
    p, lower, upper, p_best : (A,) arrays
    tied : (A,) array of bool
    order : (A,) array of int
        Strategies, best first.
    """

    def __init__(self, model: Model, margins: Floats) -> None:
        mean, half = margins.mean(axis=1), Z90 * margins.std(axis=1, ddof=1)
        self.p = 1 - _p(model, mean)
        self.lower, self.upper = 1 - _p(model, mean + half), 1 - _p(model, mean - half)
        self.order = np.argsort(-self.p, kind="stable")
        members = 1 - _p(model, margins)
        best = members >= members.max(axis=0, initial=0.0) - EQUAL
        shares = best / np.maximum(best.sum(axis=0), 1)
        self.p_best = shares.mean(axis=1)
        first = self.order[0] if len(self.order) else 0
        gap = margins - margins[first : first + 1]
        spread = Z90 * gap.std(axis=1, ddof=1)
        near = np.abs(self.p - self.p[first : first + 1]) < EQUAL
        self.tied = (near | (np.abs(gap.mean(axis=1)) < spread)) & (len(self.p) > 1)
        self.tied[first : first + 1] = self.tied.sum() > 1 if len(self.p) else False


def _p(model: Model, margin: Floats) -> Floats:
    from resistml.predict.model import sigmoid

    return sigmoid(model.calibrated(margin))


def _cautions(
    spec: FeatureSpec, strategy: str, columns: dict[str, Floats], rows: int
) -> list[list[str]]:
    """Per row, the strategy's warnings that its record calls for."""
    out: list[list[str]] = [[] for _ in range(rows)]
    for caution in spec.strategies[strategy].cautions:
        for row in np.flatnonzero(holds(columns, caution.when, rows)):
            out[row].append(caution.text)
    return out


def _unmeasured_message(spec: FeatureSpec, strategy: str, missing: list[str]) -> str:
    bearing = [m for m in missing if spec.strategies[strategy].exposure.get(m, 0.0) != 0.0]
    return f"unmeasured, with a bearing here: {', '.join(bearing)}" if bearing else ""
