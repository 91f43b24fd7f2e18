"""Asking MLflow for a model makes nothing; one that was logged has tests of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from resistml.errors import ConfigError, ModelError
from resistml.tracking import fetch
from resistml.tracking.fetch import fetch_model
from resistml.tracking.opening import Store


@pytest.fixture(autouse=True)
def _fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is fetched lies in a folder of its own."""
    (tmp_path / "fetched").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "fetched"))


def test_where_no_store_is_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no MLflow store here yet") as caught:
        fetch_model("models:/mine@best", tmp_path)
    assert caught.value.file == "models:/mine@best"
    assert {path.name for path in tmp_path.rglob("*")} == {"fetched"}


def test_a_refused_address_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_URI"):
        fetch_model("models:/mine@best", tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == {"fetched"}


def test_a_model_that_the_store_has_not_is_told_and_nothing_changes(
    store: Store, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    before = {path.name for path in project.iterdir()}
    for address in ("models:/nope@best", "models:/nope/1", "models:/m-0", "models:/"):
        with pytest.raises(ModelError, match="MLflow has no such model"):
            fetch_model(address, project)
    assert {path.name for path in project.iterdir()} == before


def test_what_is_fetched_goes_with_the_process(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_exit: list[tuple[object, ...]] = []
    monkeypatch.setattr(fetch.atexit, "register", lambda *args, **more: at_exit.append(args))
    with pytest.raises(ModelError):
        fetch_model("models:/nope@best", tmp_path / "project")
    ((remove, folder),) = at_exit
    assert remove is fetch.shutil.rmtree
    assert Path(str(folder)).parent == tmp_path / "fetched"
