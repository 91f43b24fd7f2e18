"""Logs a study of settings to an open MLflow store: a run, and one nested in it per trial."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resistml.tracking.session import session
from resistml.tracking.store import ended, log_numbers
from resistml.tracking.study_items import ChildItems, StudyItems

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from resistml.tracking.opening import Store

#: The tag by which MLflow nests a run in another.
PARENT = "mlflow.parentRunId"


def log_study(items: StudyItems, store: Store) -> str:
    """Log a study, the numbers of each run in one request; returns the id of its own run.

    If it fails on the way, its run is ended as FAILED, if it is interrupted, as KILLED.

    Raises
    ------
    OutputError
        If the store refuses.
    """
    with session(store.uri):
        from mlflow import MlflowClient

        client = MlflowClient(store.uri)
        parent = str(client.create_run(store.experiment_id, run_name=items.run_name).info.run_id)
        with ended(client, parent):
            log_numbers(client, parent, items)
            for file in items.files:
                client.log_artifact(parent, str(file))
            for child in items.children:
                _log_child(client, store.experiment_id, parent, child)
    return parent


def _log_child(client: MlflowClient, experiment: str, parent: str, items: ChildItems) -> None:
    nested = replace(items, tags={**items.tags, PARENT: parent})
    run_id = client.create_run(experiment, run_name=items.run_name).info.run_id
    with ended(client, run_id, "FAILED" if items.failed else "FINISHED"):
        log_numbers(client, run_id, nested)
