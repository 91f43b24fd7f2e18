"""Whether explanations tell the truth: contributions of mechanisms against the fair truth.

Both are taken about their mean within each setting and strategy, since what is common to all
patients of an arm belongs to the arm and is no explanation of a patient. A cell (setting, strategy,
mechanism) counts where a marker of the mechanism has a bearing on the strategy: as the model was
told, or in truth.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from resistml.evaluate.judge import Judge
from resistml.explain.groups import by_mechanism, group_index, groups
from resistml.features.matrix import arm_codes
from resistml.predict.contributions import Contributions, bearing, contributions
from resistml.predict.model import Model

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: Most rows over which explanations are judged.
JUDGED = 5_000
#: Least distance of the truth from its mean, in log-odds, at which its sign is asked after. It
#: moves a probability by 2.5 points at most.
SIGNED = 0.1
#: What varies by less is level.
_LEVEL = 1e-9


@dataclass(frozen=True)
class Fidelity:
    """Agreement of explanations with the fair truth; NaN where it is not defined.

    Attributes
    ----------
    correlation : float
        Pearson correlation over rows and the mechanisms of resistance; 1 is perfect.
    sign : float
        Share of those cells, with a truth of :data:`SIGNED` or more from its mean, whose
        contribution is on the same side.
    leading : float
        Share of rows whose mechanism furthest from its mean, either way, is the true one; of rows
        with two mechanisms or more to choose from.
    leading_guess : float
        The same, of always naming the mechanism that in the row's setting and strategy is most
        often the true one.
    by_mechanism : dict of str to float
        Correlation of each, and of ``clinical``.
    importance : dict of str to float
        Mean absolute contribution of each group.
    inert : float
        Share of the mean absolute contribution of markers that falls to markers which in truth do
        nothing; NaN where there are none.
    rows, cells : int
        How many rows, and how many (row, mechanism), this is over.
    """

    correlation: float = float("nan")
    sign: float = float("nan")
    leading: float = float("nan")
    leading_guess: float = float("nan")
    by_mechanism: dict[str, float] = field(default_factory=dict)
    importance: dict[str, float] = field(default_factory=dict)
    inert: float = float("nan")
    rows: int = 0
    cells: int = 0


def fidelity(
    model: Model, judge: Judge, *, inert: Collection[str] = (), most: int = JUDGED
) -> Fidelity:
    """Judge a model's explanations of the strategies that the judge's patients were given.

    Parameters
    ----------
    inert : collection of str
        Markers that in truth do nothing.
    most : int
        Rows at most, the first ones: they are in no order.
    """
    rows = judge.given[:most]
    records, arm = judge.oracle_records.take(rows), judge.arm[rows]
    found, spec = contributions(model, records, arm), model.spec
    rolled, every = by_mechanism(spec, found), groups(spec)
    names = tuple(g for g in every if g != "context" and g in judge.fair_truth)
    places = [every.index(g) for g in names]
    codes = arm_codes(spec, records.setting, arm)
    importance = np.abs(rolled).mean(axis=0) if len(rows) else np.zeros(len(every))
    return agreement(
        names,
        rolled[:, places],
        np.column_stack([judge.fair_truth[g][rows] for g in names])
        if names
        else np.zeros((len(rows), 0)),
        codes,
        told(model)[:, places][codes],
        importance=dict(zip(every, importance.tolist(), strict=True)),
        inert=inert_share(found, inert, spec.markers),
    )


def agreement(
    names: tuple[str, ...],
    found: Floats,
    truth: Floats,
    codes: Ints,
    counted: Bools,
    *,
    importance: dict[str, float] | None = None,
    inert: float = float("nan"),
) -> Fidelity:
    """The figures from contributions and truth, both (n, groups).

    Parameters
    ----------
    names : tuple of str
        The groups. ``clinical`` has a figure of its own and is no mechanism of resistance.
    codes : (n,) array of int
        Setting and strategy of each row.
    counted : (n, groups) array of bool
        Cells that count; those in which the truth varies do anyway.
    """
    left, right = about_means(found, codes), about_means(truth, codes)
    cells = counted | (_spread(right, codes) > _LEVEL)
    mechanisms = [j for j, name in enumerate(names) if name != "clinical"]
    mine = cells[:, mechanisms]
    x, y = left[:, mechanisms], right[:, mechanisms]
    signed = mine & (np.abs(y) >= SIGNED)
    return Fidelity(
        correlation=_correlation(x[mine], y[mine]),
        sign=_mean((np.sign(x) == np.sign(y))[signed]),
        **_leading(x, y, mine, codes),
        by_mechanism={
            name: _correlation(left[cells[:, j], j], right[cells[:, j], j])
            for j, name in enumerate(names)
        },
        importance=importance or {},
        inert=inert,
        rows=len(codes),
        cells=int(mine.sum()),
    )


def told(model: Model) -> Bools:
    """(arms, groups) whether any column of a group bears on a strategy, as the model was told."""
    spec, bears = model.spec, bearing(model.spec)
    out = np.zeros((len(bears), len(groups(spec))), dtype=bool)
    for j, group in enumerate(group_index(spec).tolist()):
        out[:, group] |= bears[:, j]
    return out


def inert_share(found: Contributions, inert: Collection[str], markers: Collection[str]) -> float:
    """Share of the markers' mean absolute contribution that falls to the ``inert`` ones."""
    size = dict(zip(found.columns, np.abs(found.values).sum(axis=0).tolist(), strict=True))
    total = sum(size[m] for m in markers)
    if not inert or total == 0:
        return float("nan")
    return float(sum(size[m] for m in inert if m in markers) / total)


def about_means(values: Floats, codes: Ints) -> Floats:
    """(n, groups) values less their mean over the rows of the same code."""
    return np.asarray(values - _means(values, codes))


def _means(values: Floats, codes: Ints) -> Floats:
    _, place = np.unique(codes, return_inverse=True)
    count = np.maximum(np.bincount(place), 1)
    sums = [np.bincount(place, weights=column) / count for column in values.T]
    return np.column_stack([s[place] for s in sums]) if sums else np.zeros(values.shape)


def _spread(centred: Floats, codes: Ints) -> Floats:
    """(n, groups) standard deviation over the rows of the same code."""
    return np.asarray(np.sqrt(_means(centred**2, codes)))


def _leading(x: Floats, y: Floats, cells: Bools, codes: Ints) -> dict[str, float]:
    """How often the leading mechanism is the true one, and of the best guess by code alone."""
    choice = cells.sum(axis=1) >= 2
    if not choice.any():
        return {}
    first, true = (np.argmax(np.where(cells, np.abs(v), -1.0), axis=1)[choice] for v in (x, y))
    right = 0
    for code in np.unique(codes[choice]):
        right += int(np.bincount(true[codes[choice] == code]).max())
    return {"leading": _mean(first == true), "leading_guess": right / int(choice.sum())}


def _correlation(x: Floats, y: Floats) -> float:
    if len(x) < 3 or x.std() <= _LEVEL or y.std() <= _LEVEL:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def _mean(right: Bools) -> float:
    return float(right.mean()) if right.size else float("nan")
