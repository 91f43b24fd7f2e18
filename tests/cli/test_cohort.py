"""`resistml cohort` as a process: what a cohort shows of the claims, its curves and its papers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from resistml.documents import file_digest
from resistml.evidence import Evidence
from resistml.notice import NOTICE
from tests.cli.conftest import Cli, one_document


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small cohort by the shipped config `audit`."""
    from resistml.api import generate
    from resistml.config import load_config

    out = tmp_path_factory.mktemp("audit") / "drawn"
    generate(load_config("audit", ("cohort.n=4000",)), out)
    return out


@pytest.mark.slow
def test_audit_of_a_cohort_as_json_and_as_a_picture(
    cli: Cli, drawn: Path, tmp_path: Path, evidence: Evidence
) -> None:
    path = tmp_path / "audit.svg"
    document = one_document(cli("cohort", "audit", drawn, "--json", "--figure", path))
    says_what_each_target_shows(document)
    svg = path.read_text()
    shows_every_target(svg, evidence)
    assert "shown by 4,000 patients" in svg
    assert "95% interval of the cohort" in svg
    again = cli("cohort", "audit", drawn, "--figure", path, code=2)
    assert "--force" in again.stderr
    assert again.stdout == ""
    assert path.read_text() == svg


def shows_every_target(svg: str, evidence: Evidence) -> None:
    ElementTree.fromstring(svg)  # noqa: S314
    targets = [name for name, claim in evidence.claims.items() if claim.role == "target"]
    assert all(f">{name}<" in svg or f">{name} (" in svg for name in targets)
    assert NOTICE in svg


def says_what_each_target_shows(document: dict[str, Any]) -> None:
    assert document["cohort"] == {
        "patients": 4000, "assignment": "randomised", "missing": "catalogued", "remarks": [],
    }  # fmt: skip
    targets = [row for row in document["claims"] if row["role"] == "target"]
    others = [row for row in document["claims"] if row["role"] != "target"]
    assert targets
    assert others
    assert all(set(row["sample"]) == {"value", "low", "high", "n", "note"} for row in targets)
    assert not any("sample" in row for row in others)
    (ac,) = (row for row in targets if row["claim"] == "s4_ac_orr")
    assert ac["sample"]["low"] < ac["sample"]["value"] < ac["sample"]["high"]
    assert 60 < ac["sample"]["n"] < 200
    covered = [
        row["sample"]["low"] <= row["obtained"] <= (row["sample"]["high"] or float("inf"))
        for row in targets
        if row["sample"]["low"] is not None
    ]
    assert len(covered) > 90
    assert sum(covered) >= 0.85 * len(covered)


def test_the_table_shows_intervals_percent_and_notes(cli: Cli, drawn: Path) -> None:
    text = cli("cohort", "audit", drawn).stdout
    head, lines = text.splitlines()[2], text.splitlines()
    for column in ("reported", "obtained", "cohort", "95% interval", "n", "status"):
        assert column in head
    (line,) = (x for x in lines if x.startswith("  s4_chop_survival_rate "))
    assert "65%" in line
    assert "survival_rate, 60 months" in line
    assert "within" in line
    (line,) = (x for x in lines if x.startswith("  s1_her2_targeted_survival_rate "))
    assert "at least 1.3" in line
    assert "the strategy is open to" in text
    assert "due (falls due with the monitoring model)" in text
    assert "nan" not in text.lower().split()


@pytest.mark.slow
def test_a_cohort_treated_by_choice_says_what_its_estimates_are(cli: Cli, tmp_path: Path) -> None:
    cli("cohort", "generate", "--n", 600, "--out", tmp_path / "c")
    assert "not given by lot (confounded)" in cli("cohort", "audit", tmp_path / "c").stdout


