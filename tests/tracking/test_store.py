"""Logging to a real store: what is there afterwards, and how a failed run ends."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from resistml.errors import OutputError
from resistml.tracking import store as module
from resistml.tracking.items import Items
from resistml.tracking.place import resolve_uri
from resistml.tracking.store import MOST_PARAMS, Store, log_run, open_store


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without their model, which has tests of its own."""
    monkeypatch.setattr(module, "log_model", lambda *args: None)


def runs(store: Store) -> list[Any]:
    """All runs of the store's experiment."""
    return list(MlflowClient(store.uri).search_runs([store.experiment_id]))


@pytest.mark.usefixtures("no_model")
def test_a_run_is_logged_whole(store: Store, items: Items) -> None:
    logged = log_run(items, store)
    run: Any = MlflowClient(store.uri).get_run(logged.run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "small-1"
    assert run.data.metrics == pytest.approx(items.metrics)
    assert run.data.params == items.params
    assert items.tags.items() <= run.data.tags.items()
    (used,) = run.inputs.dataset_inputs
    assert used.dataset.name == "virtual-small"
    assert used.dataset.digest == items.dataset.digest[:36]
    assert json.loads(used.dataset.profile) == {"num_rows": 500}
    assert json.loads(used.dataset.source) == {"tags": items.dataset.origin}
    assert [tag.value for tag in used.tags] == ["training"]


@pytest.mark.usefixtures("no_model")
def test_artifacts_lie_under_the_project(store: Store, items: Items, tmp_path: Path) -> None:
    logged = log_run(items, store)
    folder = tmp_path / "project" / "mlartifacts" / logged.run_id / "artifacts"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {
        *("config.yaml", "metrics.json", "report.html", "tripod_ai.json"),
        "figures/auc.svg",
    }
    assert (folder / "config.yaml").read_text("utf-8") == items.texts["config.yaml"]


@pytest.mark.usefixtures("no_model")
def test_the_addresses_lead_to_the_run_and_the_charts(store: Store, items: Items) -> None:
    logged = log_run(items, store)
    assert logged.experiment_id == store.experiment_id
    assert logged.urls["run"].endswith(f"/runs/{logged.run_id}")
    assert "compareRunsMode=CHART" in logged.urls["charts"]


@pytest.mark.usefixtures("no_model")
def test_names_of_metrics_are_the_same_in_every_run(store: Store, items: Items) -> None:
    log_run(items, store)
    log_run(replace(items, run_name="small-2"), store)
    first, second = runs(store)
    assert set(first.data.metrics) == set(second.data.metrics)


@pytest.mark.usefixtures("no_model")
def test_all_numbers_go_in_one_request(
    store: Store, items: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, ...]] = []
    real = MlflowClient.log_batch

    def counted(self: MlflowClient, run_id: str, *parts: Any) -> Any:
        calls.append(tuple(len(part) for part in parts))
        return real(self, run_id, *parts)

    monkeypatch.setattr(MlflowClient, "log_batch", counted)
    log_run(items, store)
    assert len(calls) == 1
    metrics, params, tags = calls[0]
    assert (metrics, params) == (len(items.metrics), len(items.params))
    assert tags >= len(items.tags)
    calls.clear()
    many = replace(
        items,
        params={f"p{i}": "1" for i in range(2 * MOST_PARAMS + 1)},
        metrics={f"m/{i}": 1.0 for i in range(1_000)},
        tags={f"t{i}": "1" for i in range(150)},
    )
    logged = log_run(many, store)
    data = MlflowClient(store.uri).get_run(logged.run_id).data
    assert (len(data.params), len(data.metrics)) == (2 * MOST_PARAMS + 1, 1_000)
    assert many.tags.items() <= data.tags.items()
    assert all(sum(call) <= 1_000 and max(call[1:]) <= 100 for call in calls)


@pytest.mark.parametrize(
    ("raised", "status"),
    [(RuntimeError("broke"), "FAILED"), (KeyboardInterrupt(), "KILLED"), (SystemExit(1), "KILLED")],
)
def test_a_run_that_fails_on_the_way_is_ended(
    raised: BaseException,
    status: str,
    store: Store,
    items: Items,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: object) -> str:
        raise raised

    monkeypatch.setattr(module, "log_model", fail)
    with pytest.raises(type(raised)):
        log_run(items, store)
    (run,) = runs(store)
    assert run.info.status == status
    assert run.info.end_time is not None


def test_what_is_missing_is_named_before_a_run_begins(store: Store, items: Items) -> None:
    gone = replace(items, files=(Path("nowhere/report.html"),))
    with pytest.raises(OutputError, match=r"report\.html") as caught:
        log_run(gone, store)
    assert caught.value.exit_code == 2
    assert runs(store) == []


@pytest.mark.usefixtures("no_model")
def test_what_the_store_refuses_is_an_error_of_ours(store: Store, items: Items) -> None:
    with pytest.raises(OutputError, match="MLflow says"):
        log_run(replace(items, metrics={"bad\nname": 1.0}), store)
    (run,) = runs(store)
    assert run.info.status == "FAILED"


@pytest.mark.usefixtures("no_model")
def test_nothing_is_left_behind_but_the_store(
    tmp_path: Path,
    items: Items,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    here, project = tmp_path / "here", tmp_path / "project"
    here.mkdir()
    monkeypatch.chdir(here)
    before, level = dict(os.environ), logging.getLogger("mlflow").level
    log_run(items, open_store(resolve_uri(None, project), "resistml", project))
    assert list(here.iterdir()) == []
    assert {path.name for path in project.iterdir()} == {"mlflow.db", "mlartifacts"}
    assert dict(os.environ) == before
    assert logging.getLogger("mlflow").level == level
    assert capfd.readouterr() == ("", "")


def test_two_processes_that_touch_a_new_store_at_once_both_finish(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    code = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        import mlflow.store.tracking.sqlalchemy_store  # so that both are ready at once
        from resistml.tracking import store
        from resistml.tracking.items import DatasetFacts, Items
        store.log_model = lambda *args: None
        root = Path({str(tmp_path)!r})
        (root / sys.argv[1]).touch()
        while len(list(root.glob("ready-*"))) < 2:
            time.sleep(0.01)
        opened = store.open_store(store.resolve_uri(None, root), "resistml", root)
        facts = DatasetFacts("d", "0" * 64, 1, {{}})
        metrics, bundle = {{"a/b": 1.0}}, root / "bundle"
        items = Items(sys.argv[1], {{}}, metrics, {{}}, facts, {{}}, (), {{}}, bundle)
        store.log_run(items, opened)
        """
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, name], stderr=subprocess.PIPE, text=True)
        for name in ("ready-1", "ready-2")
    ]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    opened = open_store(resolve_uri(None, tmp_path), "resistml", tmp_path)
    assert {run.info.run_name for run in runs(opened)} == {"ready-1", "ready-2"}
    assert all(run.info.status == "FINISHED" for run in runs(opened))


def test_nothing_imports_mlflow_before_it_is_used() -> None:
    code = (
        "import sys; import resistml.tracking.store, resistml.tracking.ui;"
        "sys.exit(any(m in sys.modules for m in ('mlflow', 'pandas', 'sklearn', 'xgboost')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
