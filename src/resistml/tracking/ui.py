"""Opens the MLflow UI on this machine and stays until it is closed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from resistml.errors import UsageError, did_you_mean, listed
from resistml.tracking.links import (
    PORT,
    charts_link,
    compare_link,
    is_server,
    redacted,
    run_link,
    table_link,
    ui_base,
)
from resistml.tracking.opening import Store, experiments, latest_runs, open_store
from resistml.tracking.place import artifact_root
from resistml.tracking.server import Server, check_port

__all__ = ["Address", "charts_link", "compare_link", "open_ui", "run_link"]

#: Longest start that is waited for, in seconds.
PATIENCE = 120.0
#: Runs that are compared by the link that is printed.
COMPARED = 3
#: The experiment that runs go to unless their config names another.
EXPERIMENT = "resistml"


@dataclass(frozen=True)
class Address:
    """Where the UI is: its ``base``, the ``charts`` and the ``table`` of the experiment's runs, and
    the latest of them side by side, empty where there is but one."""

    base: str
    charts: str
    table: str
    compared: str


def open_ui(
    root: Path,
    uri: str,
    port: int = PORT,
    on_ready: Callable[[Address], None] | None = None,
    *,
    experiment: str | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Start the UI over a store, say where it is, and wait until Ctrl-C.

    If ``uri`` is a tracking server, its own UI is named and nothing is started.

    Parameters
    ----------
    root : Path
        The project.
    uri : str
        As :func:`resistml.tracking.store.resolve_uri` gives it.
    port : int
        To listen on, on 127.0.0.1 alone.
    on_ready : callable, optional
        Told once the UI answers.
    experiment : str, optional
        Whose charts are linked to. Without it, ``resistml``, else the latest one in the store; a
        store that holds none is made.
    say : callable, optional
        Takes lines for the user; they go to stderr otherwise.

    Raises
    ------
    UsageError
        If the port is taken, or the store has no such experiment.
    ResistmlError
        If the server ends by itself, with the last that it said.
    """
    tell = say or _to_stderr
    if is_server(uri):
        store = _store(uri, experiment, root)
        _announce(_address(ui_base(uri), store), tell)
        return
    check_port(port)
    tell("MLflow UI: starting (about ten seconds)")
    store = _store(uri, experiment, root)
    address = _address(ui_base(uri, port), store)
    with _until_interrupted(), Server(uri, artifact_root(uri, root), port, root) as server:
        server.wait_ready(PATIENCE)
        _announce(address, tell)
        tell("Ctrl-C closes it")
        if on_ready is not None:
            on_ready(address)
        server.wait_end()


def _store(uri: str, experiment: str | None, root: Path) -> Store:
    names = experiments(uri)
    if experiment is None:
        trained = [name for name in names if name != "Default"]  # MLflow's own, which stays empty
        experiment = EXPERIMENT if EXPERIMENT in trained else next(iter(trained), EXPERIMENT)
    elif experiment not in names:
        raise UsageError(
            f"no experiment '{experiment}'",
            file=redacted(uri),
            allowed=listed(names) or None,
            hint=did_you_mean(experiment, names) or "`resistml train` makes one",
        )
    return open_store(uri, experiment, root)


def _address(base: str, store: Store) -> Address:
    latest = latest_runs(store, COMPARED)
    return Address(
        base,
        charts_link(base, store.experiment_id),
        table_link(base, store.experiment_id),
        compare_link(base, latest, store.experiment_id) if len(latest) > 1 else "",
    )


def _announce(address: Address, tell: Callable[[str], None]) -> None:
    tell(f"MLflow UI: {address.base}")
    tell(f"  charts of all runs: {address.charts}")
    tell(f"  runs as a table:    {address.table}")
    if address.compared:
        tell(f"  latest compared:    {address.compared}")


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Ctrl-C is how the UI is closed, no fault."""
    try:
        yield
    except KeyboardInterrupt:
        _to_stderr("MLflow UI: closed")