@pytest.mark.slow
def test_the_audit_of_the_default_world_is_of_population_values_alone(
    cli: Cli, tmp_path: Path, evidence: Evidence
) -> None:
    path = tmp_path / "audit.svg"
    path.write_text("an older one")
    document = one_document(cli("cohort", "audit", "--figure", path, "--force", "--json"))
    assert "cohort" not in document
    assert not any("sample" in row for row in document["claims"])
    shows_every_target(path.read_text(), evidence)
    assert "95% interval of the cohort" not in path.read_text()


def test_a_picture_of_no_known_kind_is_refused_before_the_work(cli: Cli, tmp_path: Path) -> None:
    done = cli("cohort", "audit", "--figure", tmp_path / "audit.jpg", code=2)
    assert ".svg, .png, .pdf" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_cohort_is_named(cli: Cli, drawn: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "world.json").write_bytes((drawn / "world.json").read_bytes())
    assert "manifest.json" in cli("cohort", "audit", bare, code=2).stderr


def test_curves_are_a_figure_per_setting_with_the_claims_on_it(
    cli: Cli, drawn: Path, tmp_path: Path
) -> None:
    out = tmp_path / "curves"
    document = one_document(cli("cohort", "curves", drawn, "--out", out, "--json"))
    assert len(document["files"]) == 22
    assert set(document["files"]) == {p.name for p in out.iterdir()} - {"manifest.json"}
    for name, digest in document["files"].items():
        ElementTree.parse(out / name)  # noqa: S314
        assert file_digest(out / name) == digest
    svg = (out / "breast_ac.svg").read_text()
    for said in ("s4_ac_median_pfs: 12 months", "s4_ac_survival_rate: 75% at 36 months", "at risk"):
        assert said in svg
    assert str(tmp_path) not in (out / "manifest.json").read_text()
    assert "--force" in cli("cohort", "curves", drawn, "--out", out, code=2).stderr


def test_curves_of_one_setting_in_another_format(cli: Cli, drawn: Path, tmp_path: Path) -> None:
    out = tmp_path / "curves"
    args = ("--out", out, "--setting", "prostate_crpc", "--format", "png")
    done = cli("cohort", "curves", drawn, *args)
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "prostate_crpc.png"]
    assert NOTICE in done.stderr
    cli("cohort", "curves", drawn, *args, "--force")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--setting", "prostate_crp"), "did you mean 'prostate_crpc'"),
        (("--format", "jpg"), ".svg, .png, .pdf"),
    ],
)
def test_curves_of_what_is_not_there(
    cli: Cli, drawn: Path, tmp_path: Path, args: tuple[str, str], said: str
) -> None:
    done = cli("cohort", "curves", drawn, "--out", tmp_path / "curves", *args, code=2)
    assert said in done.stderr
    assert not (tmp_path / "curves").exists()


@pytest.mark.slow
def test_curves_of_the_default_world_are_of_a_cohort_drawn_for_them(
    cli: Cli, tmp_path: Path
) -> None:
    out = tmp_path / "curves"
    cli("cohort", "curves", "--out", out, "--setting", "breast_ac")
    # Of 200,000 patients breast_ac has its share, half of them under each strategy.
    counts = re.findall(r">([\d,]+) patients<", (out / "breast_ac.svg").read_text())
    assert len(counts) == 2
    assert all(4_000 < int(n.replace(",", "")) < 7_000 for n in counts)


def test_describe_prints_the_dictionary_and_writes_the_papers(
    cli: Cli, drawn: Path, tmp_path: Path
) -> None:
    out = tmp_path / "papers"
    text = cli("cohort", "describe", drawn, "--out", out).stdout
    for said in ("breast_ac", "Data dictionary", "resistance_kind", "1 = resistant, 0 = responded",
                 "CSC", "primary", "acquired"):  # fmt: skip
        assert said in text
    assert "p_response_fair" not in text  # no oracle was drawn
    assert sorted(path.name for path in out.iterdir()) == [
        "datasheet.md", "dictionary.json", "manifest.json",
    ]  # fmt: skip
    sheet = (out / "datasheet.md").read_text()
    assert "4,000 virtual patients" in sheet
    assert "by lot" in sheet
    assert "are targets that the world is solved to" in sheet
    columns = json.loads((out / "dictionary.json").read_text())["columns"]
    assert {column["table"] for column in columns} == {"cohort", "markers_true"}
    assert (out / "dictionary.json").read_bytes() == (drawn / "dictionary.json").read_bytes()
    assert "--force" in cli("cohort", "describe", drawn, "--out", out, code=2).stderr
    cli("cohort", "describe", drawn, "--out", out, "--force")
    assert (out / "datasheet.md").read_text() == sheet


