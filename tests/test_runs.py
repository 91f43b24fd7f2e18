"""What is written of a run: all of it, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from resistml import runs
from resistml.documents import new_file
from resistml.notice import NOTICE
from resistml.run_reports import write_report
from resistml.runs import Run, write_figures
from resistml.world.audit import AuditRow


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The parts of a run that are looked at here."""
    folder = tmp_path / "runs" / "small-1"
    folder.mkdir(parents=True)
    evaluation = SimpleNamespace(to_json=lambda: {"n_train": 500}, judged=None)
    model = SimpleNamespace(about={"checks": [{"code": "H03"}]})
    found = SimpleNamespace(
        id="small-1", folder=folder, evaluation=evaluation, audit=[], model=model
    )
    return cast(Run, found)


def test_figures_carry_the_run_and_the_notice(run: Run) -> None:
    write_figures(run)
    metrics = json.loads((run.folder / "metrics.json").read_text("utf-8"))
    assert metrics == {
        "notice": NOTICE,
        "run": "small-1",
        "n_train": 500,
        "checks": [{"code": "H03"}],
    }
    assert json.loads((run.folder / "audit.json").read_text("utf-8")) == {
        "notice": NOTICE,
        "rows": [],
    }


def test_metrics_come_last(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """By them a run is known to be whole."""
    order: list[str] = []

    def noted(path: Path, **more: Any) -> Any:
        order.append(path.name)
        return new_file(path, **more)

    monkeypatch.setattr(runs, "new_file", noted)
    write_figures(run)
    assert order == ["audit.json", "metrics.json"]


def test_figures_that_cannot_be_written_leave_none(run: Run) -> None:
    broken = SimpleNamespace(
        **{**vars(run), "evaluation": SimpleNamespace(to_json=_not_json, judged=None)}
    )
    with pytest.raises(TypeError):
        write_figures(cast(Run, broken))
    assert list(run.folder.iterdir()) == []


def _not_json() -> dict[str, Any]:
    return {"a": object()}


@pytest.mark.parametrize("at", ["render", "png_bytes"])
def test_a_report_that_breaks_off_leaves_none(
    run: Run, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistml import run_reports
    from resistml.report import illustrations, model_report, style, tripod

    shown = [SimpleNamespace(name=name, figure=None) for name in ("one", "two")]
    monkeypatch.setattr(run_reports, "report_context", lambda run: None)
    monkeypatch.setattr(tripod, "document", lambda context: {})
    monkeypatch.setattr(illustrations, "illustrations", lambda context: shown)
    monkeypatch.setattr(model_report, "render", lambda context, drawn: "<p>")
    monkeypatch.setattr(style, "png_bytes", lambda figure: b"png")
    made: list[Any] = []

    def second_fails(*args: Any) -> Any:
        made.append(args)
        if at == "render" or len(made) == 2:
            raise KeyboardInterrupt
        return b"png"

    monkeypatch.setattr(style if at == "png_bytes" else model_report, at, second_fails)
    with pytest.raises(KeyboardInterrupt):
        write_report(run)
    assert list(run.folder.iterdir()) == []


def test_an_audit_without_a_number_is_still_json(run: Run) -> None:
    fields = dict.fromkeys(AuditRow.__dataclass_fields__, float("nan"))
    row = AuditRow(**cast(Any, fields))
    write_figures(cast(Run, SimpleNamespace(**{**vars(run), "audit": [row]})))
    (written,) = json.loads((run.folder / "audit.json").read_text("utf-8"))["rows"]
    assert set(written.values()) == {None}
