"""Where a run is logged: MLflow's store, found, opened and written to."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from resistml.documents import dump_json
from resistml.errors import OutputError
from resistml.tracking.items import EXPERIMENT_NOTE, DatasetFacts, Items
from resistml.tracking.links import charts_link, redacted, run_link, ui_base
from resistml.tracking.lock import locked
from resistml.tracking.logged_model import log_model
from resistml.tracking.place import artifact_root, resolve_uri, sqlite_file
from resistml.tracking.session import FIRST_TOUCH, session

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Metric, Param, RunTag

__all__ = ["Logged", "Store", "artifact_root", "log_run", "open_store", "resolve_uri"]

#: Most of each that one request takes.
MOST_METRICS, MOST_PARAMS, MOST_TAGS = 800, 100, 100
#: Longest digest of a dataset, in characters.
DIGEST = 36

_SQLITE = "sqlite:///"
_ALLOWED = (
    "http(s)://SERVER, sqlite:///FILE, postgresql://..., mysql://..., mssql://..., databricks"
)


@dataclass(frozen=True)
class Store:
    """An open store: its address, and the experiment that runs go to."""

    uri: str
    experiment_id: str


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


def open_store(uri: str, experiment: str, root: Path) -> Store:
    """Touch a store, making it and the experiment if they are not there.

    Two processes that make one SQLite store at once break it, so a file lock is held.

    Raises
    ------
    OutputError
        If the store cannot be reached or written, the experiment was deleted, or its artifacts
        lie where the project no longer is.
    """
    _check_file(uri)
    with session(uri, FIRST_TOUCH), _first_touch(uri, root):
        from mlflow import MlflowClient

        client = MlflowClient(uri)
        found = _existing_or_new(client, experiment, artifact_root(uri, root))
    if found.lifecycle_stage != "active":
        raise OutputError(
            f"experiment '{experiment}' was deleted",
            file=redacted(uri),
            hint="restore it, or name another with --set tracking.experiment=NAME",
        )
    _check_place(found, uri)
    return Store(uri, found.experiment_id)


def _check_file(uri: str) -> None:
    """Tell at once of a file that cannot be a store; MLflow would try for minutes."""
    file = sqlite_file(uri)
    if file is None or not file.exists():
        return
    try:
        with file.open("r+b") as handle:
            start = handle.read(16)
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror}", file=file) from None
    if start not in (b"", b"SQLite format 3\x00"):
        raise OutputError("is no SQLite database", file=file, hint="name another in tracking.uri")


def _first_touch(uri: str, root: Path) -> AbstractContextManager[None]:
    if artifact_root(uri, root) is None:
        return nullcontext()
    file = sqlite_file(uri) or root.resolve() / "mlflow.db"
    return locked(file.with_name(f"{file.name}.lock"))


def _existing_or_new(client: MlflowClient, name: str, location: str | None) -> Experiment:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        tags = {"mlflow.note.content": EXPERIMENT_NOTE}
        try:
            return client.get_experiment(client.create_experiment(name, location, tags))
        except MlflowException:  # another process may have made it on a server meanwhile
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return found


def _check_place(experiment: Experiment, uri: str) -> None:
    """Refuse to write where a moved project used to be."""
    file = sqlite_file(uri)
    place = str(experiment.artifact_location or "")
    if file is None or not place.startswith("file:"):
        return
    here = (file.parent / "mlartifacts").as_uri()
    if not place.startswith(here) and not Path(url2pathname(urlsplit(place).path)).parent.is_dir():
        raise OutputError(
            f"experiment '{experiment.name}' keeps its artifacts in {place}, which is gone",
            file=file,
            hint="was the project moved? name another with --set tracking.experiment=NAME",
        )


def log_run(items: Items, store: Store) -> Logged:
    """Log a run: its numbers in one request, then the dataset, the artifacts and the model.

    A run that fails on the way is ended as FAILED, an interrupted one as KILLED.

    Raises
    ------
    OutputError
        If the store refuses, or a file to log is missing.
    """
    _require(items)
    with session(store.uri):
        from mlflow import MlflowClient

        client = MlflowClient(store.uri)
        run_id = client.create_run(store.experiment_id, run_name=items.run_name).info.run_id
        with _ended(client, run_id):
            _log_numbers(client, run_id, items)
            _log_dataset(client, run_id, items.dataset)
            _log_artifacts(client, run_id, items)
            model_uri = log_model(client, store.uri, store.experiment_id, run_id, items)
    base = ui_base(store.uri)
    urls = {
        "run": run_link(base, store.experiment_id, run_id),
        "charts": charts_link(base, store.experiment_id),
    }
    return Logged(run_id, store.experiment_id, model_uri, urls)


def _require(items: Items) -> None:
    for path in (*items.files, *items.folders.values(), items.bundle):
        if not path.exists():
            raise OutputError("is to be logged, but is not there", file=path)


@contextmanager
def _ended(client: MlflowClient, run_id: str) -> Iterator[None]:
    """Ends a run with the status that the block deserves."""
    try:
        yield
        client.set_terminated(run_id, "FINISHED")
    except BaseException as exc:
        status = "FAILED" if isinstance(exc, Exception) else "KILLED"
        with suppress(Exception):  # what went wrong first is what the user must hear
            client.set_terminated(run_id, status)
        raise


def _log_numbers(client: MlflowClient, run_id: str, items: Items) -> None:
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, 0) for name, value in items.metrics.items()]
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
