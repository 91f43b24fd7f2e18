"""The wheel alone works, outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_wheel_scores_ranks_and_checks_outside_the_repository(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="building a wheel needs hatchling (extra dev)")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("resistml-*.whl")
    target = tmp_path / "site"
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", str(target), str(wheel)],
        check=True,
        capture_output=True,
    )
    outside = tmp_path / "outside"
    outside.mkdir()
    environment = os.environ | {"PYTHONPATH": str(target), "NO_COLOR": "1"}

    def run(*args: str) -> str:
        done = subprocess.run(
            [sys.executable, *args],
            cwd=outside,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run("-c", "import resistml; print(resistml.__file__)")
    assert where.startswith(str(target))
    assert "holds together" in run("-m", "resistml", "evidence", "check")
    run("-m", "resistml", "init")
    assert "EX-01" in run("-m", "resistml", "score", "profiles.csv")
    assert "EX-01" in run("-m", "resistml", "rank", "profiles.csv")
    assert "cohort" in run("-m", "resistml", "config", "check", "default")
