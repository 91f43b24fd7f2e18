"""What is read of a cohort's folder, and what is said of how it was drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from resistml.cohort.files import generate
from resistml.cohort.observed import (
    Observed,
    draw_observed,
    read_observed,
    read_plan,
    require_one_world,
)
from resistml.cohort.plan import Plan
from resistml.errors import TableError, WorldError
from tests.cohort.made import cohort, patients
from tests.world.tiny import tiny_world

WORLD = tiny_world()
PLAN = Plan(seed=5, n=600, assignment="randomised", missing="none", oracle=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    generate(WORLD, PLAN, tmp_path / "c")
    return tmp_path / "c"


def same(one: Observed, other: Observed) -> None:
    assert list(one.groups) == list(other.groups)
    for name, group in one.groups.items():
        beside = other.groups[name]
        assert set(group.columns) == set(beside.columns)
        for column, values in group.columns.items():
            np.testing.assert_array_equal(values, beside.columns[column])
        for t in ("pfs", "os"):
            np.testing.assert_array_equal(group.times[t], beside.times[t])
            np.testing.assert_array_equal(group.events[t], beside.events[t])
        assert list(group.strategy) == list(beside.strategy)
        assert list(group.response) == list(beside.response)


def test_what_is_read_is_what_was_drawn(folder: Path) -> None:
    read = read_observed(folder)
    same(read, draw_observed(WORLD, PLAN))
    assert len(read) == 600
    assert (read.assignment, read.missing) == ("randomised", "none")
    assert set(read.groups["early"].columns["sex"]) == {0.0, 1.0}


def test_neither_oracle_nor_true_markers_are_needed(folder: Path) -> None:
    (folder / "markers_true.parquet").unlink()
    assert len(read_observed(folder)) == 600


def test_the_plan_comes_back(folder: Path) -> None:
    assert read_plan(folder) == PLAN


@pytest.mark.parametrize(
    "text", ["{}", '{"plan": {"seed": 1}}', '{"plan": {"seed": 1, "n": 5, "wit": 3}}', "[]",
             '{"plan": {"seed": 1, "n": 0}}']
)  # fmt: skip
def test_a_manifest_without_a_plan_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(WorldError, match="holds no plan of this release") as caught:
        read_plan(folder)
    assert "manifest.json" in str(caught.value)
    assert "draw the cohort again" in str(caught.value)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"manifest\.json"):
        read_observed(tmp_path)


@pytest.mark.parametrize("column", ["response", "pfs_months", "os_event"])
def test_an_outcome_that_is_gone_is_named(folder: Path, column: str) -> None:
    table = pq.read_table(folder / "cohort.parquet")
    pq.write_table(table.drop_columns([column]), folder / "cohort.parquet")
    with pytest.raises(TableError, match=f"has no column '{column}'"):
        read_observed(folder)


def test_patients_are_apart_by_setting_in_the_order_of_the_file() -> None:
    made = cohort(
        patients("b", "x", 2, os_months=[1.0, 2.0]),
        patients("a", "y", 1),
        patients("b", "z", 1, os_months=3.0, os_event=0),
    )
    assert list(made.groups) == ["a", "b"]
    assert list(made.groups["b"].strategy) == ["x", "x", "z"]
    np.testing.assert_array_equal(made.groups["b"].times["os"], [1, 2, 3])
    np.testing.assert_array_equal(made.groups["b"].events["os"], [True, True, False])


def test_who_is_eligible_is_told_by_the_record() -> None:
    made = cohort(patients("late", "dense", 3, GATE=[1, 0, np.nan]))
    found = made.groups["late"].open_arms(WORLD, "late")
    np.testing.assert_array_equal(found["dense"], True)
    np.testing.assert_array_equal(found["aimed"], [True, False, False])


@pytest.mark.parametrize(
    ("assignment", "missing", "said"),
    [
        ("randomised", "catalogued", []),
        ("guideline", "catalogued", ["not given by lot (guideline)"]),
        ("randomised", "none", ["otherwise than in the audit (none)"]),
        ("", "", ["nobody knows how", "nobody knows how"]),
    ],
)
def test_remarks_say_what_an_estimate_is_not(
    assignment: str, missing: str, said: list[str]
) -> None:
    made = cohort(patients("early", "plain", 1), assignment=assignment, missing=missing)
    assert len(made.remarks) == len(said)
    for remark, words in zip(made.remarks, said, strict=True):
        assert words in remark


def test_manifests_of_older_fields_are_read_by_what_they_say(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["plan"] = {"seed": 5, "n": 600}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert read_plan(folder) == Plan(seed=5, n=600)


def test_the_top_of_an_ensemble_is_refused_and_its_worlds_named(folder: Path) -> None:
    require_one_world(folder)
    require_one_world(folder.parent)  # no manifest: for others to judge
    top = folder.parent / "e"
    top.mkdir()
    worlds = [{"folder": f"world_{i:02d}"} for i in range(3)]
    (top / "manifest.json").write_text(json.dumps({"worlds": worlds}))
    with pytest.raises(WorldError, match="an ensemble of 3 worlds") as caught:
        require_one_world(top)
    assert caught.value.allowed == "world_00, world_01, world_02"
    assert str(top / "world_00") in str(caught.value.hint)
