"""Scores: the number, the strategy, what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.features.links import forward
from resistml.predict.model import Z90, Model
from resistml.predict.parts import Parts
from resistml.predict.score import COLUMNS, asked_strategy, score
from tests.patients import Patients
from tests.predict.test_support import support
from tests.predict.tiny import tiny_margins, tiny_model, tiny_profiles, tiny_spec

NAN = float("nan")
USUAL = "no strategy named: scored against the usual one, chemo"


def test_closed_form() -> None:
    """Calibrated log-odds are twice the mean margin; A's value is its logarithm."""
    answer = score(tiny_model(), tiny_profiles({"A": 3.0, "T": 0, "P": 20, "strategy": "chemo"}))
    margins = tiny_margins(0, a=np.log(3.0))
    half = Z90 * margins.std(ddof=1)
    assert list(answer) == list(COLUMNS)
    assert answer["p_resistance"][0] == pytest.approx(expit(2 * margins.mean()))
    assert answer["lower"][0] == pytest.approx(expit(2 * (margins.mean() - half)))
    assert answer["upper"][0] == pytest.approx(expit(2 * (margins.mean() + half)))
    assert (answer["status"][0], answer["flags"][0], answer["message"][0]) == ("ok", [], "")


def test_exposures_are_those_of_the_strategy() -> None:
    row = {"A": 3.0, "T": 1, "P": 60}
    answer = score(
        tiny_model(), tiny_profiles({**row, "strategy": "targeted"}, {**row, "strategy": "immune"})
    )
    logit_60 = float(forward("percent", np.array([60.0]))[0])
    expected = [
        tiny_margins(1, a=0.5 * np.log(3.0), t=-1.0).mean(),
        tiny_margins(2, p=-0.5 * logit_60).mean(),
    ]
    assert answer["p_resistance"] == pytest.approx(expit(2 * np.array(expected)))


@pytest.mark.parametrize(
    ("row", "strategy", "flags", "message"),
    [
        ({"A": 1, "T": 0, "P": 5}, "chemo", ["usual_strategy"], USUAL),
        (
            {"A": 1, "P": 5, "strategy": "chemo"},
            "chemo",
            ["unmeasured:T"],
            "",
        ),
        (
            {"A": 1, "T": 0, "P": 5, "strategy": "targeted"},
            "targeted",
            ["ineligible"],
            "targeted needs T == 1; T is 0",
        ),
        (
            {"A": 1, "P": 5, "strategy": "targeted"},
            "targeted",
            ["unmeasured:T", "ineligible"],
            "targeted needs T == 1; T not measured",
        ),
        (
            {"setting": "three", "T": 0},
            "targeted",
            ["usual_strategy", "ineligible"],
            "no strategy named: scored against the usual one, targeted; "
            "targeted needs T == 1; T is 0",
        ),
        (
            {"setting": "two", "A": 1, "T": 1, "ecog": 4},
            "chemo",
            ["ecog_as_2:4", "outside_panel:T", "usual_strategy"],
            USUAL,
        ),
    ],
)
def test_what_is_said(
    row: dict[str, object], strategy: str, flags: list[str], message: str
) -> None:
    """Between others, so that one's remarks cannot be another's."""
    other = {"A": 1, "T": 1, "P": 60, "strategy": "immune"}
    answer = score(tiny_model(), tiny_profiles(other, row, other | {"setting": "one"}))
    assert answer["strategy"][1] == strategy
    assert answer["flags"][1] == flags
    assert answer["message"][1] == message
    assert answer["status"].tolist() == ["ok"] * 3
    assert answer["flags"][0] == answer["flags"][2] == []


def test_nothing_measured_is_abstained() -> None:
    answer = score(
        tiny_model(), tiny_profiles({"age": 60}, {"setting": "two", "T": 1, "strategy": "chemo"})
    )
    assert answer["status"].tolist() == ["abstained"] * 2
    for name in ("p_resistance", "lower", "upper"):
        assert np.isnan(answer[name]).all()
    nothing = "none of the setting's markers was measured"
    assert answer["message"].tolist() == [f"{USUAL}; {nothing}", nothing]
    assert answer["flags"][1] == ["outside_panel:T", "unmeasured:A"]