def test_describe_as_json_holds_all_of_it(cli: Cli) -> None:
    document = one_document(cli("cohort", "describe", "--json"))
    assert document["arms"]
    assert document["markers"]
    names = {(column["table"], column["name"]) for column in document["dictionary"]}
    assert {("cohort", "resistance_kind"), ("oracle", "p_response_fair")} <= names
    assert document["datasheet"].startswith("# Datasheet")
    assert "as doctors would" in document["datasheet"]


def test_describe_without_out_says_how_to_get_the_datasheet(cli: Cli, drawn: Path) -> None:
    assert "--out FOLDER writes it" in cli("cohort", "describe", drawn).stdout


@pytest.mark.parametrize("command", ["describe", "curves"])
def test_an_output_that_cannot_be_written_is_named_and_nothing_is_left(
    cli: Cli, drawn: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").write_text("mine")
    done = cli("cohort", command, drawn, "--out", tmp_path / "file" / "papers", code=2)
    assert "is a file, not a folder" in done.stderr
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("command", ["audit", "describe"])
def test_the_top_of_an_ensemble_is_no_cohort(cli: Cli, tmp_path: Path, command: str) -> None:
    top = tmp_path / "ensemble"
    top.mkdir()
    worlds = [{"folder": "world_00"}, {"folder": "world_01"}]
    (top / "manifest.json").write_text(json.dumps({"worlds": worlds}))
    done = cli("cohort", command, top, code=2)
    assert "an ensemble of 2 worlds" in done.stderr
    assert f"name one of its worlds: {top / 'world_00'}" in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_an_ensemble_is_drawn_and_each_of_its_worlds_audited(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: ensemble\ncohort: {n: 500, worlds: 2}\n")
    out = tmp_path / "ensemble"
    text = cli("cohort", "generate", "-c", tmp_path / "mine.yaml", "--out", out).stdout
    for said in ("world_00", "world_01", "draws refused", "96 within", "no probabilities"):
        assert said in text
    assert "name one of its worlds" in cli("cohort", "audit", out, code=2).stderr
    # What is out of a point's tolerance is not out of what the ensemble allows.
    document = one_document(cli("cohort", "audit", out / "world_01", "--json"))
    written = json.loads((out / "world_01" / "audit.json").read_text())["claims"]
    assert {row["claim"]: (row["obtained"], row["status"]) for row in document["claims"]} == {
        row["claim"]: (row["obtained"], row["status"]) for row in written
    }
    assert document["cohort"]["remarks"][0].startswith("A world of an ensemble")
    assert "500 virtual patients" in cli("cohort", "describe", out / "world_00", "--json").stdout


@pytest.mark.slow
def test_a_cohort_of_another_catalog_is_described_by_its_world(cli: Cli, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "assumptions.yaml").write_text(
        "stable_share: {value: 0.5, low: 0.3, high: 0.6, replace: true,\n"
        "  reason: another opinion on stable disease}\n"
    )
    config = tmp_path / "mine.yaml"
    config.write_text("extends: quick\ncatalog: overlay\ncohort: {n: 500}\n")
    cli("cohort", "generate", "-c", config, "--out", tmp_path / "drawn")
    bare = one_document(cli("cohort", "describe", tmp_path / "drawn", "--json"))["datasheet"]
    assert "are targets that the world is solved to" not in bare
    args = ("cohort", "describe", tmp_path / "drawn", "--catalog", overlay, "--json")
    assert "are targets that the world is solved to" in one_document(cli(*args))["datasheet"]
