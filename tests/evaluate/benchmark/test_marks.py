"""Marks reached, missed and not told."""

from __future__ import annotations

from typing import Any

import pytest

from resistml.evaluate.benchmark.marks import BOUNDS, OTHERS, Bound, marks


def reached(found: list[dict[str, Any]], what: str, patients: int = 20_000) -> bool | None:
    mine = [m for m in found if m["what"] == what and m["patients"] == patients]
    assert len(mine) == 1 or {m["world"] for m in mine} == {"default", "form"}
    value: bool | None = mine[0]["reached"]
    return value


def model_row(**figures: Any) -> dict[str, Any]:
    return {"world": "default", "patients": 20_000, "learner": "xgboost", **figures}


def test_without_results_nothing_is_told() -> None:
    found = marks([], {})
    assert all(m["reached"] is None and m["found"] is None for m in found)
    assert len(found) == len(BOUNDS) + 2 * len(OTHERS) + 2 + 1
    for mark in found:
        assert set(mark) == {"world", "patients", "what", "asked", "found", "se", "reached"}


@pytest.mark.parametrize(
    ("figure", "good", "bad"),
    [
        ("captured", 0.88, 0.879),
        ("auc_gap", 0.005, 0.0051),
        ("mae", 0.025, 0.026),
        ("ece", 0.01, 0.011),
        ("ece_worst_setting", 0.03, 0.031),
        ("coverage", 0.92, 0.921),
        ("coverage", 0.88, 0.879),
        ("coverage_worst_setting", 0.85, 0.84),
        ("p_best_error", 0.05, 0.06),
    ],
)
def test_bounds(figure: str, good: float, bad: float) -> None:
    for value, expected in ((good, True), (bad, False)):
        row = model_row(**{figure: {"mean": value, "se": 0.01}})
        found = marks([row], {})
        assert reached(found, figure) is expected
        mine = next(m for m in found if m["what"] == figure and m["patients"] == 20_000)
        assert (mine["found"], mine["se"]) == (value, 0.01)


def test_the_least_share_of_any_draw_counts_at_5000() -> None:
    for least, expected in ((0.0, True), (-0.01, False)):
        row = {**model_row(captured_least=least), "patients": 5_000}
        assert reached(marks([row], {}), "captured_least", 5_000) is expected


def test_a_peer_is_beaten_on_every_draw_or_not() -> None:
    for wins, expected in ((5, True), (4, False)):
        against = {"captured": {"mean": 0.1, "se": 0.05, "wins": wins, "of": 5}}
        peer = {**model_row(), "learner": "logistic", "model_against": against}
        mine = next(
            m
            for m in marks([peer], {})
            if m["what"].endswith("of logistic") and m["patients"] == 20_000
        )
        assert mine["reached"] is expected
        assert mine["asked"] == f"more on every draw: {wins} of 5"
        assert (mine["found"], mine["se"]) == (0.1, 0.05)


@pytest.mark.parametrize(
    ("covered", "count", "expected"),
    [(184, 200, True), (196, 200, True), (183, 200, False), (197, 200, False), (19, 20, None)],
)
def test_policy(covered: int, count: int, expected: bool | None) -> None:
    policy = {"default": {"covered": covered, "replicates": count, "patients": 3_000}}
    assert marks([], policy)[-1]["reached"] is expected


def test_the_models_own_families_are_no_peers_to_beat() -> None:
    assert {"logistic", "xgboost_engaged", "dr_forest"} <= set(OTHERS)
    assert not [name for name in OTHERS if name.startswith("family_")]


def test_words_of_a_bound() -> None:
    assert Bound("w", 1, "f", low=0.5).words == "at least 0.5"
    assert Bound("w", 1, "f", high=0.5).words == "at most 0.5"
    assert Bound("w", 1, "f", low=1, high=2).words == "1 to 2"
