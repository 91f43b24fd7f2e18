"""The whole of tracking against a real PostgreSQL server."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from resistml.errors import OutputError
from resistml.tracking.bring import import_run
from resistml.tracking.export import export_run
from resistml.tracking.opening import open_store
from resistml.tracking.place import resolve_uri
from resistml.tracking.promotion import Asked, promote
from resistml.tracking.store import log_run
from resistml.tracking.sweep import OWNER, sweep
from tests.tracking import postgres
from tests.tracking.logged import judged_run

pytestmark = [
    pytest.mark.slow,
    # On a user's machine without a server these are skipped, in CI they fail.
    pytest.mark.skipif(
        postgres.missing() is not None and not os.environ.get("CI"),
        reason=f"{postgres.missing()}: a PostgreSQL store was not tried",
    ),
]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database."""
    assert postgres.missing() is None, postgres.missing()
    with postgres.server() as address:
        yield address


def test_two_trainers_at_the_same_instant_on_a_fresh_store_both_finish(
    database: str, tmp_path: Path
) -> None:
    """First of all, while the database is empty."""
    code = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        import mlflow.store.tracking.sqlalchemy_store  # so that both are ready at once
        from resistml.tracking import store
        from tests.tracking.conftest import bare_items
        store.log_model = lambda *args: None
        root = Path({str(tmp_path)!r})
        (root / sys.argv[1]).touch()
        while len(list(root.glob("ready-*"))) < 2:
            time.sleep(0.01)
        opened = store.open_store({database!r}, "fresh", root)
        store.log_run(bare_items(root), opened)
        """
    )
    here = Path(__file__).parents[2]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, name], stderr=subprocess.PIPE, text=True, cwd=here
        )
        for name in ("ready-1", "ready-2")
    ]
    said = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    store = open_store(database, "fresh", tmp_path)
    runs = MlflowClient(database).search_runs([store.experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED", "FINISHED"]


def test_a_run_is_logged_promoted_exported_and_imported(
    database: str, small_bundle: Path, tmp_path: Path
) -> None:
    store = open_store(database, "resistml", tmp_path)
    worse, better = (
        judged_run(tmp_path, small_bundle, name, noise=noise)
        for name, noise in (("worse-1", 0.9), ("better-1", 0.1))
    )
    logged = [log_run(items, store) for items in (worse, better)]
    client = MlflowClient(database)
    run: Any = client.get_run(logged[1].run_id)
    assert run.data.metrics == pytest.approx(better.metrics)
    assert run.info.artifact_uri.startswith((tmp_path / "mlartifacts").as_uri())
    assert promote(database, Asked("worse-1")).promoted
    assert promote(database, Asked("better-1")).promoted
    assert client.get_model_version_by_alias("resistml", "champion").run_id == run.info.run_id
    folder = export_run(database, "better-1", tmp_path / "exported")
    other = tmp_path / "other"
    brought = import_run(folder, resolve_uri(None, other), other)
    again: Any = MlflowClient(resolve_uri(None, other)).get_run(brought.logged.run_id)
    assert again.data.metrics == run.data.metrics
    assert again.data.params == run.data.params


def test_what_nobody_logs_any_more_is_swept(database: str, tmp_path: Path) -> None:
    store = open_store(database, "swept", tmp_path)
    client = MlflowClient(database)
    left = client.create_run(store.experiment_id, tags={OWNER: "another-host 1"})
    assert sweep(database) == []
    assert [one.run_id for one in sweep(database, hours=-1.0)] == [left.info.run_id]


def test_a_password_is_shown_nowhere(database: str, tmp_path: Path) -> None:
    wrong = database.replace("/postgres", "/none")
    with pytest.raises(OutputError) as caught:
        open_store(wrong, "resistml", tmp_path)
    assert "secret" not in str(caught.value)
