"""`resistml drift`: exit codes for schedulers, and its outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from resistml import shipped
from resistml.notice import NOTICE
from tests.cli.conftest import Cli, one_document


@pytest.fixture
def cohort(tmp_path: Path) -> pd.DataFrame:
    """The shipped drawn cohort, as profiles."""
    frame = pd.read_parquet(shipped.folder("synthetic") / "cohort.parquet")
    outcomes = [c for c in frame if c.startswith(("pfs", "os_", "resist", "response"))]
    return frame.drop(columns=outcomes)


def test_patients_of_the_same_world_have_not_drifted(
    cli: Cli, cohort: pd.DataFrame, tmp_path: Path
) -> None:
    cohort.to_parquet(tmp_path / "same.parquet")
    done = cli("drift", "same.parquet", code=0)
    assert "No drift found. 2,000 profiles compared" in done.stdout
    assert NOTICE in done.stderr


@pytest.mark.slow
def test_drift_is_told_in_every_form(cli: Cli, cohort: pd.DataFrame, tmp_path: Path) -> None:
    cohort.assign(ABCB1=cohort["ABCB1"] * 8).to_parquet(tmp_path / "unit.parquet")
    document = one_document(cli("drift", "unit.parquet", "-o", "d.html", "--json", code=4))
    assert document["drift"] is True
    drifted = [row["name"] for row in document["rows"] if row["drifted"]]
    assert "ABCB1" in drifted
    assert "CSC" not in drifted
    assert "<h1>Drift: unit.parquet</h1>" in (tmp_path / "d.html").read_text("utf-8")
    cli("drift", "unit.parquet", "-o", "d.html", code=2)  # is there already
    cli("drift", "unit.parquet", "-o", "d.csv", code=4)
    table = pd.read_csv(tmp_path / "d.csv")
    assert table.loc[table["drifted"].astype(str).str.lower() == "true", "name"].tolist() == drifted
    assert NOTICE in (tmp_path / "d.csv.notice.txt").read_text("utf-8")


@pytest.mark.slow
def test_thresholds_and_mix_are_options(cli: Cli, cohort: pd.DataFrame, tmp_path: Path) -> None:
    one = cohort[cohort["setting"] == "nsclc_advanced"]
    one.to_parquet(tmp_path / "one.parquet")
    done = cli("drift", "one.parquet", code=4)
    assert "Drift: mix of settings" in done.stdout
    cli("drift", "one.parquet", "--no-mix", code=0)
    told = one_document(cli("drift", "one.parquet", "--no-mix", "--difference", "0.4", "--json"))
    assert told["thresholds"]["difference"] == 0.4
    cli("drift", "one.parquet", "--alpha", "2", code=2)


@pytest.mark.slow
def test_rejected_rows_and_what_outranks_them(
    cli: Cli, cohort: pd.DataFrame, tmp_path: Path
) -> None:
    bad = cohort.astype({"setting": object})
    bad.loc[bad.index[:5], "setting"] = "nowhere"
    bad.to_parquet(tmp_path / "bad.parquet")
    done = cli("drift", "bad.parquet", code=3)
    assert "5 of 2,000 profiles were rejected" in done.stderr
    bad.assign(ABCB1=bad["ABCB1"] * 8).to_parquet(tmp_path / "both.parquet")
    assert "5 of 2,000" in cli("drift", "both.parquet", code=4).stderr
    (tmp_path / "none.json").write_text(json.dumps([{"patient_id": "a", "setting": "nowhere"}]))
    assert "no profile can be compared" in cli("drift", "none.json", code=2).stderr


def test_a_model_that_describes_nobody(cli: Cli, small_bundle: Path, examples: Path) -> None:
    done = cli("drift", examples, "-m", small_bundle, code=2)
    assert "does not describe its training patients" in done.stderr
