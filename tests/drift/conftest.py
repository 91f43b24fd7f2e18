"""The small model with a description of its training patients, and fresh patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from resistml.learn.marginals import fit_marginals
from resistml.learn.support import fit_support
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.tables.profiles import Profiles, profiles_from_rows
from resistml.world.laws import World
from tests.patients import Patients, draw, model

__all__ = ["model"]

#: Of those that the small model was trained on; see :mod:`tests.small`.
SEED, TRAINED = 5, 3_000
Columns = dict[str, Any]


@pytest.fixture(scope="session")
def trained(world: World) -> Patients:
    """The small model's training patients."""
    return draw(world, seed=SEED, n=TRAINED)


@pytest.fixture(scope="session")
def watched(model: Model, trained: Patients) -> Model:
    """The small model, with what drift needs."""
    parts = Parts(
        support=fit_support(model.spec, trained.records, trained.strategy),
        marginals=fit_marginals(model, trained.records, trained.strategy),
    )
    return replace(model, parts=parts)


@pytest.fixture(scope="session")
def fresh(world: World, model: Model) -> Callable[..., Profiles]:
    """`fresh(seed, n, plant)`: ordinary patients, or such as ``plant`` makes of their columns."""

    def made(seed: int, n: int, plant: Callable[[Columns], Columns] | None = None) -> Profiles:
        drawn = draw(world, seed=seed, n=n).columns
        names = ("patient_id", "setting", "strategy", "age", "sex", "ecog", *model.spec.markers)
        columns = {name: drawn[name].copy() for name in names}
        return profiles_from_rows(plant(columns) if plant else columns, model.spec)

    return made
