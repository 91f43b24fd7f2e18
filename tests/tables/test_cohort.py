"""Cohorts for training: whole and right, or refused with the row and the column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.tables import parquet_writer, read_cohort, read_oracle, write_rows

Save = Callable[..., Path]
NAN = float("nan")
ARMS = {"crc_advanced": ("folfox", "folfiri"), "breast_resistant": ("paclitaxel",)}
TABLE: dict[str, Any] = {
    "patient_id": np.array(["P2", "P1", "P3"], dtype=object),
    "setting": np.array(["crc_advanced", "breast_resistant", "crc_advanced"], dtype=object),
    "line": np.array([1, 2, 1]),
    "strategy": np.array(["folfox", "paclitaxel", "folfiri"], dtype=object),
    "age": np.array([60.0, 50.0, NAN]),
    "sex": np.array(["female", "male", ""], dtype=object),
    "ecog": np.array([0, 1, 3]),
    "ABCB1": np.array([1.5, NAN, 0.5]),
    "KRAS_mut": np.array([1.0, NAN, 0.0]),
    "response": np.array(["PR", "PD", "SD"], dtype=object),
    "resistant": np.array([0, 1, 1]),
    "resistance_kind": np.array(["acquired", "primary", "primary"], dtype=object),
    "pfs_months": np.array([9.5, 2.0, 4.0]),
    "pfs_event": np.array([1, 1, 0]),
    "os_months": np.array([20.0, 7.0, 4.0]),
    "os_event": np.array([0, 1, 0]),
}


@pytest.mark.parametrize("name", ["cohort.parquet", "c.csv", "c.json", "c.jsonl"])
def test_a_cohort_is_read(tmp_path: Path, name: str) -> None:
    write_rows(TABLE, tmp_path / name)
    path = tmp_path if name == "cohort.parquet" else tmp_path / name
    cohort = read_cohort(path, arms=ARMS)
    assert len(cohort) == 3
    assert cohort.records.patient_id.tolist() == ["P2", "P1", "P3"]
    assert cohort.strategy.tolist() == ["folfox", "paclitaxel", "folfiri"]
    assert cohort.resistant.tolist() == [0, 1, 1]
    assert set(cohort.records.columns) == {"age", "sex", "ecog", "ABCB1", "KRAS_mut"}
    np.testing.assert_array_equal(cohort.records.column("ABCB1"), [1.5, NAN, 0.5])
    np.testing.assert_array_equal(cohort.records.column("sex"), [1, 0, NAN])
    np.testing.assert_array_equal(cohort.records.column("ecog"), [0, 1, 2])
    assert cohort.columns["response"].tolist() == ["PR", "PD", "SD"]
    np.testing.assert_array_equal(cohort.columns["pfs_months"], [9.5, 2, 4])
    assert list(cohort.columns) == [
        "line",
        "response",
        "resistance_kind",
        "pfs_months",
        "pfs_event",
        "os_months",
        "os_event",
    ]


def test_only_what_is_needed_is_enough(save: Save) -> None:
    text = "patient_id,setting,strategy,resistant\na,s,x,0\nb,s,x,1\n"
    cohort = read_cohort(save(text))
    assert cohort.columns == {}
    assert cohort.records.columns == {}
    assert cohort.resistant.tolist() == [0, 1]


def test_other_columns_are_left_out_if_markers_are_named(save: Save) -> None:
    text = "patient_id,setting,strategy,resistant,ABCB1,comment\na,s,x,0,1.5,good\n"
    path = save(text)
    assert list(read_cohort(path, markers=["ABCB1"]).records.columns) == ["ABCB1"]
    with pytest.raises(TableError, match="row 1, column 'comment': 'good' is not a number"):
        read_cohort(path)


@pytest.mark.parametrize("missing", ["patient_id", "setting", "strategy", "resistant"])
def test_a_needed_column_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    write_rows({k: v for k, v in TABLE.items() if k != missing}, tmp_path / "c.csv")
    with pytest.raises(TableError, match=f"has no column '{missing}'") as caught:
        read_cohort(tmp_path / "c.csv")
    assert caught.value.exit_code == 2


def test_a_mistyped_column_is_named(tmp_path: Path) -> None:
    write_rows({**TABLE, "ABCBI": [1, 2, 3]}, tmp_path / "c.csv")
    read_cohort(tmp_path / "c.csv")  # may be a marker of its own
    columns = {("ABCBI" if k == "ABCB1" else k): v for k, v in TABLE.items()}
    write_rows(columns, tmp_path / "d.csv")
    with pytest.raises(TableError, match="mean 'ABCB1'"):
        read_cohort(tmp_path / "d.csv", markers=["ABCB1", "KRAS_mut"])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("patient_id", "", "row 2, column 'patient_id': the cell is empty"),
        ("patient_id", "P2", "row 2, column 'patient_id': 'P2' stood in an earlier row"),
        ("setting", " ", "column 'setting': the cell is empty"),
        ("setting", "crc_advancd", "not a known setting(.|\n)*mean 'crc_advanced'"),
        ("strategy", "", "column 'strategy': the cell is empty"),
        ("strategy", "folfox", "not open in setting breast_resistant"),
        ("resistant", "2", "row 2, column 'resistant': '2' is not 0 or 1"),
        ("resistant", "", "column 'resistant': the cell is not 0 or 1"),
        ("resistant", "yes", "'yes' is not a number"),
        ("response", "good", "'good' is not known(.|\n)*CR, PR, SD, PD"),
        ("response", "CR", "'CR' contradicts 'resistant'"),
        ("resistance_kind", "late", "'late' is not known(.|\n)*primary, acquired, none"),
        ("resistance_kind", "acquired", "'acquired' contradicts 'resistant'"),
        ("pfs_months", "-1", "column 'pfs_months': '-1' is out of range"),
        ("pfs_event", "2", "column 'pfs_event': '2' is out of range"),
        ("os_event", "0.5", "column 'os_event'"),
        ("os_months", "1e999", "is not a finite number"),
        ("age", "200", "0 to 130 years"),
        ("ecog", "5", "column 'ecog': '5' is out of range"),
        ("sex", "x", "column 'sex': 'x' is not known"),
        ("ABCB1", "2,5", "row 2, column 'ABCB1': '2,5' has a decimal comma"),
    ],
)
def test_a_cell_at_fault_is_named(tmp_path: Path, column: str, value: str, said: str) -> None:
    cells = [str(cell) for cell in TABLE[column]]
    cells[1] = value
    write_rows({**TABLE, column: cells}, tmp_path / "c.jsonl")
    with pytest.raises(TableError, match=said) as caught:
        read_cohort(tmp_path / "c.jsonl", arms=ARMS)
    assert (caught.value.row, caught.value.column) == (2, column)
    assert caught.value.exit_code == 2


def test_blocks_of_a_drawn_cohort_are_joined(tmp_path: Path) -> None:
    with parquet_writer(tmp_path / "cohort.parquet") as writer:
        writer.write(TABLE)
        ids = np.array(["Q1", "Q2", "Q3"], dtype=object)
        writer.write({**TABLE, "patient_id": ids})
    cohort = read_cohort(tmp_path)
    assert cohort.records.patient_id.tolist() == ["P2", "P1", "P3", "Q1", "Q2", "Q3"]
    assert len(cohort.records.column("ABCB1")) == 6


def test_a_missing_cohort_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"cohort.parquet: no such file"):
        read_cohort(tmp_path)
    with pytest.raises(TableError, match="no such file"):
        read_cohort(tmp_path / "x.csv")


def test_the_oracle_is_read(tmp_path: Path) -> None:
    oracle = {
        "patient_id": np.array(["a", "a"], dtype=object),
        "strategy": np.array(["folfox", "folfiri"], dtype=object),
        "p_response": np.array([0.25, 1 / 3]),
        "response": np.array(["PR", "PD"], dtype=object),
    }
    write_rows(oracle, tmp_path / "oracle.parquet")
    found = read_oracle(tmp_path)
    assert list(found) == list(oracle)
    assert found["strategy"].tolist() == ["folfox", "folfiri"]
    np.testing.assert_array_equal(found["p_response"], oracle["p_response"])


def test_an_oracle_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        read_oracle(tmp_path)
    write_rows({"patient_id": ["a"]}, tmp_path / "oracle.parquet")
    with pytest.raises(TableError, match="has no column 'strategy'"):
        read_oracle(tmp_path)
