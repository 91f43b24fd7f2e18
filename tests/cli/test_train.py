"""`train` end to end as a process, on a small config."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from resistml.notice import NOTICE
from tests.cli.conftest import Cli, lines, one_document

SMALL = [
    "quick", "--set", "cohort.n=1500", "--set", "evaluate.n=1500", "--set", "model.bag=3",
    "--set", "model.rounds=20", "--set", "evaluate.resamples=20",
]  # fmt: skip


def test_train_makes_a_run_that_scores(cli: Cli, tmp_path: Path, examples: Path) -> None:
    done = cli("train", *SMALL, "--json")
    document = one_document(done)
    assert 0.6 < document["figures"]["auc"] < document["figures"]["auc_fair"] + 0.02
    folder = Path(document["folder"])
    assert folder.parent == tmp_path / "runs"
    for name in ("config.yaml", "cohort", "model", "metrics.json", "audit.json", "report.html"):
        assert (folder / name).exists()
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["notice"] == NOTICE
    assert set(metrics["learners"]) == {"xgboost", "logistic", "constant"}
    report = (folder / "report.html").read_text()
    assert NOTICE in report
    # What is odd in the training patients is said, in the report and the bundle too.
    few = "strategies have fewer than 10 training patients in their setting"
    assert few in report
    assert any(line.startswith("note: ") and few in line for line in done.stderr.splitlines())
    about = json.loads((folder / "model" / "model.json").read_text())["about"]
    assert [flag["code"] for flag in about["flags"]] == ["few_patients"]
    assert about["ranking"] == {
        "response": 1.0,
        "pfs_months": 0.01,
        "os_months": 0.01,
        "caution": 0.02,
    }
    # By its run's id, and by its folder, the model answers alike.
    by_id = lines(cli("score", examples, "-m", document["run"], "--json"))
    assert by_id == lines(cli("score", examples, "-m", folder / "model", "--json"))
    assert document["run"] in cli("runs", "list").stdout
    assert cli("report", "model", document["run"]).stdout.strip() == str(folder / "report.html")
    anew = one_document(cli("report", "model", folder, "-o", "anew.html", "--json"))
    assert anew["report"] == "anew.html"
    assert (tmp_path / "anew.html").read_text() == report
    items = json.loads((tmp_path / anew["tripod_ai"]).read_text())["items"]
    assert items == json.loads((folder / "tripod_ai.json").read_text())["items"]
    # The run is in MLflow's store, beside the runs.
    with sqlite3.connect(tmp_path / "mlflow.db") as store:
        assert store.execute("select status, name from runs").fetchall() == [
            ("FINISHED", document["run"])
        ]
        keys = {key for (key,) in store.execute("select key from metrics")}
    assert {"gap/auc", "gain/captured", "error/mae", "auc/fair"} <= keys


@pytest.mark.slow
def test_the_same_config_gives_the_same_model(cli: Cli, tmp_path: Path) -> None:
    hashes = set()
    for _ in range(2):
        args = [*SMALL, "--set", "tracking.enabled=false", "--set", "report=false", "--json"]
        folder = Path(one_document(cli("train", *args))["folder"])
        manifest = json.loads((folder / "model" / "manifest.json").read_text())
        hashes.add(json.dumps(manifest["files"], sort_keys=True))
    assert len(hashes) == 1


@pytest.mark.slow
def test_without_tracking_there_is_no_store(cli: Cli, tmp_path: Path) -> None:
    cli("train", *SMALL, "--set", "tracking.enabled=false", "--set", "report=false")
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.slow
def test_a_project_is_found_from_a_folder_inside_it(cli: Cli, tmp_path: Path) -> None:
    import os
    import sys

    (tmp_path / "resistml.yaml").write_text("")
    inside = tmp_path / "deep" / "er"
    inside.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "resistml", "train", *SMALL, "--set", "tracking.enabled=false"],
        cwd=inside,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "runs").iterdir())
    assert not list(inside.iterdir())


@pytest.mark.slow
def test_a_run_with_its_own_catalog_can_be_repeated_from_its_folder(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "assumptions.yaml").write_text(
        "stable_share: {value: 0.5, low: 0.3, high: 0.6, replace: true,\n"
        "  reason: another opinion on stable disease}\n"
    )
    (tmp_path / "mine.yaml").write_text("extends: quick\ncatalog: overlay\n")
    small = [*SMALL[1:], "--set", "tracking.enabled=false", "--set", "report=false", "--json"]
    first = one_document(cli("train", "mine.yaml", *small))
    again = one_document(cli("train", Path(first["folder"]) / "config.yaml", "--json"))
    assert again["figures"] == first["figures"]


@pytest.mark.slow
def test_two_trainers_at_once_on_a_fresh_project_both_finish(cli: Cli, tmp_path: Path) -> None:
    import os
    import sys

    environment = os.environ | {"NO_COLOR": "1"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "resistml", "train", *SMALL, "--set", "report=false"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in started:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    assert len(list((tmp_path / "runs").iterdir())) == 2
    with sqlite3.connect(tmp_path / "mlflow.db") as store:
        assert store.execute("select status from runs").fetchall() == [("FINISHED",)] * 2


def test_an_interrupted_run_leaves_nothing_half_written(cli: Cli, tmp_path: Path) -> None:
    import os
    import signal
    import sys
    import time

    long = [*SMALL, "--set", "cohort.n=400000", "--set", "tracking.enabled=false"]
    process = subprocess.Popen(
        [sys.executable, "-m", "resistml", "train", *long],
        cwd=tmp_path,
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 120
    while not (tmp_path / "runs").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
