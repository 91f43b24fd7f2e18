"""Ends runs whose process has gone: a killed one cannot say so itself."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resistml.tracking.session import session

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

#: The tag that says which process logs a run: its host, and its number there.
OWNER = "resistml.process"
#: Hours after which a run is no longer being logged, whatever its process; seconds are usual.
HOURS = 24.0


@dataclass(frozen=True)
class Swept:
    """A run that was ended: its MLflow id, its name, and why."""

    run_id: str
    name: str
    why: str


def owner() -> dict[str, str]:
    """The tag of a run that this process logs."""
    return {OWNER: f"{socket.gethostname()} {os.getpid()}"}


def sweep(uri: str, hours: float = HOURS) -> list[Swept]:
    """End as KILLED what is still marked RUNNING in a store though nobody logs it any more.

    That is: a run of resistml's whose process was on this machine and is gone, or that has been
    running for more than ``hours``. Runs of other programs are left alone.

    Raises
    ------
    OutputError
        If the store cannot be reached.
    """
    with session(uri):
        from mlflow import MlflowClient

        client = MlflowClient(uri)
        return sweep_in(client, [str(x.experiment_id) for x in client.search_experiments()], hours)


def sweep_in(client: MlflowClient, experiments: Iterable[str], hours: float = HOURS) -> list[Swept]:
    """The same for some experiments of an open store."""
    running = client.search_runs(list(experiments), "attributes.status = 'RUNNING'")
    swept: list[Swept] = []
    for run in running:
        why = _why(run, hours)
        if why is not None:
            client.set_tag(run.info.run_id, "swept", why)
            client.set_terminated(run.info.run_id, "KILLED")
            swept.append(Swept(run.info.run_id, str(run.info.run_name), why))
    return swept


def _why(run: Run, hours: float) -> str | None:
    """Why nobody logs a run any more; None if somebody may."""
    host, _, number = str(run.data.tags.get(OWNER, "")).rpartition(" ")
    if not number.isdecimal():
        return None
    if host == socket.gethostname() and not _alive(int(number)):
        return f"its process {number} on {host} is gone"
    age = (time.time() - run.info.start_time / 1000) / 3600
    return f"begun {age:.0f} hours ago" if age > hours else None


def _alive(number: int) -> bool:
    if sys.platform == "win32":  # there, asking by a signal would end it
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
