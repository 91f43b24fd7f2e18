"""The Python interface: the commands' answers as DataFrames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistml
from resistml.api import Scorer, find_model
from resistml.config import RunConfig
from resistml.errors import ModelError, OutputError, TableError
from resistml.evaluate.benchmark import SCENARIOS
from resistml.explain.mechanisms import COLUMNS as EXPLAIN
from resistml.notice import NOTICE
from resistml.predict.rank import COLUMNS as RANK
from resistml.predict.score import COLUMNS as SCORE

EXAMPLES = pd.read_csv(Path(__file__).parents[1] / "examples" / "profiles.csv").set_index("setting")


def example(setting: str, name: str, **changed: Any) -> dict[str, Any]:
    """The shipped example of a setting, by another name."""
    row = EXAMPLES.loc[setting].dropna().to_dict()
    return {**row, "patient_id": name, "setting": setting, **changed}


PROFILES: list[dict[str, Any]] = [
    example("crc_advanced", "a"),
    example("dlbcl_relapsed", "b"),
    {"patient_id": "c", "setting": "nowhere", "ABCB1": 0.5},
]


@pytest.fixture(scope="module")
def scorer(small_bundle: Path) -> Scorer:
    return resistml.load(small_bundle)


def test_answers_have_the_commands_columns_and_the_notice(scorer: Scorer) -> None:
    for frame, columns in (
        (scorer.score(PROFILES), SCORE),
        (scorer.rank(PROFILES), RANK),
        (scorer.rank(PROFILES, everything=True), RANK),
        (scorer.explain(PROFILES), EXPLAIN),
    ):
        assert tuple(frame.columns) == columns
        assert frame.attrs["notice"] == NOTICE


def test_scores(scorer: Scorer) -> None:
    frame = scorer.score(PROFILES)
    assert frame["status"].tolist() == ["ok", "ok", "rejected"]
    assert frame["p_resistance"].between(0, 1).tolist() == [True, True, False]


def test_ranks_are_whole_numbers_or_missing(scorer: Scorer) -> None:
    frame = scorer.rank(PROFILES)
    assert frame["rank"].dtype == "Int64"
    assert frame.loc[frame.patient_id == "c", "rank"].isna().all()
    best = frame[frame["rank"] == 1]
    assert best.patient_id.tolist() == ["a", "b"]
    assert len(scorer.rank(PROFILES, everything=True)) > len(frame)


@pytest.mark.parametrize("form", ["records", "columns", "frame", "path", "text path"])
def test_profiles_in_any_form(scorer: Scorer, tmp_path: Path, form: str) -> None:
    good = PROFILES[:2]
    frame = pd.DataFrame(good)
    place = tmp_path / "profiles.csv"
    frame.to_csv(place, index=False)
    forms = {
        "records": good,
        "columns": frame.to_dict("list"),
        "frame": frame,
        "path": place,
        "text path": str(place),
    }
    pd.testing.assert_frame_equal(scorer.score(forms[form]), scorer.score(good))


def test_no_profiles_at_all(scorer: Scorer) -> None:
    none = {"patient_id": [], "setting": []}
    for frame in (scorer.score(none), scorer.rank(none), scorer.explain(none)):
        assert len(frame) == 0


def test_faults_come_through(scorer: Scorer) -> None:
    with pytest.raises(TableError, match="setting"):
        scorer.score([{"patient_id": "a"}])


def test_repr_names_the_model(scorer: Scorer) -> None:
    assert repr(scorer) == f"<resistml model 'small', {scorer.model.hash[:12]}>"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two runs, which is the current folder."""
    for name in ("default-1", "default-2"):
        (tmp_path / "runs" / name / "model").mkdir(parents=True)
        (tmp_path / "runs" / name / "model" / "manifest.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["default-1", "runs/default-1", "runs/default-1/model"])
def test_models_are_found_by_run_and_by_folder(project: Path, name: str) -> None:
    assert find_model(name).resolve() == project / "runs/default-1/model"
    assert find_model(project / "runs/default-1").resolve() == project / "runs/default-1/model"


def test_default_is_the_shipped_model() -> None:
    assert find_model(None).parts[-2:] == ("models", "default")


def test_no_such_model(project: Path) -> None:
    with pytest.raises(ModelError) as fault:
        find_model("defalt-2")
    for part in ("defalt-2: no such model", "allowed: a bundle's folder", "mean 'default-2'?"):
        assert part in str(fault.value)
    with pytest.raises(ModelError, match="runs list"):
        find_model("something else entirely")


def test_folder_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model bundle"):
        resistml.load(tmp_path)


def test_generate(tmp_path: Path) -> None:
    config = RunConfig.model_validate({"seed": 3, "cohort": {"n": 500}})
    manifest = resistml.generate(config, tmp_path / "cohort")
    assert manifest["plan"]["seed"] == 3
    assert len(pd.read_parquet(tmp_path / "cohort" / "cohort.parquet")) == 500
    with pytest.raises(OutputError, match="exists already"):
        resistml.generate(config, tmp_path / "cohort")


@pytest.mark.slow
def test_train_then_load_by_the_runs_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    raw = {
        "name": "tiny",
        "cohort": {"n": 3_000},
        "evaluate": {"n": 500, "resamples": 20},
        "model": {"bag": 2, "rounds": 4, "checks": 1},
        "tracking": {"enabled": False},
        "report": False,
    }
    run = resistml.train(RunConfig.model_validate(raw))
    assert run.folder.parent == tmp_path / "runs"
    scored = resistml.load(run.id).score(PROFILES)
    assert np.isfinite(scored["p_resistance"][:2]).all()
    assert resistml.load(run.id).model.hash == run.model.hash


def test_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The config's model, and all else as it was asked for, reach the benchmark."""
    asked: dict[str, Any] = {}

    def run(**given: Any) -> dict[str, Any]:
        asked.update(given)
        return {"results": []}

    monkeypatch.setattr("resistml.evaluate.benchmark.run_benchmark", run)
    config = RunConfig.model_validate({"model": {"depth": 3}})
    mine = object()
    found = resistml.benchmark({"mine": mine}, config=config, sizes=(700,), store=tmp_path / "s")
    assert found == {"notice": NOTICE, "results": []}
    assert asked["params"].depth == 3
    assert asked["learners"] == {"mine": mine}
    assert (asked["sizes"], asked["store"]) == ((700,), tmp_path / "s")
    assert asked["worlds"] == tuple(SCENARIOS)
    resistml.benchmark(worlds=("form",), peers=(), workers=2)
    assert (asked["worlds"], asked["peers"], asked["workers"]) == (("form",), (), 2)
    assert asked["store"] is None


def test_unknown_public_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = resistml.nothing


def test_the_documented_names_can_be_completed() -> None:
    import resistml

    wanted = {"load", "train", "generate", "benchmark", "ResistanceClassifier", "__version__"}
    assert wanted == set(dir(resistml))
    assert all(getattr(resistml, name) is not None for name in wanted)
