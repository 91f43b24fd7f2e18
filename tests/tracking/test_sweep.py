"""Runs of dead processes are ended; those of living ones, and of others, are not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient

from resistml.tracking import store as module
from resistml.tracking.opening import Store
from resistml.tracking.store import log_run
from resistml.tracking.sweep import OWNER, owner, sweep
from tests.tracking.conftest import bare_items

HERE = socket.gethostname()


@pytest.fixture
def client(store: Store) -> MlflowClient:
    return MlflowClient(store.uri)


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def begin(client: MlflowClient, store: Store, by: str | None, hours: float = 0.0) -> str:
    start = int(1000 * (time.time() - 3600 * hours))
    tags = {} if by is None else {OWNER: by}
    return str(client.create_run(store.experiment_id, start_time=start, tags=tags).info.run_id)


@pytest.mark.skipif(sys.platform == "win32", reason="there, whether a process lives is not asked")
def test_a_run_whose_process_is_gone_is_killed(
    store: Store, client: MlflowClient, gone: int
) -> None:
    run = begin(client, store, f"{HERE} {gone}")
    (swept,) = sweep(store.uri)
    assert swept.run_id == run
    assert swept.why == f"its process {gone} on {HERE} is gone"
    told = client.get_run(run)
    assert told.info.status == "KILLED"
    assert told.info.end_time is not None
    assert told.data.tags["swept"] == swept.why
    assert sweep(store.uri) == []


def test_what_may_still_be_logged_is_left_alone(store: Store, client: MlflowClient) -> None:
    mine = begin(client, store, owner()[OWNER])
    another = begin(client, store, "another-host 1", hours=23.0)
    foreign = begin(client, store, None, hours=1_000.0)
    assert sweep(store.uri) == []
    for run in (mine, another, foreign):
        assert client.get_run(run).info.status == "RUNNING"


def test_what_has_been_running_for_a_day_is_over(store: Store, client: MlflowClient) -> None:
    another = begin(client, store, "another-host 1", hours=25.0)
    (swept,) = sweep(store.uri)
    assert (swept.run_id, swept.why) == (another, "begun 25 hours ago")


@pytest.mark.skipif(sys.platform == "win32", reason="there, whether a process lives is not asked")
def test_logging_a_run_sweeps_first(
    store: Store,
    client: MlflowClient,
    gone: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "log_model", lambda *args: None)
    left = begin(client, store, f"{HERE} {gone}")
    logged = log_run(bare_items(tmp_path), store)
    assert client.get_run(left).info.status == "KILLED"
    told = client.get_run(logged.run_id)
    assert told.info.status == "FINISHED"
    assert told.data.tags[OWNER] == f"{HERE} {os.getpid()}"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_one_that_is_killed_in_the_midst_is_swept(tmp_path: Path, store: Store) -> None:
    code = f"""
import os, signal
from pathlib import Path
from resistml.tracking import store
from tests.tracking.conftest import bare_items
store.log_model = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
opened = store.Store({store.uri!r}, {store.experiment_id!r})
store.log_run(bare_items(Path({str(tmp_path)!r})), opened)
"""
    here = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=here, check=False)
    assert done.returncode == -9
    (run,) = MlflowClient(store.uri).search_runs([store.experiment_id])
    assert run.info.status == "RUNNING"
    assert [one.run_id for one in sweep(store.uri)] == [run.info.run_id]
