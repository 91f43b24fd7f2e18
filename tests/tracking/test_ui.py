"""Opening the UI: what is said, and that it is there."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from resistml.errors import UsageError
from resistml.tracking import ui
from resistml.tracking.opening import Store, experiments, open_store
from resistml.tracking.place import resolve_uri


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    said: list[str] = []
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)):
            ui.open_ui(tmp_path, resolve_uri(None, tmp_path), port, say=said.append)
    assert said == []
    assert list(tmp_path.iterdir()) == []


def test_of_a_tracking_server_its_own_ui_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(ui, "open_store", lambda uri, name, root: Store(uri, "42"))
    monkeypatch.setattr(ui, "experiments", lambda uri: ["resistml"])
    monkeypatch.setattr(ui, "latest_runs", lambda store, most: ["r2", "r1"][:most])
    monkeypatch.setattr(ui, "Server", None)
    ui.open_ui(tmp_path, "https://me:secret@host/mlflow", say=said.append)
    assert said[0] == "MLflow UI: https://host/mlflow"
    assert "https://host/mlflow/#/experiments/42/runs" in said[1]
    assert "https://host/mlflow/#/compare-runs?runs=" in said[3]
    assert "secret" not in " ".join(said)


def test_an_experiment_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with pytest.raises(UsageError, match="no experiment 'nope'"):
        ui.open_ui(tmp_path, uri, experiment="nope")
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_experiment_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no experiment 'resistm'") as caught:
        ui.open_ui(tmp_path, store.uri, experiment="resistm")
    assert caught.value.hint == "did you mean 'resistml'?"
    assert "resistm" not in experiments(store.uri)


@pytest.mark.parametrize(
    ("there", "opened"),
    [
        ([], "resistml"),
        (["Default"], "resistml"),
        (["late", "early", "Default"], "late"),
        (["late", "resistml"], "resistml"),
    ],
)
def test_unless_told_otherwise_it_opens_what_was_trained(
    there: list[str], opened: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(ui, "experiments", lambda uri: there)
    monkeypatch.setattr(
        ui, "open_store", lambda uri, name, root: asked.append(name) or Store(uri, "1")
    )
    monkeypatch.setattr(ui, "latest_runs", lambda store, most: [])
    ui.open_ui(tmp_path, "https://host", say=lambda line: None)
    assert asked == [opened]


def test_it_says_starting_first_and_the_links_when_it_is_up(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    class Quick:
        def __init__(self, *args: Any) -> None:
            events.append("started")

        def __enter__(self) -> Quick:
            return self

        def __exit__(self, *args: object) -> None:
            events.append("ended")

        def wait_ready(self, patience: float) -> None:
            events.append("ready")

        def wait_end(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(ui, "Server", Quick)
    found: list[ui.Address] = []
    ui.open_ui(tmp_path, resolve_uri(None, tmp_path), port, found.append, say=events.append)
    assert events[0] == "MLflow UI: starting (about ten seconds)"
    assert events[1:3] == ["started", "ready"]
    assert events[3] == f"MLflow UI: http://127.0.0.1:{port}"
    assert found[0].charts in events[4]
    assert "compareRunsMode=CHART" in found[0].charts
    assert events[-1] == "ended"


def test_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    ui._to_stderr("hello")
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.slow
def test_mlflows_own_server_comes_up_and_shows_the_experiment(tmp_path: Path, port: int) -> None:
    uri = resolve_uri(None, tmp_path)
    store = open_store(uri, "resistml", tmp_path)
    answers: list[tuple[int, int]] = []

    def look(address: ui.Address) -> None:
        assert address.base == f"http://127.0.0.1:{port}"
        assert f"/#/experiments/{store.experiment_id}/" in address.charts
        status = []
        for path in ("/health", "/"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            status.append(connection.getresponse().status)
            connection.close()
        answers.append((status[0], status[1]))
        served = MlflowClient(address.base).get_experiment(store.experiment_id)
        assert served.artifact_location == (tmp_path / "mlartifacts").as_uri()
        raise KeyboardInterrupt

    ui.open_ui(tmp_path, uri, port, look)
    assert answers == [(200, 200)]
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    assert {path.name for path in tmp_path.iterdir()} <= {
        "mlflow.db",
        "mlflow.db.lock",
        "mlartifacts",
    }
