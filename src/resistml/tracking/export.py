"""Writes a run of MLflow's store as a folder of plain files, from which it can be logged again."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from resistml.documents import dump_json, file_digest, new_folder, parse_json
from resistml.errors import ModelError
from resistml.notice import NOTICE
from resistml.tracking.fetch import bundle_in
from resistml.tracking.find import find_run, model_of
from resistml.tracking.place import sqlite_file
from resistml.tracking.session import session, tracking_at
from resistml.version import __version__

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

#: Version of the folder's layout, and the names in it.
SCHEMA = 1
RUN, ARTIFACTS, MODEL = "run.json", "artifacts", "model"
#: Tags that the store, or the process that logged the run, gave it.
_OF_THE_STORE = ("mlflow.log-model.history", "mlflow.runName", "resistml.process")


def export_run(uri: str, name: str, out: Path, *, force: bool = False) -> Path:
    """Write a run's numbers, artifacts and model bundle into a folder, whole or not at all.

    The artifacts of a SQLite store are also found beside it where the project was moved, though
    the store holds the addresses that they used to have. Nobody's record is among them.

    Raises
    ------
    ModelError
        If the run is not there, logged no model, or its artifacts are gone.
    OutputError
        If the folder exists and ``force`` is not set, or cannot be written.
    """
    with session(uri), tracking_at(uri):
        from mlflow import MlflowClient

        client = MlflowClient(uri)
        run = find_run(client, name)
        model = model_of(run)
        if model is None:
            raise ModelError(
                "logged no model, so is not exported",
                file=name,
                hint="a study of settings is whole in its folder under runs/: copy that",
            )
        with new_folder(out, force=force) as folder:
            _artifacts(client, run, uri, folder / ARTIFACTS)
            _model(client, model, uri, folder / MODEL)
            (folder / RUN).write_text(dump_json(_document(client, run)), encoding="utf-8")
            files = {
                path.relative_to(folder).as_posix(): file_digest(path)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
            (folder / "manifest.json").write_text(dump_json({"files": files}), encoding="utf-8")
    return out


def _document(client: MlflowClient, run: Run) -> dict[str, Any]:
    tags = {k: v for k, v in run.data.tags.items() if k not in _OF_THE_STORE}
    return {
        "notice": NOTICE,
        "schema": SCHEMA,
        "resistml": __version__,
        "run": {
            "name": str(run.info.run_name),
            "experiment": client.get_experiment(run.info.experiment_id).name,
            "mlflow_id": run.info.run_id,
            "status": run.info.status,
            "trained": _when(run.info.start_time),
        },
        "params": dict(sorted(run.data.params.items())),
        "metrics": dict(sorted(run.data.metrics.items())),
        "tags": dict(sorted(tags.items())),
        "dataset": _dataset(run),
    }


def _when(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def _dataset(run: Run) -> dict[str, Any]:
    """The dataset by name, digest, number of rows and origin."""
    try:
        inputs: Any = run.inputs
        dataset = inputs.dataset_inputs[0].dataset
        rows = parse_json(dataset.profile)["num_rows"]
        origin = parse_json(dataset.source)["tags"]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise ModelError("names no dataset as resistml does", file=str(run.info.run_name)) from None
    return {"name": dataset.name, "digest": dataset.digest, "rows": rows, "origin": origin}


def _artifacts(client: MlflowClient, run: Run, uri: str, target: Path) -> None:
    here = _local(str(run.info.artifact_uri), uri)
    if here is not None:
        _copied(here, target)
        return
    target.mkdir()
    for one in client.list_artifacts(run.info.run_id):
        client.download_artifacts(run.info.run_id, one.path, str(target))


def _model(client: MlflowClient, model: str, uri: str, target: Path) -> None:
    """The bundle of a logged model."""
    location = str(client.get_logged_model(model).artifact_location)
    here = _local(location, uri)
    if here is not None:
        _copied(bundle_in(here, model), target)
        return
    import mlflow

    with tempfile.TemporaryDirectory(prefix="resistml-") as place:
        got = mlflow.artifacts.download_artifacts(f"models:/{model}", dst_path=place)
        shutil.copytree(bundle_in(Path(got), model), target)


def _local(address: str, uri: str) -> Path | None:
    """The folder of an address, also where the project was moved; None if it is elsewhere."""
    parts = urlsplit(address)
    if parts.scheme != "file":
        return None
    folder = Path(url2pathname(parts.path))
    file = sqlite_file(uri)
    names = folder.parts
    if folder.is_dir() or file is None or "mlartifacts" not in names:
        return folder
    last = len(names) - 1 - names[::-1].index("mlartifacts")
    return file.parent.joinpath(*names[last:])


def _copied(source: Path, target: Path) -> None:
    if not source.is_dir():
        raise ModelError("the artifacts are gone", file=source, hint="was the project moved?")
    shutil.copytree(source, target)
