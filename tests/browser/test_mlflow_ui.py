"""MLflow's pages by our links: charts that tell runs apart, figures in the table, runs compared.

    python -m tests.browser.test_mlflow_ui PROJECT FOLDER

takes the pictures of the documentation from a project in which three runs were trained.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from resistml.config import validated
from resistml.evaluate.evaluation import Evaluation
from resistml.evaluate.metrics import Interval
from resistml.tracking import store as module
from resistml.tracking.items import RunFacts, run_items
from resistml.tracking.opening import Store
from resistml.tracking.place import resolve_uri
from resistml.tracking.store import log_run
from resistml.tracking.ui import Address, open_ui
from tests.browser.chrome import CHROMIUM, Tab, chrome
from tests.browser.mlflow_pages import click, go, picture, scroll_to, text, to_top, wait_for
from tests.tracking.conftest import (  # noqa: F401
    _own_environment,
    blank,
    config,
    evaluation,
    facts,
    store,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no chromium on PATH: MLflow's pages were not looked at",
    ),
]

#: What differs between the three runs.
CHANGES = ({}, {"model": {"depth": 3}}, {"model": {"family": "logistic"}})
NAMES = ("plain", "deeper", "lines")


@pytest.fixture
def three(  # the fixtures of tests/tracking
    evaluation: Evaluation,  # noqa: F811
    facts: RunFacts,  # noqa: F811
    store: Store,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Store:
    """A store with three runs of different configs and figures."""
    monkeypatch.setattr(module, "log_model", lambda *args: None)
    (facts.run_folder / "tripod_ai.json").write_text("{}", encoding="utf-8")
    for k, (name, changes) in enumerate(zip(NAMES, CHANGES, strict=True)):
        mine = evaluation.learners["xgboost"]
        auc = 0.75 - 0.01 * k
        mine = replace(mine, auc=Interval(auc, auc - 0.011, auc + 0.012), captured=0.8 - 0.2 * k)
        figures = replace(evaluation, learners={**evaluation.learners, "xgboost": mine})
        told = validated({"name": name, "seed": 7, "cohort": {"n": 500}, **changes})
        log_run(run_items(told, figures, replace(facts, run_id=f"{name}-1")), store)
    return store


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    return number


def walk(tab: Tab, address: Address, pictures: Path | None = None) -> dict[str, str]:
    """Open the charts and the table, select the runs there, compare them; what each page says."""
    said = {}

    def seen(name: str) -> None:
        said[name] = text(tab)
        if pictures is not None:
            picture(tab, pictures / f"mlflow-{name}.png")

    go(tab, address.charts, width=1600)
    wait_for(tab, "3 matching runs", "gap/value")
    click(tab, "button", "Close")  # the assistant, which takes a quarter of the page
    seen("charts")
    go(tab, address.table, width=1600, height=620)
    wait_for(tab, "3 matching runs", "model.family")
    seen("table")
    click(tab, "input[type=checkbox]", "Select all runs")
    click(tab, "button", "Compare")
    wait_for(tab, "Comparing 3 Runs", "Parameters", "model.family")
    go(tab, str(tab.run("location.href")), width=1600, height=1000)
    wait_for(tab, "Comparing 3 Runs", "gap/auc", "Show diff only")
    seen("plot")
    for part in ("Metrics", "Parameters"):
        click(tab, "[role=switch]", f"{part} - Show diff only")
    wait_for(tab, "auc/xgboost")
    to_top(tab, "[role=switch]", "Parameters - Show diff only")
    seen("compared")
    scroll_to(tab, "interval/auc_low")
    seen("intervals")
    return said


def test_three_runs_are_told_apart(three: Store, port: int, tmp_path: Path) -> None:
    root = tmp_path / "project"
    said: dict[str, str] = {}
    linked: dict[str, str] = {}

    def look(address: Address) -> None:
        with chrome(tmp_path / "profile") as tab:
            said.update(walk(tab, address))
            go(tab, address.compared)
            linked["compared"] = wait_for(tab, "Comparing 3 Runs", "model.depth")
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        open_ui(root, three.uri, port, look, say=lambda line: None)
    charts, table, compared = said["charts"], said["table"], said["compared"]
    assert "Research only" in charts
    assert "share key" not in charts  # the view was found, and understood
    sections = [charts.index(f"\n{name}\n") for name in ("gap", "gain", "error", "loss")]
    assert sections == sorted(sections)
    assert "auc/xgboost" not in charts  # bars that look alike are folded away
    for name in NAMES:
        assert f"{name}-1" in table
        assert f"{name}-1" in compared
    assert all(column in table for column in ("gap/auc", "error/mae", "model.family"))
    assert all(key in compared for key in ("model.depth", "model.family", "auc/xgboost"))
    assert "model.bag" not in compared
    assert "0.729" in said["intervals"]  # the second run's lower end: 0.74 - 0.011
    assert "auc/oracle" not in compared  # the same in all, as the key above
    assert "deeper-1" in linked["compared"]


def main(project: Path, folder: Path) -> None:
    """Take the pictures."""

    def look(address: Address) -> None:
        with TemporaryDirectory() as profile, chrome(Path(profile)) as tab:
            walk(tab, address, folder)
        raise KeyboardInterrupt

    open_ui(project, resolve_uri(None, project), 5055, look)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
