"""A cohort as a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from resistml.cohort import files
from resistml.cohort.draw import Drawer
from resistml.cohort.files import generate, generate_ensemble
from resistml.cohort.plan import Plan
from resistml.documents import file_digest
from resistml.errors import OutputError, WorldError
from resistml.evidence import Evidence
from resistml.notice import NOTICE
from resistml.rng import BLOCK
from resistml.world.audit import AuditRow
from resistml.world.ensemble import Member
from resistml.world.laws import read_world
from tests.world.tiny import tiny_world

WORLD = tiny_world()
PLAN = Plan(seed=5, n=400)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cohort") / "drawn"
    generate(WORLD, PLAN, out)
    return out


def test_the_folder_holds_tables_world_and_manifest(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == [
        "cohort.parquet",
        "datasheet.md",
        "dictionary.json",
        "manifest.json",
        "markers_true.parquet",
        "oracle.parquet",
        "world.json",
    ]
    assert read_world(folder / "world.json").hash == WORLD.hash


def test_the_manifest_says_what_and_proves_it(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["plan"] == asdict(PLAN)
    assert manifest["world_hash"] == WORLD.hash
    assert manifest["catalog_hash"] == "tiny"
    assert manifest["notice"] == NOTICE
    assert set(manifest["files"]) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert file_digest(folder / name) == digest
    for table, rows in manifest["rows"].items():
        assert pq.read_table(folder / f"{table}.parquet").num_rows == rows
    # No time and no path, or the same call would not write the same bytes.
    assert str(folder.parent) not in (folder / "manifest.json").read_text()


def test_tables_hold_what_was_drawn(folder: Path) -> None:
    drawn = Drawer(WORLD, PLAN).block(0)
    for name in files.TABLES:
        table = pq.read_table(folder / f"{name}.parquet")
        columns = getattr(drawn, name)
        assert table.column_names == list(columns)
        assert table.schema.metadata[b"notice"] == NOTICE.encode()
        for column, values in columns.items():
            found = table[column].to_numpy()
            if values.dtype.kind == "f":
                np.testing.assert_array_equal(found.astype(float), values)
            else:
                assert list(found) == list(values)


def test_missing_values_are_nulls_and_not_nan(folder: Path) -> None:
    table = pq.read_table(folder / "cohort.parquet")
    column = table["PUMP"]
    assert column.null_count > 0
    assert not np.isnan(column.drop_null().to_numpy()).any()


def test_the_same_call_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    manifest = generate(WORLD, PLAN, tmp_path / "again")
    assert manifest == json.loads((folder / "manifest.json").read_text())
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_without_an_oracle_no_oracle_is_written(tmp_path: Path) -> None:
    manifest = generate(WORLD, Plan(seed=5, n=50, oracle=False), tmp_path / "c")
    assert set(manifest["rows"]) == {"cohort", "markers_true"}
    assert not (tmp_path / "c" / "oracle.parquet").exists()


def test_blocks_are_appended_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    plan = Plan(seed=5, n=BLOCK + 10, oracle=False)
    manifest = generate(WORLD, plan, tmp_path / "c", progress=lambda *at: told.append(at))
    assert told == [(BLOCK, BLOCK + 10), (BLOCK + 10, BLOCK + 10)]
    assert manifest["rows"]["cohort"] == BLOCK + 10
    table = pq.read_table(tmp_path / "c" / "cohort.parquet")
    assert len(set(table["patient_id"].to_pylist())) == BLOCK + 10


def test_an_existing_cohort_is_kept_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "c"
    before = generate(WORLD, Plan(seed=5, n=50, oracle=False), out)
    with pytest.raises(OutputError, match="exists already"):
        generate(WORLD, PLAN, out)
    assert json.loads((out / "manifest.json").read_text()) == before
    after = generate(WORLD, PLAN, out, force=True)
    assert json.loads((out / "manifest.json").read_text()) == after
    assert (out / "oracle.parquet").exists()


def test_a_failure_half_way_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Drawer.block

    def fails(self: Drawer, block: int) -> object:
        if block == 1:
            raise RuntimeError("power cut")
        return honest(self, block)

    monkeypatch.setattr(Drawer, "block", fails)
    with pytest.raises(RuntimeError, match="power cut"):
        generate(WORLD, Plan(seed=5, n=BLOCK + 10, oracle=False), tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_the_papers_are_proven_too(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("datasheet.md", "dictionary.json"):
        assert manifest["files"][name] == file_digest(folder / name)
        assert str(folder) not in (folder / name).read_text()


def member(number: int, refused: int = 0) -> Member:
    """A world of an ensemble, with one claim of its audit."""
    world = tiny_world(stable_share=0.4 + 0.1 * number)
    row = AuditRow(
        *("s1_x", "target", "orr", "early", "plain", ""), 0.3, 0.4, 0.35, 0.001, "within"
    )
    return Member(number, world, [row], refused)


def test_an_ensemble_is_a_folder_for_each_world(evidence: Evidence, tmp_path: Path) -> None:
    told: list[int] = []
    manifest = generate_ensemble(
        [member(0), member(1, refused=2)], evidence, Plan(seed=5, n=60), tmp_path / "e",
        progress=lambda done, of: told.append(done),
    )  # fmt: skip
    assert told == [1, 2]
    assert json.loads((tmp_path / "e" / "manifest.json").read_text()) == manifest
    assert [w["folder"] for w in manifest["worlds"]] == ["world_00", "world_01"]
    assert [w["draws_refused"] for w in manifest["worlds"]] == [0, 2]
    assert "no probabilities" in manifest["note"]
    for world in manifest["worlds"]:
        place = tmp_path / "e" / world["folder"]
        assert world["manifest"] == file_digest(place / "manifest.json")
        assert read_world(place / "world.json").hash == world["world_hash"]
        (row,) = json.loads((place / "audit.json").read_text())["claims"]
        assert (row["claim"], row["status"]) == ("s1_x", "within")
    assert len({w["world_hash"] for w in manifest["worlds"]}) == 2


def test_an_ensemble_that_fails_half_way_leaves_nothing(evidence: Evidence, tmp_path: Path) -> None:
    def members() -> Iterator[Member]:
        yield member(0)
        raise WorldError("no more worlds")

    with pytest.raises(WorldError, match="no more worlds"):
        generate_ensemble(members(), evidence, Plan(seed=5, n=60), tmp_path / "e")
    assert list(tmp_path.iterdir()) == []
