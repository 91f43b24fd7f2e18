"""What a ranking is worth: the true response rate of the strategies that it puts first."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def first_choice(judge: Judge, score: Floats) -> Ints:
    """(n,) oracle row with the highest score of each patient; ties go to the earlier arm."""
    order = np.lexsort((np.arange(len(score)), -score, judge.patient))
    _, first = np.unique(judge.patient[order], return_index=True)
    return np.asarray(order[first])


def policy_value(judge: Judge, score: Floats) -> float:
    """Mean true p(response) if each patient got his highest-scored eligible strategy."""
    return float(judge.p_response[first_choice(judge, score)].mean())


def best_fixed_rule(judge: Judge) -> tuple[float, dict[str, tuple[str, ...]]]:
    """Value of the best fixed priority list of each setting, and the lists.

    Each patient gets the first strategy on his setting's list that he is eligible for; the
    lists are chosen with true values, so no learner of fixed rules could do better.
    """
    total, lists = 0.0, {}
    setting = judge.records.setting[judge.patient]
    for name in sorted(set(judge.records.setting.astype(str))):
        rows = np.flatnonzero(setting == name)
        people, local = np.unique(judge.patient[rows], return_inverse=True)
        arms = sorted(set(judge.arm[rows].astype(str)))
        p = np.full((len(people), len(arms)), np.nan)
        for j, arm in enumerate(arms):
            mine = judge.arm[rows] == arm
            p[local[mine], j] = judge.p_response[rows[mine]]
        value, best = _best_list(p)
        total += value
        lists[name] = tuple(arms[j] for j in best)
    return total / len(judge.records), lists


def _best_list(p: Floats) -> tuple[float, tuple[int, ...]]:
    """Sum of p under the best order of the columns; NaN = not eligible."""
    best, chosen = -1.0, tuple(range(p.shape[1]))
    open_ = ~np.isnan(p)
    rows = np.arange(len(p))
    for order in permutations(range(p.shape[1])):
        first = np.array(order)[np.argmax(open_[:, order], axis=1)]
        value = float(p[rows, first].sum())
        if value > best:
            best, chosen = value, order
    return best, chosen


def captured(learned: float, fixed: float, fair: float) -> float:
    """Share of the gain over the best fixed rule that is had; NaN where there is none to have."""
    return (learned - fixed) / (fair - fixed) if fair > fixed else float("nan")
