"""Ctrl-C and a request to end, wherever they come."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from resistml.tracking.local import local_runs
from resistml.world.laws import World, save_world
from tests.cli.conftest import environment
from tests.cli.test_train import SMALL

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """A process that runs some code with our handlers set."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def train(world: World, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`train(tracking=...)`: the command as a process, with the world solved beforehand."""
    solved = tmp_path / "world.json"
    save_world(world, solved, force=True)
    project = tmp_path / "project"
    project.mkdir()
    code = f"""
        from pathlib import Path
        from resistml import cli, pipeline
        from resistml.world.laws import read_world
        pipeline.solve_world = lambda *args, **more: read_world(Path({str(solved)!r}))
        pipeline.audit_all = lambda *args, **more: []
        cli.main()
    """

    def start(*, tracking: bool) -> subprocess.Popen[str]:
        where = f"tracking.enabled={str(tracking).lower()}"
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), "train", *SMALL, "--set", where],
            cwd=project,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "stage", "tracking", "whole"),
    [
        (signal.SIGTERM, "open the store", True, False),
        (signal.SIGTERM, "train the model", False, False),
        (signal.SIGINT, "write the report", False, False),
        (signal.SIGTERM, "log to MLflow", True, True),
    ],
    ids=["open", "train", "report", "log"],
)
def test_a_run_that_is_ended_is_whole_or_not_there(
    number: signal.Signals,
    stage: str,
    tracking: bool,
    whole: bool,
    train: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    process, project = train(tracking=tracking), tmp_path / "project"
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(stage):
            process.send_signal(number)
            break
    _, said = process.communicate(timeout=300)
    assert process.returncode == {signal.SIGTERM: 143, signal.SIGINT: 130}[number], said
    assert "Traceback" not in said
    runs = [row["run"] for row in local_runs(project)]
    assert len(runs) == whole
    assert (project / "runs").exists() == whole
    if whole:
        assert str(project / "runs" / runs[0]) in said
        assert [path.name for path in (project / "runs").iterdir()] == runs
    assert {path.name for path in project.glob("mlflow*")} <= {"mlflow.db"}
    if (project / "mlflow.db").exists():
        with sqlite3.connect(project / "mlflow.db") as store:
            assert ("RUNNING",) not in store.execute("select status from runs").fetchall()


def test_a_signal_that_was_swallowed_is_heeded_later() -> None:
    done = ended(
        """
        import os, signal
        from resistml.cli import signals
        class Swallows:
            def __del__(self):
                os.kill(os.getpid(), signal.SIGTERM)
        signals.listen()
        signals.heed()
        it = Swallows()
        del it
        print("swallowed", flush=True)
        signals.heed()
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, "swallowed\n", "")


def test_other_faults_in_destructors_are_still_told() -> None:
    done = ended(
        """
        from resistml.cli import signals
        class Fails:
            def __del__(self):
                raise ValueError("told")
        signals.listen()
        it = Fails()
        del it
        """
    )
    assert "ValueError: told" in done.stderr


def test_a_signal_while_xgboost_asks_for_data_waits_until_it_has_them() -> None:
    """Broken off there, it would go on with half of them, or bring the process down."""
    done = ended(
        """
        import os, signal, sys
        import numpy as np
        import xgboost as xgb
        from resistml.cli import signals
        signals.listen()
        x = np.random.default_rng(0).random((200, 3)).astype(np.float32)
        seen = []

        def tracer(frame, event, arg):
            if frame.f_code.co_name == "input_data" and not seen:
                seen.append(frame)
                os.kill(os.getpid(), signal.SIGINT)
            return tracer

        reached = 0
        for _ in range(5):
            seen.clear()
            signals._heard.clear()
            try:
                sys.settrace(tracer)
                matrix = xgb.QuantileDMatrix(x, label=x[:, 0], nthread=1)
                sys.settrace(None)
                assert matrix.num_row() == 200
                while True:
                    pass
            except KeyboardInterrupt:
                reached += 1
            finally:
                sys.settrace(None)
        print(reached)
        """
    )
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr
