"""Opening a store: found, made with its experiment, or refused with the way out."""

from __future__ import annotations

import gc
import sqlite3
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from resistml.errors import OutputError
from resistml.tracking.items import EXPERIMENT_NOTE
from resistml.tracking.opening import Store, experiments, open_store
from resistml.tracking.place import resolve_uri


def test_opening_twice_finds_the_same_experiment(store: Store, tmp_path: Path) -> None:
    assert open_store(store.uri, "resistml", tmp_path / "project") == store
    other = open_store(store.uri, "other", tmp_path / "project")
    assert other.experiment_id != store.experiment_id


def test_the_experiment_has_its_note_and_an_absolute_place(store: Store, tmp_path: Path) -> None:
    experiment = MlflowClient(store.uri).get_experiment(store.experiment_id)
    assert experiment.tags["mlflow.note.content"] == EXPERIMENT_NOTE
    assert experiment.artifact_location == (tmp_path / "project" / "mlartifacts").as_uri()


@pytest.mark.parametrize("on", [True, False])
def test_garbage_is_collected_afterwards_as_before(on: bool, store: Store, tmp_path: Path) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        open_store(store.uri, "resistml", tmp_path / "project")
        assert gc.isenabled() == on
        with pytest.raises(OutputError):
            open_store("sqlite:////proc/none/mlflow.db", "resistml", tmp_path)
        assert gc.isenabled() == on
    finally:
        (gc.enable if was else gc.disable)()


def test_a_note_that_a_user_changed_stays(store: Store, tmp_path: Path) -> None:
    client = MlflowClient(store.uri)
    client.set_experiment_tag(store.experiment_id, "mlflow.note.content", "ours")
    open_store(store.uri, "resistml", tmp_path / "project")
    assert client.get_experiment(store.experiment_id).tags["mlflow.note.content"] == "ours"


def test_a_deleted_experiment_is_refused_with_the_way_out(store: Store, tmp_path: Path) -> None:
    MlflowClient(store.uri).delete_experiment(store.experiment_id)
    with pytest.raises(OutputError, match=r"tracking\.experiment"):
        open_store(store.uri, "resistml", tmp_path / "project")


def test_a_moved_project_is_not_written_to_where_it_was(store: Store, tmp_path: Path) -> None:
    new = tmp_path / "moved"
    (tmp_path / "project").rename(new)
    uri = resolve_uri(None, new)
    with pytest.raises(OutputError, match="moved"):
        open_store(uri, "resistml", new)
    assert not (tmp_path / "project").exists()
    open_store(uri, "another", new)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, None], ids=["text", "folder"])
def test_a_store_that_is_none_is_an_error_of_ours(content: bytes | None, tmp_path: Path) -> None:
    if content is None:
        (tmp_path / "mlflow.db").mkdir()
    else:
        (tmp_path / "mlflow.db").write_bytes(content)
    with pytest.raises(OutputError) as caught:
        open_store(resolve_uri(None, tmp_path), "resistml", tmp_path)
    assert caught.value.exit_code == 2
    assert "mlflow.db" in str(caught.value)


def test_a_server_that_is_not_there_is_told_in_seconds_without_its_password(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(OutputError) as caught:
        open_store("http://me:hunter2@127.0.0.1:9", "resistml", tmp_path)
    assert time.monotonic() - start < 30
    assert "http://127.0.0.1:9" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_experiments_are_named_the_latest_first(store: Store, tmp_path: Path) -> None:
    open_store(store.uri, "other", tmp_path / "project")
    assert experiments(store.uri)[:2] == ["other", "resistml"]
    MlflowClient(store.uri).delete_experiment(store.experiment_id)
    assert "resistml" not in experiments(store.uri)


@pytest.mark.parametrize("there", [False, True], ids=["nothing", "empty file"])
def test_where_no_store_is_asking_for_experiments_makes_none(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "mlflow.db").touch()
    before = list(tmp_path.iterdir())
    assert experiments(resolve_uri(None, tmp_path)) == []
    assert list(tmp_path.iterdir()) == before
    assert all(path.stat().st_size == 0 for path in before)


@pytest.mark.parametrize("uri", ["nonsense://host/x", "postgresql://127.0.0.1:9/x"])
def test_a_refused_address_leaves_nothing_behind(
    tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlflow.store.db.utils.MAX_RETRY_COUNT", 1)
    with pytest.raises(OutputError) as caught:
        open_store(uri, "resistml", tmp_path)
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_store_left_half_made_by_another_program_is_told_with_the_way_out(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mlflow.db") as made:
        made.execute("create table logged_models (x int)")
    with pytest.raises(OutputError, match="half-made"):
        open_store(resolve_uri(None, tmp_path), "resistml", tmp_path)
