"""`resistml tune`, as a process."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from resistml.config import load_config
from resistml.notice import NOTICE
from resistml.world.laws import World, save_world
from tests.cli.conftest import Cli, environment, one_document

SMALL = (
    *("tune", "--set", "cohort.n=1000", "--set", "model.bag=2", "--set", "model.rounds=4"),
    *("--set", "model.checks=1", "--set", "model.threads=1", "--set", "tune.repeats=1"),
    *("--set", "tracking.enabled=false", "--set", "name=small"),
    *("--set", "tune.space.rounds.low=2"),
)
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def tune(world: World, tmp_path: Path) -> Start:
    """`tune("--trials", 3)`: the command as a process, with the world solved beforehand."""
    solved = tmp_path / "world.json"
    save_world(world, solved, force=True)
    code = f"""
        from pathlib import Path
        from resistml import cli, study
        from resistml.world.laws import read_world
        study.solve_world = lambda *args, **more: read_world(Path({str(solved)!r}))
        cli.main()
    """

    def start(*args: object) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", textwrap.dedent(code), "tune", *SMALL, *map(str, args)]
        return subprocess.Popen(
            words,
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    return start


def done(process: subprocess.Popen[str], code: int = 0) -> subprocess.CompletedProcess[str]:
    out, said = process.communicate(timeout=300)
    assert process.returncode == code, said
    assert "Traceback" not in said
    return subprocess.CompletedProcess([], code, out, said)


@pytest.mark.slow
def test_json_is_one_document(tune: Start, tmp_path: Path) -> None:
    document = one_document(done(tune("--trials", 2, "--json")))
    assert document["study"] == "small"
    assert document["counts"] == {"complete": 2, "pruned": 0, "failed": 0}
    assert Path(document["config"]) == tmp_path / "runs" / "small" / "best.yaml"
    best = load_config(document["config"])
    assert best.model.penalty == document["best"]["settings"]["penalty"]
    assert set(document["seconds"]) == {"calibrate the world", "draw the cohort", "try settings"}


def test_the_table_tells_the_best_the_start_and_the_places(tune: Start) -> None:
    said = done(tune("--trials", 2))
    assert "Study small: 2 complete; 1,000 patients" in said.stdout
    assert "0 (start)" in said.stdout
    assert "best.yaml" in said.stdout
    assert NOTICE in said.stderr
    assert "trial 0: log-loss 0." in said.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_tells_the_best_so_far_and_goes_on_later(
    tune: Start, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = tune("--trials", 500)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("trial 0"):
            process.send_signal(number)
            break
    said = done(process, code)
    assert "so far: number 0, log-loss 0." in said.stderr
    assert "goes on with it" in said.stderr
    best = tmp_path / "runs" / "small" / "best.yaml"
    assert load_config(best).name == "small-best"
    document = one_document(done(tune("--trials", 4, "--json")))
    assert len(document["trials"]) >= 4
    assert document["trials"][0]["start"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_killed_outright_it_goes_on_with_what_it_had(tune: Start, tmp_path: Path) -> None:
    process = tune("--trials", 500)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("trial 0"):
            process.kill()
            break
    done(process, -signal.SIGKILL)
    assert not (tmp_path / "runs" / "small" / "best.yaml").exists()
    document = one_document(done(tune("--trials", 4, "--json")))
    assert len(document["trials"]) >= 4
    assert [trial["start"] for trial in document["trials"]].count(True) == 1
    assert [trial["number"] for trial in document["trials"]] == list(range(len(document["trials"])))
    assert (tmp_path / "runs" / "small" / "best.yaml").exists()


@pytest.mark.slow
def test_a_budget_of_minutes_ends_it(tune: Start) -> None:
    said = done(tune("--trials", 5000, "--minutes", 0.1))
    assert "the time is over after " in said.stderr
    assert " of 5000 trials" in said.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("quick",), ("key 'tune'", "resistml tune tune")),
        (("tune", "--trials", "0"), ("key 'tune.trials'", "got 0")),
        (("tune", "--set", "tune.space.dept={low: 1, high: 2}"), ("did you mean 'depth'?",)),
        (("tune", "--set", "tune.space.depth.high=99"), ("key 'tune.space.depth.high'", "got 99")),
        (("tuen",), ("did you mean 'tune'?",)),
    ],
)
def test_faults_are_told_and_nothing_is_written(
    cli: Cli, tmp_path: Path, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    said = cli("tune", *args, code=2).stderr
    for word in words:
        assert word in said
    assert list(tmp_path.iterdir()) == []
