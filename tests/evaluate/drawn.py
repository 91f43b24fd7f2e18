"""Patients treated by somebody's choice, with the true chance of each of their options."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resistml.cohort.assignment import Assignment
from resistml.cohort.draw import Columns, Drawer
from resistml.cohort.plan import Plan
from resistml.cohort.records import records_of
from resistml.evaluate.doubly_robust import Observed
from resistml.evaluate.options import Options, options_of
from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.spec import build_spec
from resistml.world.draft import draft_world
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]


def spec_of(evidence: Evidence, world: World) -> FeatureSpec:
    """The spec that 1,200 patients give."""
    cohort = Drawer(world, Plan(seed=42, n=1_200, oracle=False)).block(0).cohort
    records = records_of(cohort, tuple(world.markers))
    return build_spec(evidence, draft_world(evidence), records)


class Drawn:
    """Patients of a world, with their options and the true chance of being given each."""

    def __init__(
        self, world: World, spec: FeatureSpec, *, how: Assignment = "confounded", n: int, seed: int
    ) -> None:
        block = Drawer(world, Plan(seed, n, how)).block(0)
        cohort: Columns = block.cohort
        self.spec = spec
        self.records: Records = records_of(cohort, tuple(world.markers))
        self.strategy: Words = np.asarray(cohort["strategy"], dtype=object)
        self.resistant: Floats = np.asarray(cohort["resistant"], dtype=float)
        self.options: Options = options_of(spec, self.records, self.strategy)
        self.chance: Floats = block.oracle["propensity"].astype(float)
        self.p_response: Floats = block.oracle["p_response"].astype(float)

    @property
    def given(self) -> npt.NDArray[np.int64]:
        return self.options.given

    @property
    def observed(self) -> Observed:
        return Observed.of(self.spec, self.records, self.strategy, self.resistant)
