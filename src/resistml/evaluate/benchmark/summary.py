"""Over the seeds: means with their standard errors, and the model against each peer by draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from resistml.evaluate.peers import MODEL

Row = Mapping[str, Any]

#: What is averaged where it is there; ``auc_gap`` is the fair oracle's AUC less the learner's.
FIGURES = (
    *("auc", "auc_gap", "logloss", "mae", "ece", "value_learned", "captured"),
    *("coverage", "coverage_bag", "width"),
    *("p_best_error", "set_coverage", "set_size", "seconds"),
)
#: What is found of each setting with enough patients, and which is the worst.
BY_SETTING = {"ece": max, "coverage": min}
#: What the model is compared by, and whether more of it is better.
COMPARED = {"captured": True, "auc": True, "logloss": False, "mae": False}


def summary(results: Iterable[Row]) -> list[dict[str, Any]]:
    """A row per world, number of patients and learner, in the order of their first results.

    Each has ``seeds``; every figure that all its results have, as ``mean, se`` (the standard
    error of the mean over seeds, None for one seed); ``captured_least``, the least share captured;
    of ``ece`` and ``coverage`` also ``_worst_setting``, the worst of the settings' means over
    seeds with the ``setting``, and ``_worst_setting_of_a_run``, the mean over seeds of the worst,
    which is worse for chance alone; and, for a peer, ``model_against``: per figure compared the
    ``mean, se`` of model less peer on the same draw, and on how many draws ``of`` how many the
    model is the better one, ``wins``.
    """
    groups: dict[tuple[str, int, str], dict[int, Row]] = {}
    for row in results:
        which = row["world"], row["patients"], row["learner"]
        groups.setdefault(which, {})[row["seed"]] = row
    return [
        _summed(which, by_seed, groups.get((*which[:2], MODEL), {}))
        for which, by_seed in groups.items()
    ]


def _summed(
    which: tuple[str, int, str], mine: Mapping[int, Row], model: Mapping[int, Row]
) -> dict[str, Any]:
    world, patients, learner = which
    rows = [{**row, "auc_gap": _gap(row)} for row in mine.values()]
    out: dict[str, Any] = {"world": world, "patients": patients, "learner": learner}
    out["seeds"] = len(rows)
    for name in FIGURES:
        values = [row[name] for row in rows if row.get(name) is not None]
        if values and len(values) == len(rows):
            out[name] = mean_se(values)
    for name, worst in BY_SETTING.items():
        out |= _by_setting(name, worst, [row.get(f"{name}_by_setting") for row in rows])
    shares = [row["captured"] for row in rows if row["captured"] is not None]
    out["captured_least"] = min(shares, default=None)
    if learner != MODEL:
        out["model_against"] = _against(model, mine)
    return out


def _by_setting(
    name: str, worst: Callable[..., Any], found: Sequence[Mapping[str, float] | None]
) -> dict[str, Any]:
    """The worst of the settings' means over seeds, and the mean over seeds of the worst."""
    whole = [row for row in found if row]
    if not whole or len(whole) < len(found):
        return {}
    means = {s: mean_se([row[s] for row in whole]) for s in whole[0]}
    setting = worst(means, key=lambda s: means[s]["mean"])
    return {
        f"{name}_worst_setting": {**means[setting], "setting": setting},
        f"{name}_worst_setting_of_a_run": mean_se([worst(row.values()) for row in whole]),
    }


def _gap(row: Row) -> float | None:
    return None if row["auc"] is None else row["auc_fair"] - row["auc"]


def _against(model: Mapping[int, Row], peer: Mapping[int, Row]) -> dict[str, Any]:
    """The model less a peer, over the seeds that both have."""
    out: dict[str, Any] = {}
    for name, more_is_better in COMPARED.items():
        pairs = [(model[seed][name], peer[seed][name]) for seed in peer if seed in model]
        gaps = [a - b for a, b in pairs if a is not None and b is not None]
        if gaps:
            wins = sum(gap > 0 if more_is_better else gap < 0 for gap in gaps)
            out[name] = {**mean_se(gaps), "wins": wins, "of": len(gaps)}
    return out


def mean_se(values: Sequence[float]) -> dict[str, float | None]:
    """The mean, and its standard error; None for a single value."""
    n = len(values)
    se = float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else None
    return {"mean": float(np.mean(values)), "se": se}
