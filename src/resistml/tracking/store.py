"""Logs a run to an open MLflow store."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from resistml.documents import dump_json
from resistml.errors import OutputError
from resistml.tracking.items import DatasetFacts, Items
from resistml.tracking.links import charts_link, run_link, ui_base
from resistml.tracking.logged_model import log_model
from resistml.tracking.opening import Store, open_store
from resistml.tracking.place import artifact_root, resolve_uri
from resistml.tracking.session import session, without_collection
from resistml.tracking.sweep import owner, sweep_in

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag

__all__ = ["Logged", "Store", "artifact_root", "log_run", "open_store", "resolve_uri"]

#: Most of each that one request takes.
MOST_METRICS, MOST_PARAMS, MOST_TAGS = 800, 100, 100
#: Longest digest of a dataset, in characters.
DIGEST = 36


class Numbers(Protocol):
    """What is logged as numbers and words, by name."""

    @property
    def params(self) -> Mapping[str, str]:
        """What a run was told."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """What came out, all finite."""

    @property
    def tags(self) -> Mapping[str, str]:
        """What else is said of it."""


@dataclass(frozen=True)
class Logged:
    """A logged run.

    ``urls`` holds the addresses of its ``run`` page and of its experiment's ``charts``, at the
    tracking server or, for a local store, where ``resistml ui`` shows it. ``model_uri`` is what
    MLflow loads the model by.
    """

    run_id: str
    experiment_id: str
    model_uri: str
    urls: dict[str, str]


def log_run(items: Items, store: Store) -> Logged:
    """Log a run: the model, all numbers in one request, the dataset and the artifacts.

    A run that fails on the way is ended as FAILED, an interrupted one as KILLED.

    Raises
    ------
    OutputError
        If the store refuses, or a file to log is missing.
    """
    _require(items)
    with without_collection(), session(store.uri):
        from mlflow import MlflowClient

        client = MlflowClient(store.uri)
        sweep_in(client, [store.experiment_id])
        run_id = begun(client, store.experiment_id, items.run_name)
        with ended(client, run_id):
            # The model first: logged to a run with metrics, it asks for each of them by itself.
            model = log_model(client, store.uri, store.experiment_id, run_id, items)
            log_numbers(client, run_id, items, model)
            _log_dataset(client, run_id, items.dataset)
            _log_artifacts(client, run_id, items)
    base = ui_base(store.uri)
    urls = {
        "run": run_link(base, store.experiment_id, run_id),
        "charts": charts_link(base, store.experiment_id),
    }
    return Logged(run_id, store.experiment_id, f"models:/{model}", urls)


def _require(items: Items) -> None:
    for path in (*items.files, *items.folders.values(), items.bundle):
        if not path.exists():
            raise OutputError("is to be logged, but is not there", file=path)


def begun(client: MlflowClient, experiment_id: str, name: str) -> str:
    """Begin a run that says from the start which process logs it; returns its id."""
    return str(client.create_run(experiment_id, run_name=name, tags=owner()).info.run_id)


@contextmanager
def ended(client: MlflowClient, run_id: str, well: str = "FINISHED") -> Iterator[None]:
    """Ends a run with the status that the block deserves; ``well`` is that of one without fault."""
    try:
        yield
        client.set_terminated(run_id, well)
    except BaseException as exc:
        status = "FAILED" if isinstance(exc, Exception) else "KILLED"
        with suppress(Exception):  # what went wrong first is what the user must hear
            client.set_terminated(run_id, status)
        raise


def log_numbers(
    client: MlflowClient, run_id: str, items: Numbers, model: str | None = None
) -> None:
    """Log parameters, metrics and tags, in one request as a rule.

    ``model`` is the id of a logged model that the metrics are of as well.
    """
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, 0, model_id=model) for name, value in items.metrics.items()]
    params = [Param(name, value) for name, value in items.params.items()]
    tags = [RunTag(name, value) for name, value in {**_user(), **items.tags}.items()]
    for batch in _batches(metrics, params, tags):
        client.log_batch(run_id, *batch)


def _batches(
    metrics: list[Metric], params: list[Param], tags: list[RunTag]
) -> Iterator[tuple[list[Metric], list[Param], list[RunTag]]]:
    """All of it, in as few requests as the limits allow; one, as a rule."""
    while metrics or params or tags:
        yield metrics[:MOST_METRICS], params[:MOST_PARAMS], tags[:MOST_TAGS]
        metrics, params, tags = metrics[MOST_METRICS:], params[MOST_PARAMS:], tags[MOST_TAGS:]


def _user() -> dict[str, str]:
    try:
        return {"mlflow.user": getpass.getuser()}
    except (KeyError, OSError, ImportError):
        return {}


def _log_dataset(client: MlflowClient, run_id: str, facts: DatasetFacts) -> None:
    """The dataset by name and digest; of its rows, the number alone."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset(
        name=facts.name,
        digest=facts.digest[:DIGEST],
        source_type="code",
        source=dump_json({"tags": facts.origin}, indent=None).strip(),
        profile=dump_json({"num_rows": facts.rows}, indent=None).strip(),
    )
    context = InputTag("mlflow.data.context", "training")
    client.log_inputs(run_id, [DatasetInput(dataset, [context])])


def _log_artifacts(client: MlflowClient, run_id: str, items: Items) -> None:
    for path, text in items.texts.items():
        client.log_text(run_id, text, path)
    for file in items.files:
        client.log_artifact(run_id, str(file))
    for name, folder in items.folders.items():
        client.log_artifacts(run_id, str(folder), name)
