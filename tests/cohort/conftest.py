"""Cohorts drawn once for all tests of this folder."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.cohort.draw import Columns, Drawer, Drawn
from resistml.cohort.plan import Plan
from resistml.rng import BLOCK
from resistml.world.laws import World

SEED = 4


@pytest.fixture(scope="session")
def block(world: World) -> Drawn:
    """One whole block of the shipped world, with its oracle."""
    return Drawer(world, Plan(seed=SEED, n=BLOCK)).block(0)


@pytest.fixture(scope="session")
def patients(world: World) -> tuple[Columns, Columns]:
    """Six blocks without their oracle: the cohort's columns and the true markers'."""
    drawer = Drawer(world, Plan(seed=SEED, n=6 * BLOCK, oracle=False))
    blocks = [drawer.block(i) for i in range(6)]
    cohort, true = (
        {
            k: np.concatenate([getattr(b, table)[k] for b in blocks])
            for k in getattr(blocks[0], table)
        }
        for table in ("cohort", "markers_true")
    )
    return cohort, true
