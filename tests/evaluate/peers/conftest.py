"""Patients to learn from, and patients whose truth is known to judge on."""

from __future__ import annotations

import pytest

from resistml.cohort.plan import Plan
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.peers import Training
from resistml.predict.model import Model
from resistml.world.laws import World
from tests.patients import Patients, draw


def training_of(model: Model, patients: Patients, **changes: object) -> Training:
    """What a peer is given of some patients."""
    of = {"records": patients.records, "strategy": patients.strategy, "y": patients.y, "seed": 1}
    return Training(model.spec, **{**of, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def training(model: Model, world: World) -> Training:
    """4,000 patients."""
    return training_of(model, draw(world, seed=43, n=4_000))


@pytest.fixture(scope="session")
def judge(world: World) -> Judge:
    """3,000 fresh patients."""
    return draw_judge(world, Plan(seed=44, n=3_000))
