"""Logs an exported run to another store, and gives the project its folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from resistml.documents import new_folder
from resistml.errors import ModelError, OutputError
from resistml.predict.bundle_files import json_object, verified_files
from resistml.tracking.export import ARTIFACTS, MODEL, RUN, SCHEMA
from resistml.tracking.items import DatasetFacts, Items
from resistml.tracking.opening import Store, open_store
from resistml.tracking.session import session
from resistml.tracking.store import Logged, log_run


@dataclass(frozen=True)
class Brought:
    """An imported run: its name, its folder under ``runs/``, and how MLflow has it."""

    name: str
    folder: Path
    logged: Logged


def import_run(source: Path, uri: str, root: Path, experiment: str | None = None) -> Brought:
    """Log an exported run to a store, and write its folder under ``runs/`` of a project.

    Every file is held against the manifest first.

    Parameters
    ----------
    source : Path
        As :func:`resistml.tracking.export.export_run` wrote it.
    experiment : str, optional
        Where the run goes; else the experiment that it was in.

    Raises
    ------
    ModelError
        If the folder is no exported run, or was changed since.
    OutputError
        If the project or the store has a run of that name already.
    """
    items, where = read_export(source)
    target = root / "runs" / items.run_name
    store = open_store(uri, experiment or where, root)
    _refuse_double(store, items.run_name)
    with new_folder(target, force=False) as folder:
        shutil.copytree(source / ARTIFACTS, folder, dirs_exist_ok=True)
        shutil.copytree(source / MODEL, folder / "model")
        logged = log_run(items, store)
    return Brought(items.run_name, target, logged)


def read_export(source: Path) -> tuple[Items, str]:
    """What an exported run logs, and the experiment that it was in."""
    if not (source / RUN).is_file():
        raise ModelError(
            f"is no exported run: it has no {RUN}",
            file=source,
            hint="name a folder that `resistml runs export` wrote",
        )
    files, _ = verified_files(source)
    document = json_object(RUN, files.get(RUN), source)
    if document.get("schema") != SCHEMA:
        raise ModelError(f"is of schema {document.get('schema')}", file=source, allowed=f"{SCHEMA}")
    try:
        return _items(document, source), str(document["run"]["experiment"])
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as exc:
        raise ModelError(f"{RUN} lacks or misstates {exc}", file=source) from None


def _items(document: dict[str, Any], source: Path) -> Items:
    told, dataset = document["run"], document["dataset"]
    name = str(told["name"])
    if Path(name).name != name or name in ("", ".", ".."):
        raise ValueError(f"the name {name!r}")
    metrics = {str(key): float(value) for key, value in document["metrics"].items()}
    wrong = [key for key, value in metrics.items() if not isfinite(value)]
    if wrong:
        raise ValueError(f"the metric {wrong[0]}")
    brought = {"imported_from": str(told["mlflow_id"]), "trained": str(told["trained"])}
    there = sorted((source / ARTIFACTS).iterdir())
    return Items(
        run_name=name,
        params={str(key): str(value) for key, value in document["params"].items()},
        metrics=metrics,
        tags={str(k): str(v) for k, v in document["tags"].items()} | brought,
        dataset=DatasetFacts(
            str(dataset["name"]), str(dataset["digest"]), int(dataset["rows"]), dataset["origin"]
        ),
        texts={},
        files=tuple(path for path in there if path.is_file()),
        folders={path.name: path for path in there if path.is_dir()},
        bundle=source / MODEL,
    )


def _refuse_double(store: Store, name: str) -> None:
    with session(store.uri):
        from mlflow import MlflowClient

        found = MlflowClient(store.uri).search_runs(
            [store.experiment_id], f"tags.run_id = '{name}'", max_results=1
        )
    if found:
        raise OutputError(
            "the store has this run already",
            file=name,
            hint="name another with --experiment, or delete it there first",
        )
