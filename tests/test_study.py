"""A study, end to end on few patients: what is written, what is refused, what is left."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from resistml import study as module
from resistml import study_files
from resistml.cohort.files import generate
from resistml.config import load_config
from resistml.errors import ConfigError, OutputError, TableError
from resistml.evidence import Evidence
from resistml.learn.params import Params
from resistml.notice import NOTICE
from resistml.study import tune
from resistml.study_files import Study, about
from resistml.tracking.lock import locked
from resistml.world.laws import World
from tests.learn.tuning.conftest import hasty_sqlite

__all__ = ["hasty_sqlite"]

CONFIG = """\
extends: quick
name: small
cohort: {n: 1000}
model: {bag: 2, rounds: 4, checks: 1, threads: 1, penalty: 0.5, depth: 2}
tracking: {enabled: false}
tune:
  trials: 3
  repeats: 1
  space:
    penalty: {low: 0.1, high: 10, log: true}
    depth: {low: 1, high: 3}
    base: {choices: [true, false]}
"""
Tune = Callable[..., Study]
DRAW = study_files._draw
COHORT = module._Tuning._cohort


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a config beside it."""
    (tmp_path / "small.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


#: Patients that were drawn, by the config of the cohort: several studies are of the same.
_drawn: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patients are drawn once, and no figure is; tests that look at either undo this."""
    real = module._Tuning._cohort

    def cached(self: Any, evidence: Any) -> Any:
        key = f"{self.config.seed} {self.config.cohort.n}"
        if key not in _drawn:
            _drawn[key] = real(self, evidence)
        return _drawn[key]

    monkeypatch.setattr(module._Tuning, "_cohort", cached)
    monkeypatch.setattr(study_files, "_draw", lambda study: None)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss that is worked out at once: the start is not the best."""

    def loss(data: Any, params: Params, *rest: Any) -> float:
        return abs(params.penalty - 3) + params.depth

    monkeypatch.setattr(module, "out_of_bag_loss", loss)


@pytest.fixture
def tuned(evidence: Evidence, world: World, project: Path, monkeypatch: pytest.MonkeyPatch) -> Tune:
    """`tuned("tune.trials=5")`: the study of the config, with changes, on the solved world."""
    monkeypatch.setattr(module, "load_evidence", lambda catalog: evidence)
    monkeypatch.setattr(module, "solve_world", lambda *args, **more: world)

    def run(*changes: str, root: Path = project, **how: Any) -> Study:
        return tune(project.parent / "small.yaml", changes, root, **how)

    return run


def plain(study: Study) -> dict[str, Any]:
    """A study without how long anything took."""
    told = study.to_json()
    for trial in (told["best"], told["start"], *told["trials"]):
        trial.pop("seconds")
    return told


@pytest.mark.usefixtures("stand_in")
def test_the_best_is_a_config_that_can_be_trained(tuned: Tune, project: Path) -> None:
    changes = ("seed=5", "cohort={n: 900}", "model.checks=2")
    study = tuned(*changes)
    assert not study.best.start
    best = load_config(study.folder / "best.yaml")
    given = load_config(project.parent / "small.yaml", changes)
    model = given.model.model_copy(update=study.best.settings)
    assert best == given.model_copy(update={"name": "small-best", "tune": None, "model": model})
    assert (best.seed, best.cohort.n, best.model.checks) == (5, 900, 2)
    text = (study.folder / "best.yaml").read_text("utf-8")
    assert "extends: ../../../small.yaml\n" in text
    assert f"{study.best.loss:.5f}" in text


@pytest.mark.usefixtures("stand_in")
def test_a_shipped_config_is_extended_by_its_name(tuned: Tune, project: Path) -> None:
    few = ("cohort.n=1000", "model.bag=2", "tracking.enabled=false", "tune.trials=2")
    study = tune("tune", few, project)
    best = (study.folder / "best.yaml").read_text("utf-8")
    assert "extends: tune\n" in best
    given = study.config.model.model_copy(update=study.best.settings)
    assert load_config(study.folder / "best.yaml").model == given


@pytest.mark.usefixtures("stand_in")
def test_what_is_written(tuned: Tune, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_files, "_draw", DRAW)
    study = tuned()
    assert {path.name for path in study.folder.iterdir()} == {
        "best.yaml",
        "study.db",
        "study.json",
        "trials.csv",
        "trials.csv.notice.txt",
        "trials.png",
    }
    with (study.folder / "trials.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["logloss"]) for row in rows] == [trial.loss for trial in study.trials]
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    assert float(rows[1]["penalty"]) == study.trials[1].settings["penalty"]
    document = json.loads((study.folder / "study.json").read_text("utf-8"))
    assert document["notice"] == NOTICE
    assert document["patients"] == 1_000
    assert document["counts"] == {"complete": 3, "pruned": 0, "failed": 0}
    losses = [trial["loss"] for trial in document["trials"]]
    assert document["best"]["loss"] == min(losses)
    assert document["start"]["settings"] == {"penalty": 0.5, "depth": 2, "base": True}


@pytest.mark.slow
def test_same_seed_same_study(tuned: Tune, tmp_path: Path) -> None:
    whole, again = (tuned(root=tmp_path / name) for name in ("whole", "again"))
    assert plain(whole) == plain(again)
    assert len({trial.loss for trial in whole.trials}) == 3


@pytest.mark.usefixtures("stand_in")
def test_a_study_is_gone_on_with(tuned: Tune, tmp_path: Path) -> None:
    whole = plain(tuned("tune.trials=5", root=tmp_path / "whole"))
    for trials in (1, 3, 5):
        found = plain(tuned(f"tune.trials={trials}"))
        assert found["trials"] == whole["trials"][:trials]
    assert plain(tuned("tune.trials=2")) == whole  # has more than are asked for
    other = tuned("tune.trials=5", "tune.seed=8", root=tmp_path / "other")
    assert plain(other)["trials"] != whole["trials"]


def test_the_loss_is_that_of_the_patients_alone(
    tuned: Tune, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No truth is drawn, so none can be looked at."""
    monkeypatch.setattr(module._Tuning, "_cohort", COHORT)
    plans: list[Any] = []
    real = generate

    def watched(world: World, plan: Any, out: Path, **more: Any) -> Any:
        plans.append(plan)
        made = real(world, plan, out, **more)
        assert not (out / "oracle.parquet").exists()
        return made

    monkeypatch.setattr(module, "generate", watched)
    tuned("tune.trials=1")
    assert [plan.oracle for plan in plans] == [False]


def test_settings_reach_the_learner(tuned: Tune, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Params, int]] = []

    def watched(data: Any, params: Params, seed: int, *rest: Any) -> float:
        seen.append((params, seed))
        return params.penalty

    monkeypatch.setattr(module, "out_of_bag_loss", watched)
    study = tuned("tune.repeats=2", "tune.prune=false")
    pairs = list(zip(seen[::2], seen[1::2], strict=True))
    for trial, (first, second) in zip(study.trials, pairs, strict=True):
        assert first[0] == second[0]
        wanted = (trial.settings["penalty"], trial.settings["depth"], trial.settings["base"])
        assert (first[0].penalty, first[0].depth, first[0].base) == wanted
        assert first[0].bag == 2
    assert len({seed for _, seed in seen}) == 2  # the two bags', the same for every trial


def test_a_failed_trial_is_told(tuned: Tune, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(data: Any, params: Params, *rest: Any) -> float:
        if (params.penalty, params.depth, params.base) == (0.5, 2, True):
            return 0.5
        raise ValueError("does not go together")

    monkeypatch.setattr(module, "out_of_bag_loss", faulty)
    said: list[str] = []
    study = tuned(say=said.append)
    assert study.best.number == 0
    assert "trial 1 failed: ValueError: does not go together" in said
    assert study.to_json()["counts"] == {"complete": 1, "pruned": 0, "failed": 2}
    rows = (study.folder / "trials.csv").read_text("utf-8").splitlines()
    assert rows[2].endswith("ValueError: does not go together")


@pytest.mark.usefixtures("stand_in")
def test_an_interrupted_study_leaves_the_best_so_far(
    tuned: Tune, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = vars(module)["out_of_bag_loss"]
    calls: list[Any] = []

    def interrupted(*args: Any) -> float:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return float(real(*args))

    monkeypatch.setattr(module, "out_of_bag_loss", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        tuned()
    (note,) = caught.value.__notes__
    folder = project / "runs" / "small"
    assert note.startswith("Best of 2 trials so far: number ")
    assert str(folder / "best.yaml") in note
    assert load_config(folder / "best.yaml").tune is None
    assert len(json.loads((folder / "study.json").read_text("utf-8"))["trials"]) == 2
    monkeypatch.setattr(module, "out_of_bag_loss", real)
    gone_on = plain(tuned())
    assert gone_on == plain(tuned(force=True))
    assert not list((project / "runs").glob(".*"))


def test_interrupted_before_any_trial_it_says_that_it_can_go_on(
    tuned: Tune, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "out_of_bag_loss", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        tuned()
    (note,) = caught.value.__notes__
    assert "goes on with it" in note
    assert "Best" not in note


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("change", ["cohort.n=900", "model.bag=3", "tune.seed=9"])
def test_a_study_of_something_else_is_kept(tuned: Tune, change: str) -> None:
    study = tuned("tune.trials=1")
    before = (study.folder / "study.json").read_bytes()
    with pytest.raises(OutputError, match=change.partition("=")[0]):
        tuned(change)
    assert (study.folder / "study.json").read_bytes() == before
    anew = tuned(change, "tune.trials=1", force=True)
    assert anew.config != study.config
    assert len(anew.trials) == 1


def test_what_changes_no_loss_changes_no_study() -> None:
    config = load_config("tune")
    same = ("name=other", "model.threads=3", "tune.trials=7", "tune.timeout=9", "evaluate.n=900")
    for change in (*same, "report=false", "cohort.oracle=false", "tracking.experiment=x"):
        assert about(load_config("tune", (change,)), "c", "d") == about(config, "c", "d"), change
    assert about(config, "other", "d") != about(config, "c", "d")
    assert about(config, "c", "other") != about(config, "c", "d")


def test_a_config_that_tunes_nothing(project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        tune("quick", (), project)
    assert caught.value.key == "tune"
    with pytest.raises(ConfigError) as caught:
        tune("tune", ("cohort.worlds=3",), project)
    assert caught.value.key == "cohort.worlds"
    assert list(project.iterdir()) == []


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_is_no_study_is_not_touched(tuned: Tune, project: Path, force: bool) -> None:
    mine = project / "runs" / "small" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("dear to me")
    with pytest.raises(OutputError, match="no study"):
        tuned(force=force)
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


def test_a_fault_before_the_first_trial_leaves_nothing(
    tuned: Tune, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise TableError("all patients have the same outcome")

    monkeypatch.setattr(module._Tuning, "_cohort", COHORT)
    monkeypatch.setattr(module, "arranged", fail)
    with pytest.raises(TableError):
        tuned()
    assert list(project.iterdir()) == []


def test_two_cannot_do_the_same_study_at_once(tuned: Tune, project: Path) -> None:
    with (
        locked(project / "runs" / ".small.lock"),
        pytest.raises(OutputError, match="held by another process"),
    ):
        tuned()


@pytest.mark.usefixtures("stand_in")
def test_every_trial_is_logged_once_nested_in_its_study(
    tuned: Tune, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_files, "_draw", DRAW)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    logged = "tracking.enabled=true"
    first = tuned(logged, "tune.trials=2")
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("resistml")
    assert experiment is not None

    def runs() -> list[Any]:
        return list(client.search_runs([experiment.experiment_id]))

    assert len(runs()) == 3
    study = tuned(logged)
    assert len(runs()) == 4
    assert study.trials[:2] == first.trials
    parents = [run for run in runs() if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs() if "mlflow.parentRunId" in run.data.tags]
    assert sorted(int(run.data.tags["trial"]) for run in children) == [0, 1, 2]
    (parent,) = parents  # a study that is gone on with is one run
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["tune/loss"] == study.best.loss
    assert parent.data.metrics["tune/complete"] == 3
    assert parent.data.params["cohort.n"] == "1000"
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    tuned(logged)  # does nothing new
    assert len(runs()) == 4
