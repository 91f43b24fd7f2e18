"""A feature spec of the shipped catalog, and patients to turn into a matrix."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.evaluate.judge import records_of
from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.spec import build_spec
from resistml.world.laws import World

N = 4_000


@pytest.fixture(scope="session")
def drawn(world: World) -> tuple[Records, Words]:
    """Drawn patients, and the strategy that each was given."""
    cohort = Drawer(world, Plan(seed=3, n=N, oracle=False)).block(0).cohort
    return records_of(cohort, tuple(world.markers)), np.asarray(cohort["strategy"], dtype=object)


@pytest.fixture(scope="session")
def spec(evidence: Evidence, world: World, drawn: tuple[Records, Words]) -> FeatureSpec:
    """The spec of a model that is trained on them."""
    return build_spec(evidence, world, drawn[0])
