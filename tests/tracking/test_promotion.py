"""The alias moves to what is better on the same patients, and to nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from resistml.errors import ModelError, UsageError
from resistml.notice import NOTICE
from resistml.tracking import store as module
from resistml.tracking.fetch import fetch_model
from resistml.tracking.opening import Store
from resistml.tracking.promotion import TAG, Asked, promote
from resistml.tracking.store import log_run
from tests.tracking.logged import judged_run


@pytest.fixture
def client(store: Store) -> MlflowClient:
    return MlflowClient(store.uri)


@pytest.fixture
def logged(store: Store, small_bundle: Path, tmp_path: Path) -> Any:
    """`logged("name", noise=0.5)`: a run in the store; returns its MLflow id."""

    def log(name: str, **how: Any) -> str:
        return log_run(judged_run(tmp_path, small_bundle, name, **how), store).run_id

    return log


def champion(client: MlflowClient) -> Any:
    return client.get_model_version_by_alias("resistml", "champion")


def test_the_first_one_gets_it_and_can_be_fetched_by_it(
    store: Store, logged: Any, client: MlflowClient, tmp_path: Path, small_bundle: Path
) -> None:
    run = logged("one-1", noise=0.5)
    done = promote(store.uri, Asked("one-1"))
    assert (done.promoted, done.version, done.champion, done.gains) == (True, "1", None, {})
    assert "there was none to compare with" in done.why
    assert champion(client).run_id == run
    assert NOTICE in client.get_registered_model("resistml").description
    bundle = fetch_model("models:/resistml@champion", tmp_path, store.uri)
    manifest = (small_bundle / "manifest.json").read_bytes()
    assert (bundle / "manifest.json").read_bytes() == manifest


def test_a_better_one_takes_it_over_and_says_why(
    store: Store, logged: Any, client: MlflowClient
) -> None:
    logged("worse-1", noise=0.9)
    better = logged("better-1", noise=0.1)
    promote(store.uri, Asked("worse-1"))
    done = promote(store.uri, Asked("better-1"))
    assert (done.promoted, done.champion) == (True, "worse-1")
    assert done.gains["log"].low > 0
    version = champion(client)
    assert version.run_id == better
    assert version.tags == {TAG: done.why, "run_id": "better-1", "over": "worse-1"}
    assert version.description == f"{done.why}. {NOTICE}"
    assert "paired on 400 patients), above the margin of 0" in done.why
    assert f"{done.gains['log'].gain:.4f}" in done.why
    assert client.get_run(better).data.tags[TAG] == f"promoted to champion: {done.why}"


@pytest.mark.parametrize(("by", "margin"), [("log", 0.0), ("brier", 0.0), ("auc", 0.0)])
def test_a_worse_one_does_not(
    by: Any, margin: float, store: Store, logged: Any, client: MlflowClient
) -> None:
    better = logged("better-1", noise=0.1)
    worse = logged("worse-1", noise=0.9)
    promote(store.uri, Asked("better-1"))
    done = promote(store.uri, Asked("worse-1", by=by, margin=margin))
    assert (done.promoted, done.version) == (False, None)
    assert champion(client).run_id == better
    assert len(client.search_model_versions("name = 'resistml'")) == 1
    assert client.get_run(worse).data.tags[TAG] == f"not promoted: {done.why}"


def test_one_that_is_better_by_less_than_the_margin_does_not(
    store: Store, logged: Any, client: MlflowClient
) -> None:
    worse = logged("worse-1", noise=0.9)
    logged("better-1", noise=0.1)
    promote(store.uri, Asked("worse-1"))
    done = promote(store.uri, Asked("better-1", margin=0.5))
    assert not done.promoted
    assert done.gains["log"].low > 0
    assert done.why.endswith("not above the margin of 0.5")
    assert champion(client).run_id == worse


def test_on_other_patients_neither_can_be_called_better(
    store: Store, logged: Any, client: MlflowClient
) -> None:
    one = logged("one-1", noise=0.9)
    logged("other-1", noise=0.1, patients=2)
    promote(store.uri, Asked("one-1"))
    with pytest.raises(ModelError, match="was judged on other patients") as caught:
        promote(store.uri, Asked("other-1"))
    assert caught.value.exit_code == 2
    assert "one-1" in str(caught.value)
    assert champion(client).run_id == one
    done = promote(store.uri, Asked("other-1", model="second"))  # a name of its own may have it
    assert done.promoted


def test_a_run_that_tells_no_judge_is_refused(
    store: Store, logged: Any, small_bundle: Path, tmp_path: Path
) -> None:
    logged("one-1", noise=0.9)
    promote(store.uri, Asked("one-1"))
    old = judged_run(tmp_path, small_bundle, "old-1", noise=0.1)
    tags = {k: v for k, v in old.tags.items() if k != "judge_sha256"}
    log_run(replace(old, tags=tags), store)
    with pytest.raises(ModelError, match="old-1: does not say on whom it was judged"):
        promote(store.uri, Asked("old-1"))


def test_the_champion_cannot_beat_itself(store: Store, logged: Any) -> None:
    run = logged("one-1", noise=0.5)
    promote(store.uri, Asked("one-1"))
    with pytest.raises(UsageError, match="champion of resistml already, as version 1"):
        promote(store.uri, Asked(run))


@pytest.mark.parametrize("name", ["nope", "' OR 'a' = 'a", "one-2"])
def test_a_run_that_is_not_there(name: str, store: Store, logged: Any) -> None:
    logged("one-1", noise=0.5)
    with pytest.raises(ModelError, match="no such run in the store"):
        promote(store.uri, Asked(name))


def test_the_nearest_run_is_named(store: Store, logged: Any) -> None:
    logged("one-1", noise=0.5)
    with pytest.raises(ModelError) as caught:
        promote(store.uri, Asked("one-2"))
    assert caught.value.hint == "did you mean 'one-1'?"


def test_two_of_a_name_are_told_by_their_ids(store: Store, logged: Any) -> None:
    first, second = logged("one-1", noise=0.5), ""
    client = MlflowClient(store.uri)
    second = client.create_run(store.experiment_id, tags={"run_id": "one-1"}).info.run_id
    with pytest.raises(ModelError, match="stands for more than one run") as caught:
        promote(store.uri, Asked("one-1"))
    assert first in str(caught.value)
    assert second in str(caught.value)


def test_a_run_without_a_model(
    store: Store, small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "log_model", lambda *args: None)
    log_run(judged_run(tmp_path, small_bundle, "bare-1", noise=0.1), store)
    with pytest.raises(ModelError, match="bare-1: the run logged no model"):
        promote(store.uri, Asked("bare-1"))


@pytest.mark.parametrize("asked", [Asked("x", model="o'x"), Asked("x", alias="a b")])
def test_names_that_the_registry_would_stumble_over(asked: Asked, store: Store) -> None:
    with pytest.raises(UsageError, match=r"--(name|alias)"):
        promote(store.uri, asked)


def test_a_promotion_is_plain_data(store: Store, logged: Any) -> None:
    logged("one-1", noise=0.9)
    logged("two-1", noise=0.1)
    promote(store.uri, Asked("one-1"))
    said = promote(store.uri, Asked("two-1")).to_json()
    assert said["asked"]["by"] == "log"
    assert said["gains"]["auc"]["n"] == 400
