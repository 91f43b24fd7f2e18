"""Intervals for the evidence as `score` and `rank` print them, of a bundle with an ensemble."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from resistml.columns import EVIDENCE
from resistml.documents import dump_json
from resistml.predict.ensemble import Ensemble
from resistml.predict.model import load_bundle
from tests.cli.conftest import Cli
from tests.predict.test_bundle import resealed


@pytest.fixture
def bundle(small_bundle: Path, tmp_path: Path) -> Path:
    """The small model with three worlds, which say the same of everybody."""
    folder = Path(shutil.copytree(small_bundle, tmp_path / "model"))
    spec = load_bundle(small_bundle).spec
    nothing = np.zeros((3, len(spec.arms), len(spec.columns)))
    levels = np.array([[-1.0], [0.0], [1.0]]) + np.zeros((3, len(spec.arms)))
    worlds = Ensemble(levels, nothing, nothing, factor=2.0)
    (folder / "ensemble.json").write_text(dump_json(worlds.to_json()))
    resealed(folder)
    return folder


@pytest.mark.parametrize("command", ["score", "rank"])
def test_columns(cli: Cli, examples: Path, bundle: Path, tmp_path: Path, command: str) -> None:
    """Log-odds 0 -+ 2, so 12% to 88%."""
    out = tmp_path / "answer.csv"
    cli(command, examples, "-m", bundle, "-o", out)
    with out.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    answered = [row for row in rows if row["status"] == "ok"]
    assert len(answered) >= 9
    for row in answered:
        ends = [float(row[name]) for name in EVIDENCE]
        assert ends == pytest.approx([0.1192, 0.8808], abs=1e-4)


def test_a_table_for_people(cli: Cli, examples: Path, bundle: Path, small_bundle: Path) -> None:
    for command in ("score", "rank"):
        assert "evidence: 12% to 88%" in cli(command, examples, "-m", bundle).stdout
    assert "evidence:" not in cli("score", examples, "-m", small_bundle).stdout


def test_damage_is_told(cli: Cli, examples: Path, bundle: Path) -> None:
    document = json.loads((bundle / "ensemble.json").read_text())
    document["arms"].pop()
    (bundle / "ensemble.json").write_text(json.dumps(document))
    resealed(bundle)
    done = cli("score", examples, "-m", bundle, code=2)
    assert "is damaged" in done.stderr
    assert "lines for 54 of 55 arms" in done.stderr
    assert done.stdout == ""
