"""A study in a real store: one run of its own, one nested in it per trial."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from resistml.config import RunConfig, load_config
from resistml.errors import OutputError
from resistml.learn.tuning.trials import Trial
from resistml.notice import NOTICE
from resistml.tracking.opening import Store
from resistml.tracking.study import PARENT, log_study
from resistml.tracking.study_items import StudyItems, study_items

TRIALS = [
    Trial(0, "complete", 0.52, {"penalty": 0.5, "base": True}, 2.0, start=True),
    Trial(1, "pruned", 0.60, {"penalty": 0.1, "base": False}, 1.0),
    Trial(2, "failed", None, {"penalty": 0.2, "base": False}, 0.5, "ValueError: no"),
    Trial(3, "complete", 0.50, {"penalty": 3.0, "base": True}, 2.0),
]
FACTS = {"catalog_hash": "c" * 64}


@pytest.fixture
def config() -> RunConfig:
    """The shipped study."""
    return load_config("tune")


def made(config: RunConfig, *files: Path, skip: frozenset[int] = frozenset()) -> StudyItems:
    return study_items(config, TRIALS, TRIALS[3], skip=skip, files=files, facts=FACTS)


def test_what_a_study_says_of_itself(config: RunConfig) -> None:
    items = made(config)
    assert items.metrics == pytest.approx(
        {
            "tune/loss": 0.50,
            "tune/gained": 0.02,
            "tune/complete": 2,
            "tune/pruned": 1,
            "tune/failed": 1,
            "tune/seconds": 5.5,
        }
    )
    assert items.params["tune.space.depth.low"] == "1.0"
    assert items.params["model.bag"] == "10"
    assert items.tags["notice"] == NOTICE
    assert items.tags["catalog_hash"] == "c" * 64


def test_without_a_start_nothing_is_gained(config: RunConfig) -> None:
    trials = [replace(trial, start=False) for trial in TRIALS]
    items = study_items(config, trials, trials[3], skip=frozenset(), files=(), facts={})
    assert "tune/gained" not in items.metrics


def test_what_a_trial_says(config: RunConfig) -> None:
    first, pruned, failed, best = made(config).children
    assert best.params == {"model.penalty": "3.0", "model.base": "true"}
    assert best.metrics == {"tune/loss": 0.50, "tune/seconds": 2.0}
    assert (pruned.tags["state"], pruned.failed) == ("pruned", False)
    assert failed.failed
    assert failed.metrics == {"tune/seconds": 0.5}
    assert failed.tags["message"] == "ValueError: no"
    assert "message" not in first.tags
    assert [child.run_name for child in (first, best)] == ["tune-000", "tune-003"]
    everything = [v for child in made(config).children for v in child.metrics.values()]
    assert all(math.isfinite(value) for value in everything)


def test_trials_that_were_logged_are_left_out(config: RunConfig) -> None:
    items = made(config, skip=frozenset({0, 2}))
    assert [child.tags["trial"] for child in items.children] == ["1", "3"]
    assert items.metrics["tune/complete"] == 2


def test_trials_are_nested_with_one_request_each(
    config: RunConfig, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real = MlflowClient.log_batch

    def counted(self: MlflowClient, run_id: str, *parts: Any) -> Any:
        calls.append(run_id)
        return real(self, run_id, *parts)

    monkeypatch.setattr(MlflowClient, "log_batch", counted)
    file = tmp_path / "best.yaml"
    file.write_text("extends: tune\n")
    parent = log_study(made(config, file), store)
    assert len(calls) == len(set(calls)) == 5
    client = MlflowClient(store.uri)
    runs: list[Any] = list(client.search_runs([store.experiment_id]))
    children = {r.data.tags["trial"]: r for r in runs if r.data.tags.get(PARENT) == parent}
    assert len(runs) == 5
    assert {name: run.info.status for name, run in children.items()} == {
        "0": "FINISHED",
        "1": "FINISHED",
        "2": "FAILED",
        "3": "FINISHED",
    }
    assert children["3"].data.metrics == {"tune/loss": 0.5, "tune/seconds": 2.0}
    assert client.get_run(parent).info.status == "FINISHED"
    assert [artifact.path for artifact in client.list_artifacts(parent)] == ["best.yaml"]


def test_one_that_is_broken_off_is_ended(config: RunConfig, store: Store, tmp_path: Path) -> None:
    with pytest.raises((OutputError, OSError)):
        log_study(made(config, tmp_path / "not there"), store)
    (run,) = MlflowClient(store.uri).search_runs([store.experiment_id])
    assert run.info.status == "FAILED"
