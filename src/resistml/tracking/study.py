"""Logs a study of settings to an open MLflow store: a run, and one nested in it per trial."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resistml.tracking.session import session
from resistml.tracking.store import begun, ended, log_numbers
from resistml.tracking.study_items import ChildItems, StudyItems
from resistml.tracking.sweep import sweep_in

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from resistml.tracking.opening import Store

#: The tag by which MLflow nests a run in another.
PARENT = "mlflow.parentRunId"


def log_study(items: StudyItems, store: Store, parent: str | None = None) -> str:
    """Log a study, the numbers of each run in one request; returns the id of its own run.

    ``parent`` is the run that the study had before, if it was gone on with: it gets the new
    trials and figures, if it is still there. If the logging fails on the way, the study's run is
    ended as FAILED, if it is interrupted, as KILLED.

    Raises
    ------
    OutputError
        If the store refuses.
    """
    with session(store.uri):
        from mlflow import MlflowClient

        client = MlflowClient(store.uri)
        sweep_in(client, [store.experiment_id])
        if parent is not None and _is_there(client, store, parent):
            client.update_run(parent, "RUNNING")
            items = replace(items, params={})  # MLflow lets no parameter of a run change
        else:
            parent = begun(client, store.experiment_id, items.run_name)
        with ended(client, parent):
            log_numbers(client, parent, items)
            for file in items.files:
                client.log_artifact(parent, str(file))
            for child in items.children:
                _log_child(client, store.experiment_id, parent, child)
    return parent


def _is_there(client: MlflowClient, store: Store, run_id: str) -> bool:
    """Whether a run can be gone on with: in the same experiment, and not deleted."""
    from mlflow.exceptions import MlflowException

    try:
        info = client.get_run(run_id).info
    except MlflowException as exc:
        if exc.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise
    return info.experiment_id == store.experiment_id and info.lifecycle_stage == "active"


def _log_child(client: MlflowClient, experiment: str, parent: str, items: ChildItems) -> None:
    nested = replace(items, tags={**items.tags, PARENT: parent})
    run_id = begun(client, experiment, items.run_name)
    with ended(client, run_id, "FAILED" if items.failed else "FINISHED"):
        log_numbers(client, run_id, nested)
