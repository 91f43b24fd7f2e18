"""A run's figures are read back as they were written."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from resistml.documents import dump_json
from resistml.errors import ModelError
from resistml.evaluate.evaluation import Evaluation
from resistml.evaluate.metrics import Interval
from resistml.evaluate.read import read_evaluation, typed
from tests.report import samples


def written(folder: Path, document: Any) -> Path:
    path = folder / "metrics.json"
    path.write_text(dump_json(document), encoding="utf-8")
    return path


def test_all_figures_come_back(tmp_path: Path) -> None:
    before = samples.evaluation()
    path = written(tmp_path, {"notice": "x", "run": "r", **before.to_json()})
    found = read_evaluation(path)
    assert isinstance(found, Evaluation)
    assert found.to_json() == before.to_json()
    assert found.learners["xgboost"] == before.learners["xgboost"]
    assert found.fixed_rule == before.fixed_rule
    assert found.decision == before.decision
    assert found.calibrations == before.calibrations
    assert found.doubt == before.doubt
    assert found.policy == before.policy


def test_what_is_not_a_number_comes_back_as_none_was_said(tmp_path: Path) -> None:
    found = read_evaluation(written(tmp_path, samples.evaluation().to_json()))
    assert math.isnan(found.fidelity.by_mechanism["target"])
    assert math.isnan(found.by_setting["melanoma_advanced"].auc_fair.value)


def test_parts_that_a_run_had_not_are_none(tmp_path: Path) -> None:
    document = samples.evaluation().to_json()
    for name in ("decision", "calibrations", "doubt", "policy"):
        del document[name]
    found = read_evaluation(written(tmp_path, document))
    assert found.decision is found.calibrations is found.doubt is found.policy is None


@pytest.mark.parametrize(
    "change", [{"learners": None}, {"n_train": "many"}, {"fair": {}}, {"subgroups": {"sex": 3}}]
)
def test_another_file_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = written(tmp_path, {**samples.evaluation().to_json(), **change})
    with pytest.raises(ModelError, match="not the figures of a run of this release") as caught:
        read_evaluation(path)
    assert "metrics.json" in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        read_evaluation(tmp_path / "metrics.json")


@dataclass(frozen=True)
class Thing:
    """What is read below."""

    size: float
    ends: tuple[float, ...] = ()
    pair: tuple[str, int] = ("a", 1)
    inside: dict[str, Interval] = field(default_factory=dict)
    maybe: Interval | None = None
    free: dict[str, Any] = field(default_factory=dict)


def test_types_are_followed_into_each_other() -> None:
    text = '{"size": 3, "ends": [1, null], "pair": ["b", 2], "more": 1, "free": {"a": [null]},'
    text += '"inside": {"x": {"value": 1, "low": 0, "high": null}}, "maybe": null}'
    found = typed(json.loads(text), Thing)
    assert found.size == 3.0
    assert isinstance(found.size, float)
    assert found.ends[0] == 1.0
    assert math.isnan(found.ends[1])
    assert found.pair == ("b", 2)
    assert math.isnan(found.inside["x"].high)
    assert found.maybe is None
    assert found.free == {"a": [None]}


@pytest.mark.parametrize("value", [{}, {"size": "x"}, {"size": 1, "pair": ["b"]}, [1]])
def test_what_does_not_fit_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        typed(value, Thing)
