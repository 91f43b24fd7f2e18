"""The patients of a cohort whom a claim is about, and how several groups are pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from resistml.cohort.curves import Curve
from resistml.cohort.observed import Group, Observed, Words
from resistml.features.conditions import holds
from resistml.world.laws import World
from resistml.world.moments import Cell

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Part:
    """The n patients of a cell who were given its strategy.

    Attributes
    ----------
    cell : Cell
    member : (N,) array
        1 for those of the setting whom the cell is about, and the strategy open to, by their
        record; its mean is the cell's share of the setting.
    reached : float
        Share of those the cell is about to whom the strategy is open.
    kept : float
        Share of the patients given the strategy whom a narrower question is about.
    weight : (n,) array
        For how many patients each stands.
    response : (n,) array of str
    times, events : mappings of ``pfs`` and ``os`` to (n,) arrays
        Months followed, and whether the event was seen.
    """

    cell: Cell
    member: Floats
    reached: float
    weight: Floats
    response: Words
    times: Mapping[str, Floats]
    events: Mapping[str, Bools]
    kept: float = 1.0

    @property
    def n(self) -> int:
        """Patients."""
        return len(self.weight)

    @property
    def size(self) -> float:
        """Patients of equal weight who would tell as much, by Kish."""
        return float(self.weight.sum() ** 2 / (self.weight**2).sum())

    @property
    def share(self) -> float:
        """Share of the setting's patients: what the part counts in a pooled figure."""
        return float(self.member.mean()) * self.kept

    def narrowed(self, chosen: Bools, start: float = 0.0) -> Part:
        """Those chosen, their times counted from ``start`` months on."""
        kept = float(self.weight[chosen].sum() / self.weight.sum()) if self.n else 0.0
        return replace(
            self,
            weight=self.weight[chosen],
            response=self.response[chosen],
            times={name: months[chosen] - start for name, months in self.times.items()},
            events={name: seen[chosen] for name, seen in self.events.items()},
            kept=self.kept * kept,
        )

    def failed(self, lost: Bools) -> Part:
        """The same patients, some of whom had every event at the very start."""
        return replace(
            self,
            times={name: np.where(lost, 0.0, months) for name, months in self.times.items()},
            events={name: seen | lost for name, seen in self.events.items()},
        )


def parts_of(world: World, observed: Observed, cells: Sequence[Cell]) -> list[Part]:
    """A part for each cell whose setting the cohort has patients of."""
    return [
        _part(world, observed.groups[cell.setting], cell, by_lot=observed.by_lot)
        for cell in cells
        if cell.setting in observed.groups
    ]


def _part(world: World, group: Group, cell: Cell, *, by_lot: bool) -> Part:
    open_arms = group.open_arms(world, cell.setting)
    mine = open_arms[cell.arm]
    about = holds(group.columns, cell.conditions, len(group)) if cell.conditions else mine
    reached = mine & about
    given = reached & (group.strategy == cell.arm)
    many = np.sum(list(open_arms.values()), axis=0)[given] if by_lot else np.ones(given.sum())
    return Part(
        cell=cell,
        member=reached.astype(float),
        reached=float(reached.sum() / about.sum()) if about.any() else 1.0,
        weight=np.asarray(many, dtype=np.float64),
        response=group.response[given],
        times={name: months[given] for name, months in group.times.items()},
        events={name: seen[given] for name, seen in group.events.items()},
    )


def pooled(parts: Sequence[Part], values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Mean of the parts' values weighted by their shares, with its standard error.

    Parameters
    ----------
    values, errors : (C, T) arrays
        T figures of each of C parts, and their standard errors.

    Returns
    -------
    value, error : (T,) arrays

    Notes
    -----
    With shares s_c and R = sum(s_c v_c) / sum(s_c), by the delta method

        Var R = sum_c (s_c / S)^2 Var v_c + sum_setting d' Cov(shares) d / S^2,  d_c = v_c - R

    since patients given different strategies are different patients, while the shares of a
    setting's cells come from all of its patients.
    """
    share = np.array([part.share for part in parts])
    total = share.sum()
    value = share @ values / total
    variance = (share / total) ** 2 @ errors**2
    apart = values - value
    for setting in {part.cell.setting for part in parts}:
        at = [i for i, part in enumerate(parts) if part.cell.setting == setting]
        member = np.column_stack([parts[i].member * parts[i].kept for i in at])
        spread = np.atleast_2d(np.cov(member, rowvar=False, bias=True)) / len(member)
        # What is known of a narrower question's share comes from those given the strategy.
        loose = [parts[i].share ** 2 * (1 - parts[i].kept) / parts[i].size for i in at]
        spread = spread + np.diag(loose)
        variance += np.einsum("ct,cd,dt->t", apart[at], spread, apart[at]) / total**2
    return np.asarray(value), np.asarray(np.sqrt(variance))


def pooled_curve(parts: Sequence[Part], curves: Sequence[Curve]) -> Curve:
    """The curve of a population made of the parts by their shares."""
    if len(curves) == 1:
        return curves[0]
    times = np.unique(np.concatenate([curve.times for curve in curves]))
    found = [curve.at(times) for curve in curves]
    survival, error = (np.vstack([f[i] for f in found]) for i in (0, 1))
    return Curve(times, *pooled(parts, survival, error))
