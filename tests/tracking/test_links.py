"""Deep links of the UI, and addresses without what must not be shown."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote

import pytest

from resistml.tracking.links import (
    charts_link,
    compare_link,
    is_server,
    redacted,
    run_link,
    table_link,
    ui_base,
)

BASE = "http://127.0.0.1:5000"


def test_charts_open_in_the_view_for_models() -> None:
    link = charts_link(BASE, "12")
    assert link == (
        "http://127.0.0.1:5000/#/experiments/12/runs"
        "?workflowType=machine_learning&viewStateShareKey=resistml&compareRunsMode=CHART"
    )
    assert link == table_link(BASE, "12") + "&compareRunsMode=CHART"


def test_a_slash_at_the_end_of_the_base_is_not_doubled() -> None:
    assert charts_link(BASE + "/", "1") == charts_link(BASE, "1")
    assert run_link(BASE + "/", "1", "r") == f"{BASE}/#/experiments/1/runs/r"
    assert compare_link(BASE + "/", ["r"], "1") == compare_link(BASE, ["r"], "1")


def test_compare_names_runs_and_experiment_as_json() -> None:
    link = compare_link(BASE, (r for r in ("r1", "r2")), "7")
    assert link.startswith(f"{BASE}/#/compare-runs?")
    query = parse_qs(link.partition("?")[2])
    assert json.loads(query["runs"][0]) == ["r1", "r2"]
    assert json.loads(query["experiments"][0]) == ["7"]
    assert " " not in link
    assert '"' not in link


def test_ids_cannot_add_to_a_link() -> None:
    link = charts_link(BASE, "1/../2?x=y#z")
    assert link.count("?") == 1
    assert unquote(link).count("1/../2?x=y#z") == 1


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:secret@db:5432/runs", "postgresql://db:5432/runs"),
        ("https://me:se@cret@host/path?q=1", "https://host/path?q=1"),
        ("https://token@host", "https://host"),
        ("https://host/a@b", "https://host/a@b"),
        ("sqlite:////srv/me@work/mlflow.db", "sqlite:////srv/me@work/mlflow.db"),
        ("databricks", "databricks"),
    ],
)
def test_names_and_passwords_are_not_shown(uri: str, shown: str) -> None:
    assert redacted(uri) == shown


@pytest.mark.parametrize(
    ("uri", "server", "base"),
    [
        ("sqlite:////p/mlflow.db", False, "http://127.0.0.1:5001"),
        ("postgresql://db/runs", False, "http://127.0.0.1:5001"),
        ("http://host:8080/", True, "http://host:8080"),
        ("HTTPS://me:secret@host/sub", True, "https://host/sub"),
    ],
)
def test_the_base_is_the_servers_own_or_the_local_one(uri: str, server: bool, base: str) -> None:
    assert is_server(uri) is server
    assert ui_base(uri, 5001).lower() == base
