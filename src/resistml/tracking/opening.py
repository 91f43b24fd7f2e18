"""Opens MLflow's store: found, made whole if it is not there, and checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from resistml.errors import OutputError
from resistml.tracking.items import EXPERIMENT_NOTE
from resistml.tracking.links import redacted
from resistml.tracking.lock import locked
from resistml.tracking.new_store import make_whole
from resistml.tracking.place import artifact_root, is_there, sqlite_file
from resistml.tracking.session import FIRST_TOUCH, session, without_collection
from resistml.tracking.view import ensure_view

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment


@dataclass(frozen=True)
class Store:
    """An open store: its address, and the experiment that runs go to."""

    uri: str
    experiment_id: str


def open_store(uri: str, experiment: str, root: Path) -> Store:
    """Touch a store, making it and the experiment if they are not there.

    Raises
    ------
    OutputError
        If the store cannot be reached or written, the experiment was deleted, or its artifacts
        lie where the project no longer is.
    """
    _check_file(uri)
    with without_collection(), session(uri, FIRST_TOUCH), _first_touch(uri, root):
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
    with session(uri, FIRST_TOUCH):
        ensure_view(client, found)
    return Store(uri, found.experiment_id)


def experiments(uri: str) -> list[str]:
    """Names of a store's experiments, the latest touched first; nothing is made.

    Raises
    ------
    OutputError
        If the store cannot be reached or read.
    """
    if not is_there(uri):
        return []
    _check_file(uri)
    with session(uri, FIRST_TOUCH):
        from mlflow import MlflowClient

        found = MlflowClient(uri).search_experiments(order_by=["last_update_time DESC"])
        return [str(one.name) for one in found]


def latest_runs(store: Store, most: int) -> list[str]:
    """Ids of the latest runs that ended well, the newest first; trials of a study are none."""
    with session(store.uri, FIRST_TOUCH):
        from mlflow import MlflowClient

        found = MlflowClient(store.uri).search_runs(
            [store.experiment_id],
            "attributes.status = 'FINISHED' AND tags.`mlflow.source.name` = 'resistml train'",
            max_results=most,
            order_by=["attributes.start_time DESC"],
        )
        return [str(run.info.run_id) for run in found]


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


@contextmanager
def _first_touch(uri: str, root: Path) -> Iterator[None]:
    """The lock that the touch of a store needs: two processes that make one at once break it."""
    artifacts = artifact_root(uri, root)
    if artifacts is None:
        yield
        return
    file = sqlite_file(uri)
    beside = file or root.resolve() / "mlflow.db"
    with locked(beside.with_name(f"{beside.name}.lock")):
        if file is not None:
            make_whole(uri, file, artifacts)
        yield


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