def test_what_is_doubted_is_abstained_and_says_why() -> None:
    """Between others, so that one's doubts cannot be another's."""
    model = replace(tiny_model(), parts=Parts(support=support()))
    full = {"A": 1, "T": 1, "P": 50, "strategy": "chemo"}
    answer = score(
        model,
        tiny_profiles(
            full,
            {"A": 1, "strategy": "chemo"},
            full,
            {**full, "A": 60},
            {**full, "strategy": "targeted"},
            {"A": 60, "strategy": "immune"},
        ),
    )
    doubted = [False, True, False, True, True, True]
    assert (answer["status"] == "abstained").tolist() == doubted
    for name in ("p_resistance", "lower", "upper"):
        assert np.isnan(answer[name]).tolist() == doubted
    absent = ["unmeasured:T", "unmeasured:P"]
    assert [list(found) for found in answer["flags"]] == [
        [],
        [*absent, "mostly_unmeasured"],
        [],
        ["outlying:A"],
        ["unsupported"],
        [*absent, "ineligible", "mostly_unmeasured", "outlying:A", "unsupported"],
    ]
    few = "3 training patient(s) had it in this setting, fewer than 10"
    assert answer["message"][1] == "2 of the setting's 3 markers were not measured"
    assert answer["message"][3].startswith("unlike the setting's training patients: A is 60")
    assert answer["message"][4] == f"targeted: {few}"
    assert answer["message"][5].count("; ") == 4
    assert answer["message"][0] == answer["message"][2] == ""


def test_rejected_rows_are_empty_and_say_why() -> None:
    answer = score(
        tiny_model(),
        tiny_profiles({"setting": "four", "A": 1}, {"A": 1, "T": 0}, {"A": 1, "strategy": "chemi"}),
    )
    assert answer["status"].tolist() == ["rejected", "ok", "rejected"]
    assert np.isnan(answer["p_resistance"]).tolist() == [True, False, True]
    assert "'four' is not a known setting" in answer["message"][0]
    assert "did you mean 'chemo'?" in answer["message"][2]
    assert answer["flags"][0] == answer["flags"][2] == []


def test_none_at_all() -> None:
    for profiles in (tiny_profiles(), tiny_profiles({"setting": "four"})):
        answer = score(tiny_model(), profiles)
        assert len(answer["patient_id"]) == len(profiles)


def test_lists_are_each_rows_own() -> None:
    answer = score(tiny_model(), tiny_profiles({"A": 1}, {"A": 1}))
    answer["flags"][0].append("mine")
    assert "mine" not in answer["flags"][1]


def test_asked_strategy_leaves_rejected_rows() -> None:
    profiles = tiny_profiles({"A": 1}, {"setting": "four"}, {"A": 1, "strategy": "immune"})
    assert asked_strategy(tiny_spec(), profiles).tolist() == ["chemo", "", "immune"]
    assert profiles.strategy.tolist() == ["", "", "immune"]


def test_score_is_the_models_risk(model: Model, patients: Patients) -> None:
    profiles = patients.profiles(model.spec)
    answer = score(model, profiles)
    risk = model.risk(patients.records, patients.strategy)
    ok = answer["status"] == "ok"
    assert ok.mean() > 0.95
    np.testing.assert_allclose(answer["p_resistance"][ok], risk.p[ok], rtol=1e-12)
    np.testing.assert_allclose(answer["lower"][ok], risk.interval()[0][ok], rtol=1e-12)
    assert np.isnan(answer["p_resistance"][~ok]).all()


def test_rows_do_not_see_each_other(model: Model, patients: Patients) -> None:
    """Backwards and one by one, the same is said."""
    profiles = patients.profiles(model.spec, named=False)
    whole = score(model, profiles)
    some = {name: values[:40][::-1] for name, values in patients.columns.items()}
    part = Patients(some, patients.records, patients.strategy, patients.y)
    back = score(model, part.profiles(model.spec, named=False))
    for name in COLUMNS:
        for i in range(40):
            mine, his = whole[name][i], back[name][39 - i]
            assert mine == his or (mine != mine and his != his) or mine == pytest.approx(his)
