"""Runs the command line as a process, as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from resistml.notice import NOTICE

Cli = Callable[..., subprocess.CompletedProcess[str]]


def environment() -> dict[str, str]:
    """The environment without what may steer resistml, and with a terminal's width."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "RESISTML_"))}
    return ours | {"COLUMNS": "160", "NO_COLOR": "1", "PYTHONHASHSEED": "random"}


def started(folder: Path, *args: object) -> subprocess.Popen[str]:
    """A command that runs in a folder, with pipes for what it says."""
    return subprocess.Popen(
        [sys.executable, "-m", "resistml", *map(str, args)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """`cli("score", "profiles.csv", code=0)`: run in an empty folder and check the exit code.

    ``before`` are words that go before the command, such as ``sh -c ...``; ``env`` is added to
    the environment.
    """

    def run(
        *args: object,
        code: int = 0,
        stdin: str | None = None,
        before: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*before, sys.executable, "-m", "resistml", *map(str, args)],
            input=stdin,
            cwd=tmp_path,
            env=environment() | dict(env or {}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The shipped example profiles, in the folder that the command line runs in."""
    from resistml import shipped

    target = tmp_path / "profiles.csv"
    target.write_text((shipped.folder("examples") / "profiles.csv").read_text(encoding="utf-8"))
    return target


def one_document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON document on stdout, which must carry the notice."""
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["notice"] == NOTICE
    return document


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON lines on stdout; the notice must stand on stderr."""
    assert NOTICE in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
