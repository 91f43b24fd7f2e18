"""Populations that nobody is in: claims and strategies that could not be solved or audited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.evidence import Evidence, Finding
from resistml.evidence.check_populations import CHECKS, LEAST, _interval, _measured
from resistml.evidence.schema import Distribution, Marker
from resistml.features.conditions import holds
from resistml.features.links import forward, inverse
from resistml.world.audit import PATIENTS
from tests.evidence.tiny import TINY, assume, changed, findings

Overlay = dict[str, Any]


def e12(tmp_path: Path, overlay: Overlay) -> list[Finding]:
    return [f for f in findings(tmp_path, overlay) if f.code == "E12"]


def asking(*tests: list[Any]) -> Overlay:
    """An overlay whose target is about patients who meet the tests."""
    return changed("claims", "s1_orr", "population", list(tests))


def test_somebody_is_in_every_shipped_population(evidence: Evidence) -> None:
    assert [finding for check in CHECKS for finding in check(evidence)] == []


def test_least_share_leaves_some_of_the_audits_patients() -> None:
    assert pytest.approx(20) == PATIENTS * LEAST


NOBODY = [
    ([["PUMP", ">", 5], ["PUMP", "<", 2]], "PUMP > 5 and PUMP < 2"),
    ([["PUMP", ">", 5], ["PUMP", "<=", 5]], "PUMP > 5 and PUMP <= 5"),
    ([["PUMP", ">", "cutoff"], ["PUMP", "<=", "cutoff"]], "PUMP > cutoff and PUMP <= cutoff"),
    ([["PUMP", ">", 1000]], "PUMP > 1000"),
    ([["GATE", "==", 1], ["GATE", "==", 0]], "GATE == 1 and GATE == 0"),
    ([["GATE", "!=", 1], ["GATE", "!=", 0]], "GATE != 1 and GATE != 0"),
    ([["GATE", ">", 1]], "GATE > 1"),
    ([["GATE", "==", 0.5]], "GATE == 0.5"),
    ([["age", ">", 95]], "age > 95"),
    ([["age", "<", 20]], "age < 20"),
    ([["age", ">", 60], ["age", "<", 61]], "age > 60 and age < 61"),
    ([["ecog", "==", 3]], "ecog == 3"),
    ([["ecog", "<", 0]], "ecog < 0"),
]


@pytest.mark.parametrize(("tests", "said"), NOBODY)
def test_population_that_nobody_can_be_in(tmp_path: Path, tests: list[Any], said: str) -> None:
    (found,) = e12(tmp_path, asking(*tests))
    assert (found.entry, found.key) == ("s1_orr", "population")
    assert found.message == f"nobody in setting 'lung' can meet {said}"
    assert found.file.endswith("overlay/claims/paper.yaml")
    assert "correct the condition" in found.hint


@pytest.mark.parametrize(
    "tests",
    [
        [["PUMP", ">", 2], ["PUMP", "<", 5]],
        [["PUMP", ">=", 20]],
        [["GATE", "!=", 1]],
        [["GATE", ">=", 1]],
        [["age", ">", 60], ["age", "<", 62]],
        [["age", ">=", 85]],
        [["ecog", ">=", 2]],
        [["PUMP", ">", 5], ["GATE", "==", 0], ["age", "<", 40]],
    ],
)
def test_population_that_somebody_is_in(tmp_path: Path, tests: list[Any]) -> None:
    assert e12(tmp_path, asking(*tests)) == []


def test_only_the_columns_at_fault_are_named(tmp_path: Path) -> None:
    (found,) = e12(tmp_path, asking(["GATE", "==", 1], ["PUMP", ">", 5], ["PUMP", "<", 2]))
    assert found.message.endswith("can meet PUMP > 5 and PUMP < 2")


def test_population_that_next_to_nobody_is_in(tmp_path: Path) -> None:
    """The median lies at 1.8 and the spread at 0.8 of the logarithm: 900 is 7.6 spreads away."""
    (found,) = e12(tmp_path, asking(["PUMP", ">", 900]))
    assert found.message == ("fewer than 0.01% of patients in setting 'lung' can meet PUMP > 900")


def test_median_counts_where_it_suits_the_condition_best(tmp_path: Path) -> None:
    wide = assume(1.8, 1.0, 400.0)
    overlay = asking(["PUMP", ">", 900])
    overlay |= changed("markers", "PUMP", "in_settings", {"lung": {"median": wide}})
    assert e12(tmp_path, overlay) == []


@pytest.mark.parametrize(("prevalence", "value"), [(0.0, 1), (1.0, 0), (0.00005, 1)])
def test_mutation_that_nobody_or_everybody_has(
    tmp_path: Path, prevalence: float, value: int
) -> None:
    """Whoever were recorded so would owe it to a wrong call."""
    overlay = asking(["GATE", "==", value])
    overlay |= changed("markers", "GATE", "prevalence", assume(prevalence))
    (found,) = e12(tmp_path, overlay)
    assert found.message.endswith(f"can meet GATE == {value}")
    assert e12(tmp_path, overlay | asking(["GATE", "==", 1 - value])) == []


def test_mutation_that_no_call_finds(tmp_path: Path) -> None:
    overlay = asking(["GATE", "==", 1])
    overlay |= changed("markers", "GATE", "false_negative", assume(1.0))
    overlay["markers"]["GATE"]["false_positive"] = assume(0.0)
    (found,) = e12(tmp_path, overlay)
    assert found.message == "nobody in setting 'lung' can meet GATE == 1"


def test_marker_that_is_next_to_never_measured(tmp_path: Path) -> None:
    overlay = asking(["PUMP", ">", 2])
    overlay |= changed("markers", "PUMP", "missing", assume(0.99999))
    (found,) = [f for f in e12(tmp_path, overlay) if f.entry == "s1_orr"]
    assert found.message.startswith("fewer than 0.01% of patients")


def test_prevalence_is_that_of_the_setting(tmp_path: Path) -> None:
    own = {"lung": {"prevalence": assume(0.0)}}
    overlay = asking(["GATE", "==", 1]) | changed("markers", "GATE", "in_settings", own)
    (found,) = e12(tmp_path, overlay)
    assert "in setting 'lung'" in found.message


def test_each_setting_of_a_pool_counts(tmp_path: Path) -> None:
    """A pool with an empty part cannot be audited, though the rest of it could."""
    second = {**TINY["settings"]["lung"], "age_range": [20, 60], "age_mean": assume(50)}
    second["arms"] = {"drug": TINY["strategies"]["blocker"]["arms"]["lung"]}
    overlay: Overlay = {"settings": {"young": second}}
    overlay |= changed("claims", "s1_orr", "setting", ["lung", "young"])
    overlay["claims"]["s1_orr"]["population"] = [["age", ">", 65]]
    (found,) = e12(tmp_path, overlay)
    assert found.message == "nobody in setting 'young' can meet age > 65"


def test_recorded_claims_may_speak_of_anybody(tmp_path: Path) -> None:
    overlay = changed("claims", "s1_words", "population", [["age", ">", 95]])
    assert e12(tmp_path, overlay) == []


OTHERS = [
    ([["line", "==", 3]], "E02", "unknown marker 'line' in line == 3"),
    ([["sex", "==", "male"]], "E04", "sex == male: a condition on sex decides cautions alone"),
    ([["PUMP", ">", 5000]], "E04", "PUMP > 5000 lies outside the marker's range"),
    ([["SPARE", ">", 0.99]], "E04", "marker SPARE is not measured"),
]


@pytest.mark.parametrize(("tests", "code", "words"), OTHERS)
def test_what_other_checks_find_is_found_once(
    tmp_path: Path, tests: list[Any], code: str, words: str
) -> None:
    found = findings(tmp_path, asking(*tests))
    named = [f for f in found if f.entry == "s1_orr"]
    assert [f.code for f in named] == [code]
    assert named[0].message.startswith(words)
    assert named[0].key == "population"
    assert named[0].hint


class TestEligibility:
    def test_strategy_that_nobody_is_eligible_for(self, tmp_path: Path) -> None:
        alternatives = [[["GATE", "==", 2]], [["age", ">", 95]]]
        alternatives[0] = [["GATE", "==", 1], ["GATE", "==", 0]]
        overlay = changed("strategies", "blocker", "eligibility", alternatives)
        (found,) = e12(tmp_path, overlay)
        assert (found.entry, found.key) == ("blocker", "eligibility")
        assert found.message == (
            "nobody is eligible: nobody in setting 'lung' can meet GATE == 1 and GATE == 0; "
            "nobody in setting 'lung' can meet age > 95"
        )

    def test_one_alternative_is_enough(self, tmp_path: Path) -> None:
        alternatives = [[["age", ">", 95]], [["GATE", "==", 1]]]
        overlay = changed("strategies", "blocker", "eligibility", alternatives)
        assert e12(tmp_path, overlay) == []

    def test_where_it_has_no_arm_it_does_not_matter(self, tmp_path: Path) -> None:
        overlay = changed("strategies", "paper", "eligibility", [[["age", ">", 95]]])
        assert e12(tmp_path, overlay) == []


class TestAgainstDrawnRecords:
    """Shares of measured values against a plain simulation of them."""

    KINDS = (
        ("expression", 1.5, [0.001, 1000]),
        ("fraction", 0.1, [0, 1]),
        ("percent", 20.0, [0, 100]),
        ("count", 4.0, [0, 2000]),
    )

    @pytest.mark.parametrize(("kind", "median", "span"), KINDS)
    @pytest.mark.parametrize(
        "tests",
        [[(">", 1.2)], [(">=", 1.0)], [("<", 0.8)], [("<=", 1.0)], [(">", 0.5), ("<", 1.4)]],
    )
    def test_share(self, kind: str, median: float, span: list[float], tests: Any) -> None:
        raw = {**TINY["markers"]["SPARE"], "id": "M", "kind": kind, "range": span}
        marker = Marker.model_validate({**raw, "median": assume(median)})
        chosen = [(op, float(np.round(x * median, 2))) for op, x in tests]
        law = Distribution(median=marker.median, spread=marker.spread)
        rng = np.random.default_rng(3)
        normal = rng.standard_normal((2, 400_000))
        start = np.log(median) if kind == "count" else forward(kind, np.array([median]))[0]
        values = inverse(kind, start + 0.8 * normal[0] + 0.8 * 0.2 * normal[1])
        record = np.floor(values) if kind == "count" else values
        columns = {"M": np.clip(record, *span)}
        met = holds(columns, [("M", op, value) for op, value in chosen], len(record)).mean()
        share = _measured(marker, law, chosen)
        assert share == pytest.approx(met, abs=0.004)

    def test_counts_between_two_neighbours_are_none(self) -> None:
        raw = {**TINY["markers"]["SPARE"], "id": "M", "kind": "count", "range": [0, 2000]}
        marker = Marker.model_validate({**raw, "median": assume(4.0)})
        low, high = _interval(marker, [(">", 5), ("<", 6)])
        assert low >= high
        low, high = _interval(marker, [(">", 5), ("<=", 6)])
        assert (low, high) == (6, 7)

    def test_zero_below_a_detection_limit_lies_below_the_range(self) -> None:
        raw = {**TINY["markers"]["PUMP"], "id": "M", "detection_limit": assume(0.001)}
        low, high = _interval(Marker.model_validate(raw), [("<", 0.001)])
        assert low < high
        raw.pop("detection_limit")
        low, high = _interval(Marker.model_validate(raw), [("<", 0.001)])
        assert low >= high
