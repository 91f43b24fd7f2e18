"""A run as a folder: there and back it is the same run, also from a project that was moved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from resistml.errors import ModelError, OutputError
from resistml.evaluate.judged import FILE
from resistml.notice import NOTICE
from resistml.predict.model import load_bundle
from resistml.tracking.bring import import_run, read_export
from resistml.tracking.export import export_run
from resistml.tracking.opening import Store, open_store
from resistml.tracking.place import resolve_uri
from resistml.tracking.promotion import Asked, promote
from resistml.tracking.store import log_run
from resistml.tracking.sweep import OWNER
from tests.tracking.logged import judged_run


@pytest.fixture
def project(store: Store, blank: Path, tmp_path: Path) -> Path:
    """Another project, with a store that is empty."""
    other = tmp_path / "other"
    other.mkdir()
    shutil.copyfile(blank, other / "mlflow.db")
    return other


@pytest.fixture
def logged(store: Store, small_bundle: Path, tmp_path: Path) -> str:
    """A run in the store."""
    return log_run(judged_run(tmp_path, small_bundle, "made-1", noise=0.3), store).run_id


@pytest.fixture
def exported(store: Store, logged: str, tmp_path: Path) -> Path:
    """The same as a folder."""
    return export_run(store.uri, "made-1", tmp_path / "exported")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_is_plain_files_without_a_record(exported: Path, logged: str) -> None:
    names = contents(exported)
    assert {n for n in names if not n.startswith("model/")} == {
        "run.json",
        "manifest.json",
        "artifacts/config.yaml",
        "artifacts/metrics.json",
        f"artifacts/{FILE}",
        "artifacts/figures/auc.svg",
    }
    document = json.loads(names["run.json"])
    assert document["notice"] == NOTICE
    assert document["run"]["mlflow_id"] == logged
    assert document["metrics"] == {"interval/auc_low": 0.5, "loss/log": 0.3}
    assert document["dataset"]["rows"] == 500
    assert OWNER not in document["tags"]


def test_there_and_back_it_is_the_same_run(
    store: Store, exported: Path, logged: str, project: Path, small_bundle: Path, tmp_path: Path
) -> None:
    uri = resolve_uri(None, project)
    brought = import_run(exported, uri, project)
    before: Any = MlflowClient(store.uri).get_run(logged)
    after: Any = MlflowClient(uri).get_run(brought.logged.run_id)
    assert after.data.metrics == before.data.metrics
    assert after.data.params == before.data.params
    assert after.info.status == "FINISHED"
    assert after.data.tags["run_id"] == "made-1"
    assert after.data.tags["imported_from"] == logged
    assert after.inputs.dataset_inputs[0].dataset == before.inputs.dataset_inputs[0].dataset
    again = contents(export_run(uri, "made-1", tmp_path / "again"))
    once = contents(exported)
    differ = {name for name in once if once[name] != again.get(name)}
    assert differ == {"run.json", "manifest.json"}  # the ids of the stores stand in them
    assert set(once) == set(again)
    assert brought.folder == project / "runs" / "made-1"
    assert load_bundle(brought.folder / "model").hash == load_bundle(small_bundle).hash
    assert (brought.folder / FILE).is_file()
    assert promote(uri, Asked("made-1")).promoted


def test_a_moved_project_can_be_exported_from_where_it_is_now(
    store: Store, logged: str, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    (tmp_path / "project").rename(moved)
    uri = resolve_uri(None, moved)
    with pytest.raises(OutputError, match="which is gone"):  # the store itself cannot go on
        open_store(uri, "resistml", moved)
    folder = export_run(uri, logged, tmp_path / "rescued")
    assert load_bundle(folder / "model").members
    brought = import_run(folder, uri, moved, "anew")
    run: Any = MlflowClient(uri).get_run(brought.logged.run_id)
    assert run.info.artifact_uri.startswith((moved / "mlartifacts").as_uri())
    assert (moved / "mlartifacts" / brought.logged.run_id / "artifacts" / FILE).is_file()


def test_where_artifacts_are_gone_nothing_is_written(
    store: Store, logged: str, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "project" / "mlartifacts")
    with pytest.raises(ModelError, match="the artifacts are gone"):
        export_run(store.uri, "made-1", tmp_path / "exported")
    assert not (tmp_path / "exported").exists()


def test_an_existing_folder_is_kept_unless_forced(exported: Path, store: Store) -> None:
    with pytest.raises(OutputError, match="exists already"):
        export_run(store.uri, "made-1", exported)
    export_run(store.uri, "made-1", exported, force=True)
    assert read_export(exported)[1] == "resistml"


def test_a_study_is_no_run_to_export(store: Store, tmp_path: Path) -> None:
    client = MlflowClient(store.uri)
    client.create_run(store.experiment_id, tags={"run_id": "study-1"})
    with pytest.raises(ModelError, match="study-1: logged no model"):
        export_run(store.uri, "study-1", tmp_path / "exported")


def test_a_run_is_brought_once(exported: Path, project: Path, store: Store, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the store has this run already"):
        import_run(exported, store.uri, project)
    uri = resolve_uri(None, project)
    import_run(exported, uri, project)
    with pytest.raises(OutputError, match="exists already"):
        import_run(exported, uri, project, "another")
    runs = MlflowClient(uri).search_runs(
        [e.experiment_id for e in MlflowClient(uri).search_experiments()]
    )
    assert len(runs) == 1


@pytest.mark.parametrize("name", ["run.json", f"artifacts/{FILE}", "model/spec.json"])
def test_what_was_changed_since_is_refused(name: str, exported: Path, project: Path) -> None:
    file = exported / name
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(ModelError, match="was changed since"):
        import_run(exported, resolve_uri(None, project), project)
    assert not (project / "runs").exists()


def rewritten(folder: Path, **changes: Any) -> None:
    """Change keys of run.json and say so in the manifest, as one does who means harm."""
    from resistml.documents import dump_json, file_digest

    document = json.loads((folder / "run.json").read_text("utf-8"))
    for place, value in changes.items():
        *above, last = place.split("__")
        part = document
        for key in above:
            part = part[key]
        if value is None:
            del part[last]
        else:
            part[last] = value
    (folder / "run.json").write_text(json.dumps(document), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"]["run.json"] = file_digest(folder / "run.json")
    (folder / "manifest.json").write_text(dump_json(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run__name": "../../away"}, "the name '../../away'"),
        ({"run__name": ".."}, "the name '..'"),
        ({"metrics__x": 1e999}, "is not valid JSON|the metric x"),
        ({"dataset": None}, "lacks or misstates 'dataset'"),
        ({"run__experiment": None}, "lacks or misstates 'experiment'"),
        ({"schema": 2}, "is of schema 2"),
        ({"params": [1]}, "lacks or misstates|run.json"),
    ],
)
def test_what_no_run_says_is_refused(
    changes: dict[str, Any], words: str, exported: Path, project: Path
) -> None:
    rewritten(exported, **changes)
    with pytest.raises(ModelError, match=words):
        import_run(exported, resolve_uri(None, project), project)
    assert not (project / "runs").exists()


def test_a_folder_that_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is no exported run: it has no run\.json"):
        read_export(tmp_path)
