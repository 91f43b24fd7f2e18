"""Means over seeds, and comparisons by draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resistml.evaluate.benchmark.summary import mean_se, summary


def row(learner: str, seed: int, captured: float | None, **more: Any) -> dict[str, Any]:
    common = {"world": "default", "patients": 100, "auc": 0.8, "auc_fair": 0.85, "mae": 0.1}
    common |= {"logloss": 0.5, "ece": 0.01, "value_learned": 0.5, "seconds": 1.0}
    return {**common, "learner": learner, "seed": seed, "captured": captured, **more}


def test_means_with_their_standard_errors() -> None:
    values = [0.1, 0.4, 0.7]
    found = summary([row("xgboost", s, v) for s, v in enumerate(values)])
    assert len(found) == 1
    mine = found[0]
    assert (mine["world"], mine["patients"], mine["learner"]) == ("default", 100, "xgboost")
    assert mine["seeds"] == 3
    expected = {"mean": 0.4, "se": np.std(values, ddof=1) / np.sqrt(3)}
    assert mine["captured"] == pytest.approx(expected)
    assert mine["captured_least"] == 0.1
    assert mine["auc_gap"] == pytest.approx({"mean": 0.05, "se": 0.0})
    assert "model_against" not in mine
    assert "coverage" not in mine


def test_one_seed_has_no_standard_error() -> None:
    assert mean_se([0.3]) == {"mean": 0.3, "se": None}


def test_the_model_is_compared_on_the_same_draw() -> None:
    """By draw it is better by 0.1, though the draws differ by far more."""
    rows = [row("xgboost", s, s + 0.1) for s in range(5)]
    rows += [row("peer", s, float(s), auc=0.9, mae=0.2) for s in (0, 2, 4)]
    against = summary(rows)[1]["model_against"]
    assert against["captured"] == pytest.approx({"mean": 0.1, "se": 0.0, "wins": 3, "of": 3})
    assert (against["auc"]["wins"], against["auc"]["of"]) == (0, 3)
    assert against["auc"]["mean"] == pytest.approx(-0.1)
    assert (against["mae"]["wins"], against["logloss"]["wins"]) == (3, 0)  # a tie is no win


def test_draws_that_only_one_had_are_left_out() -> None:
    rows = [row("xgboost", 1, 0.5), row("peer", 1, 0.6), row("peer", 2, 0.0)]
    against = summary(rows)[1]["model_against"]["captured"]
    assert against == pytest.approx({"mean": -0.1, "se": None, "wins": 0, "of": 1})


def test_learners_of_effects_have_no_figures_of_probabilities() -> None:
    effects = dict.fromkeys(("auc", "logloss", "mae", "ece"))
    found = summary([row("xgboost", 1, 0.5), row("dr", 1, 0.2, **effects)])[1]
    assert not {"auc", "auc_gap", "mae"} & set(found)
    assert list(found["model_against"]) == ["captured"]


def test_worlds_and_sizes_are_apart() -> None:
    rows = [row("xgboost", 1, 0.5), row("xgboost", 1, 0.9, patients=200)]
    rows.append(row("peer", 1, 0.4, world="form"))
    found = summary(rows)
    assert [(r["world"], r["patients"]) for r in found] == [
        ("default", 100),
        ("default", 200),
        ("form", 100),
    ]
    assert found[2]["model_against"] == {}


def test_nothing_to_gain_leaves_no_share() -> None:
    found = summary([row("xgboost", 1, None)])[0]
    assert "captured" not in found
    assert found["captured_least"] is None


def test_the_worst_setting_over_seeds_and_in_a_run() -> None:
    """In each run another setting is the worst, over seeds it is the one that is bad in both."""
    eces = {"a": 0.05, "b": 0.01, "c": 0.04}, {"a": 0.01, "b": 0.05, "c": 0.04}
    held = {"a": 0.6, "b": 1.0, "c": 0.7}, {"a": 1.0, "b": 0.6, "c": 0.7}
    rows = [
        row("xgboost", s, 0.5, ece_by_setting=e, coverage_by_setting=h)
        for s, (e, h) in enumerate(zip(eces, held, strict=True))
    ]
    found = summary(rows)[0]
    assert found["ece_worst_setting"] == pytest.approx({"mean": 0.04, "se": 0.0, "setting": "c"})
    assert found["ece_worst_setting_of_a_run"]["mean"] == pytest.approx(0.05)
    assert found["coverage_worst_setting"]["setting"] == "c"
    assert found["coverage_worst_setting"]["mean"] == pytest.approx(0.7)
    assert found["coverage_worst_setting_of_a_run"]["mean"] == pytest.approx(0.6)


@pytest.mark.parametrize("missing", [None, {}])
def test_without_settings_of_enough_patients_there_is_no_worst(missing: Any) -> None:
    rows = [row("xgboost", 1, 0.5, ece_by_setting=missing), row("xgboost", 2, 0.5)]
    assert not {name for name in summary(rows)[0] if "worst" in name}
