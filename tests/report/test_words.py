"""Names and numbers, as printed."""

from __future__ import annotations

import dataclasses
import math

import pytest

from resistml.evaluate.metrics import Interval
from resistml.report import words
from tests.report import samples


@pytest.mark.parametrize(
    ("x", "digits", "said"),
    [
        (0.84123, 3, "0.841"),
        (-0.25, 1, "−0.2"),
        (-0.0001, 2, "0.00"),
        (math.nan, 3, "–"),
        (math.inf, 3, "–"),
        (12.0, 0, "12"),
    ],
)
def test_number(x: float, digits: int, said: str) -> None:
    assert words.number(x, digits) == said


def test_percent_count_and_interval() -> None:
    assert words.percent(0.5613) == "56.1%"
    assert words.percent(-0.213, 0) == "−21%"
    assert words.percent(math.nan) == "–"
    assert words.count(12345.0) == "12,345"
    assert words.count(math.nan) == "–"
    assert words.interval(Interval(0.8412, 0.83, 0.85)) == "0.841 (0.830 to 0.850)"
    assert words.interval(Interval(math.nan, math.nan, math.nan)) == "–"


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.764, "captures 76%"), (-0.213, "loses 21%"), (math.nan, "nothing to gain")],
)
def test_captured(share: float, said: str) -> None:
    assert words.captured_words(share) == said


def test_model_comes_last_of_the_learners_and_oracles_after_it() -> None:
    evaluation = samples.evaluation()
    extra = dataclasses.replace(
        evaluation, learners={**evaluation.learners, "random_forest": evaluation.fair}
    )
    assert list(words.judged(extra)) == [
        "Constant per arm",
        "Logistic regression",
        "random forest",
        "XGBoost (the model)",
        "Fair oracle",
        "All-knowing oracle",
    ]


def test_summary_holds_the_main_figures() -> None:
    said = words.summary(samples.evaluation(), {"accumulation": "Drug accumulation"})
    for part in (
        "20,000 virtual patients",
        "12,345 fresh ones",
        "AUC 0.841, 95% interval 0.835 to 0.847",
        "logistic regression on the same features reaches 0.838",
        "56.1% would truly respond",
        "as treated, 44.7%",
        "captures 76%",
        "drug accumulation moves its predictions most",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("captured", "said"),
    [(math.nan, "no ranking can do better"), (-0.1, "worse than the best fixed rule")],
)
def test_summary_does_not_flatter(captured: float, said: str) -> None:
    evaluation = samples.evaluation()
    model = dataclasses.replace(evaluation.learners["xgboost"], captured=captured)
    changed = dataclasses.replace(evaluation, learners={"xgboost": model}, importance={})
    assert said in words.summary(changed, {})


def test_labels_and_sentences() -> None:
    assert words.label("crc_advanced", {}) == "crc advanced"
    assert words.label("crc_advanced", {"crc_advanced": "Bowel"}) == "Bowel"
    assert words.inside("Drug targets") == "drug targets"
    assert words.inside("DNA repair") == "DNA repair"
    assert words.sentence("because") == "Because."
    assert words.sentence("Why?") == "Why?"
    assert words.join(["a", "b", "c"]) == "a, b and c"
    assert words.join(["a"]) == "a"


def test_percent_interval() -> None:
    assert words.percent_interval(Interval(0.5652, 0.5541, 0.5763)) == "56.5% (55.4% to 57.6%)"
    assert words.percent_interval(Interval(math.nan, math.nan, math.nan)) == "–"


@pytest.mark.parametrize(
    ("division", "name", "said"),
    [
        ("setting", "crc_advanced", "Colorectal"),
        ("setting", "aml_untreated", "aml untreated"),
        ("sex", "female", "female"),
        ("age", "75 or older", "age 75 or older"),
        ("ECOG", "2 or more", "ECOG 2 or more"),
        ("unmeasured markers", "1", "1 unmeasured marker"),
        ("unmeasured markers", "3 or more", "3 or more unmeasured markers"),
        ("age", "not recorded", "age not recorded"),
    ],
)
def test_group_label(division: str, name: str, said: str) -> None:
    assert words.group_label(division, name, {"crc_advanced": "Colorectal"}) == said


def test_worst_words_name_the_groups_and_are_silent_without_any() -> None:
    assert words.worst_words(samples.evaluation(), {}) == {
        "error in probability": "age 75 or older: 0.051 (0.047 to 0.055), n = 2,100",
        "calibration error": "1 unmeasured marker: 0.031 (0.029 to 0.033), n = 900",
    }
    assert words.worst_words(dataclasses.replace(samples.evaluation(), subgroups={}), {}) == {}


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        (True, " alone; the interval holds the true 55.9%"),
        (False, " alone; the interval misses the true 55.9%"),
        (None, ""),
    ],
)
def test_policy_words(covered: bool | None, said: str) -> None:
    start = "56.5% (55.4% to 57.6%) from the 20,000 training patients"
    assert words.policy_words(samples.policy(covered=covered)) == start + said
