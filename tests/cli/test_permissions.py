"""Places that may not be read or written are told with exit code 2, and nothing is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


@pytest.fixture(scope="session")
def bound() -> tuple[str, ...]:
    """Words that run a command for which permissions hold: root would pass them all."""
    if sys.platform == "win32":
        pytest.skip("permissions of POSIX")
    if os.geteuid() != 0:
        return ()
    words = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
    if shutil.which(words[0]) is None or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("root reads and writes everything, and there is no setpriv to hold it back")
    return words


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that may be read, not written."""
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.parametrize("place", ["closed/out.csv", "closed/new/out.parquet"])
def test_an_answer_into_a_closed_folder(
    cli: Cli, bound: tuple[str, ...], examples: Path, small_bundle: Path, closed: Path, place: str
) -> None:
    done = cli("score", examples, "-m", small_bundle, "-o", place, before=bound, code=2)
    assert f"{place}: cannot be written: Permission denied" in done.stderr
    assert list(closed.iterdir()) == []


def test_profiles_that_may_not_be_read(
    cli: Cli, bound: tuple[str, ...], examples: Path, small_bundle: Path
) -> None:
    examples.chmod(0)
    done = cli("score", examples, "-m", small_bundle, before=bound, code=2)
    assert "profiles.csv: cannot be read: Permission denied" in done.stderr


@pytest.mark.parametrize("part", ["spec.json", "."])
def test_a_model_that_may_not_be_read(
    cli: Cli,
    bound: tuple[str, ...],
    examples: Path,
    small_bundle: Path,
    tmp_path: Path,
    part: str,
) -> None:
    bundle = Path(shutil.copytree(small_bundle, tmp_path / "model"))
    (bundle / part).chmod(0)
    done = cli("score", examples, "-m", "model", before=bound, code=2)
    (bundle / part).chmod(0o755)
    assert "Permission denied" in done.stderr
    assert "model" in done.stderr


@pytest.mark.parametrize(
    ("args", "place"),
    [
        (("train", "quick"), "mlflow.db.lock"),
        (("init",), "resistml.yaml"),
        (("profiles", "template", "crc_advanced", "-o", "new.csv"), "new.csv"),
    ],
    ids=["train", "init", "template"],
)
def test_a_project_that_may_not_be_written(
    cli: Cli, bound: tuple[str, ...], tmp_path: Path, args: tuple[str, ...], place: str
) -> None:
    tmp_path.chmod(0o555)
    done = cli(*args, before=bound, code=2)
    tmp_path.chmod(0o755)
    assert f"{place}: cannot be written: Permission denied" in done.stderr
    assert list(tmp_path.iterdir()) == []
