"""A hand-made run: figures that are easy to check, and files to log."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from resistml.config import RunConfig, validated
from resistml.evaluate.evaluation import Evaluation, LearnerFigures
from resistml.evaluate.fidelity import Fidelity
from resistml.evaluate.metrics import Interval
from resistml.evaluate.subgroups import Group
from resistml.tracking.items import DatasetFacts, Items, RunFacts, run_items
from resistml.tracking.new_store import make_whole
from resistml.tracking.opening import Store, open_store
from resistml.tracking.place import resolve_uri, sqlite_uri
from resistml.tracking.session import session


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def figures(auc: float, value: float, mae: float = 0.0) -> LearnerFigures:
    """Figures of a learner."""
    return LearnerFigures(
        auc=Interval(auc, auc - 0.01, auc + 0.01),
        logloss=0.6,
        brier=0.2,
        mae=mae,
        ece=0.01,
        value=value,
        captured=0.8,
    )


def by_setting(**aucs: float) -> dict[str, dict[str, Group]]:
    """Groups by setting, with an AUC each."""
    level = Interval(0.5, 0.4, 0.6)
    rest = dict.fromkeys((f.name for f in fields(Group) if f.name not in ("n", "auc")), level)
    groups = {name: Group(n=250, auc=Interval(x, x, x), **rest) for name, x in aucs.items()}
    return {"setting": groups}


@pytest.fixture
def evaluation() -> Evaluation:
    """Figures of a small run."""
    return Evaluation(
        n_train=500,
        n_judge=500,
        learners={
            "xgboost": figures(0.75, 0.46, mae=0.03),
            "logistic": figures(0.74, 0.45),
            "constant": figures(0.66, 0.42),
        },
        oracle=figures(0.80, 0.50),
        fair=figures(0.76, 0.47),
        value_given=0.38,
        value_fixed_rule=0.42,
        fixed_rule={"nsclc_advanced": ("a", "b")},
        calibration={"predicted": [0.5], "observed": [0.5], "fair": [0.5], "count": [500.0]},
        subgroups=by_setting(nsclc_advanced=0.7, crc_advanced=0.6),
        importance={"accumulation": 0.4, "target": 0.3, "clinical": 0.1},
        fidelity=Fidelity(
            correlation=0.85,
            sign=0.9,
            leading=0.8,
            leading_guess=0.6,
            by_mechanism={"accumulation": 0.9, "target": 0.8},
        ),
    )


@pytest.fixture
def config() -> RunConfig:
    """A config that is not all defaults."""
    return validated({"name": "small", "seed": 7, "cohort": {"n": 500}})


@pytest.fixture
def facts(tmp_path: Path) -> RunFacts:
    """What a run left on disk; the bundle is any folder."""
    run = tmp_path / "runs" / "small-1"
    for folder in ("figures", "model"):
        (run / folder).mkdir(parents=True)
    (run / "report.html").write_text("<p>report</p>", encoding="utf-8")
    (run / "tripod_ai.json").write_text("{}", encoding="utf-8")
    (run / "figures" / "auc.svg").write_text("<svg/>", encoding="utf-8")
    return RunFacts(
        run_id="small-1",
        seed=7,
        rows=500,
        catalog_hash="c" * 64,
        world_hash="a" * 64,
        dataset_digest="d" * 64,
        run_folder=run,
        bundle=run / "model",
        figures=run / "figures",
        versions={"resistml": "0.1.0", "xgboost": "3.2.0"},
    )


@pytest.fixture
def items(config: RunConfig, evaluation: Evaluation, facts: RunFacts) -> Items:
    """What the hand-made run logs."""
    return run_items(config, evaluation, facts)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without an experiment, which takes MLflow seconds to make."""
    file = tmp_path_factory.mktemp("blank") / "mlflow.db"
    with session(sqlite_uri(file)):
        make_whole(sqlite_uri(file), file, (file.parent / "mlartifacts").as_uri())
    return file


@pytest.fixture
def store(blank: Path, tmp_path: Path) -> Store:
    """A new store in a project of its own."""
    (tmp_path / "project").mkdir()
    shutil.copyfile(blank, tmp_path / "project" / "mlflow.db")
    return open_store(resolve_uri(None, tmp_path / "project"), "resistml", tmp_path / "project")


def bare_items(bundle: Path) -> Items:
    """The least that a run can log."""
    dataset = DatasetFacts("virtual-bare", "d" * 64, 1, {"seed": "1"})
    return Items("bare", {"seed": "1"}, {"gap/auc": 0.01}, {}, dataset, {}, (), {}, bundle)
