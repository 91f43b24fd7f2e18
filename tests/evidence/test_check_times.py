"""Medians that let patients die before they progress or die."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistml.evidence import Evidence, Finding
from resistml.evidence.check_times import order
from tests.evidence.tiny import TINY, assume, changed, findings

Overlay = dict[str, Any]


def e14(tmp_path: Path, overlay: Overlay) -> list[Finding]:
    return [f for f in findings(tmp_path, overlay) if f.code == "E14"]


def median(endpoint: str, low: float, high: float | None = None, **more: Any) -> Overlay:
    claim = {**TINY["claims"]["s1_orr"], "endpoint": f"median_{endpoint}"}
    return {**claim, "low": low, "high": low if high is None else high, **more}


def test_shipped_medians_are_in_order(evidence: Evidence) -> None:
    assert list(order(evidence)) == []


def test_assumed_against_assumed(tmp_path: Path) -> None:
    overlay = changed("strategies", "blocker", "arms.lung.median_os", assume(5))
    (found,) = e14(tmp_path, overlay)
    assert (found.entry, found.key) == ("blocker", "arms.lung.median_os.value")
    assert found.message == (
        "the median OS of blocker in lung, 5 months, is below the median PFS of the same "
        "patients, 6 months (of 'blocker', arms.lung.median_pfs)"
    )
    assert found.file.endswith("overlay/strategies.yaml")
    assert "correct one of the two" in found.hint


def test_assumed_are_compared_by_their_values(tmp_path: Path) -> None:
    """The default world aims at the values, whatever the ranges leave room for."""
    overlay = changed("strategies", "blocker", "arms.lung.median_os", assume(5, 4, 9))
    assert len(e14(tmp_path, overlay)) == 1
    overlay = changed("strategies", "blocker", "arms.lung.median_os", assume(6, 4, 9))
    assert e14(tmp_path, overlay) == []


def test_claimed_against_assumed(tmp_path: Path) -> None:
    (found,) = e14(tmp_path, {"claims": {"s1_os": median("os", 4, 5)}})
    assert (found.entry, found.key) == ("s1_os", "high")
    assert "5 months, is below" in found.message
    (found,) = e14(tmp_path / "b", {"claims": {"s1_pfs": median("pfs", 13)}})
    assert (found.entry, found.key) == ("drug", "arms.lung.median_os.value")
    assert found.message.endswith("13 months (of 's1_pfs')")


def test_claimed_against_claimed(tmp_path: Path) -> None:
    pair = {"s1_pfs": median("pfs", 8, 9), "s1_os": median("os", 5, 7)}
    found = e14(tmp_path, {"claims": pair})
    assert {(f.entry, "'s1_pfs'" in f.message) for f in found} == {("s1_os", True)}


def test_ranges_that_leave_room_are_sound(tmp_path: Path) -> None:
    overlay = changed("strategies", "drug", "arms", {"lung": {}})
    overlay["claims"] = {"s1_pfs": median("pfs", 8, 10), "s1_os": median("os", 7, 9)}
    assert e14(tmp_path, overlay) == []


@pytest.mark.parametrize(
    ("pfs", "os", "sound"),
    [("about", "about", False), ("at_most", "about", True), ("about", "at_least", True)],
)
def test_bound_leaves_a_side_free(tmp_path: Path, pfs: str, os: str, sound: bool) -> None:
    overlay = changed("strategies", "drug", "arms", {"lung": {}})
    claims = {"s1_pfs": median("pfs", 8, bound=pfs), "s1_os": median("os", 7, bound=os)}
    overlay["claims"] = claims
    assert (e14(tmp_path, overlay) == []) == sound


class TestWhosePatients:
    GATED: tuple[list[Any], ...] = (["GATE", "==", 1],)

    def of(self, tmp_path: Path, pfs: list[Any], os: list[Any], **more: Any) -> list[Finding]:
        """Findings on PFS 8 of some patients, and OS 7 of others."""
        overlay = changed("strategies", "drug", "arms", {"lung": {}})
        overlay["claims"] = {
            "s1_pfs": median("pfs", 8, population=pfs),
            "s1_os": median("os", 7, population=os, **more),
        }
        return e14(tmp_path, overlay)

    def test_of_others_say_nothing(self, tmp_path: Path) -> None:
        assert self.of(tmp_path, [["GATE", "==", 1]], [["GATE", "==", 0]]) == []
        assert self.of(tmp_path / "b", [["GATE", "==", 1]], []) == []

    def test_conditions_count_in_any_order_and_spelling(self, tmp_path: Path) -> None:
        """The cut-off of PUMP is 2."""
        one = [["GATE", "==", 1], ["PUMP", ">", "cutoff"]]
        other = [["PUMP", ">", 2.0], ["GATE", "==", 1]]
        assert len(self.of(tmp_path, one, other)) == 1

    @pytest.mark.parametrize(
        "more", [{"among": "responders"}, {"counted_from": "end_of_treatment"}]
    )
    def test_of_responders_or_from_another_start_say_nothing(
        self, tmp_path: Path, more: Any
    ) -> None:
        assert self.of(tmp_path, [], [], **more) == []
        assert len(self.of(tmp_path / "b", [], [])) == 1

    def test_who_is_eligible_may_be_spelled_out(self, tmp_path: Path) -> None:
        overlay = changed("strategies", "blocker", "eligibility", [[["GATE", "==", 1]]])
        claim = median("os", 5, population=[["GATE", "==", 1]], strategy="blocker")
        overlay["claims"] = {"s1_os": claim}
        (found,) = e14(tmp_path, overlay)
        assert found.entry == "s1_os"
        assert "blocker in lung" in found.message

    def test_medians_of_the_uncured_are_not_those_of_all(self, tmp_path: Path) -> None:
        overlay = changed("strategies", "drug", "arms.lung.cured_share", assume(0.5))
        overlay["claims"] = {"s1_os": median("os", 5)}
        assert e14(tmp_path, overlay) == []
        overlay = changed("strategies", "drug", "arms.lung.cured_share", assume(0.5))
        overlay["strategies"]["drug"]["arms"]["lung"]["median_os"] = assume(5)
        assert len(e14(tmp_path / "b", overlay)) == 1

    def test_pooled_arms_are_compared_as_a_pool(self, tmp_path: Path) -> None:
        overlay = changed("strategies", "drug", "arms", {"lung": {}})
        overlay["claims"] = {
            "s1_pfs": median("pfs", 8, strategy="class:chemo"),
            "s1_os": median("os", 7, strategy="class:chemo"),
        }
        (found,) = e14(tmp_path, overlay)
        assert found.entry == "s1_os"


def test_arm_that_the_setting_states(tmp_path: Path) -> None:
    arm = {"orr": assume(0.3), "median_pfs": assume(9), "median_os": assume(8)}
    (found,) = e14(tmp_path, changed("settings", "lung", "arms", {"drug": arm}))
    assert (found.entry, found.key) == ("lung", "arms.drug.median_os.value")
    assert found.file.endswith("overlay/settings.yaml")


def test_ratios_and_recorded_claims_are_no_medians(tmp_path: Path) -> None:
    ratio = median("os", 0.5, measure="ratio", comparator="drug")
    told = median("os", 2, role="context", reason="of another time", evidence_level="preclinical")
    assert e14(tmp_path, {"claims": {"s1_ratio": ratio, "s1_told": told}}) == []
