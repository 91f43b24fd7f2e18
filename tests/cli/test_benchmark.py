"""`resistml benchmark`: what it prints, where it keeps results, what it refuses."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from resistml import api
from resistml.cli import main
from resistml.notice import NOTICE
from tests.cli.conftest import Cli, environment


def figure(mean: float, se: float | None = 0.01) -> dict[str, float | None]:
    return {"mean": mean, "se": se}


def document() -> dict[str, Any]:
    """A result as the benchmark gives it, of two learners of which one gives no probabilities."""
    where = {"world": "default", "patients": 20_000, "seeds": 5}
    model = {
        **where,
        "learner": "xgboost",
        **{"auc_gap": figure(0.0041), "mae": figure(0.02), "ece": figure(0.008)},
        **{"captured": figure(0.81), "seconds": figure(4.25)},
    }
    peer = {
        **where,
        "learner": "dr_learner",
        **{"captured": figure(0.2), "seconds": figure(0.5)},
        "model_against": {"captured": {**figure(0.61), "wins": 4, "of": 5}},
    }
    learners = {
        "xgboost": {"words": "the model", "skipped": None},
        "dr_learner": {"words": "EconML DRLearner", "skipped": None},
        "dr_forest": {"words": "EconML forest", "skipped": "econml is not installed"},
    }
    common = {"world": "default", "patients": 20_000, "asked": "at least 0.88"}
    marks = [
        {**common, "what": "captured", "found": 0.81, "se": 0.01, "reached": False},
        {**common, "what": "mae", "found": 0.02, "se": 0.01, "reached": True},
        {**common, "what": "ece", "found": None, "se": None, "reached": None},
    ]
    return {
        **{"notice": NOTICE, "judge": 60_000, "learners": learners, "marks": marks},
        **{"results": [], "summary": [model, peer]},
        "gaps": {"default": {"with eligibility": 0.0094, "without eligibility": 0.0204}},
        "policy": {"default": {"covered": 190, "replicates": 200, "patients": 3_000}},
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the command asks of the Python interface, which answers at once."""
    words: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def benchmark(**given: Any) -> dict[str, Any]:
        words.update(given)
        return document()

    monkeypatch.setattr(api, "benchmark", benchmark)
    return words


def run(*args: str, code: int = 0) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", *args])
    assert ended.value.code == code


def test_table(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    run()
    out, err = capsys.readouterr()
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(
        line.startswith("default 20,000 5 the model 0.0041 ± 0.0100 0.0200 ± 0.0100")
        and line.endswith("81% ± 1% 4.2")
        for line in lines
    )
    assert any("dr_learner – – – 20% ± 1% 4 of 5 0.5" in line for line in lines)
    assert "Marks: 1 of 2 reached" in lines
    assert any(line.endswith("captured at least 0.88 0.81 ± 0.01 no") for line in lines)
    assert "left out: dr_forest: econml is not installed" in lines
    assert "0.0094 with eligibility, 0.0204 without eligibility" in out
    assert "held the truth in 190 of 200 cohorts of 3,000" in out
    assert NOTICE in err


def test_json_is_one_document(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    run("--json")
    assert json.loads(capsys.readouterr().out) == document()


def test_what_is_asked_for(asked: dict[str, Any], tmp_path: Path) -> None:
    words = ("--world", "form", "--world", "intact", "--peer", "constant", "--workers", "2")
    run(*words, "-c", "quick", "--store", "kept.jsonl")
    assert asked["worlds"] == ["form", "intact"]
    assert asked["peers"] == ["constant"]
    assert (asked["workers"], asked["config"], asked["full"]) == (2, "quick", False)
    assert asked["store"] == Path("kept.jsonl")
    run()
    assert 1 <= asked["workers"] <= 4


def test_full_keeps_results_in_the_project(asked: dict[str, Any], tmp_path: Path) -> None:
    run()
    assert asked["store"] is None
    run("--full")
    assert asked["store"] == tmp_path / "benchmark.jsonl"


def test_out_is_the_document(asked: dict[str, Any], tmp_path: Path) -> None:
    run("-o", "found.json")
    assert json.loads((tmp_path / "found.json").read_text()) == document()
    asked.clear()
    run("-o", "found.json", code=2)
    assert asked == {}  # refused before the work
    run("-o", "found.json", "--force")
    asked.clear()
    run("-o", "found.csv", code=2)
    assert asked == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--world", "knowlege"), "did you mean 'knowledge'"),
        (("--peer", "logistc"), "did you mean 'logistic'"),
        (("--workers", "0"), "0 workers"),
        (("-c", "quik"), "did you mean 'quick'"),
    ],
)
def test_refusals(words: tuple[str, ...], said: str, cli: Cli, tmp_path: Path) -> None:
    done = cli("benchmark", "--full", *words, code=2)
    assert said in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_the_store_whole(workers: int, tmp_path: Path) -> None:
    store = tmp_path / "store.jsonl"
    code = """
        from functools import partial
        from resistml import api, cli
        if __name__ == "__main__":
            api.benchmark = partial(api.benchmark, sizes=(300,), seeds=range(1, 400))
            cli.main()
    """
    script = tmp_path / "many.py"
    script.write_text(textwrap.dedent(code))
    words = ("--world", "default", "--peer", "constant", "--store", store, "--workers", workers)
    process = subprocess.Popen(
        [sys.executable, str(script), "benchmark", *map(str, words)],
        env=environment(),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(3_000):
        if store.exists() and store.read_text().count("\n") >= 4:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert f"are in {store}; the same command goes on from there" in said
    text = store.read_text()
    assert text.endswith("\n")
    rows = [json.loads(line)["row"] for line in text.splitlines()]
    assert len(rows) >= 4
    assert len({(row["seed"], row["learner"]) for row in rows}) == len(rows)
