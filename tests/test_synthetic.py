"""The shipped small cohort can be drawn anew, value by value."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from resistml import shipped
from resistml.cohort.files import generate
from resistml.cohort.plan import Plan
from resistml.tables import read_rows
from resistml.world.laws import World, read_world

TABLES = ("cohort", "oracle", "markers_true")


@pytest.fixture(scope="module")
def folder() -> Path:
    return shipped.folder("synthetic")


def test_the_manifest_holds_for_the_files(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"]
    for name, expected in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


def test_the_manifest_names_the_shipped_catalog(folder: Path, world: World) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["catalog_hash"] == world.catalog_hash, "`make data` draws it anew"
    assert manifest["rows"]["cohort"] == 2_000


def test_the_shipped_world_is_the_solved_one(folder: Path, world: World) -> None:
    held = read_world(folder / "world.json")
    for name, law in world.settings.items():
        for arm, solved in law.arms.items():
            shipped_arm = held.settings[name].arms[arm]
            # Processors differ in the last digits; the solver stops far below 1e-6.
            assert shipped_arm.alpha == pytest.approx(solved.alpha, abs=1e-6)
            assert shipped_arm.pfs_scale == pytest.approx(solved.pfs_scale, rel=1e-6)
    for name, marker in world.markers.items():
        assert held.markers[name].effect == pytest.approx(marker.effect, abs=1e-6)


@pytest.fixture(scope="module")
def redrawn(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("redrawn") / "synthetic"
    plan = json.loads((folder / "manifest.json").read_text())["plan"]
    generate(read_world(folder / "world.json"), Plan(**plan), out)
    return out


@pytest.mark.parametrize("table", TABLES)
def test_every_value_is_found_again(folder: Path, redrawn: Path, table: str) -> None:
    """Drawn from the shipped world.json, floats agree to 1e-9 and all else exactly."""
    expected = read_rows(folder / f"{table}.parquet")
    found = read_rows(redrawn / f"{table}.parquet")
    assert list(expected) == list(found)
    for name, values in expected.items():
        if values.dtype == object:
            assert values.tolist() == found[name].tolist(), name
        else:
            np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-9, err_msg=name)


def test_it_is_small(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_500_000
