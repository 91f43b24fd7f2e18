"""Pages as files: names that stay in their folder, nothing replaced unasked, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resistml.documents import file_digest
from resistml.errors import OutputError, TableError, UsageError
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.report.patient.write import FileNames, Written, write_reports
from resistml.tables.profiles import Profiles, profiles_from_rows
from tests.report.patient.conftest import typical

SETTING = "pancreatic_advanced"


def rows(model: Model, *ids: str, **cells: Any) -> Iterator[Profiles]:
    yield profiles_from_rows(
        [{**typical(model.spec, SETTING), **cells, "patient_id": name} for name in ids], model.spec
    )


def test_a_folder_holds_a_page_each_an_index_and_a_manifest(model: Model, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    found = write_reports(model, rows(model, "a", "b"), out)
    assert found.start == out / "index.html"
    assert {p.name for p in out.iterdir()} == {"a.html", "b.html", "index.html", "manifest.json"}
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["notice"] == NOTICE
    assert manifest["files"] == {
        name: file_digest(out / name) for name in ("a.html", "b.html", "index.html")
    }
    assert [r["patient_id"] for r in manifest["reports"]] == ["a", "b"]
    assert 'href="index.html"' in (out / "a.html").read_text()


def test_one_file_takes_one_patient(model: Model, tmp_path: Path) -> None:
    out = tmp_path / "one.html"
    found = write_reports(model, rows(model, "a"), out)
    assert found.start == out
    assert 'href="index.html"' not in out.read_text()
    with pytest.raises(UsageError, match="takes one patient"):
        write_reports(model, rows(model, "a", "b"), tmp_path / "two.html")
    assert list(tmp_path.iterdir()) == [out]


def test_one_of_many_by_id(model: Model, tmp_path: Path) -> None:
    found = write_reports(model, rows(model, "a", "b"), tmp_path / "b.html", only="b")
    assert [row.patient_id for row in found.files] == ["b"]
    with pytest.raises(UsageError, match="no patient 'c'"):
        write_reports(model, rows(model, "a", "b"), tmp_path / "c", only="c")
    assert not (tmp_path / "c").exists()


def test_what_exists_is_kept_unless_forced(model: Model, tmp_path: Path) -> None:
    for out in (tmp_path / "one.html", tmp_path / "many"):
        write_reports(model, rows(model, "a"), out)
        with pytest.raises(OutputError, match="exists already"):
            write_reports(model, rows(model, "b"), out)
        write_reports(model, rows(model, "b"), out, force=True)
    assert not (tmp_path / "many" / "a.html").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(OutputError, match="did not write"):
        write_reports(model, rows(model, "a"), tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"


@pytest.mark.parametrize("name", ["r.pdf", "r.csv", "r.JSON"])
def test_other_formats_are_refused(model: Model, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="names no page"):
        write_reports(model, rows(model, "a"), tmp_path / name)


def test_rejected_rows_are_in_the_index(model: Model, tmp_path: Path) -> None:
    found = write_reports(model, rows(model, "a", age=-1), tmp_path / "many")
    assert found.files == ()
    assert "row 1, column 'age'" in found.rejected[0]
    assert "rejected" in (tmp_path / "many" / "index.html").read_text()
    with pytest.raises(TableError, match="row 1, column 'age'"):
        write_reports(model, rows(model, "a", age=-1), tmp_path / "one.html")


def test_ids_that_lead_elsewhere_stay_in_the_folder(model: Model, tmp_path: Path) -> None:
    ids = ["../up", "/etc/passwd", "..", "a/b", "a\\b", "CON", "index", "<b>", "é", "x" * 300]
    out = tmp_path / "deep" / "reports"
    found: Written = write_reports(model, rows(model, *ids), out)
    assert len({row.file for row in found.files}) == len(ids)
    assert {p.name for p in out.iterdir()} == {
        *(row.file for row in found.files),
        "index.html",
        "manifest.json",
    }
    assert {p.name for p in tmp_path.rglob("*") if p.is_dir()} == {"deep", "reports"}
    index = (out / "index.html").read_text()
    assert all(f'href="{row.file}"' in index for row in found.files)


def test_plain_ids_keep_their_names() -> None:
    names = FileNames()
    assert [names.of(x) for x in ("EX-01", "p_2", "3.b")] == ["EX-01.html", "p_2.html", "3.b.html"]


def test_names_that_differ_in_case_alone_do_not_meet() -> None:
    names = FileNames()
    found = [names.of(x).lower() for x in ("A", "a", "a?", "a!", "con.1", ".a")]
    assert len(set(found)) == len(found)
    assert not any(name.startswith((".", "con")) for name in found)


def test_names_follow_the_id_alone_where_they_can() -> None:
    assert FileNames().of("a b") == FileNames().of("a b")
