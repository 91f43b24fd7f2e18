"""Columns that patients are split by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.tables.own import OwnCohort, read_own
from tests.tables.own.made import columns, config, write


def read(tmp_path: Path, evidence: Evidence, cells: list[Any], by: str = "time") -> OwnCohort:
    path = write(tmp_path / "own.csv", {**columns(), "when": cells})
    return read_own(config(path, split={"by": by, "column": "when"}), evidence)


def test_by_lot_needs_none(tmp_path: Path, evidence: Evidence) -> None:
    assert read_own(config(write(tmp_path / "own.csv", columns())), evidence).split == {}


def test_numbers_are_in_their_order(tmp_path: Path, evidence: Evidence) -> None:
    split = read(tmp_path, evidence, [9, 10] * 100).split["when"]
    assert sorted(split)[:2] == [9.0, 9.0]


def test_dates_stay_text(tmp_path: Path, evidence: Evidence) -> None:
    cells = ["2021-11-30", "2021-02-01"] * 100
    assert read(tmp_path, evidence, cells).split["when"].tolist() == cells


@pytest.mark.parametrize(
    ("cell", "by", "message"),
    [
        ("31.3.2024", "time", "no time that can be put in order"),
        ("", "time", "is empty"),
        ("", "site", "is empty"),
        ("", "group", "is empty"),
    ],
)
def test_faults(tmp_path: Path, evidence: Evidence, cell: str, by: str, message: str) -> None:
    cells = ["2021-02-01"] * 199 + [cell]
    with pytest.raises(TableError, match=message) as caught:
        read(tmp_path, evidence, cells, by)
    assert (caught.value.row, caught.value.column) == (200, "when")
