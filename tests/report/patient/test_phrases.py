"""Numbers and reasons in words."""

from __future__ import annotations

import pytest

from resistml.predict.model import Model
from resistml.report.patient import phrases


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.114, "1.11"),
        (0.00165, "0.00165"),
        (4321, "4321"),
        (12.34, "12.3"),
        (-1, "−1.00"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert phrases.number(value) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0, "0%"),
        (0.001, "<1%"),
        (0.005, "<1%"),
        (0.006, "1%"),
        (0.564, "56%"),
        (0.999, ">99%"),
        (1, "100%"),
    ],
)
def test_per_cent_says_where_it_rounds_to_an_end(p: float, text: str) -> None:
    assert phrases.percent(p) == text


@pytest.mark.parametrize(
    ("rank", "text"),
    [
        (1, "1st"),
        (2.2, "2nd"),
        (3, "3rd"),
        (11, "11th"),
        (12, "12th"),
        (21, "21st"),
        (100, "100th"),
    ],
)
def test_ordinals(rank: float, text: str) -> None:
    assert phrases.ordinal(rank) == text


@pytest.mark.parametrize(
    ("x", "text"), [(0.204, "+0.20"), (-0.5, "−0.50"), (0.001, "0.00"), (-0.001, "0.00")]
)
def test_log_odds_have_a_sign(x: float, text: str) -> None:
    assert phrases.signed(x) == text


def test_values_have_units_and_limits(model: Model) -> None:
    markers = model.spec.markers
    assert phrases.shown(markers["ABCB1"], 2.0) == "2.00 × reference"
    assert phrases.shown(markers["CD274"], 43.9) == "43.9%"
    assert phrases.shown(markers["CD274"], 0.0) == "below 1%"
    assert phrases.shown(markers["KRAS_mut"], 1.0) == "present"
    assert phrases.shown(markers["KRAS_mut"], 0.0) == "absent"
    assert phrases.shown(markers["CAF"], None) == "unmeasured"
    assert phrases.shown(markers["CAF"], float("nan")) == "unmeasured"
    assert phrases.shown(markers["CTC"], 5.0) == "5.00 cells per 7.5 mL"


def test_a_reason_names_no_id_of_the_strategy(model: Model) -> None:
    said = phrases.reason(
        model.spec, "osimertinib", "osimertinib needs EGFR_T790M == 1; EGFR_T790M is 0"
    )
    assert said == "Needs EGFR_T790M present; EGFR_T790M absent"
    assert phrases.reason(model.spec, "ac", "ac: 3 patients had it") == "3 patients had it"


def test_flags_become_sentences() -> None:
    assert "CD22" in phrases.note("outside_panel:CD22")
    assert "3" in phrases.note("ecog_as_2:3")
    assert phrases.note("unmeasured:CAF") == ""


def test_clinical_facts() -> None:
    said = dict(phrases.clinical_facts({"age": 62.0, "sex": 1.0, "ecog": None}))
    assert said == {"Age": "62 years", "Sex": "female", "Performance status": "not recorded"}
