"""What a ranking is worth: the true response rate of the strategies that it puts first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Rows(Protocol):
    """Rows of a patient and a strategy open to him."""

    @property
    def patient(self) -> Ints:
        """(m,) the patient of each row."""
        ...


def first_choice(rows: Rows, score: Floats) -> Ints:
    """(n,) row with the highest score of each patient; ties go to the earlier row."""
    order = np.lexsort((np.arange(len(score)), -score, rows.patient))
    _, first = np.unique(rows.patient[order], return_index=True)
    return np.asarray(order[first])


def policy_value(judge: Judge, score: Floats) -> float:
    """Mean true p(response) if each patient got his highest-scored eligible strategy."""
    return float(judge.p_response[first_choice(judge, score)].mean())


def follow(judge: Judge, rule: Mapping[str, tuple[str, ...]]) -> Ints:
    """(n,) oracle row of the first strategy on the setting's list that each is eligible for."""
    setting = judge.records.setting[judge.patient]
    place = {(s, a): -float(k) for s, arms in rule.items() for k, a in enumerate(arms)}
    pairs = zip(setting.tolist(), judge.arm.tolist(), strict=True)
    return first_choice(judge, np.array([place.get(pair, -np.inf) for pair in pairs]))


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
        value, best = best_list(p)
        total += value
        lists[name] = tuple(arms[j] for j in reached(p, best))
    return total / len(judge.records), lists


def best_list(p: Floats) -> tuple[float, tuple[int, ...]]:
    """The best priority list of A arms for n patients.

    Parameters
    ----------
    p : (n, A) array
        Probability of response; NaN where the patient is not eligible.

    Returns
    -------
    value : float
        Sum over patients of p under the first arm on the list that each is eligible for.
    order : tuple of int
        The arms, first to last; of equal lists the one that comes first in the dictionary.

    Notes
    -----
    What an arm adds depends only on which arms stand before it, not on their order, so the
    best list is found over the 2^A sets of arms rather than the A! orders.
    """
    arms = p.shape[1]
    gains = _gains(p)
    best = np.zeros(1 << arms)
    choice = np.zeros(1 << arms, dtype=np.int64)
    for before in range((1 << arms) - 2, -1, -1):
        left = [j for j in range(arms) if not before >> j & 1]
        values = [gains[before, j] + best[before | 1 << j] for j in left]
        top = max(values)
        first = next(k for k, v in enumerate(values) if v >= top - 1e-12 * max(abs(top), 1.0))
        best[before], choice[before] = values[first], left[first]
    order: list[int] = []
    while len(order) < arms:
        order.append(int(choice[sum(1 << j for j in order)]))
    return float(best[0]), tuple(order)


def reached(p: Floats, order: tuple[int, ...]) -> tuple[int, ...]:
    """The arms of a list that some patient gets; from p (n, A) with NaN = not eligible."""
    is_open = ~np.isnan(p)
    first = np.array(order)[np.argmax(is_open[:, order], axis=1)]
    got = set(first[is_open.any(axis=1)].tolist())
    return tuple(j for j in order if j in got)


def _gains(p: Floats) -> Floats:
    """(2^A, A) sum of p under arm j over patients eligible for it and for no arm of the set."""
    arms = p.shape[1]
    is_open = ~np.isnan(p)
    mask = is_open @ (1 << np.arange(arms))
    masks, code = np.unique(mask, return_inverse=True)
    sums = np.zeros((len(masks), arms))
    np.add.at(sums, code, np.where(is_open, p, 0.0))
    free = (np.arange(1 << arms)[:, None] & masks) == 0
    return np.asarray(free @ sums)


def captured(learned: float, fixed: float, fair: float) -> float:
    """Share of the gain over the best fixed rule that is had; NaN where there is none to have."""
    return (learned - fixed) / (fair - fixed) if fair > fixed else float("nan")
