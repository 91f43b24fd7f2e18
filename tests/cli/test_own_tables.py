"""`resistml config check --data`: a look at one's own tables before training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Cli, one_document
from tests.tables.own.made import PLAIN, columns, write


@pytest.fixture
def config(tmp_path: Path) -> Path:
    train, later = columns(), columns(n=120, seed=2)
    train["albumin"][:3] = [999.0] * 3
    write(tmp_path / "own.csv", train)
    write(tmp_path / "later.csv", later)
    data = {**PLAIN, "train": "own.csv", "external": {"later": "later.csv"}, "treatment": "arm"}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"extends": "quick", "data": data}, sort_keys=False))
    return path


def test_says_what_the_tables_hold(cli: Cli, config: Path) -> None:
    tables = one_document(cli("config", "check", config, "--data", "--json"))["tables"]
    assert list(tables) == ["train", "later"]
    train = tables["train"]
    assert train["patients"] == 200
    assert sum(train["outcomes"].values()) == 200
    assert set(train["strategies"]) == {"A", "B"}
    assert [f["name"] for f in train["features"]] == ["albumin", "score", "mutated"]
    assert train["features"][0]["measured"] == 200
    assert [note["code"] for note in train["notes"]] == ["sentinel"]
    assert tables["later"]["patients"] == 120


def test_and_to_people(cli: Cli, config: Path) -> None:
    done = cli("config", "check", config, "--data")
    assert "train: 200 patients" in done.stdout
    assert "treatments: A (" in done.stdout
    assert "sentinel: 'albumin' holds 999 (3 rows)" in done.stdout
    assert "Research only" in done.stderr


def test_a_fault_of_a_table_exits_2(cli: Cli, config: Path) -> None:
    done = cli("config", "check", config, "--data", "--set", "data.id=pateint", code=2)
    assert "has no column 'pateint', which the config's `data.id` names" in done.stderr
    assert "did you mean 'patient'?" in done.stderr


def test_a_config_without_tables(cli: Cli) -> None:
    assert "no section `data`" in cli("config", "check", "quick", "--data", code=2).stderr


def test_without_the_option_no_table_is_read(cli: Cli, config: Path) -> None:
    (config.parent / "own.csv").write_text("not,a\ntable\n")
    document = json.loads(cli("config", "check", config, "--json").stdout)
    assert document["config"]["data"]["outcome"]["column"] == "best"
    assert "tables" not in document


def test_a_variable_that_is_not_set(cli: Cli) -> None:
    done = cli("config", "check", "ispy2", code=2)
    assert "the environment variable RESISTML_COHORTS is not set" in done.stderr
    assert "export RESISTML_COHORTS=" in done.stderr
