"""Ids that more than one entry has, and markers named like columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistml.evidence import Evidence, Finding
from resistml.evidence.check_ids import CHECKS, NOUNS
from resistml.evidence.evidence import KINDS
from tests.evidence.tiny import TINY, assume, findings

#: An entry of each kind that stands by itself.
SPARE: dict[str, Any] = {
    "mechanisms": TINY["mechanisms"]["accumulation"],
    "endpoints": TINY["endpoints"]["qualitative"],
    "markers": TINY["markers"]["SPARE"],
    "settings": TINY["settings"]["recorded"],
    "strategies": TINY["strategies"]["paper"],
    "assumptions": assume(1.0, unit="months"),
    "claims": TINY["claims"]["s1_words"],
}


def of(code: str, tmp_path: Path, overlay: dict[str, Any]) -> list[Finding]:
    return [f for f in findings(tmp_path, overlay) if f.code == code]


def test_shipped_ids_are_each_their_own(evidence: Evidence) -> None:
    assert [finding for check in CHECKS for finding in check(evidence)] == []
    ids = [name for kind in KINDS for name in getattr(evidence, kind)]
    assert len(ids) == len(set(ids))


def test_every_kind_has_a_noun() -> None:
    assert set(NOUNS) == set(KINDS) == set(SPARE)


class TestE10Columns:
    @pytest.mark.parametrize(
        "name", ["patient_id", "p_resistance", "lower", "status", "rank", "value", "propensity"]
    )
    def test_marker_named_like_a_column_of_any_table(self, tmp_path: Path, name: str) -> None:
        (found,) = of("E10", tmp_path, {"markers": {name: SPARE["markers"]}})
        assert found.entry == name
        assert found.message == "a column of the tables bears this name already"
        assert "another id" in found.hint
        assert found.file.endswith("overlay/markers.yaml")

    @pytest.mark.parametrize(
        ("name", "column"), [("Age", "age"), ("SEX", "sex"), ("truth_x", "truth_*")]
    )
    def test_marker_that_is_taken_for_a_column(
        self, tmp_path: Path, name: str, column: str
    ) -> None:
        (found,) = of("E10", tmp_path, {"markers": {name: SPARE["markers"]}})
        assert found.message == f"would be taken for the column '{column}' of the tables"

    def test_mechanism_named_like_the_row_beside_the_mechanisms(self, tmp_path: Path) -> None:
        (found,) = of("E10", tmp_path, {"mechanisms": {"baseline": SPARE["mechanisms"]}})
        assert (found.entry, found.hint) == ("baseline", "give the mechanism another id")

    def test_setting_may_be_named_like_a_column(self, tmp_path: Path) -> None:
        assert of("E10", tmp_path, {"settings": {"age": SPARE["settings"]}}) == []


class TestE11Shared:
    @pytest.mark.parametrize("kind", [k for k in KINDS if k != "markers"])
    def test_marker_with_the_id_of_any_other_kind(self, tmp_path: Path, kind: str) -> None:
        overlay = {"markers": {"TWICE": SPARE["markers"]}, kind: {"TWICE": SPARE[kind]}}
        (found,) = of("E11", tmp_path, overlay)
        assert found.entry == "TWICE"
        nouns = [NOUNS[k] for k in KINDS if k in ("markers", kind)]
        words = f"is the id of more than one kind of entry: {nouns[0]} and {nouns[1]}"
        assert found.message == words

    def test_entry_added_beside_one_that_was_there(self, tmp_path: Path) -> None:
        """The place is both files, since the id alone does not tell which of the two is meant."""
        (found,) = of("E11", tmp_path, {"strategies": {"lung": SPARE["strategies"]}})
        first, second = found.file.split(" and ")
        assert first.endswith("base/settings.yaml")
        assert second.endswith("overlay/strategies.yaml")
        assert "another id" in found.hint

    def test_three_kinds(self, tmp_path: Path) -> None:
        kinds = ("mechanisms", "strategies", "assumptions")
        (found,) = of("E11", tmp_path, {kind: {"thrice": SPARE[kind]} for kind in kinds})
        assert found.message.endswith(": mechanism, strategy and assumption")


class TestE11Twins:
    @pytest.mark.parametrize("kind", KINDS)
    def test_ids_of_a_kind_that_differ_in_case_alone(self, tmp_path: Path, kind: str) -> None:
        entries = {"twin_A": SPARE[kind], "Twin_a": SPARE[kind]}
        (found,) = of("E11", tmp_path, {kind: entries})
        assert found.entry == "Twin_a"
        assert found.message == f"differs from the {NOUNS[kind]} 'twin_A' in case alone"

    def test_of_two_kinds_they_may(self, tmp_path: Path) -> None:
        """A gene may be called like a regimen."""
        assert of("E11", tmp_path, {"markers": {"DRUG": SPARE["markers"]}}) == []
