"""Ranks the strategies open to each profile, by modelled response or more. No recommendation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.columns import EVIDENCE, RANK
from resistml.errors import ModelError
from resistml.features.conditions import holds
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.predict.abstain import doubts
from resistml.predict.compare import Comparison, compare
from resistml.predict.evidence import evidence_interval, of_response, with_those_of_evidence
from resistml.predict.model import Model
from resistml.predict.patterns import grouped, labels, panel_columns, reasons
from resistml.predict.worth import Worth, check_by, worth
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
    **dict.fromkeys(("value", "p_response", "lower", "upper", "p_best", *EVIDENCE), np.nan),
    "tied": False,
    "cautions": (),
    "claims": (),
}
_NOT_OPEN = "no strategy of the setting is open"
_NOT_SUPPORTED = "too few training patients had the strategies that are open"


def rank(
    model: Model, profiles: Profiles, *, everything: bool = False, by: str = "response"
) -> Answer:
    """The columns of `resistml rank`: a row per profile and eligible strategy, best first.

    Parameters
    ----------
    everything : bool
        Whether the ineligible strategies follow, with the reason in ``message``.
    by : str
        What is ranked by, which ``value`` holds: ``response`` (probability), ``pfs`` or ``os``
        (median months), or ``utility`` (see :class:`~resistml.predict.worth.Weights`).

    Returns
    -------
    dict
        ``lower`` and ``upper`` are the 90% interval of ``p_response``, and ``p_best`` is of
        response, whatever is ranked by; see :class:`~resistml.predict.compare.Comparison`.
        ``tied``: whether the strategy cannot be told from the first. Profiles that are rejected or
        abstained from (see :class:`~resistml.predict.abstain.Doubts`, or no strategy is open) have
        a row without a rank, and so has each strategy that too few training patients had.

    Raises
    ------
    ModelError
        If the model's patients were told no treatments apart.
    UsageError, ModelError
        See :func:`~resistml.predict.worth.check_by`.
    """
    own = model.spec.outcome
    if own is not None and not own.treatments:
        raise ModelError(
            "ranks nothing: the table that it was trained on names no treatments",
            hint="`resistml score` and `resistml explain` give risk and what it is made of; name a "
            "column under `data.treatment` to compare treatments",
        )
    check_by(model, by)
    blocks = [_rejected(profiles)]
    for setting, rows in grouped(profiles.records.setting, profiles.accepted).items():
        blocks += _Setting(model, profiles.records, setting, rows).blocks(everything, by)
    return _joined(profiles.records, blocks, with_those_of_evidence(model, COLUMNS))


@dataclass(frozen=True)
class _Block:
    """Lines of the answer: the profile of each, its place in his list, and columns.

    A column is a sequence, a line each, or one value for all.
    """

    rows: Rows
    place: Rows
    columns: Mapping[str, Any]


def _joined(records: Records, blocks: Sequence[_Block], names: Sequence[str]) -> Answer:
    """The lines of all blocks, by profile and place."""
    rows = np.concatenate([block.rows for block in blocks])
    order = np.lexsort((np.concatenate([block.place for block in blocks]), rows))
    answer: Answer = {"patient_id": records.patient_id[rows[order]]}
    answer["setting"] = records.setting[rows[order]]
    for name in names[2:]:
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
        self.doubts = doubts(model, records, setting, rows)
        everyone = np.arange(len(rows))
        self.why = [reasons(model.spec, self.records, a, everyone) for a in self.law.strategies]
        self.eligible: Bools = np.array([[not w for w in why] for why in self.why], dtype=bool).T
        few = [bool(self.doubts.unsupported(a)) for a in self.law.strategies]
        self.is_open: Bools = self.eligible & ~np.array(few, dtype=np.bool_)
        self.doubted = self.doubts.abstained

    def blocks(self, everything: bool, by: str) -> list[_Block]:
        """The lines of these profiles."""
        nothing = ~self.doubted & ~self.is_open.any(axis=1)
        closed = ~self.eligible.any(axis=1)
        doubted = np.flatnonzero(self.doubted)
        told = [f"{'; '.join(self.doubts.reasons(i))}: not ranked" for i in doubted.tolist()]
        said = [
            self._without_rank(doubted, told),
            self._without_rank(np.flatnonzero(nothing & closed), _NOT_OPEN),
            self._without_rank(np.flatnonzero(nothing & ~closed), _NOT_SUPPORTED),
        ]
        risks = self._risks()
        margins, extra = (np.stack(x, axis=1) for x in zip(*risks, strict=True))
        compared = compare(self.model, margins, self.is_open, extra)
        arms = self.law.strategies
        cautions = [_cautions(self.model.spec, a, self.records) for a in arms]
        counts = np.array([[len(c) for c in called] for called in cautions], dtype=np.int64).T
        valued = worth(self.model, self.records, arms, compared, counts, by)
        for j in range(len(arms)):
            said.append(self._ranked(compared, valued, cautions[j], j))
            said.append(self._unsupported(j))
            if everything:
                said.append(self._ineligible(j))
        return said

    def _risks(self) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
        """Per strategy the margins (n, bag), and the variance (n,) beside that of the bag."""
        named = [np.full(len(self.rows), a, dtype=object) for a in self.law.strategies]
        risks = [self.model.risk(self.records, a) for a in named]
        return [(risk.margins, risk.extra) for risk in risks]

    def _without_rank(self, which: Rows, text: str | list[str]) -> _Block:
        columns = {"status": "abstained", "message": text}
        return _Block(self.rows[which], np.zeros(len(which), dtype=np.int64), columns)

    def _ranked(
        self, compared: Comparison, valued: Worth, cautions: list[tuple[str, ...]], j: int
    ) -> _Block:
        """The lines of those for whom the j-th strategy is ranked."""
        name = self.law.strategies[j]
        mine = np.flatnonzero(self.is_open[:, j] & ~self.doubted)
        place = np.argmax(valued.order[mine] == j, axis=1)
        columns = {
            "rank": (place + 1).tolist(),
            "strategy": name,
            "value": valued.value[mine, j].tolist(),
            "p_response": compared.p[mine, j].tolist(),
            "lower": compared.lower[mine, j].tolist(),
            "upper": compared.upper[mine, j].tolist(),
            **self._evidence(name, mine),
            "p_best": compared.p_best[mine, j].tolist(),
            "tied": valued.tied[mine, j].tolist(),
            "cautions": [cautions[i] for i in mine.tolist()],
            "claims": self.model.spec.claims_in(
                self.model.spec.strategies[name].claims, self.law.id
            ),
            "status": "ok",
            "message": self._unmeasured_messages(name, mine),
        }
        return _Block(self.rows[mine], place, columns)

    def _unsupported(self, j: int) -> _Block:
        """After the ranked lines, those of whom the j-th strategy would be open, but for lack of
        training patients."""
        name = self.law.strategies[j]
        mine = np.flatnonzero(self.eligible[:, j] & ~self.is_open[:, j] & ~self.doubted)
        text = f"{self.doubts.unsupported(name)}: not ranked"
        columns = {"strategy": name, "status": "unsupported", "message": text}
        place = np.full(len(mine), len(self.law.strategies) + j)
        return _Block(self.rows[mine], place, columns)

    def _evidence(self, strategy: str, mine: Rows) -> dict[str, list[float]]:
        asked = np.full(len(mine), strategy, dtype=object)
        found = of_response(evidence_interval(self.model, self.records.take(mine), asked))
        return {name: ends.tolist() for name, ends in found.items()}

    def _ineligible(self, j: int) -> _Block:
        """The lines of those to whom the j-th strategy is closed, last of all."""
        mine = np.flatnonzero(~self.eligible[:, j] & ~self.doubted)
        columns = {
            "strategy": self.law.strategies[j],
            "status": "ineligible",
            "message": [self.why[j][i] for i in mine.tolist()],
        }
        place = np.full(len(mine), 2 * len(self.law.strategies) + j)
        return _Block(self.rows[mine], place, columns)

    def _unmeasured_messages(self, strategy: str, mine: Rows) -> list[str]:
        exposure = self.model.spec.strategies[strategy].exposure
        panel = panel_columns(self.model.spec, self.law.id)
        bearing = np.array([exposure.get(m, 0.0) != 0.0 for m in panel.values()], dtype=np.bool_)
        absent = labels(self.doubts.absent[mine] & bearing, tuple(panel))
        return [f"unmeasured, with a bearing here: {', '.join(m)}" if m else "" for m in absent]


def _cautions(spec: FeatureSpec, strategy: str, records: Records) -> list[tuple[str, ...]]:
    """(n,) the strategy's warnings that each record calls for."""
    cautions = spec.strategies[strategy].cautions
    n = len(records)
    held = [holds(records.columns, caution.when, n) for caution in cautions]
    called = np.column_stack(held) if held else np.zeros((n, 0), dtype=np.bool_)
    return labels(called, [caution.text for caution in cautions])
