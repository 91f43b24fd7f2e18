"""The model card fits a page, escapes its text and shows the evaluation's figures."""

from __future__ import annotations

import dataclasses
import math

from resistml.report import words
from resistml.report.card import card
from tests.report import samples

ABOUT = {
    "name": "trial",
    "version": "0.1.0",
    "seed": 7,
    "notice": samples.NOTICE,
    "dataset": "<img> | drawn",
    "figures": {"auc": 0.8},
}


def test_card_says_who_for_and_how_good() -> None:
    said = card(ABOUT, samples.evaluation())
    assert said.startswith("# Model card: trial\n")
    assert f"> {samples.NOTICE}" in said
    for name, found in words.judged(samples.evaluation()).items():
        assert f"| {name} | {words.interval(found.auc)} |" in said
    assert "| seed | 7 |" in said
    assert "| accumulation | 0.597 | 0.993 |" in said
    assert "| target | 0.044 | – |" in said


def test_card_escapes_what_markdown_or_html_would_act_on() -> None:
    said = card({**ABOUT, "name": "a <script> [x](y)"}, samples.evaluation())
    assert "<script>" not in said
    assert "| dataset | &lt;img&gt; \\| drawn |" in said
    assert r"\[x\]" in said


def test_card_keeps_to_a_page_and_is_the_same_each_time() -> None:
    said = card(ABOUT, samples.evaluation())
    assert len(said.splitlines()) < 70
    assert said == card(ABOUT, samples.evaluation())
    assert "nan" not in said.split()


def test_card_bears_a_notice_even_where_none_is_given() -> None:
    assert "never for clinical use" in card({}, samples.evaluation())


def test_card_names_the_setting_furthest_from_the_oracle() -> None:
    evaluation = samples.evaluation()
    assert "crc advanced: AUC 0.802 against 0.807, n = 1,380" in card(ABOUT, evaluation)
    blind = {"setting": {"x": samples.group(3, math.nan, math.nan)}}
    assert "No setting has both" in card(ABOUT, dataclasses.replace(evaluation, subgroups=blind))


def test_card_names_the_worst_groups_and_the_value_from_observed_data() -> None:
    said = card(ABOUT, samples.evaluation())
    assert "Worst by error in probability is age 75 or older: 0.051" in said
    assert "Worst by calibration error is 1 unmeasured marker: 0.031" in said
    assert "56.5% (55.4% to 57.6%) from the 20,000 training patients alone" in said
    assert "the interval holds the true 55.9%" in said
    without = card(ABOUT, dataclasses.replace(samples.evaluation(), policy=None, subgroups={}))
    assert "doubly robust" not in without
    assert "Worst by" not in without


def test_card_says_what_the_honesty_checks_found() -> None:
    assert "None were made." in card(ABOUT, samples.evaluation())
    assert "All honesty checks passed." in card({**ABOUT, "checks": []}, samples.evaluation())
    said = card({**ABOUT, "checks": samples.FINDINGS}, samples.evaluation())
    assert "| H06 Calibration error | warning | above 0.03" in said
    assert "&lt;b&gt;crc&lt;/b&gt;" in said
    assert len(said.splitlines()) < 80


def test_card_tells_calibration_where_it_is_known() -> None:
    said = "Calibration slope 0.98 (0.93 to 1.03), 1 is right"
    assert said in card(ABOUT, samples.evaluation())
    without = dataclasses.replace(samples.evaluation(), calibrations=None)
    assert "Calibration slope" not in card(ABOUT, without)
