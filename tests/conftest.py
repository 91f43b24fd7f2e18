"""Fixtures that several parts share: the shipped catalog, its world, a small trained model."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistml.evidence import Evidence, load_evidence
from resistml.world.laws import World, read_world, save_world
from resistml.world.solve import solve_world


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """The shipped catalog."""
    return load_evidence()


@pytest.fixture(scope="session")
def world(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The default world, solved once for all workers of a test run."""
    shared = tmp_path_factory.getbasetemp().parent / f"world-{evidence.hash[:12]}.json"
    if shared.exists():
        return read_world(shared)
    solved = solve_world(evidence)
    if not shared.exists():
        save_world(solved, shared, force=True)
    return solved


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped default model's folder, or a small one trained for the tests."""
    from tests.small import train_small_bundle

    return train_small_bundle(tmp_path_factory.mktemp("bundle") / "model")
