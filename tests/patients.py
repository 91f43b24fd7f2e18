"""Drawn patients, and the small model asked about them: fixtures of several folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.evaluate.judge import records_of
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.predict.model import Model, load_bundle
from resistml.tables.profiles import Profiles, profiles_from_rows
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Patients:
    """Drawn patients with the strategy that each was given, and 1 = resistant to it."""

    columns: dict[str, Any]
    records: Records
    strategy: Words
    y: Floats

    def profiles(self, spec: FeatureSpec, *, named: bool = True) -> Profiles:
        """The patients as profiles, which name the strategy given or none."""
        names = ("patient_id", "setting", "age", "sex", "ecog", *spec.markers)
        columns = {name: self.columns[name] for name in names}
        return profiles_from_rows(
            {**columns, "strategy": self.columns["strategy"]} if named else columns, spec
        )


def draw(world: World, *, seed: int, n: int) -> Patients:
    """Patients of a world, in one block."""
    columns = Drawer(world, Plan(seed=seed, n=n, oracle=False)).block(0).cohort
    return Patients(
        columns,
        records_of(columns, tuple(world.markers)),
        np.asarray(columns["strategy"], dtype=object),
        np.asarray(columns["resistant"], dtype=float),
    )


@pytest.fixture(scope="session")
def patients(world: World) -> Patients:
    """1,200 patients whom the small model has not seen."""
    return draw(world, seed=42, n=1_200)


@pytest.fixture(scope="session")
def model(small_bundle: Path) -> Model:
    """The small model."""
    return load_bundle(small_bundle)
