"""Tables written whole or not at all, with the notice, and read back the same."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.errors import OutputError
from resistml.tables import (
    check_output,
    json_lines,
    parquet_writer,
    read_rows,
    row_writer,
    write_rows,
)

ENDINGS = ["csv", "json", "jsonl", "ndjson", "parquet"]
NAN = float("nan")
COLUMNS: dict[str, Any] = {
    "patient_id": np.array(["007", "=1+1", "é"], dtype=object),
    "p": np.array([0.25, NAN, 1 / 3]),
    "rank": np.array([1, 2, 3]),
    "tied": np.array([True, False, True]),
    "flags": [["a", "b"], [], ["c"]],
    "message": ["", "x,y\nz", None],
}
NOTICE = "Research only, not for clinical use."


def listed(folder: Path) -> list[str]:
    """Names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_csv(tmp_path: Path) -> None:
    write_rows(COLUMNS, tmp_path / "t.csv", notice=NOTICE)
    assert (tmp_path / "t.csv").read_text() == (
        "patient_id,p,rank,tied,flags,message\n"
        "007,0.25,1,true,a;b,\n"
        '\'=1+1,,2,false,,"x,y\nz"\n'
        "é,0.333333,3,true,c,\n"
    )
    assert (tmp_path / "t.csv.notice.txt").read_text() == NOTICE + "\n"
    assert listed(tmp_path) == ["t.csv", "t.csv.notice.txt"]


def test_json(tmp_path: Path) -> None:
    write_rows(COLUMNS, tmp_path / "t.json", notice=NOTICE)
    document = json.loads((tmp_path / "t.json").read_text())
    assert document["notice"] == NOTICE
    assert document["rows"][1] == {
        "patient_id": "=1+1",
        "p": None,
        "rank": 2,
        "tied": False,
        "flags": [],
        "message": "x,y\nz",
    }
    assert listed(tmp_path) == ["t.json"]


@pytest.mark.parametrize("ending", ["jsonl", "ndjson"])
def test_json_lines_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    write_rows(COLUMNS, path, notice=NOTICE)
    lines = path.read_text().splitlines()
    assert lines == list(json_lines(COLUMNS))
    assert json.loads(lines[0])["flags"] == ["a", "b"]
    assert listed(tmp_path) == [f"t.{ending}", f"t.{ending}.notice.txt"]


def test_parquet_file(tmp_path: Path) -> None:
    write_rows(COLUMNS, tmp_path / "t.parquet", notice=NOTICE)
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table.schema.metadata[b"notice"] == NOTICE.encode()
    assert table.column("p").to_pylist() == [0.25, None, 1 / 3]
    assert table.column("flags").to_pylist() == [["a", "b"], [], ["c"]]
    assert table.column("patient_id").to_pylist() == ["007", "=1+1", "é"]
    assert [str(field.type) for field in table.schema][:4] == ["string", "double", "int64", "bool"]


@pytest.mark.parametrize("out", [None, "-"])
def test_without_a_file_csv_is_printed(capsys: pytest.CaptureFixture[str], out: Any) -> None:
    write_rows({"a": [1.5, None]}, out)
    assert capsys.readouterr().out == 'a\n1.5\n""\n'


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_rows_are_a_table_too(tmp_path: Path, ending: str) -> None:
    write_rows({"a": [], "b": np.zeros(0)}, tmp_path / f"t.{ending}")
    assert (tmp_path / f"t.{ending}").exists()


