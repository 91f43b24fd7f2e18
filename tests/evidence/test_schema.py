"""Single entries: what each kind of object accepts and refuses by itself."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from resistml.evidence import Assumption, Claim, Evidence, Marker, Setting, Strategy
from resistml.evidence.schema import Condition, Conjunction, Endpoint
from tests.evidence.tiny import TINY, assume


def refused(cls: type[BaseModel], raw: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        cls.model_validate(raw)
    assert words in str(caught.value)


def entry(kind: str, name: str, **changes: Any) -> dict[str, Any]:
    raw = {"id": name, **copy.deepcopy(TINY[kind][name]), **changes}
    return {k: v for k, v in raw.items() if v is not None}


class TestAssumption:
    @given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3))
    def test_lies_within_its_own_range(self, numbers: list[float]) -> None:
        low, value, high = sorted(numbers)
        found = Assumption(value=value, low=low, high=high, reason="for a test")
        assert found.half_width == pytest.approx((high - low) / 2)
        if low < value:
            refused(
                Assumption,
                {"value": low, "low": value, "high": high, "reason": "for a test"},
                "needs low <= value <= high",
            )

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), "much"])
    def test_is_a_finite_number(self, number: Any) -> None:
        refused(Assumption, assume(1.0) | {"value": number}, "number")

    def test_needs_a_reason(self) -> None:
        refused(Assumption, {"value": 1, "low": 1, "high": 1}, "reason")
        refused(Assumption, assume(1, reason="so"), "at least 8 characters")

    def test_is_frozen(self) -> None:
        with pytest.raises(ValidationError):
            Assumption(**assume(1)).value = 2  # type: ignore[misc]

    def test_every_shipped_one_has_a_telling_reason(self, evidence: Evidence) -> None:
        found = evidence.all_assumptions()
        assert len(found) > 900
        assert not [name for name, a in found.items() if len(a.reason) < 12]


class TestCondition:
    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            (["CSC", ">", 0.05], "CSC > 0.05"),
            (["GATE", "==", 1], "GATE == 1"),
            (["GATE", "==", True], "GATE == 1"),
            (["PUMP", "<=", "cutoff"], "PUMP <= cutoff"),
            (["sex", "!=", "female"], "sex != female"),
        ],
    )
    def test_is_written_as_a_triple(self, raw: list[Any], text: str) -> None:
        claim = Claim.model_validate(entry("claims", "s1_orr", population=[raw]))
        assert [str(c) for c in claim.population] == [text]

    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            (["PUMP", ">", "2.5 "], "'2.5 ' is no value: a number, or cutoff or a claim's id"),
            (["sex", "==", "woman"], "'woman' is no value: a number, or female or male"),
            (["sex", "==", "cutoff"], "'cutoff' is no value"),
            (["sex", "==", 1], "sex is compared by == or != with female or male"),
            (["sex", ">", "male"], "sex is compared by == or !="),
            (["PUMP", "=", 1], "Input should be '=='"),
            (["PUMP", ">"], "valid dictionary"),
            ("PUMP > 1", "valid dictionary"),
            (["PUMP", ">", float("nan")], "number"),
        ],
    )
    def test_refuses_what_has_no_meaning(self, raw: Any, words: str) -> None:
        refused(Claim, entry("claims", "s1_orr", population=[raw]), words)

    def test_may_also_be_a_mapping(self) -> None:
        as_mapping = {"column": "PUMP", "op": ">", "value": 1.0}
        assert Condition.model_validate(as_mapping) == Condition(column="PUMP", op=">", value=1.0)


class TestEndpoint:
    @pytest.mark.parametrize("span", [[1, 0], [1, 1]])
    def test_range_is_in_order(self, span: list[float]) -> None:
        raw = entry("endpoints", "orr", range=span)
        refused(Endpoint, raw, f"range is inverted: [{span[0]:.1f}, {span[1]:.1f}]")

    @pytest.mark.parametrize("end", [float("inf"), float("nan")])
    def test_range_is_finite(self, end: float) -> None:
        refused(Endpoint, entry("endpoints", "orr", range=[0, end]), "finite number")


class TestMarker:
    @pytest.mark.parametrize("field", ["median", "spread", "error"])
    def test_continuous_kind_needs(self, field: str) -> None:
        raw = entry("markers", "PUMP", **{field: None})
        refused(Marker, raw, f"a marker of kind expression needs '{field}'")

    @pytest.mark.parametrize("field", ["prevalence", "false_negative", "false_positive"])
    def test_mutation_needs(self, field: str) -> None:
        raw = entry("markers", "GATE", **{field: None})
        refused(Marker, raw, f"a marker of kind mutation needs '{field}'")

    @pytest.mark.parametrize(
        ("name", "field"), [("PUMP", "prevalence"), ("GATE", "median"), ("GATE", "spread")]
    )
    def test_setting_may_not_override_what_the_kind_lacks(self, name: str, field: str) -> None:
        raw = entry("markers", name, in_settings={"lung": {field: assume(0.5)}})
        refused(Marker, raw, f"has no '{field}' (in_settings, lung)")

    def test_effect_is_a_size(self) -> None:
        raw = entry("markers", "PUMP", effect=assume(0.1, -0.1, 0.2))
        refused(Marker, raw, "put the sign into exposure")

    def test_range_is_in_order(self) -> None:
        refused(Marker, entry("markers", "PUMP", range=[1, 1]), "range is inverted: [1.0, 1.0]")

    def test_knows_whether_it_is_continuous(self, evidence: Evidence) -> None:
        assert not evidence.markers["EGFR_mut"].continuous
        assert evidence.markers["CTC"].continuous


class TestSettingAndStrategy:
    @pytest.mark.parametrize(
        "field", ["usual", "share", "age_mean", "age_sd", "female", "ecog_1", "ecog_2"]
    )
    def test_modelled_setting_needs(self, field: str) -> None:
        raw = entry("settings", "lung", **{field: None})
        refused(Setting, raw, f"a modelled setting needs '{field}'")

    def test_what_is_not_modelled_needs_a_reason(self) -> None:
        refused(Setting, entry("settings", "recorded", reason=""), "needs a reason")
        refused(Strategy, entry("strategies", "paper", reason=""), "needs a reason")

    def test_strategy_is_read_by_its_class(self) -> None:
        assert Strategy.model_validate(entry("strategies", "drug")).treatment_class == "chemo"


class TestClaim:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"low": None}, "low and high go together"),
            ({"high": None}, "low and high go together"),
            ({"low": 0.6}, "range is inverted: low 0.6 > high 0.5"),
            ({"measure": "none"}, "measure is 'none' exactly where there is no number"),
            ({"role": "context"}, "a claim of role 'context' needs a reason"),
            ({"setting": None}, "a claim of role 'target' needs a range and a setting"),
            ({"setting": []}, "setting is an empty list: name a setting"),
            ({"at_months": 0}, "greater than 0"),
            ({"setting": ["lung", "lung"]}, "names a setting twice, got ['lung', 'lung']"),
            ({"n": 1}, "greater than or equal to 2"),
            ({"summary": "short"}, "at least 10 characters"),
            ({"evidence_level": "expert"}, "evidence_level"),
        ],
    )
    def test_refusals(self, changes: dict[str, Any], words: str) -> None:
        refused(Claim, entry("claims", "s1_orr", **changes), words)

    def test_number_without_a_measure_of_none(self) -> None:
        raw = entry("claims", "s1_words", measure="level")
        refused(Claim, raw, "measure is 'none' exactly where there is no number")

    @pytest.mark.parametrize(
        ("setting", "found"),
        [(None, ()), ("lung", ("lung",)), (["lung", "bone"], ("lung", "bone"))],
    )
    def test_settings(self, setting: Any, found: tuple[str, ...]) -> None:
        raw = entry("claims", "s1_words", setting=setting)
        assert Claim.model_validate(raw).settings == found

    def test_quantitative(self) -> None:
        assert Claim.model_validate(entry("claims", "s1_orr")).quantitative
        assert not Claim.model_validate(entry("claims", "s1_words")).quantitative


@pytest.mark.parametrize("kind", ["markers", "settings", "strategies", "claims"])
def test_every_shipped_entry_reads_back_from_its_own_dump(evidence: Evidence, kind: str) -> None:
    for found in getattr(evidence, kind).values():
        assert type(found).model_validate(found.model_dump(mode="json")) == found


def test_conjunction_is_a_tuple_of_conditions(evidence: Evidence) -> None:
    population: Conjunction = evidence.claims["s6_ras_wt_folfox_orr"].population
    assert [c.column for c in population] == ["KRAS_mut", "NRAS_mut"]
