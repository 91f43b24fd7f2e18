"""A small model, trained in about two seconds, for tests that need one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.evaluate.judge import records_of
from resistml.evidence import load_evidence
from resistml.learn.bundle import save_bundle
from resistml.learn.data import training_data
from resistml.learn.fit import Params, fit_bag
from resistml.learn.spec import build_spec
from resistml.notice import NOTICE
from resistml.world.laws import World
from resistml.world.solve import solve_world

#: With one number of rounds to choose from: twenty trees, whatever patients are drawn.
PARAMS = Params(bag=3, rounds=20, checks=1)


def train_small_bundle(out: Path, patients: int = 3_000, world: World | None = None) -> Path:
    """Train on a small cohort of a world, else of the default one, and save the bundle."""
    evidence = load_evidence()
    world = world or solve_world(evidence)
    cohort = Drawer(world, Plan(seed=5, n=patients, oracle=False)).block(0).cohort
    records = records_of(cohort, tuple(world.markers))
    spec = build_spec(evidence, world, records)
    y = np.asarray(cohort["resistant"], dtype=float)
    data = training_data(spec, records, np.asarray(cohort["strategy"], dtype=object), y)
    fitted = fit_bag(data, PARAMS, seed=1)
    about = {"name": "small", "notice": NOTICE, "seed": 1}
    save_bundle(fitted, spec, PARAMS, about, "# small\n", out)
    return out
