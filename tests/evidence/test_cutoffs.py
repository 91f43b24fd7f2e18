"""What conditions compare with, by number, by word and by a claim's id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistml.evidence import Evidence
from resistml.evidence.base import Condition
from resistml.evidence.cutoffs import (
    all_conditions,
    compared_with,
    named_claim,
    reports_cutoff,
    spelled,
)
from tests.evidence.tiny import loaded

CASES: list[tuple[str, Any, str | None, float | None, str]] = [
    ("CSC", 0.02, None, 0.02, "CSC > 0.02"),
    ("CSC", "s2_csc_high_cutoff", "s2_csc_high_cutoff", 0.05, "CSC > 0.05"),
    ("CTC", "s6_ctc_cutoff", "s6_ctc_cutoff", 5.0, "CTC > 5"),
    ("ABCB1", "cutoff", None, 2.0, "ABCB1 > cutoff"),
    ("CSC", "cutoff", None, None, "CSC > cutoff"),  # the marker declares none
    ("NOTHING", "cutoff", None, None, "NOTHING > cutoff"),
    ("CSC", "s6_ctc_cutoff", "s6_ctc_cutoff", None, "CSC > s6_ctc_cutoff"),  # of another marker
    ("CSC", "s2_csc_high_orr", "s2_csc_high_orr", None, "CSC > s2_csc_high_orr"),
    ("CSC", "nowhere", "nowhere", None, "CSC > nowhere"),
]


@pytest.mark.parametrize(("column", "value", "name", "number", "words"), CASES)
def test_value_of_a_condition(
    evidence: Evidence, column: str, value: Any, name: str | None, number: float | None, words: str
) -> None:
    condition = Condition(column=column, op=">", value=value)
    assert named_claim(condition) == name
    assert compared_with(evidence, condition) == number
    assert spelled(evidence, condition) == words


@pytest.mark.parametrize(("sex", "number"), [("female", 1.0), ("male", 0.0)])
def test_sex_is_no_name_of_a_claim(evidence: Evidence, sex: str, number: float) -> None:
    condition = Condition(column="sex", op="==", value=sex)
    assert named_claim(condition) is None
    assert compared_with(evidence, condition) == number
    assert spelled(evidence, condition) == f"sex == {sex}"


def test_the_claims_that_report_a_cutoff(evidence: Evidence) -> None:
    found = {
        (name, marker)
        for name, claim in evidence.claims.items()
        for marker in evidence.markers
        if reports_cutoff(claim, marker)
    }
    assert found == {
        ("s2_csc_high_cutoff", "CSC"),
        ("s2_csc_low_cutoff", "CSC"),
        ("s5_pdl1_high_cutoff", "CD274"),
        ("s6_ctc_cutoff", "CTC"),
    }


def test_all_conditions_are_found_with_their_place(tmp_path: Path) -> None:
    overlay = {
        "claims": {
            "s1_rest": {
                "section": "1",
                "summary": "The rest of the patients",
                "tumour": "lung",
                "population": [["GATE", "==", 0]],
                "endpoint": "qualitative",
                "measure": "none",
                "evidence_level": "established",
                "role": "context",
                "reason": "no figure",
            }
        }
    }
    found = [(entry, key, str(c)) for entry, key, c in all_conditions(loaded(tmp_path, overlay))]
    assert found == [
        ("s1_rest", "population", "GATE == 0"),
        ("drug", "cautions", "sex == female"),
        ("blocker", "eligibility", "PUMP > cutoff"),
        ("blocker", "eligibility", "age < 80"),
        ("blocker", "eligibility", "GATE == 1"),
    ]
