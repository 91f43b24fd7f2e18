"""`train` on a table of one's own, as a process."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from resistml.notice import NOTICE
from resistml.pipeline_own import OwnRun
from tests.cli.conftest import Cli, one_document
from tests.test_pipeline_own import config


def written(folder: Path, arms: int = 1) -> Path:
    """The config of a small table, as a file beside it."""
    document = config(folder, arms).model_dump(mode="json", exclude_defaults=True)
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_figures_and_where_everything_is(cli: Cli, tmp_path: Path) -> None:
    done = cli("train", written(tmp_path, arms=2))
    for said in (
        "no answer, 160 patients left out in 3 folds",
        "logistic regression",
        "later: 120",
    ):
        assert said in done.stdout
    assert "best arm per group" in done.stdout
    assert "may be one between years" in done.stdout
    assert "nan" not in done.stdout
    assert NOTICE in done.stderr
    assert "note: Drawn by a machine." in done.stderr


@pytest.mark.slow
def test_json_is_one_document_and_its_model_scores(cli: Cli, tmp_path: Path) -> None:
    document = one_document(cli("train", written(tmp_path), "--json"))
    assert document["metrics"]["cv/auc"] == document["figures"]["auc"]
    assert "no ranking is possible" in document["no_ranking"]
    profiles = tmp_path / "profiles.csv"
    profiles.write_text("patient_id,setting,a,b,flag,kind\nx,cohort,0.1,0.2,1,u\n")
    scored = cli("score", profiles, "-m", document["model"])
    assert "x" in scored.stdout
    refused = cli("rank", profiles, "-m", document["model"], code=2)
    assert "names no treatments" in refused.stderr


def test_the_demo_is_of_virtual_patients(cli: Cli, tmp_path: Path) -> None:
    done = cli("demo", "-c", written(tmp_path), code=2)
    assert "virtual patients" in done.stderr


def test_a_run_tells_its_auc(tmp_path: Path) -> None:
    from resistml.pipeline import train

    run = train(config(tmp_path), tmp_path)
    assert isinstance(run, OwnRun)
    assert repr(run).startswith("<resistml run 'mine-")
