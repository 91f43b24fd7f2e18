"""A report is written from a run's folder or from a bundle alone, with its checklist beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from resistml import pipeline, run_reports
from resistml.config import load_config
from resistml.errors import ModelError, OutputError, UsageError
from resistml.predict.model import load_bundle
from resistml.run_reports import checklist_of, model_report, read_run, report_context, write_pages
from tests.report import samples


@pytest.mark.parametrize(
    ("page", "beside"),
    [("report.html", "tripod_ai.json"), ("mine.html", "mine.tripod_ai.json")],
)
def test_the_checklist_lies_beside_its_page(page: str, beside: str, tmp_path: Path) -> None:
    assert checklist_of(tmp_path / page) == tmp_path / beside


def test_page_and_checklist_are_written_together(tmp_path: Path) -> None:
    out = write_pages(samples.context(), tmp_path / "r.html", force=False, drawn=())
    assert "Trial &lt;b&gt;one" in out.read_text("utf-8")
    assert len(json.loads((tmp_path / "r.tripod_ai.json").read_text("utf-8"))["items"]) == 52
    with pytest.raises(OutputError, match="exists already"):
        write_pages(samples.context(), out, force=False, drawn=())
    write_pages(samples.context(title="Again"), out, force=True, drawn=())
    assert "<h1>Again</h1>" in out.read_text("utf-8")


def test_neither_is_written_where_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistml.report import model_report as module

    def broken(*_: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "render", broken)
    with pytest.raises(KeyboardInterrupt):
        write_pages(samples.context(), tmp_path / "r.html", force=False, drawn=())
    assert list(tmp_path.iterdir()) == []


def test_what_would_be_refused_is_refused_before_the_work(
    small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_reports, "bundle_context", lambda model: pytest.fail("worked"))
    with pytest.raises(UsageError, match="names no page"):
        model_report(small_bundle, tmp_path / "r.pdf")
    (tmp_path / "r.tripod_ai.json").write_text("{}", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already"):
        model_report(small_bundle, tmp_path / "r.html")


def test_a_run_that_has_a_report_is_only_pointed_to(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "report.html").write_text("mine", encoding="utf-8")
    assert model_report(tmp_path / "model", None) == tmp_path / "report.html"
    assert (tmp_path / "report.html").read_text("utf-8") == "mine"


def test_a_model_of_another_world_is_refused(
    small_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistml.world import solve

    monkeypatch.setattr(solve, "solve_world", lambda evidence: SimpleNamespace(hash="other"))
    with pytest.raises(ModelError, match="another world than the catalog's"):
        run_reports.bundle_context(load_bundle(small_bundle))


@pytest.mark.slow
def test_a_run_is_read_back_and_says_the_same(tmp_path: Path) -> None:
    changes = ("cohort.n=1500", "evaluate.n=1500", "evaluate.resamples=20", "model.rounds=10")
    config = load_config("quick", (*changes, "tracking.enabled=false", "name=read-back"))
    run = pipeline.train(config, tmp_path)
    found = read_run(run.folder)
    assert found.evaluation.to_json() == run.evaluation.to_json()
    assert found.world.hash == run.world.hash
    assert [row.claim for row in found.audit] == [row.claim for row in run.audit]
    context = report_context(found)
    assert context.characteristics is not None
    assert context.characteristics.n == 1_500
    assert context.model is not None
    assert context.model.members == 4
    again = model_report(run.folder / "model", tmp_path / "again.html")
    first = (run.folder / "report.html").read_text("utf-8")
    assert again.read_text("utf-8") == first
    kept = json.loads((run.folder / "tripod_ai.json").read_text("utf-8"))
    assert kept == json.loads((tmp_path / "again.tripod_ai.json").read_text("utf-8"))
    names = set(re.findall(r'id="figure-([a-z-]+)-title"', first))
    assert {path.stem for path in (run.folder / "figures").iterdir()} == names
    assert {"decision", "waterfall", "dependence", "calibration-settings", "doubt"} <= names
