"""The default world without solving it anew, and quick settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resistml.evaluate.benchmark.work import Bencher
from resistml.evidence import Evidence
from resistml.learn.params import Params
from resistml.predict.model import Model
from resistml.world.laws import World
from resistml.world.solve import solve_world

QUICK = Params(bag=2, rounds=4, checks=1)


class Stages:
    """Keeps the stages that it is told of, and how far each is."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.progress: list[tuple[str, int, int]] = []

    def stage(self, name: str) -> Callable[[int, int], None]:
        self.told.append(name)
        return lambda done, of: self.progress.append((name, done, of))


@pytest.fixture(autouse=True)
def _solved(world: World, evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    def solve(evidence: Evidence, variant: str, seed: int) -> World:
        return world if variant == "default" else solve_world(evidence, variant, seed)

    monkeypatch.setattr("resistml.evaluate.benchmark.scenarios.solve_world", solve)
    monkeypatch.setattr("resistml.evaluate.benchmark.run.load_evidence", lambda: evidence)


@pytest.fixture
def trained(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model stands for what would be trained, which takes seconds on any patients."""
    monkeypatch.setattr(Bencher, "_model", lambda self, training: model)
