"""Profiles: rows read right, rows rejected with the reason, files refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.errors import TableError
from resistml.features.matrix import model_matrix
from resistml.features.spec import FeatureSpec
from resistml.tables import csv_file, iter_profiles, profiles_from_rows, read_profiles, write_rows

Save = Callable[..., Path]
NAN = float("nan")
BASE: dict[str, Any] = {"patient_id": "p1", "setting": "crc_advanced"}


def one(spec: FeatureSpec, **cells: Any) -> Any:
    """Profiles of a single row."""
    return profiles_from_rows([{**BASE, **cells}], spec)


ROW = {
    "patient_id": "007",
    "setting": "crc_advanced",
    "strategy": "folfox",
    "line": "1",
    "age": "61.5",
    "sex": "F",
    "ecog": "1",
    "ABCB1": "2.5",
    "KRAS_mut": "1",
    "CSC": "0.04",
    "CTC": "3",
}


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_a_profile_is_read_from_every_format(
    spec: FeatureSpec, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"p.{ending}"
    write_rows({name: [value] for name, value in ROW.items()}, path)
    profiles = read_profiles(path, spec)
    assert profiles.rejected == {}
    assert profiles.notes == {}
    assert profiles.ignored == ()
    assert profiles.records.patient_id.tolist() == ["007"]
    assert profiles.records.setting.tolist() == ["crc_advanced"]
    assert profiles.strategy.tolist() == ["folfox"]
    assert profiles.line.tolist() == [1.0]
    found = {name: values[0] for name, values in profiles.records.columns.items()}
    assert found == {
        "age": 61.5,
        "sex": 1.0,
        "ecog": 1.0,
        "ABCB1": 2.5,
        "KRAS_mut": 1.0,
        "CSC": 0.04,
        "CTC": 3.0,
    }
    assert model_matrix(spec, profiles.records, profiles.strategy).shape == (1, 12)


def test_the_order_of_columns_and_rows_does_not_matter(spec: FeatureSpec, save: Save) -> None:
    text = "CSC,setting,patient_id\n,breast_resistant,b\n0.5,crc_advanced,a\n"
    profiles = read_profiles(save(text), spec)
    assert profiles.records.patient_id.tolist() == ["b", "a"]
    np.testing.assert_array_equal(profiles.records.column("CSC"), [NAN, 0.5])


def test_all_but_the_id_and_the_setting_may_be_missing(spec: FeatureSpec) -> None:
    profiles = one(spec)
    assert profiles.rejected == {}
    assert profiles.strategy.tolist() == [""]
    assert np.isnan(profiles.line[0])
    assert all(np.isnan(values[0]) for values in profiles.records.columns.values())


@pytest.mark.parametrize("word", ["", "NA", "nan", "None", "null", "N/A", " na "])
def test_missing_words_are_missing_everywhere_but_in_ids(spec: FeatureSpec, word: str) -> None:
    cells = dict.fromkeys(("strategy", "line", "age", "sex", "ecog", "ABCB1", "KRAS_mut"), word)
    profiles = one(spec, **cells)
    assert profiles.rejected == {}
    assert profiles.strategy.tolist() == [""]
    assert np.isnan(profiles.records.column("KRAS_mut")[0])


@pytest.mark.parametrize("name", ["007", "NA", "None", "1e5", "  x ", "=A1", "é漢", "<b>", "٣"])
def test_ids_stay_as_they_stand(spec: FeatureSpec, save: Save, name: str) -> None:
    profiles = read_profiles(save(f'patient_id,setting\n"{name}",crc_advanced\n'), spec)
    assert profiles.records.patient_id.tolist() == [name]
    assert profiles.rejected == {}


SEXES = [("female", 1), ("Male", 0), ("F", 1), (" m ", 0), ("FEMALE", 1)]


@pytest.mark.parametrize(("word", "value"), SEXES)
def test_sex_is_read(spec: FeatureSpec, word: str, value: float) -> None:
    assert one(spec, sex=word).records.column("sex")[0] == value


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("KRAS_mut", "true", 1),
        ("KRAS_mut", "False", 0),
        ("KRAS_mut", True, 1),
        ("KRAS_mut", 1.0, 1),
        ("IL6", "0", 0),
        ("IL6", "0.5", 0.5),
        ("ABCB1", "1e-3", 0.001),
        ("ABCB1", 1000, 1000),
        ("CSC", "0.9", 0.9),
        ("CTC", "12.0", 12),
        ("CD274", "0", 0),
        ("age", "18", 18),
        ("ecog", "2.0", 2),
    ],
)
def test_values_at_the_edge_are_taken(
    spec: FeatureSpec, column: str, cell: Any, value: float
) -> None:
    profiles = one(spec, **{column: cell})
    assert profiles.rejected == {}
    assert profiles.records.column(column)[0] == value


FAULTS: list[tuple[str, Any, str]] = [
    ("patient_id", "", "the cell is empty; allowed: an id of its own"),
    ("patient_id", "  ", "is empty"),
    ("patient_id", None, "is empty"),
    ("patient_id", 1.5, "'1.5' is not text"),
    ("setting", "", "the cell is empty; allowed: breast_resistant, crc_advanced"),
    ("setting", "crc_advancd", "is not a known setting; .*; did you mean 'crc_advanced'?"),
    ("setting", "moon", "'moon' is not a known setting; allowed: breast_resistant, crc_adv"),
    ("strategy", "folfix", "did you mean 'folfox'?"),
    ("strategy", "paclitaxel", "not open in setting crc_advanced; allowed: folfiri, folfox"),
    ("line", "0", "no line of treatment; allowed: a whole number from 1 to 20"),
    ("line", "1.5", "no line of treatment"),
    ("line", "first", "'first' is not a number"),
    ("age", "17", "'17' is out of range; allowed: 18 to 95 years in setting crc_advanced"),
    ("age", "200", "is out of range"),
    ("age", "-5", "is out of range"),
    ("age", "old", "'old' is not a number"),
    ("sex", "x", "'x' is not known; allowed: female, male"),
    ("ecog", "5", "no performance status; allowed: 0, 1, 2, 3, 4"),
    ("ecog", "1.5", "no performance status"),
    ("ABCB1", "0", "'0' is out of range; allowed: 0.001 to 1000 fold of reference"),
    ("ABCB1", "-1", "is out of range"),
    ("ABCB1", "1001", "is out of range"),
    ("ABCB1", "inf", "is not a finite number"),
    ("ABCB1", "1e999", "'1e999' is not a finite number"),
    ("ABCB1", 1e999, "is not a finite number"),
    ("ABCB1", "2,5", "'2,5' has a decimal comma"),
    ("ABCB1", "12 mut/Mb", "'12 mut/Mb' has a unit in the cell"),
    ("ABCB1", True, "is not a number"),
    ("ABCB1", "x" * 500, "'" + "x" * 40 + "...' is not a number"),
    ("IL6", "0.2", "out of range; allowed: 0.5 to 500 .*, 0 if below the detection limit of 1"),
    ("KRAS_mut", "2", "'2' is not 0 or 1; allowed: 0 or 1"),
    ("KRAS_mut", "0.5", "is not 0 or 1"),
    ("KRAS_mut", "wt", "'wt' is not a number; allowed: 0 or 1"),
    ("CSC", "45", "'45' looks like a per cent"),
    ("CSC", "0.95", "is out of range"),
    ("CSC", "-0.1", "is out of range"),
    ("CSC", "101", "is out of range"),
    ("CD274", "100.5", "is out of range"),
    ("CTC", "2.5", "is not a whole number; allowed: whole numbers 0 to 10000"),
    ("CTC", "-1", "is out of range"),
    ("CTC", "10001", "is out of range"),
]


@pytest.mark.parametrize(("column", "cell", "said"), FAULTS, ids=str)
def test_a_cell_at_fault_rejects_its_row(
    spec: FeatureSpec, column: str, cell: Any, said: str
) -> None:
    good = [{"patient_id": f"g{i}", "setting": "crc_advanced", "ABCB1": i} for i in (1, 2)]
    profiles = profiles_from_rows([good[0], {**BASE, "CSC": 0.1, column: cell}, good[1]], spec)
    assert list(profiles.rejected) == [1]
    message = profiles.rejected[1]
    assert message.startswith(f"row 2, column '{column}': ")
    assert len(message) < 400
    assert np.all([np.isnan(values[1]) for values in profiles.records.columns.values()])
    np.testing.assert_array_equal(profiles.records.column("ABCB1"), [1, NAN, 2])
    assert profiles.accepted.tolist() == [0, 2]
    assert re.search(said, message), message


IN_TEXT = [(c, cell) for c, cell, _ in FAULTS if isinstance(cell, str) and c not in BASE]


@pytest.mark.parametrize(("column", "cell"), IN_TEXT, ids=str)
def test_csv_says_the_same(spec: FeatureSpec, save: Save, column: str, cell: str) -> None:
    path = save(f'patient_id,setting,{column}\np1,crc_advanced,"{cell}"\n')
    expected = profiles_from_rows([{**BASE, column: cell}], spec).rejected
    assert read_profiles(path, spec).rejected == expected


def test_a_row_tells_its_faults_together(spec: FeatureSpec) -> None:
    message = one(spec, age="x", ecog="9", ABCB1="y", CSC="z", CTC="1.5").rejected[0]
    assert message.count("column '") == 3
    assert message.endswith("; and 2 more")


def test_the_later_of_two_ids_is_rejected(spec: FeatureSpec) -> None:
    rows = [{**BASE, "patient_id": name} for name in ("a", "b", "a", "A", "a")]
    profiles = profiles_from_rows(rows, spec)
    assert list(profiles.rejected) == [2, 4]
    assert "'a' stood in an earlier row" in profiles.rejected[2]


def test_rows_without_an_id_are_not_doubles(spec: FeatureSpec) -> None:
    profiles = profiles_from_rows([{**BASE, "patient_id": ""}] * 2, spec)
    assert all("is empty" in message for message in profiles.rejected.values())
    assert len(profiles.rejected) == 2


@pytest.mark.parametrize(
    ("cells", "notes"),
    [
        ({"ABCG2": "2"}, ("outside_panel:ABCG2",)),
        ({"setting": "breast_resistant", "KRAS_mut": "0"}, ("outside_panel:KRAS_mut",)),
        ({"ABCG2": ""}, None),
        ({"ecog": "3"}, ("ecog_as_2:3",)),
        ({"ecog": "4"}, ("ecog_as_2:4",)),
        ({"line": "2"}, ("other_line:2",)),
        ({"setting": "breast_resistant", "line": "2"}, None),
        ({"CD274": "0.45"}, ("looks_like_fraction:CD274",)),
        ({"CD274": "1"}, None),
        ({"ecog": "3", "ABCG2": "2"}, ("ecog_as_2:3", "outside_panel:ABCG2")),
        ({"ecog": "3", "ABCB1": "x"}, None),  # a rejected row has no notes
    ],
)
def test_notes(spec: FeatureSpec, cells: dict[str, Any], notes: tuple[str, ...] | None) -> None:
    assert one(spec, **cells).notes == ({} if notes is None else {0: notes})


def test_status_three_counts_as_two(spec: FeatureSpec) -> None:
    assert one(spec, ecog="3").records.column("ecog")[0] == 2


def test_a_cohort_is_a_table_of_profiles(spec: FeatureSpec, save: Save) -> None:
    path = save(
        "patient_id,setting,line,strategy,age,sex,ecog,ABCB1,response,resistant,pfs_months,"
        "pfs_event,os_months,os_event\nP1,crc_advanced,1,folfox,60,male,0,1.5,PD,1,2,1,9,0\n"
    )
    profiles = read_profiles(path, spec)
    assert (profiles.rejected, profiles.notes, profiles.ignored) == ({}, {}, ())


def test_unknown_columns_are_listed(spec: FeatureSpec) -> None:
    profiles = one(spec, weight=80, stage="IV")
    assert profiles.ignored == ("weight", "stage")
    assert profiles.rejected == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("patient_id,setting,ABCBI\np,crc_advanced,1\n", "column 'ABCBI'(.|\n)*mean 'ABCB1'"),
        ("patient_id,setting,Age \np,crc_advanced,1\n", "column 'Age '(.|\n)*mean 'age'"),
        ("patient_id,age\np,60\n", "has no column 'setting'"),
        ("patient_id,setting,age,age\np,s,1,1\n", "column 'age': stands twice"),
        ("patient_id,setting\np\n", "row 1: has 1 field"),
        ("patient_id,setting\n", "header but no rows"),
        ("", "is empty"),
    ],
)
def test_faults_of_the_file_are_raised(
    spec: FeatureSpec, save: Save, text: str, problem: str
) -> None:
    path = save(text)
    with pytest.raises(TableError, match=problem) as caught:
        read_profiles(path, spec)
    assert caught.value.file == str(path)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("age", pa.array(["2020-01-01"]).cast(pa.date32())),
        ("ABCB1", pa.array([b"1"])),
        ("ABCB1", pa.array([True])),
        ("sex", pa.array([1.0])),
        ("patient_id", pa.array([1.5])),
        ("setting", pa.array([2.5])),
    ],
)
def test_columns_of_a_wrong_type_are_refused(
    spec: FeatureSpec, tmp_path: Path, column: str, values: Any
) -> None:
    from pyarrow import parquet

    path = tmp_path / "p.parquet"
    parquet.write_table(pa.table({**{k: [v] for k, v in BASE.items()}, column: values}), path)
    with pytest.raises(TableError, match=f"column '{column}': is of type"):
        read_profiles(path, spec)


def test_parquet_keeps_types_and_nulls(spec: FeatureSpec, tmp_path: Path) -> None:
    from pyarrow import parquet

    table = pa.table(
        {
            "patient_id": pa.array([7, 8], pa.int32()),
            "setting": pa.array(["crc_advanced"] * 2).dictionary_encode(),
            "strategy": pa.array(["folfox", None]),
            "sex": pa.nulls(2),
            "KRAS_mut": pa.array([True, None]),
            "ABCB1": pa.array([2.5, None], pa.float32()),
            "CTC": pa.array([1, None], pa.int16()),
        }
    )
    parquet.write_table(table, tmp_path / "p.parquet")
    profiles = read_profiles(tmp_path / "p.parquet", spec)
    assert profiles.rejected == {}
    assert profiles.records.patient_id.tolist() == ["7", "8"]
    assert profiles.strategy.tolist() == ["folfox", ""]
    np.testing.assert_array_equal(profiles.records.column("KRAS_mut"), [1, NAN])


def test_json_lines_with_other_keys_later(
    spec: FeatureSpec, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistml.tables import json_file

    monkeypatch.setattr(json_file, "BATCH", 2)
    rows = [
        {**BASE, "patient_id": "a"},
        {**BASE, "patient_id": "b", "x": 1},
        {**BASE, "patient_id": "a", "ABCB1": 2},
        {"setting": "crc_advanced"},
        {"setting": "crc_advanced", "CSC": 0.5},
    ]
    profiles = read_profiles(save("\n".join(map(json.dumps, rows)), "p.jsonl"), spec)
    assert list(profiles.rejected) == [2, 3, 4]
    assert profiles.rejected[2].startswith("row 3, column 'patient_id': 'a' stood in an")
    assert profiles.rejected[4].startswith("row 5, column 'patient_id': the cell is empty")
    assert profiles.ignored == ("x",)
    assert len(profiles.records.column("CSC")) == 5


def test_batches_are_the_whole(
    spec: FeatureSpec, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["patient_id,setting,ABCB1,ABCG2"]
    for i in range(1_000):
        value = "bad" if i % 97 == 0 else f"{1 + i / 100:g}"
        lines.append(f"p{i % 900},crc_advanced,{value},{1 if i % 50 == 0 else ''}")
    path = save("\n".join(lines))
    whole = read_profiles(path, spec)
    monkeypatch.setattr(csv_file, "BATCH", 64)
    parts = list(iter_profiles(path, spec))
    assert len(parts) > 10
    again = read_profiles(path, spec)
    assert again.rejected == whole.rejected
    assert again.notes == whole.notes
    np.testing.assert_array_equal(again.records.column("ABCB1"), whole.records.column("ABCB1"))
    assert [part.first for part in parts] == list(range(0, 1_000, 64))
    row = next(iter(parts[-1].rejected))
    assert parts[-1].rejected[row] == whole.rejected[parts[-1].first + row]


FORMS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "records": lambda rows: rows,
    "tuple": tuple,
    "columns": lambda rows: {k: [row[k] for row in rows] for k in rows[0]},
    "arrays": lambda rows: {k: np.array([row[k] for row in rows]) for k in rows[0]},
    "frame": pd.DataFrame,
    "arrow": pa.Table.from_pylist,
}


@pytest.mark.parametrize("form", FORMS)
def test_python_objects_of_every_form(spec: FeatureSpec, form: str) -> None:
    rows = [
        {"patient_id": "007", "setting": "crc_advanced", "sex": "f", "ABCB1": 1.5, "CTC": 2},
        {"patient_id": "b", "setting": "moon", "sex": "m", "ABCB1": NAN, "CTC": 3},
    ]
    profiles = profiles_from_rows(FORMS[form](rows), spec, name="mine")
    assert profiles.records.patient_id.tolist() == ["007", "b"]
    assert list(profiles.rejected) == [1]
    np.testing.assert_array_equal(profiles.records.column("CTC"), [2, NAN])


def test_frames_with_missing_values_of_all_kinds(spec: FeatureSpec) -> None:
    frame = pd.DataFrame(
        {
            "patient_id": ["a", "b"],
            "setting": pd.Categorical(["crc_advanced"] * 2),
            "sex": [np.nan, np.nan],
            "ABCB1": pd.array([1.5, None], dtype="Float64"),
            "KRAS_mut": pd.array([True, None], dtype="boolean"),
        }
    )
    profiles = profiles_from_rows(frame, spec)
    assert profiles.rejected == {}
    np.testing.assert_array_equal(profiles.records.column("ABCB1"), [1.5, NAN])


@pytest.mark.parametrize("rows", ["abc", 7, None, object()])
def test_other_python_objects_are_refused(spec: FeatureSpec, rows: Any) -> None:
    with pytest.raises(TableError, match="allowed: a list of dicts"):
        profiles_from_rows(rows, spec)


def test_frames_with_doubled_columns_are_refused(spec: FeatureSpec) -> None:
    frame = pd.DataFrame([["a", "crc_advanced", 1, 2]])
    frame.columns = pd.Index(["patient_id", "setting", "ABCB1", "ABCB1"])
    with pytest.raises(TableError, match="two columns of one name"):
        profiles_from_rows(frame, spec)


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 200),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["crc_advanced", "folfox", "p", "1", "0.5", "true", "f"]),
)
NAMES = ("patient_id", "setting", "strategy", "line", "age", "sex", "ecog", "CSC", "KRAS_mut")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, CELL)), min_size=1, max_size=5))
def test_each_row_is_clean_or_rejected(spec: FeatureSpec, rows: list[dict[str, Any]]) -> None:
    profiles = profiles_from_rows(rows, spec)
    for row in profiles.accepted.tolist():
        setting = spec.settings[profiles.records.setting[row]]
        assert profiles.strategy[row] in ("", *setting.strategies)
        for name in ("CSC", "KRAS_mut", "ecog", "sex"):
            value = profiles.records.column(name)[row]
            assert np.isnan(value) or 0 <= value <= 2
    for row in profiles.rejected:
        assert np.isnan(profiles.records.column("CSC")[row])
    ids = profiles.records.patient_id[profiles.accepted].tolist()
    assert len(ids) == len(set(ids))
    strategy = np.where(profiles.strategy == "", "folfox", profiles.strategy).astype(object)
    kept = profiles.records.take(profiles.accepted)
    settings_ = kept.setting == "crc_advanced"
    kept = kept.take(np.flatnonzero(settings_))
    model_matrix(spec, kept, strategy[profiles.accepted][settings_])
