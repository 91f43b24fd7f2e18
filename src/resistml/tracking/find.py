"""Finds runs in MLflow's store by the name that resistml gave them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from resistml.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
#: Most runs whose names are looked through for the nearest one.
_NEAREST = 200


def find_run(client: MlflowClient, name: str) -> Run:
    """The run of a name (``quick-20260101-120000-abcdef``) or of an MLflow id.

    Raises
    ------
    ModelError
        If there is none in any experiment, or more than one.
    """
    experiments = [str(one.experiment_id) for one in client.search_experiments()]
    found = _of(client, experiments, name) if _NAME.fullmatch(name) else []
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(run.info.run_id for run in found)
        raise ModelError(
            "stands for more than one run in the store", file=name, allowed=f"one of {ids}"
        )
    latest = client.search_runs(experiments, max_results=_NEAREST)
    names = [str(run.info.run_name) for run in latest]
    raise ModelError(
        "no such run in the store",
        file=name,
        allowed="a run's id, as `resistml runs list` shows it, or MLflow's",
        hint=did_you_mean(name, names) or "is it logged elsewhere? say --uri",
    )


def _of(client: MlflowClient, experiments: Sequence[str], name: str) -> list[Run]:
    """Runs that were logged whole by their name, else by MLflow's id."""
    for key in ("tags.run_id", "attributes.run_id"):
        found = client.search_runs(list(experiments), f"{key} = '{name}'", max_results=3)
        if found:
            return list(found)
    return []


def model_of(run: Run) -> str | None:
    """The id of the model that a run logged; None if it logged none."""
    outputs = run.outputs.model_outputs if run.outputs is not None else []
    return str(outputs[0].model_id) if outputs else None
