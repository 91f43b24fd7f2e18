"""`resistml report patient` as a process: what is written, said and refused."""

from __future__ import annotations

from pathlib import Path

from resistml.notice import NOTICE
from tests.cli.conftest import Cli, one_document


def test_a_page_per_patient_and_an_index(cli: Cli, examples: Path, small_bundle: Path) -> None:
    done = cli("report", "patient", examples, "-m", small_bundle, "-o", "out")
    out = examples.parent / "out"
    assert done.stdout.strip() == str(Path("out") / "index.html")
    assert NOTICE in done.stderr
    assert len(list(out.glob("EX-*.html"))) == 10
    again = cli("report", "patient", examples, "-m", small_bundle, "-o", "out", code=2)
    assert "exists already" in again.stderr


def test_one_file_for_one_patient(cli: Cli, examples: Path, small_bundle: Path) -> None:
    done = cli(
        *("report", "patient", examples, "-m", small_bundle, "-o", "x.html"),
        *("--id", "EX-04", "--json"),
    )
    document = one_document(done)
    assert [row["patient_id"] for row in document["reports"]] == ["EX-04"]
    assert "EX-04" in (examples.parent / "x.html").read_text()


def test_rejected_rows_end_with_3(cli: Cli, examples: Path, small_bundle: Path) -> None:
    text = examples.read_text().replace("EX-02,nsclc_egfr_resistant", "EX-02,mars", 1)
    done = cli("report", "patient", "-", "-m", small_bundle, "-o", "out", stdin=text, code=3)
    assert "1 of 10 profiles were rejected" in done.stderr
    assert not (examples.parent / "out" / "EX-02.html").exists()
    assert "mars" in (examples.parent / "out" / "index.html").read_text()
