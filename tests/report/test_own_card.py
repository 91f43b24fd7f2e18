"""The card of a model of one's own cohort."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from resistml.evaluate.own.evaluation import NO_TREATMENTS, OwnEvaluation, PriorUse
from resistml.evaluate.own.figures import External, Validated
from resistml.evaluate.own.intervals import Estimate
from resistml.evaluate.own.ranking import Allocation
from resistml.evaluate.own.survival import TimeFigures
from resistml.report.own_card import own_card

ONE = Estimate(0.75, 0.01, 0.73, 0.77)
NONE = Estimate(math.nan, math.nan, math.nan, math.nan)
NAMES = ("auc", "brier", "logloss", "calibration_intercept", "calibration_slope")
FIGURES = {
    "model": dict.fromkeys(NAMES, ONE),
    "constant": {**dict.fromkeys(NAMES, ONE), "calibration_slope": NONE},
}
GAIN = {"constant": dict.fromkeys(("auc", "brier", "logloss"), ONE)}
PLAIN = OwnEvaluation(
    label="non-pCR | <b>",
    responded="pCR",
    patients=987,
    events=670,
    split="stratified",
    validation=Validated(FIGURES, GAIN, 987, 50, 10, {"linear": 40, "logistic": 10}),
    calibration={"predicted": [0.5], "observed": [0.5], "count": [987.0]},
    importance={"target": 0.3},
    prior=PriorUse("none", {}, (), "no prior: nothing was taken"),
    chosen="linear",
    losses={"linear": 0.5},
)
VALUE = Allocation(
    values={"as given": ONE, "best arm per group": ONE, "learned": ONE},
    difference=ONE,
    patients=980,
    left_out=7,
    repeats=5,
    followed=0.11,
    effective=50.0,
    clipped=0.0,
    moved={"a": 1.0},
    groups=("HR", "HER2"),
)
ABOUT = {"name": "mine", "notice": "Research only."}


def test_it_says_what_for_and_how_good() -> None:
    card = own_card(ABOUT, PLAIN)
    for said in ("# Model card: mine", "> Research only.", "987", "670", "50 folds, 10 repeat(s)"):
        assert said in card
    assert NO_TREATMENTS[1:] in card
    assert "0.750 (0.730 to 0.770)" in card
    assert "nan" not in card


def test_words_of_the_table_are_made_harmless() -> None:
    card = own_card(ABOUT, PLAIN)
    assert "<b>" not in card
    assert "non-pCR | " not in card


def test_the_value_of_a_ranking_stands_with_its_caution() -> None:
    card = own_card(ABOUT, replace(PLAIN, allocation=VALUE, no_ranking=""))
    assert "best arm per group" in card
    assert "HR, HER2" in card
    assert "may be one between years" in card
    assert "no ranking is possible" not in card


def test_patients_apart_and_times() -> None:
    apart = External(FIGURES, GAIN, 0.7, 0.19, 515)
    times = TimeFigures(
        402,
        192,
        {
            name: dict.fromkeys(("concordance", "uno", "integrated_brier"), ONE)
            for name in ("model", "cox")
        },
        {},
    )
    card = own_card(
        ABOUT,
        replace(
            PLAIN, external={"year_2018": apart}, left_out={"year_2018": 3}, times={"os": times}
        ),
    )
    for said in ("year\\_2018", "515 patients", "3 more", "0.190", "Cox regression", "overall"):
        assert said in card


@pytest.mark.parametrize(
    "notes", [(), ({"code": "caveat", "names": {}, "message": "not *concurrent*"},)]
)
def test_what_is_odd_is_told(notes: tuple[dict[str, object], ...]) -> None:
    card = own_card(ABOUT, replace(PLAIN, notes=notes))
    assert ("What is odd" in card) == bool(notes)
    assert ("not \\*concurrent\\*" in card) == bool(notes)


def test_metrics_leave_out_what_is_not_finite_and_json_says_none() -> None:
    metrics = PLAIN.metrics()
    assert metrics["cv/auc"] == 0.75
    assert metrics["cv/auc_low"] == 0.73
    assert metrics["gain/auc_constant"] == 0.75
    assert "cv/calibration_slope_constant" not in metrics
    document = PLAIN.to_json()
    assert document["kind"] == "own"
    assert document["validation"]["figures"]["constant"]["calibration_slope"]["value"] is None
    assert "judged" not in document
