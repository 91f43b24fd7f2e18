"""The patients of each setting, or arm, as a small dense matrix over the parameters that concern
them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.learn.layout import Layout

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Patients of one setting, or of one arm.

    Attributes
    ----------
    rows : (n,) array of int
        Their places among all patients.
    x : (n, k) array
        Columns, of which the last are 1 for the arm that was given.
    spread : (k, size) array
        Which parameters a column's coefficient is the sum of: ``x @ spread`` is the design.
    """

    rows: Ints
    x: Floats
    spread: Floats

    def curvature(self, weight: Floats) -> tuple[Ints, Floats]:
        """The parameters concerned, and their part of design' diag(weight) design."""
        at = np.flatnonzero(self.spread.any(axis=0))
        held = self.spread[:, at]
        inner = (self.x * weight[self.rows, None]).T @ self.x
        return at, held.T @ inner @ held


def blocks_of(layout: Layout, bent: Floats, clinical: Floats, arms: Ints) -> list[Block]:
    """The blocks of all patients: a setting each, or where strategies are shrunk apart an arm each,
    since what they have of their own are then most columns, and 0 in all patients but theirs.

    Parameters
    ----------
    bent : (n, places, SEGMENTS) array
    clinical : (n, columns) array
    arms : (n,) array of int
    """
    terms = layout.terms
    together = [np.flatnonzero(terms.setting == s) for s in range(layout.settings)]
    if terms.apart:
        together = [np.array([arm]) for arm in range(layout.arms)]
    found = []
    for mine in together:
        rows = np.flatnonzero(np.isin(arms, mine))
        if len(rows):
            found.append(_block(layout, mine, rows, bent[rows], clinical[rows], arms[rows]))
    return found


def _block(
    layout: Layout, mine: Ints, rows: Ints, bent: Floats, clinical: Floats, arms: Ints
) -> Block:
    """The block of the patients of some arms of one setting."""
    terms, n, setting = layout.terms, len(rows), layout.terms.setting[mine[0]]
    columns: list[Floats] = []
    places: list[Ints] = []

    def add(values: Floats, at: Ints) -> None:
        columns.append(values.reshape(n, -1))
        places.append(np.atleast_2d(at.T).T)  # a row of places per column

    f = bent.sum(axis=2)
    for place, marker in enumerate(terms.marker[setting]):
        if marker < 0:
            break
        exposure, at = terms.exposure[arms, place], layout.at_marker[marker]
        values = bent[:, place] if len(at) > 1 else f[:, [place]]
        add(exposure[:, None] * values, at)
    add(clinical, layout.at_clinical)
    if layout.own:
        for arm in mine:
            given = arms == arm
            for place, marker in enumerate(terms.marker[setting]):
                key = int(terms.strategy[arm]), int(marker)
                if marker >= 0:
                    add(f[:, place] * given, np.array([layout.at_own[key]]))
    add((arms[:, None] == mine).astype(float), layout.at_pair[mine])
    spread = np.zeros((sum(c.shape[1] for c in columns), layout.size))
    start = 0
    for values, at in zip(columns, places, strict=True):
        for k in range(values.shape[1]):
            spread[start + k, at[k]] = 1.0
        start += values.shape[1]
    return Block(rows, np.hstack(columns), spread)
