"""Fixtures that several parts share: the shipped catalog, its world, a small trained model."""

from __future__ import annotations

import os
from contextlib import suppress
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
    shared = _shared(tmp_path_factory) / f"world-{evidence.hash[:12]}.json"
    if shared.exists():
        return read_world(shared)
    solved = solve_world(evidence)
    if not shared.exists():
        save_world(solved, shared, force=True)
    return solved


@pytest.fixture(scope="session")
def small_bundle(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model, trained once for all workers of a test run."""
    from tests.small import train_small_bundle

    shared = _shared(tmp_path_factory) / "small-bundle"
    if not (shared / "manifest.json").exists():
        own = train_small_bundle(tmp_path_factory.mktemp("bundle") / "model", world=world)
        with suppress(OSError):  # another worker was faster: the same model
            own.rename(shared)
    return shared


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of this test run share, and no other run does."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
