"""The columns of the evidence in scores and rankings, there where the bundle has an ensemble."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml import columns
from resistml.predict import evidence as module
from resistml.predict import rank as ranking
from resistml.predict import score as scoring
from resistml.predict.ensemble import Ensemble
from resistml.predict.evidence import evidence_interval, of_response
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.predict.rank import rank
from resistml.predict.score import score
from tests.predict.test_ensemble import drawn_ensemble
from tests.predict.tiny import tiny_model, tiny_profiles

ROWS = (
    {"A": 3.0, "T": 1, "P": 60, "strategy": "chemo"},
    {"A": 1.5, "T": 0, "P": 20},
    {"strategy": "chemo"},  # nothing measured
    {"A": -1.0, "T": 0},  # rejected: below the range
    {"A": 2.0, "setting": "two"},
)


def with_ensemble(lines: Ensemble | None = None) -> Model:
    return replace(tiny_model(), parts=Parts(ensemble=lines or drawn_ensemble()))


def two_worlds(low: float, high: float, factor: float = 1.0) -> Ensemble:
    """Two worlds of constant log-odds, whatever the patient."""
    lines = drawn_ensemble(worlds=2)
    nothing = np.zeros_like(lines.coefficients)
    level = np.array([[low], [high]]) + np.zeros_like(lines.intercepts)
    return Ensemble(level, nothing, nothing, factor)


def test_columns_are_there_with_an_ensemble_and_else_not() -> None:
    profiles = tiny_profiles(*ROWS)
    assert tuple(score(tiny_model(), profiles)) == scoring.COLUMNS
    assert tuple(rank(tiny_model(), profiles)) == ranking.COLUMNS
    for answer, names in (
        (score(with_ensemble(), profiles), scoring.COLUMNS),
        (rank(with_ensemble(), profiles), ranking.COLUMNS),
    ):
        expected = columns.with_evidence(names)
        assert tuple(answer) == expected
        at = expected.index("upper")
        assert expected[at + 1 : at + 3] == columns.EVIDENCE
        assert len(expected) == len(names) + 2


def test_columns_are_there_though_nobody_is_answered() -> None:
    """So that batches of one table have the same columns."""
    profiles = tiny_profiles(ROWS[3])
    for answer in (score(with_ensemble(), profiles), rank(with_ensemble(), profiles)):
        assert answer["status"][0] == "rejected"
        assert np.isnan([answer[name][0] for name in columns.EVIDENCE]).all()


def test_nothing_else_changes() -> None:
    profiles = tiny_profiles(*ROWS)
    for ask in (score, rank):
        plain, more = ask(tiny_model(), profiles), ask(with_ensemble(), profiles)
        for name, values in plain.items():
            assert repr(list(values)) == repr(list(more[name]))  # NaN is like NaN


def test_of_resistance_in_scores_and_of_response_in_rankings() -> None:
    """Worlds at log-odds 0 and 2: 1 -+ sqrt(2), through the logistic curve."""
    ends = expit(1 - np.sqrt(2)), expit(1 + np.sqrt(2))
    profiles, model = tiny_profiles(*ROWS), with_ensemble(two_worlds(0.0, 2.0))
    scores, ranks = score(model, profiles), rank(model, profiles)
    answered = np.array([p == p for p in scores["p_resistance"]])
    assert 0 < answered.sum() < len(ROWS)
    found = np.column_stack([scores[name] for name in columns.EVIDENCE])
    assert np.isnan(found[~answered]).all()
    assert found[answered] == pytest.approx(np.tile(ends, (answered.sum(), 1)))
    ranked = np.array([r is not None for r in ranks["rank"]])
    found = np.column_stack([ranks[name] for name in columns.EVIDENCE])
    assert np.isnan(found[~ranked]).all()
    assert found[ranked] == pytest.approx(np.tile((1 - ends[1], 1 - ends[0]), (ranked.sum(), 1)))


def test_both_commands_say_the_same_of_a_strategy() -> None:
    model, profiles = with_ensemble(), tiny_profiles(*ROWS)
    scores, ranks = score(model, profiles), rank(model, profiles)
    lines = [
        (i, j)
        for i in range(len(ROWS))
        for j in range(len(ranks["rank"]))
        if ranks["rank"][j] is not None
        and ranks["patient_id"][j] == scores["patient_id"][i]
        and ranks["strategy"][j] == scores["strategy"][i]
    ]
    assert len(lines) >= 3
    for i, j in lines:
        assert 1 - ranks["evidence_upper"][j] == pytest.approx(scores["evidence_lower"][i])
        assert 1 - ranks["evidence_lower"][j] == pytest.approx(scores["evidence_upper"][i])


def test_it_is_not_of_the_model() -> None:
    """Another calibration moves the model's answer, not what the worlds say."""
    model, profiles = with_ensemble(), tiny_profiles(*ROWS)
    moved = replace(model, knots=model.knots + np.array([0.0, 1.0]))
    one, other = score(model, profiles), score(moved, profiles)
    assert (one["p_resistance"] != other["p_resistance"])[0]
    for name in columns.EVIDENCE:
        np.testing.assert_array_equal(one[name], other[name])


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    model, profiles = with_ensemble(), tiny_profiles(*ROWS[:2], *ROWS[:2], ROWS[0])
    asked = np.array(["chemo", "targeted", "immune", "chemo", "targeted"], dtype=object)
    whole = evidence_interval(model, profiles.records, asked)
    monkeypatch.setattr(module, "CHUNK", 2)
    parts = evidence_interval(model, profiles.records, asked)
    for name in columns.EVIDENCE:
        np.testing.assert_array_equal(whole[name], parts[name])
        assert np.ptp(whole[name]) > 0


def test_without_an_ensemble_there_is_no_interval() -> None:
    profiles = tiny_profiles(ROWS[0])
    asked = np.array(["chemo"], dtype=object)
    assert evidence_interval(tiny_model(), profiles.records, asked) == {}
    assert of_response({}) == {}
