"""What a change moves: risk, ranking and mechanisms, before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resistml.errors import UsageError
from resistml.explain.mechanisms import explain_profiles, groups
from resistml.explain.moved import COLUMNS, what_if
from resistml.explain.what_if import changed
from resistml.predict.model import Model
from resistml.predict.rank import rank
from resistml.predict.score import score
from tests.patients import Patients
from tests.predict.tiny import COEFFICIENTS, INTERCEPTS, tiny_model, tiny_profiles


def lines(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert tuple(answer) == COLUMNS
    return [dict(zip(answer, row, strict=True)) for row in zip(*answer.values(), strict=True)]


def by_quantity(found: list[dict[str, Any]], strategy: str) -> dict[str, dict[str, Any]]:
    return {row["quantity"]: row for row in found if row["strategy"] == strategy}


def test_by_hand() -> None:
    """A from 1 to e under chemo: half of 0.5 + 0.7 more log-odds, twice that after calibration."""
    profiles = tiny_profiles({"A": 1, "T": 0, "P": 60, "strategy": "chemo"})
    found = by_quantity(lines(what_if(tiny_model(), profiles, {"A": float(np.e)})), "chemo")
    intercept, slope = INTERCEPTS[:, 0].mean(), COEFFICIENTS[:, 0].mean()
    assert found["accumulation"]["before"] == pytest.approx(0)
    assert found["accumulation"]["after"] == pytest.approx(slope)
    assert found["margin"]["change"] == pytest.approx(slope)
    before, after = (1 / (1 + np.exp(-2 * m)) for m in (intercept, intercept + slope))
    assert found["p_resistance"]["before"] == pytest.approx(before)
    assert found["p_resistance"]["after"] == pytest.approx(after)
    assert found["p_response"]["after"] == pytest.approx(1 - after)
    assert found["target"]["change"] == 0


def test_a_strategy_opens_and_the_ranking_says_so() -> None:
    profiles = tiny_profiles({"A": 1, "T": 0, "P": 10, "strategy": "chemo"})
    found = lines(what_if(tiny_model(), profiles, {"T": 1, "ecog": 0}))
    targeted = by_quantity(found, "targeted")
    assert np.isnan(targeted["rank"]["before"])
    assert targeted["rank"]["after"] == 1
    assert targeted["rank"]["message"] == "not open before the change"
    closed = lines(what_if(tiny_model(), tiny_profiles({"T": 1, "A": 1}), {"T": 0}))
    gone = by_quantity(closed, "targeted")
    assert np.isnan(gone["rank"]["after"])
    assert gone["p_response"]["message"] == "not open after the change"


def test_another_strategy_is_asked_about_after() -> None:
    profiles = tiny_profiles({"A": 1, "T": 1, "strategy": "chemo"})
    found = lines(what_if(tiny_model(), profiles, {}, "targeted"))
    risk = by_quantity(found, "targeted")["p_resistance"]
    assert risk["message"] == "before: under chemo"
    alone = score(tiny_model(), profiles)["p_resistance"][0]
    assert risk["before"] == pytest.approx(alone)
    asked = replace(profiles, strategy=np.array(["targeted"], dtype=object))
    assert risk["after"] == pytest.approx(score(tiny_model(), asked)["p_resistance"][0])
    assert by_quantity(found, "chemo")["rank"]["change"] == 0  # the record is the same


def test_a_strategy_that_is_not_open_in_the_setting_is_refused() -> None:
    with pytest.raises(UsageError, match="not open in setting two") as caught:
        what_if(tiny_model(), tiny_profiles({"setting": "two", "A": 1}), {}, "immune")
    assert caught.value.allowed == "chemo"


def test_nothing_changed_moves_nothing(model: Model, patients: Patients) -> None:
    profiles = patients.profiles(model.spec)
    for row in lines(what_if(model, profiles, {}))[:2_000]:
        assert row["change"] == 0 or np.isnan(row["change"])


def test_it_is_what_the_commands_say_of_either_record(model: Model, patients: Patients) -> None:
    whole = patients.profiles(model.spec)
    setting = "nsclc_advanced"
    rows = np.flatnonzero(whole.records.setting == setting)[:20]
    old = replace(whole, records=whole.records.take(rows), strategy=whole.strategy[rows], notes={})
    new = replace(old, records=changed(old.records, model.spec, {"ABCB1": 0.2}))
    found = lines(what_if(model, old, {"ABCB1": 0.2}))
    risks = [row for row in found if row["quantity"] == "p_resistance"]
    for name, profiles in (("before", old), ("after", new)):
        np.testing.assert_array_equal(
            [row[name] for row in risks], score(model, profiles)["p_resistance"]
        )
        told = explain_profiles(model, profiles)
        kept = [r for r in found if r["quantity"] in ("baseline", *groups(model.spec))]
        np.testing.assert_allclose([r[name] for r in kept], told["contribution"])
        ranked = rank(model, profiles)
        places = {
            (p, s): r
            for p, s, r in zip(
                *(ranked[k] for k in ("patient_id", "strategy", "rank")), strict=True
            )
        }
        for row in found:
            if row["quantity"] == "rank" and not np.isnan(row[name]):
                assert places[row["patient_id"], row["strategy"]] == row[name]


def test_where_the_model_does_not_answer_it_says_why() -> None:
    profiles = tiny_profiles({"setting": "two", "A": 1, "strategy": "chemo"})
    found = lines(what_if(tiny_model(), profiles, {"A": None}))
    risk = by_quantity(found, "chemo")["p_resistance"]
    assert np.isnan(risk["after"])
    assert risk["message"].startswith("after: none of the setting's markers was measured")


def test_rejected_profiles_are_left_out() -> None:
    found = lines(what_if(tiny_model(), tiny_profiles({"setting": "four"}, {"A": 1}), {"A": 2}))
    assert {row["patient_id"] for row in found} == {"p1"}
    assert lines(what_if(tiny_model(), tiny_profiles(), {"A": 2})) == []
