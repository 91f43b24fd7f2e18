"""The catalog as a whole: what is open where, measured where, and how it bears."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistml.evidence import Evidence, strategies_of
from tests.evidence.tiny import TINY, assume, changed, loaded


@pytest.fixture
def tiny(tmp_path: Path) -> Evidence:
    return loaded(tmp_path)


class TestArms:
    def test_modelled_strategies_open_in_the_setting(self, tiny: Evidence) -> None:
        assert list(tiny.arms_of("lung")) == ["drug", "blocker"]
        assert tiny.arms_of("recorded") == {}
        assert tiny.modelled_settings == ("lung",)

    def test_setting_may_state_arms_itself_and_goes_before(self, tmp_path: Path) -> None:
        overlay = changed("settings", "lung", "arms", {"drug": {"orr": assume(0.9)}})
        orr = loaded(tmp_path, overlay).arms_of("lung")["drug"].orr
        assert orr is not None
        assert orr.value == 0.9

    def test_unknown_setting(self, tiny: Evidence) -> None:
        with pytest.raises(KeyError):
            tiny.arms_of("bone")


class TestPanels:
    def test_in_the_order_of_markers(self, tiny: Evidence) -> None:
        assert tiny.panel_of("lung") == ("PUMP", "GATE")

    def test_setting_may_add_markers(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, changed("settings", "lung", "panel", ["SPARE", "PUMP"]))
        assert found.panel_of("lung") == ("PUMP", "GATE", "SPARE")

    def test_shipped_panels(self, evidence: Evidence) -> None:
        for setting in evidence.modelled_settings:
            panel = evidence.panel_of(setting)
            assert len(panel) >= 8
            mechanisms = {evidence.markers[m].mechanism for m in panel}
            assert len(mechanisms & {"accumulation", "target", "apoptosis"}) >= 1
            assert mechanisms & {"stemness", "microenvironment"}


class TestExposure:
    def test_strategy_goes_before_the_class_default(self, tiny: Evidence) -> None:
        for strategy, value in (("drug", 1.0), ("blocker", 0.1)):
            found = tiny.exposure(strategy, "PUMP")
            assert found is not None
            assert found.value == value
        assert tiny.exposure("drug", "GATE") is None


class TestDistribution:
    def test_setting_overrides_what_it_states(self, tiny: Evidence) -> None:
        here = tiny.distribution("PUMP", "lung")
        assert here.median is not None
        assert here.spread is not None
        assert (here.median.value, here.spread.value) == (1.8, 0.8)
        there = tiny.distribution("PUMP", "recorded")
        assert there.median is not None
        assert there.median.value == 1.5

    def test_override_of_zero_is_an_override(self, tmp_path: Path) -> None:
        overlay = changed("markers", "GATE", "in_settings", {"lung": {"prevalence": assume(0.0)}})
        here = loaded(tmp_path, overlay).distribution("GATE", "lung").prevalence
        assert here is not None
        assert here.value == 0.0


class TestAssumptions:
    def test_ids_are_paths(self, tiny: Evidence) -> None:
        found = tiny.all_assumptions()
        assert found["markers.PUMP.in_settings.lung.median"].value == 1.8
        assert found["markers.PUMP.exposure.chemo"].value == 1.0
        assert found["strategies.blocker.arms.lung.orr"].value == 0.4
        assert found["strategies.blocker.exposure.PUMP"].value == 0.1
        assert found["settings.lung.share"].value == 1.0
        assert found["pfs_shape"].value == 1.2

    def test_none_is_missed(self, tiny: Evidence) -> None:
        """As many as there are mappings with a value and a reason in the raw entries."""

        def count(raw: object) -> int:
            if isinstance(raw, dict):
                if {"value", "reason"} <= set(raw):
                    return 1
                return sum(count(v) for v in raw.values())
            return 0

        assert len(tiny.all_assumptions()) == count(
            {k: TINY[k] for k in ("markers", "settings", "strategies", "assumptions")}
        )


class TestClaimsOn:
    def test_strategy_with_its_class_and_marker(self, tmp_path: Path) -> None:
        tiny = loaded(tmp_path, changed("claims", "s1_words", "strategy", "class:chemo"))
        assert tiny.claims_on(strategy="drug") == ["s1_orr", "s1_rise", "s1_words"]
        assert tiny.claims_on(strategy="paper") == ["s1_words"]
        assert tiny.claims_on(strategy="blocker") == []
        assert tiny.claims_on(marker="PUMP") == ["s1_rise"]
        assert tiny.claims_on(marker="GATE") == []
        assert tiny.claims_on() == []


class TestStrategiesOf:
    def test_one_or_a_class(self, evidence: Evidence) -> None:
        claims = evidence.claims
        one = claims["s3_osimertinib_orr"]
        assert strategies_of(evidence, one, "nsclc_egfr_resistant") == ["osimertinib"]
        assert strategies_of(evidence, one, "crc_advanced") == []
        pooled = claims["s2_abcb1_positive_orr"]
        assert strategies_of(evidence, pooled, "crc_advanced") == ["folfox", "folfiri"]
        matched = claims["s6_matched_targeted_orr"]
        assert strategies_of(evidence, matched, "nsclc_advanced") == ["egfr_tki", "alk_tki"]

    def test_claim_without_a_strategy_speaks_of_none(self, evidence: Evidence) -> None:
        claim = evidence.claims["s2_csc_high_cutoff"]
        assert strategies_of(evidence, claim, "crc_advanced") == []


def test_claims_on_a_marker_begin_with_those_that_the_world_is_solved_to(
    evidence: Evidence,
) -> None:
    found = [evidence.claims[name] for name in evidence.claims_on(marker="ABCB1")]
    assert {"s2_abcb1_positive_orr", "s2_abcb1_negative_orr"} <= {c.id for c in found[:6]}
    numbers = [claim.quantitative for claim in found]
    assert numbers == sorted(numbers, reverse=True)
    assert False in numbers