@pytest.mark.parametrize("ending", ENDINGS)
def test_blocks_are_one_table(tmp_path: Path, ending: str) -> None:
    with row_writer(tmp_path / f"a.{ending}", notice=NOTICE) as writer:
        for start in range(3):
            writer.write({name: values[start : start + 1] for name, values in COLUMNS.items()})
    write_rows(COLUMNS, tmp_path / f"b.{ending}", notice=NOTICE)
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    if ending == "parquet":
        assert parquet.read_table(first).equals(parquet.read_table(second))
    else:
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_existing_file_is_kept_unless_forced(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_rows(COLUMNS, path, notice=NOTICE)
    with pytest.raises(OutputError, match="exists already"):
        check_output(path, force=False)
    assert path.read_text() == "mine"
    assert listed(tmp_path) == [path.name]
    check_output(path, force=True)
    write_rows(COLUMNS, path, force=True, notice=NOTICE)
    assert path.read_bytes() != b"mine"


def test_a_sidecar_with_other_text_is_kept_unless_forced(tmp_path: Path) -> None:
    beside = tmp_path / "t.csv.notice.txt"
    beside.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_rows(COLUMNS, tmp_path / "t.csv", notice=NOTICE)
    assert listed(tmp_path) == [beside.name]
    write_rows(COLUMNS, tmp_path / "t.csv", force=True, notice=NOTICE)
    assert beside.read_text() == NOTICE + "\n"
    (tmp_path / "t.csv").unlink()
    write_rows(COLUMNS, tmp_path / "t.csv", notice=NOTICE)


@pytest.mark.parametrize("name", ["t.xlsx", "t", "t.csv.gz"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"allowed: .csv, .json") as caught:
        write_rows(COLUMNS, tmp_path / name)
    assert caught.value.exit_code == 2
    with pytest.raises(OutputError, match=r"allowed: .csv, .json"):
        check_output(tmp_path / name, force=False)
    assert listed(tmp_path) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("file/t.csv", "file/t.parquet"):
        with pytest.raises(OutputError):
            write_rows(COLUMNS, tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError):
        write_rows(COLUMNS, tmp_path / "folder.csv", force=True)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_fault_half_way_leaves_nothing(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    path.write_text("old")

    def fail() -> None:
        with row_writer(path, force=True, notice=NOTICE) as writer:
            writer.write(COLUMNS)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail()
    assert path.read_text() == "old"
    assert listed(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_unequal_columns_are_a_fault_of_ours(tmp_path: Path, ending: str) -> None:
    with pytest.raises(ValueError, match="differ in length"):
        write_rows({"a": [1], "b": [1, 2]}, tmp_path / f"t.{ending}")
    assert listed(tmp_path) == []


def test_parquet_blocks_are_row_groups_of_equal_bytes(tmp_path: Path) -> None:
    block: dict[str, Any] = {
        "id": np.array(["a", ""], dtype=object),
        "x": np.array([1.0, NAN]),
        "n": [1, 2],
    }
    for name in ("a.parquet", "b.parquet"):
        with parquet_writer(tmp_path / name, metadata={"notice": NOTICE}) as writer:
            writer.write(block)
            writer.write({**block, "x": np.array([NAN, NAN])})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    file = parquet.ParquetFile(tmp_path / "a.parquet")
    assert file.metadata.num_row_groups == 2
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.schema_arrow.metadata == {b"notice": NOTICE.encode()}
    assert file.read().to_pydict() == {
        "id": ["a", "", "a", ""],
        "x": [1.0, None, None, None],
        "n": [1, 2, 1, 2],
    }


def test_parquet_blocks_must_have_the_same_columns(tmp_path: Path) -> None:
    def fail() -> None:
        with parquet_writer(tmp_path / "t.parquet") as writer:
            writer.write({"a": [1]})
            writer.write({"b": [1]})

    with pytest.raises(ValueError, match=r"columns \['b'\] after \['a'\]"):
        fail()
    assert listed(tmp_path) == []


SAFE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="=+-@＝＋－＠"), max_size=10
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            SAFE,
            st.one_of(st.just(NAN), st.floats(allow_infinity=False, allow_nan=False)),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(ENDINGS),
)
def test_what_is_written_is_read_back(rows: list[tuple[str, float]], ending: str) -> None:
    columns = {
        "id": np.array([text for text, _ in rows], dtype=object),
        "x": np.array([value for _, value in rows]),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{ending}"
        write_rows(columns, path, digits=None)
        found = read_rows(path)
    assert found["id"].tolist() == columns["id"].tolist()
    x = found["x"]
    if ending == "csv":
        x = np.array([float(cell) if cell else NAN for cell in x])
    np.testing.assert_array_equal(x, columns["x"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=6), min_size=1, max_size=4), st.sampled_from(ENDINGS))
def test_any_text_can_be_written_and_read(texts: list[str], ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{ending}"
        write_rows({"n": ["1"] * len(texts), "text": texts}, path)
        assert len(read_rows(path)["text"]) == len(texts)


def test_whole_numbers_may_be_missing_in_any_block(tmp_path: Path) -> None:
    """As the ranks are of profiles that could not be ranked."""
    out = tmp_path / "ranks.parquet"
    with row_writer(out) as writer:
        writer.write({"rank": [1, 2]})
        writer.write({"rank": [None, 1]})
        writer.write({"rank": [None]})
    table = parquet.read_table(out)
    assert str(table.schema.field("rank").type) == "int64"
    assert table["rank"].to_pylist() == [1, 2, None, 1, None]
