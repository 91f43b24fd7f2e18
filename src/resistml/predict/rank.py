"""Ranks the strategies open to each profile by modelled response. No recommendation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import RANK
from resistml.features.conditions import holds
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.predict.compare import Comparison, compare
from resistml.predict.model import Model
from resistml.predict.patterns import grouped, labels, nothing_measured, reasons, unmeasured
from resistml.tables.profiles import Profiles

Answer = dict[str, Any]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

#: Columns of `resistml rank`, in order.
COLUMNS = RANK
#: What a line without a rank has.
_UNRANKED: dict[str, Any] = {
    "rank": None,
    "strategy": "",
    **dict.fromkeys(("value", "p_response", "lower", "upper", "p_best"), np.nan),
    "tied": False,
    "cautions": (),
    "claims": (),
}
_NOT_MEASURED = "none of the setting's markers was measured: not ranked"
_NOT_OPEN = "no strategy of the setting is open"


def rank(model: Model, profiles: Profiles, *, everything: bool = False) -> Answer:
    """The columns of `resistml rank`: a row per profile and eligible strategy, best first.

    ``value`` is what is ranked by, here the modelled probability of response; ``lower`` and
    ``upper`` its 90% interval; ``p_best`` and ``tied`` as in
    :class:`~resistml.predict.compare.Comparison`. Profiles that are rejected or abstained (no
    marker measured, or no strategy open) have one row without a rank. With ``everything``,
    ineligible strategies follow, with the reason in ``message``.
    """
    blocks = [_rejected(profiles)]
    for setting, rows in grouped(profiles.records.setting, profiles.accepted).items():
        blocks += _Setting(model, profiles.records, setting, rows).blocks(everything)
    return _joined(profiles.records, blocks)


@dataclass(frozen=True)
class _Block:
    """Lines of the answer: the profile of each, its place in his list, and columns.

    A column is a sequence, a line each, or one value for all.
    """

    rows: Rows
    place: Rows
    columns: Mapping[str, Any]


def _joined(records: Records, blocks: Sequence[_Block]) -> Answer:
    """The lines of all blocks, by profile and place."""
    rows = np.concatenate([block.rows for block in blocks])
    order = np.lexsort((np.concatenate([block.place for block in blocks]), rows))
    answer: Answer = {"patient_id": records.patient_id[rows[order]]}
    answer["setting"] = records.setting[rows[order]]
    for name in COLUMNS[2:]:
        cells: list[Any] = []
        for block in blocks:
            value = block.columns.get(name, _UNRANKED.get(name))
            one = value is None or isinstance(value, (str, bool, float, tuple))
            cells += [value] * len(block.rows) if one else value
        if name in ("cautions", "claims"):
            answer[name] = [list(cells[i]) for i in order.tolist()]
        else:
            answer[name] = [cells[i] for i in order.tolist()]
    return answer


def _rejected(profiles: Profiles) -> _Block:
    rows = np.array(list(profiles.rejected), dtype=np.int64)
    columns = {"status": "rejected", "message": list(profiles.rejected.values())}
    return _Block(rows, np.zeros(len(rows), dtype=np.int64), columns)


class _Setting:
    """The profiles of one setting, compared under its strategies.

    Parameters
    ----------
    model : Model
    records : Records
        Of all profiles; ``rows`` are those of this setting.
    """

    def __init__(self, model: Model, records: Records, setting: str, rows: Rows) -> None:
        self.model, self.rows = model, rows
        self.law = model.spec.settings[setting]
        self.records = records.take(rows)
        self.absent = unmeasured(model.spec, records, setting, rows)
        everyone = np.arange(len(rows))
        self.why = [reasons(model.spec, self.records, a, everyone) for a in self.law.strategies]
        self.is_open: Bools = np.array([[not w for w in why] for why in self.why], dtype=bool).T
        self.empty = nothing_measured(self.absent)

    def blocks(self, everything: bool) -> list[_Block]:
        """The lines of these profiles."""
        nothing = ~self.is_open.any(axis=1)
        said = [
            self._without_rank(self.empty, _NOT_MEASURED),
            self._without_rank(~self.empty & nothing, _NOT_OPEN),
        ]
        compared = compare(self.model, self._margins(), self.is_open)
        for j in range(len(self.law.strategies)):
            said.append(self._ranked(compared, j))
            if everything:
                said.append(self._ineligible(j))
        return said

    def _margins(self) -> npt.NDArray[np.float64]:
        """(n, A, bag) margins under each strategy."""
        n = len(self.rows)
        named = [np.full(n, a, dtype=object) for a in self.law.strategies]
        return np.stack([self.model.risk(self.records, a).margins for a in named], axis=1)

    def _without_rank(self, which: Bools, text: str) -> _Block:
        rows = self.rows[which]
        columns = {"status": "abstained", "message": text}
        return _Block(rows, np.zeros(len(rows), dtype=np.int64), columns)

    def _ranked(self, compared: Comparison, j: int) -> _Block:
        """The lines of those to whom the j-th strategy is open."""
        name = self.law.strategies[j]
        mine = np.flatnonzero(self.is_open[:, j] & ~self.empty)
        place = np.argmax(compared.order[mine] == j, axis=1)
        columns = {
            "rank": (place + 1).tolist(),
            "strategy": name,
            "value": compared.p[mine, j].tolist(),
            "p_response": compared.p[mine, j].tolist(),
            "lower": compared.lower[mine, j].tolist(),
            "upper": compared.upper[mine, j].tolist(),
            "p_best": compared.p_best[mine, j].tolist(),
            "tied": compared.tied[mine, j].tolist(),
            "cautions": _cautions(self.model.spec, name, self.records.take(mine)),
            "claims": self.model.spec.claims_in(
                self.model.spec.strategies[name].claims, self.law.id
            ),
            "status": "ok",
            "message": self._unmeasured_messages(name, mine),
        }
        return _Block(self.rows[mine], place, columns)

    def _ineligible(self, j: int) -> _Block:
        """The lines of those to whom the j-th strategy is closed, after their ranked ones."""
        mine = np.flatnonzero(~self.is_open[:, j] & ~self.empty)
        columns = {
            "strategy": self.law.strategies[j],
            "status": "ineligible",
            "message": [self.why[j][i] for i in mine.tolist()],
        }
        place = np.full(len(mine), len(self.law.strategies) + j)
        return _Block(self.rows[mine], place, columns)

    def _unmeasured_messages(self, strategy: str, mine: Rows) -> list[str]:
        exposure = self.model.spec.strategies[strategy].exposure
        bearing = np.array([exposure.get(m, 0.0) != 0.0 for m in self.law.panel], dtype=np.bool_)
        absent = labels(self.absent[mine] & bearing, self.law.panel)
        return [f"unmeasured, with a bearing here: {', '.join(m)}" if m else "" for m in absent]


def _cautions(spec: FeatureSpec, strategy: str, records: Records) -> list[tuple[str, ...]]:
    """(n,) the strategy's warnings that each record calls for."""
    cautions = spec.strategies[strategy].cautions
    n = len(records)
    held = [holds(records.columns, caution.when, n) for caution in cautions]
    called = np.column_stack(held) if held else np.zeros((n, 0), dtype=np.bool_)
    return labels(called, [caution.text for caution in cautions])
