"""Whether the intervals for the evidence hold what is true in worlds that no line was fitted to.

The patients of one world share its laws: its rows are right or wrong together. What is known of
the share held is therefore told from world to world, not from row to row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.cohort.plan import Plan
from resistml.columns import EVIDENCE
from resistml.errors import ModelError
from resistml.evaluate.judge import Judge, draw_judge
from resistml.predict.evidence import evidence_interval
from resistml.predict.model import Model
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """How often intervals hold the truth.

    Attributes
    ----------
    held : float
        Mean over worlds of the share of rows (patient and eligible strategy) whose fair
        p(resistance) lies within the interval.
    error : float
        Its standard error, from the spread over worlds; NaN of one world.
    width : float
        Mean width in probability.
    rows : int
    """

    held: float
    error: float
    width: float
    rows: int


@dataclass(frozen=True)
class EvidenceFigures:
    """What the intervals for the evidence hold in held-out worlds.

    Attributes
    ----------
    worlds, fitted : int
        Worlds judged on, and worlds that the interval was made from.
    overall : Share
    by_world : tuple of float
        The share held in each world.
    by_setting, by_arm, by_unmeasured : dict of str to Share
        By setting, by ``setting/strategy`` and by how many markers of the panel were unmeasured.
    model_within : float
        Share of rows whose p(resistance) by the model lies within the interval for the evidence.
    """

    worlds: int
    fitted: int
    overall: Share
    by_world: tuple[float, ...]
    by_setting: dict[str, Share]
    by_arm: dict[str, Share]
    by_unmeasured: dict[str, Share]
    model_within: float

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is not known is None."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return None if isinstance(value, float) and value != value else value


def evidence_figures(
    model: Model,
    worlds: Iterable[World],
    plan: Plan,
    told: Callable[[int], None] | None = None,
) -> EvidenceFigures:
    """Judge the intervals of a model on fresh patients of worlds that it was not made from.

    Parameters
    ----------
    worlds : iterable of World
        Such as those that :func:`resistml.world.ensemble.ensemble` draws with another seed.
    plan : Plan
        The patients drawn of each world, the seed one more from world to world.
    told : callable, optional
        Told how many worlds are done.

    Raises
    ------
    ModelError
        If the model has no ensemble, or there is no world to judge on.
    """
    ensemble = model.parts.ensemble
    if ensemble is None:
        raise ModelError(
            "has no ensemble of worlds, so no intervals for the evidence",
            hint="train it with `ensemble.worlds` above 0",
        )
    rows = []
    for number, world in enumerate(worlds):
        judge = draw_judge(world, replace(plan, seed=plan.seed + number, oracle=True))
        rows.append(_rows(model, judge, number))
        if told is not None:
            told(number + 1)
    if not rows:
        raise ModelError("there is no world to judge it on", hint="name one or more")
    table = {name: np.concatenate([part[name] for part in rows]) for name in rows[0]}
    overall, by_world = _share(table)
    return EvidenceFigures(
        worlds=len(rows),
        fitted=len(ensemble.intercepts),
        overall=overall,
        by_world=by_world,
        by_setting=dict(_by(table, "setting")),
        by_arm=dict(_by(table, "arm")),
        by_unmeasured=dict(_by(table, "unmeasured")),
        model_within=float(table["model_within"].mean()),
    )


def _rows(model: Model, judge: Judge, number: int) -> dict[str, npt.NDArray[Any]]:
    """Columns with a row per patient of a world and eligible strategy."""
    records = judge.oracle_records
    low, high = (evidence_interval(model, records, judge.arm)[name] for name in EVIDENCE)
    fair, own = 1 - judge.p_fair, model.risk(records, judge.arm).p
    settings = records.setting.astype(str)
    return {
        "world": np.full(len(fair), number),
        "held": (low <= fair) & (fair <= high),
        "width": high - low,
        "model_within": (low <= own) & (own <= high),
        "setting": settings,
        "arm": np.char.add(np.char.add(settings, "/"), judge.arm.astype(str)),
        "unmeasured": _unmeasured(model, judge)[judge.patient].astype(str),
    }


def _unmeasured(model: Model, judge: Judge) -> npt.NDArray[np.int64]:
    """(n,) how many markers of his setting's panel were not measured in each patient."""
    out = np.zeros(len(judge.records), dtype=np.int64)
    for name, law in model.spec.settings.items():
        mine = np.flatnonzero(judge.records.setting == name)
        for marker in law.panel:
            out[mine] += np.isnan(judge.records.column(marker)[mine])
    return out


def _by(table: dict[str, npt.NDArray[Any]], name: str) -> Iterator[tuple[str, Share]]:
    for group in np.unique(table[name]).tolist():
        mine = table[name] == group
        yield group, _share({k: v[mine] for k, v in table.items()})[0]


def _share(table: dict[str, npt.NDArray[Any]]) -> tuple[Share, tuple[float, ...]]:
    """The share held, and that of each world with a row."""
    worlds, at = np.unique(table["world"], return_inverse=True)
    by_world = np.bincount(at, weights=table["held"]) / np.bincount(at)
    n = len(worlds)
    error = float(by_world.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    share = Share(float(by_world.mean()), error, float(table["width"].mean()), len(at))
    return share, tuple(by_world.tolist())
