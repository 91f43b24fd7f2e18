"""A run that does not come to its end: what is left of it, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from resistml import pipeline
from resistml.config import RunConfig
from resistml.errors import OutputError
from resistml.features.spec import FeatureSpec
from resistml.learn import parts
from resistml.predict.ensemble import Ensemble
from resistml.predict.model import load_bundle
from resistml.runs import Run
from resistml.tracking.local import local_runs
from resistml.tracking.opening import Store
from resistml.world.laws import World

TINY = {
    "name": "tiny",
    "cohort": {"n": 500},
    "evaluate": {"n": 500, "resamples": 20},
    "model": {"bag": 2, "rounds": 2, "checks": 1, "threads": 1},
    "tracking": {"enabled": False},
}
Train = Callable[..., Run]


@pytest.fixture
def train(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """`train(report=..., log=...)`: a tiny run, with stand-ins for what is slow in it."""
    monkeypatch.setattr(pipeline, "solve_world", lambda *args, **more: world)
    monkeypatch.setattr(pipeline, "audit_all", lambda *args, **more: [])
    monkeypatch.setattr(pipeline, "open_run_store", lambda *args: Store("sqlite:///none", "1"))

    def run(
        report: Callable[[Run], Any] = lambda run: None,
        log: Callable[..., Any] | None = None,
        **changed: Any,
    ) -> Run:
        monkeypatch.setattr(pipeline, "write_report", report)
        monkeypatch.setattr(pipeline, "track", log)
        raw = {**TINY, "tracking": {"enabled": log is not None}, **changed}
        return pipeline.train(RunConfig.model_validate(raw), tmp_path)

    return run


def fails_with(exc: BaseException) -> Callable[..., NoReturn]:
    """A stage that raises."""

    def fail(*args: object, **more: object) -> NoReturn:
        raise exc

    return fail


@pytest.mark.slow
def test_a_run_is_listed_only_when_all_of_it_is_there(train: Train, tmp_path: Path) -> None:
    listed: list[list[dict[str, Any]]] = []

    def look(*args: object) -> None:
        listed.append(local_runs(tmp_path))

    run = train(report=look, log=look)
    while_reporting, while_logging = listed
    assert while_reporting == []
    assert [row["run"] for row in while_logging] == [run.id]
    assert json.loads((run.folder / "audit.json").read_text("utf-8"))["rows"] == []


@pytest.mark.slow
@pytest.mark.parametrize("exc", [KeyboardInterrupt(), SystemExit(143)], ids=repr)
def test_interrupted_while_the_report_is_written_nothing_stays(
    train: Train, tmp_path: Path, exc: BaseException
) -> None:
    with pytest.raises(type(exc)):
        train(report=fails_with(exc))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_interrupted_beside_another_run_that_one_stays(train: Train, tmp_path: Path) -> None:
    first = train()
    with pytest.raises(KeyboardInterrupt):
        train(report=fails_with(KeyboardInterrupt()))
    assert list((tmp_path / "runs").iterdir()) == [first.folder]


@pytest.mark.slow
def test_who_interrupts_twice_still_finds_nothing_half_made(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = pipeline.shutil.rmtree, []

    def interrupted_at_first(*args: Any, **more: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            raise KeyboardInterrupt
        whole(*args, **more)

    monkeypatch.setattr(pipeline.shutil, "rmtree", interrupted_at_first)
    with pytest.raises(KeyboardInterrupt):
        train(report=fails_with(KeyboardInterrupt()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_fault_of_the_report_keeps_the_model_and_says_so(train: Train, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as caught:
        train(report=fails_with(RuntimeError("no ink")))
    (folder,) = (tmp_path / "runs").iterdir()
    assert str(folder / "model") in "".join(caught.value.__notes__)
    assert load_bundle(folder / "model").about["name"] == "tiny"
    assert local_runs(tmp_path) == []


def test_a_fault_before_there_is_a_model_leaves_nothing(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "fit_model", fails_with(RuntimeError("no luck")))
    with pytest.raises(RuntimeError) as caught:
        train()
    assert not hasattr(caught.value, "__notes__")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("exc", [OutputError("full"), KeyboardInterrupt()], ids=repr)
def test_what_befalls_the_logging_leaves_the_run_and_says_so(
    train: Train, tmp_path: Path, exc: BaseException
) -> None:
    with pytest.raises(type(exc)) as caught:
        train(log=fails_with(exc))
    (listed,) = local_runs(tmp_path)
    assert str(tmp_path / "runs" / listed["run"]) in "".join(caught.value.__notes__)


@pytest.mark.slow
def test_a_catalog_is_copied_without_the_runs_that_lie_in_it(train: Train, tmp_path: Path) -> None:
    """As when `resistml train` is called in the catalog's folder."""
    for name in ("claims", "elsewhere"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.yaml").write_text("source: tie_review\nclaims: {}\n")
    (tmp_path / "assumptions.yaml").write_text(
        "stable_share: {value: 0.5, low: 0.3, high: 0.6, replace: true, reason: another opinion}\n"
    )
    run = train(catalog=tmp_path)
    copied = {
        path.relative_to(run.folder / "catalog").as_posix()
        for path in (run.folder / "catalog").rglob("*.*")
    }
    assert copied == {"assumptions.yaml", "claims/mine.yaml"}


@pytest.mark.parametrize("there", ["file", "link"])
def test_runs_that_is_no_folder_is_told(train: Train, tmp_path: Path, there: str) -> None:
    if there == "file":
        (tmp_path / "runs").write_text("")
    else:
        (tmp_path / "runs").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError, match="runs: cannot be written"):
        train()


@pytest.mark.slow
def test_runs_of_the_same_second_have_folders_of_their_own(train: Train) -> None:
    found = [train() for _ in range(2)]
    assert found[0].folder != found[1].folder
    assert all((run.folder / "metrics.json").is_file() for run in found)


def test_worlds_of_the_config_are_those_of_the_bundle(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fit(evidence: object, spec: FeatureSpec, worlds: int, *args: object) -> Ensemble:
        asked.append(worlds)
        nothing = np.zeros((worlds, len(spec.arms), len(spec.columns)))
        return Ensemble(nothing[:, :, 0], nothing, nothing, 2.0)

    monkeypatch.setattr(parts, "fit_ensemble", fit)
    run = train(ensemble={"worlds": 3})
    assert asked == [3]
    held = load_bundle(run.folder / "model").parts.ensemble
    assert held is not None
    assert len(held.intercepts) == 3


def test_what_the_checks_find_stands_in_bundle_card_and_figures(train: Train) -> None:
    """A tiny run on few patients: strategies that few had are told."""
    run = train()
    checks = run.model.about["checks"]
    assert "H11" in {check["code"] for check in checks}
    metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["checks"] == checks
    assert metrics["fidelity"]["rows"] == run.evaluation.fidelity.rows
    card = (run.folder / "model" / "card.md").read_text(encoding="utf-8")
    assert all(f"{check['code']} {check['title']}" in card for check in checks)
