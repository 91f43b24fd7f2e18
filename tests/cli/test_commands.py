"""The other commands as processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resistml.notice import NOTICE
from tests.cli.conftest import Cli, one_document


def test_help_lists_the_commands_and_says_what_it_is_not(cli: Cli) -> None:
    text = cli("--help").stdout
    for command in ("demo", "evidence", "cohort", "train", "score", "rank", "explain", "ui"):
        assert f" {command} " in text
    assert "not for clinical use" in text


def test_version(cli: Cli) -> None:
    from resistml.version import __version__

    assert cli("--version").stdout.strip() == f"resistml {__version__}"


@pytest.mark.parametrize(
    "args", [("scor",), ("score",), ("score", "--nonsense"), ("evidence", "list", "claimz")]
)
def test_faults_of_usage_exit_2(cli: Cli, args: tuple[str, ...]) -> None:
    assert cli(*args, code=2).stderr


@pytest.mark.parametrize(
    "kind",
    ["claims", "markers", "settings", "strategies", "mechanisms", "endpoints", "assumptions"],
)
def test_evidence_list_gives_every_field(cli: Cli, kind: str) -> None:
    document = one_document(cli("evidence", "list", kind, "--json"))
    entries = document[kind]
    assert entries
    assert all(entry["id"] for entry in entries)
    if kind == "claims":
        wanted = {
            "id", "section", "summary", "mechanism", "tumour", "setting", "population", "strategy",
            "comparator", "endpoint", "measure", "at_months", "bound", "low", "high", "unit",
            "evidence_level", "role", "caveat", "source",
        }  # fmt: skip
        assert all(wanted <= set(entry) for entry in entries)
        assert sum(entry["low"] is not None for entry in entries) > 110


def test_evidence_list_for_people(cli: Cli) -> None:
    done = cli("evidence", "list", "strategies")
    assert "folfox_cetuximab" in done.stdout
    assert NOTICE in done.stderr


def test_evidence_show_has_the_caveat(cli: Cli) -> None:
    document = one_document(cli("evidence", "show", "s2_csc_high_orr", "--json"))
    assert (document["entry"]["low"], document["entry"]["high"]) == (0.15, 0.2)
    assert "caveat" in document["entry"]
    assert "folfox" in cli("evidence", "show", "s2_csc_high_orr").stdout


def test_evidence_show_names_the_nearest_id(cli: Cli) -> None:
    assert "s2_csc_high_orr" in cli("evidence", "show", "s2_csc_hihg_orr", code=2).stderr


def test_evidence_check_passes_and_counts(cli: Cli) -> None:
    document = one_document(cli("evidence", "check", "--json"))
    assert document["findings"] == []
    assert document["counts"]["claims"] > 200


def test_evidence_check_exits_4_on_a_broken_overlay(cli: Cli, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay" / "claims"
    overlay.mkdir(parents=True)
    (overlay / "mine.yaml").write_text(
        "source: {id: mine, citation: nobody}\n"
        "claims:\n"
        "  mine_orr: {section: '2', summary: a claim on nothing, tumour: any, endpoint: orr,\n"
        "    low: 1.2, high: 1.3, evidence_level: clinical, role: context, reason: a test,\n"
        "    markers: [ABCB9]}\n"
    )
    done = cli("evidence", "check", "--catalog", overlay.parent, "--json", code=4)
    findings = one_document(done)["findings"]
    assert {finding["entry"] for finding in findings} == {"mine_orr"}
    assert any("ABCB9" in finding["message"] for finding in findings)
    assert any("outside the range" in finding["message"] for finding in findings)


def test_cohort_audit_has_no_claim_out(cli: Cli) -> None:
    document = one_document(cli("cohort", "audit", "--json"))
    status = {row["claim"]: row["status"] for row in document["claims"]}
    assert "out" not in status.values()
    assert sum(s == "within" for s in status.values()) >= 40
    tension = {name for name, s in status.items() if s == "tension"}
    assert tension == {name for conflict in document["conflicts"] for name in conflict["claims"]}
    assert set(document["parameters"].values()) == {"claim-identified", "assumption-only"}


def test_cohort_generate_writes_the_files_of_the_design(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "cohort"
    document = one_document(
        cli("cohort", "generate", "--n", 600, "--seed", 3, "--out", out, "--json")
    )
    assert document["rows"]["cohort"] == 600
    found = sorted(path.name for path in out.iterdir())
    assert found == [
        *("cohort.parquet", "datasheet.md", "dictionary.json", "manifest.json"),
        *("markers_true.parquet", "oracle.parquet", "world.json"),
    ]
    text = (out / "manifest.json").read_text()
    assert str(tmp_path) not in text
    again = cli("cohort", "generate", "--n", 600, "--seed", 3, "--out", out, code=2)
    assert "--force" in again.stderr
    other = tmp_path / "other"
    cli("cohort", "generate", "--n", 600, "--seed", 3, "--out", other)
    assert (other / "manifest.json").read_text() == text
    assert "breast_ac" in cli("cohort", "describe", out).stdout


@pytest.mark.parametrize("n", ["0", "-1", "many"])
def test_an_impossible_number_of_patients(cli: Cli, tmp_path: Path, n: str) -> None:
    done = cli("cohort", "generate", "--n", n, "--out", tmp_path / "x", code=2)
    assert done.stderr
    assert not (tmp_path / "x").exists()


def test_config_check_explain_schema(cli: Cli, tmp_path: Path) -> None:
    resolved = one_document(cli("config", "check", "quick", "--set", "cohort.n=900", "--json"))
    assert resolved["config"]["cohort"]["n"] == 900
    keys = {row["key"] for row in one_document(cli("config", "explain", "--json"))["keys"]}
    assert {"seed", "cohort.n", "model.depth", "tracking.uri"} <= keys
    assert json.loads(cli("config", "schema").stdout)["title"] == "RunConfig"


def test_a_config_is_checked_with_the_catalog_that_it_names(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: quick\ncatalog: nowhere\n")
    done = cli("config", "check", "mine.yaml", code=2)
    assert "mine.yaml, key 'catalog'" in done.stderr
    assert "is not there" in done.stderr


def test_asking_for_a_model_or_an_experiment_makes_no_store(
    cli: Cli, examples: Path, tmp_path: Path
) -> None:
    assert "no such model" in cli("score", examples, "-m", "models:/nope@best", code=2).stderr
    assert "no experiment 'nope'" in cli("ui", "--experiment", "nope", code=2).stderr
    assert "key '--uri'" in cli("ui", "--uri", "./mlruns", code=2).stderr
    assert list(tmp_path.iterdir()) == [examples]


def test_a_mistyped_config_key_names_the_nearest(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("extends: quick\ncohort:\n  nn: 900\nmodel: {detph: 3}\n")
    done = cli("train", config, code=2)
    assert "mine.yaml" in done.stderr
    assert "unknown key" in done.stderr
    assert "did you mean" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml"]


def test_profiles_template_is_a_valid_table(cli: Cli, small_bundle: Path, tmp_path: Path) -> None:
    done = cli("profiles", "template", "crc_advanced", "-m", small_bundle)
    head = done.stdout.splitlines()[0].split(",")
    assert head[:7] == ["patient_id", "setting", "strategy", "line", "age", "sex", "ecog"]
    assert "CSC" in head
    out = tmp_path / "t.csv"
    cli("profiles", "template", "crc_advanced", "-m", small_bundle, "-o", out)
    assert one_document(cli("profiles", "check", out, "-m", small_bundle, "--json"))["rows"] == 1
    assert (
        "crc_advanced"
        in cli("profiles", "template", "crc_advance", "-m", small_bundle, code=2).stderr
    )


def test_profiles_check_lists_rejected_rows(cli: Cli, small_bundle: Path) -> None:
    text = "patient_id,setting,CSC\nA,crc_advanced,0.02\nB,crc_advanced,2\n"
    done = cli("profiles", "check", "-", "-m", small_bundle, "--json", stdin=text, code=3)
    (fault,) = one_document(done)["rejected"]
    assert fault["row"] == 2
    assert "CSC" in fault["message"]


def test_init_begins_a_project_and_keeps_what_is_there(cli: Cli, tmp_path: Path) -> None:
    cli("init", tmp_path / "project")
    made = sorted(path.name for path in (tmp_path / "project").iterdir())
    assert made == ["config.yaml", "profiles.csv", "resistml.yaml"]
    assert "--force" in cli("init", tmp_path / "project", code=2).stderr


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("p/config.yaml/", "config.yaml: is a folder"),
        ("p/profiles.csv/", "profiles.csv: is a folder"),
        ("p", "'p' is a file, not a folder"),
        ("p/resistml.yaml", "resistml.yaml: exists already"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_what_is_in_the_way_of_a_project_is_found_before_anything_is_written(
    cli: Cli, tmp_path: Path, there: str, said: str, force: bool
) -> None:
    place = tmp_path / there
    if there.endswith("/"):
        place.mkdir(parents=True)
    else:
        place.parent.mkdir(exist_ok=True)
        place.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    if force and "exists already" in said:
        cli("init", "p", "--force")
        assert len(list((tmp_path / "p").iterdir())) == 3
        return
    assert said in cli("init", "p", *["--force"][: int(force)], code=2).stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_debug_shows_a_traceback(cli: Cli) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "resistml", "--debug", "score", "absent.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" in done.stderr


@pytest.mark.slow
def test_a_world_of_another_catalog_is_not_audited_by_this_one(cli: Cli, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "assumptions.yaml").write_text(
        "stable_share: {value: 0.5, low: 0.3, high: 0.6, replace: true,\n"
        "  reason: another opinion on stable disease}\n"
    )
    config = tmp_path / "mine.yaml"
    config.write_text("extends: quick\ncatalog: overlay\ncohort: {n: 500}\n")
    cli("cohort", "generate", "-c", config, "--out", tmp_path / "drawn")
    refused = cli("cohort", "audit", tmp_path / "drawn", code=2)
    assert "another catalog" in refused.stderr
    assert "--catalog" in refused.stderr
    done = cli("cohort", "audit", tmp_path / "drawn", "--catalog", overlay, "--json")
    assert "out" not in {row["status"] for row in one_document(done)["claims"]}
