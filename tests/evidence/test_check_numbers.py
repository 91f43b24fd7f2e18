"""Numbers that would decide everything by themselves, and those that the world knows by name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from resistml.evidence import Evidence, Finding
from resistml.evidence.check_numbers import LOG_ODDS
from resistml.world.unknowns import STEEP
from tests.evidence.tiny import TINY, assume, changed, findings

Overlay = dict[str, Any]


def e03(tmp_path: Path, overlay: Overlay) -> list[Finding]:
    return [f for f in findings(tmp_path, overlay) if f.code == "E03"]


def test_bound_leaves_the_shipped_effects_room(evidence: Evidence) -> None:
    effects = [marker.effect.high for marker in evidence.markers.values()]
    assert 2 * max(effects) < LOG_ODDS < STEEP
    assert math.exp(LOG_ODDS) == pytest.approx(22_000, rel=0.01)


HUGE = [
    ("markers", "PUMP", "effect"),
    ("markers", "PUMP", "missing_own"),
    ("markers", "PUMP", "spread"),
    ("markers", "PUMP", "error"),
    ("strategies", "drug", "arms.lung.risk_slope"),
]


@pytest.mark.parametrize(("kind", "entry", "path"), HUGE)
@pytest.mark.parametrize("value", [1e6, 10.1])
def test_effect_without_measure(
    tmp_path: Path, kind: str, entry: str, path: str, value: float
) -> None:
    (found,) = e03(tmp_path, changed(kind, entry, path, assume(value)))
    assert found.entry == f"{kind}.{entry}.{path}"
    assert found.message.startswith(f"{value:g} to {value:g} lies outside")
    assert found.message.endswith("10")
    assert found.place == f"{entry}.{path}"
    assert found.file.endswith(f"overlay/{kind}.yaml")
    assert found.hint == "correct the number, or its unit"


@pytest.mark.parametrize(("kind", "entry", "path"), HUGE)
def test_effect_at_the_bound(tmp_path: Path, kind: str, entry: str, path: str) -> None:
    assert e03(tmp_path, changed(kind, entry, path, assume(10.0))) == []


def test_end_of_the_range_counts(tmp_path: Path) -> None:
    overlay = changed("markers", "PUMP", "effect", assume(1.0, 0.5, 50.0))
    assert [f.message for f in e03(tmp_path, overlay)] == ["0.5 to 50 lies outside -10 to 10"]


@pytest.mark.parametrize("unit", ["log-odds", "log-odds per log-odds", "log PFS per unit of eta"])
@pytest.mark.parametrize(("value", "sound"), [(-10.0, True), (-10.1, False), (1e6, False)])
def test_global_effect(tmp_path: Path, unit: str, value: float, sound: bool) -> None:
    found = e03(tmp_path, {"assumptions": {"extra": assume(value, unit=unit)}})
    assert [f.entry for f in found] == ([] if sound else ["extra"])


@pytest.mark.parametrize("field", ["pfs_shape", "post_shape", "pfs_ratio", "post_ratio"])
@pytest.mark.parametrize(
    ("value", "sound"), [(0.1, True), (10.0, True), (0.09, False), (11.0, False), (1e300, False)]
)
def test_shape_or_ratio_of_times(tmp_path: Path, field: str, value: float, sound: bool) -> None:
    overlay = changed("strategies", "drug", f"arms.lung.{field}", assume(value))
    unit = "Weibull shape" if field.endswith("shape") else "ratio of scales"
    overlay["assumptions"] = {f"other_{field}": assume(value, unit=unit)}
    places = {f"strategies.drug.arms.lung.{field}", f"other_{field}"}
    assert {f.entry for f in e03(tmp_path, overlay)} == (set() if sound else places)


@pytest.mark.parametrize(
    ("unit", "sound"), [("share a year", False), ("share of markers", True), ("share", True)]
)
def test_yearly_share_stays_below_all(tmp_path: Path, unit: str, sound: bool) -> None:
    found = e03(tmp_path, {"assumptions": {"extra": assume(1.0, unit=unit)}})
    assert (found == []) == sound


class TestBearings:
    """The effect of PUMP is 0.5, that of GATE 1."""

    @pytest.mark.parametrize(("value", "most"), [(21.0, 10.5), (-30.0, 15)])
    def test_of_a_class(self, tmp_path: Path, value: float, most: float) -> None:
        overlay = changed("markers", "PUMP", "exposure", {"chemo": assume(value)})
        (found,) = e03(tmp_path, overlay)
        assert found.entry == "markers.PUMP.exposure.chemo"
        assert found.message == (
            f"{value:g} to {value:g} times the effect of PUMP reaches {most:g} log-odds, above 10"
        )

    def test_of_a_strategy(self, tmp_path: Path) -> None:
        overlay = changed("strategies", "blocker", "exposure.GATE", assume(-1, -11, 0))
        (found,) = e03(tmp_path, overlay)
        assert found.entry == "strategies.blocker.exposure.GATE"
        assert "reaches 11 log-odds" in found.message

    def test_small_effects_may_be_exposed_more(self, tmp_path: Path) -> None:
        overlay = changed("markers", "PUMP", "exposure", {"chemo": assume(19.0)})
        assert e03(tmp_path, overlay) == []

    def test_huge_effect_is_found_once(self, tmp_path: Path) -> None:
        assert len(e03(tmp_path, changed("markers", "PUMP", "effect", assume(1e6)))) == 1


class TestCorrelations:
    @pytest.mark.parametrize(
        "name", ["correlation_within_accumulation", "correlation_within_mine", "my_correlation"]
    )
    @pytest.mark.parametrize("unit", ["correlation", "", "share"])
    @pytest.mark.parametrize("value", [-0.1, 1.0, 1.2])
    def test_outside_0_to_below_1(self, tmp_path: Path, name: str, unit: str, value: float) -> None:
        entry = assume(value, unit=unit) | ({"replace": True} if "accumul" in name else {})
        (found,) = e03(tmp_path, {"assumptions": {name: entry}})
        assert found.entry == name
        assert found.message == (
            f"{value:g} to {value:g} lies outside what it may be: at least 0, below 1"
        )

    @pytest.mark.parametrize("value", [0.0, 0.999])
    def test_inside(self, tmp_path: Path, value: float) -> None:
        overlay = {"assumptions": {"correlation_within_mine": assume(value)}}
        assert e03(tmp_path, overlay) == []

    def test_shipped_ones_between_mechanisms_may_not_be_replaced_by_more(
        self, evidence: Evidence
    ) -> None:
        known = [name for name in evidence.assumptions if "correlation" in name.split("_")]
        assert "correlation_between_mechanisms" in known
        assert all(evidence.assumptions[name].unit == "correlation" for name in known)


class TestAssumedMedians:
    @pytest.mark.parametrize(("field", "most"), [("median_pfs", 240), ("median_os", 360)])
    def test_stay_within_their_endpoint(self, tmp_path: Path, field: str, most: float) -> None:
        overlay = changed("strategies", "blocker", f"arms.lung.{field}", assume(1e6))
        (found,) = e03(tmp_path, overlay)
        assert found.message.endswith(f"lies outside what it may be: above 0, at most {most:g}")

    def test_also_where_the_setting_states_the_arm(self, tmp_path: Path) -> None:
        arm = {"orr": assume(0.3), "median_pfs": assume(3), "median_os": assume(361)}
        (found,) = e03(tmp_path, changed("settings", "lung", "arms", {"drug": arm}))
        assert found.entry == "settings.lung.arms.drug.median_os"


@pytest.mark.parametrize(
    ("kind", "entry", "path", "value", "key"),
    [
        ("claims", "s1_orr", "high", 1.2, "high"),
        ("claims", "s1_orr", "low", -0.2, "low"),
        ("claims", "s1_orr", "endpoint", "survival_rate", "at_months"),
        ("markers", "PUMP", "cutoff", assume(5000), "cutoff"),
        ("markers", "PUMP", "median", assume(1500), "median"),
        (
            "markers",
            "PUMP",
            "in_settings",
            {"lung": {"median": assume(1500)}},
            "in_settings.lung.median",
        ),
        ("settings", "lung", "age_range", [90, 20], "age_range"),
        ("settings", "lung", "age_mean", assume(15), "age_mean"),
        ("settings", "lung", "ecog_1", assume(0.95), "ecog_2"),
    ],
)
def test_key_at_fault_is_named(
    tmp_path: Path, kind: str, entry: str, path: str, value: Any, key: str
) -> None:
    (found,) = e03(tmp_path, changed(kind, entry, path, value))
    assert (found.entry, found.key) == (entry, key)


def test_tiny_catalog_has_a_correlation_to_replace() -> None:
    assert "correlation_within_accumulation" in TINY["assumptions"]


RELAPSE = {"name": "l", "family": "relapse", "unit": "fraction", "range": [0, 1]}


def claim_of_relapse(**more: Any) -> Overlay:
    claim = {**TINY["claims"]["s1_orr"], "endpoint": "relapse_rate", **more}
    return {"endpoints": {"relapse_rate": RELAPSE}, "claims": {"s1_relapse": claim}}


def test_relapse_that_is_to_be_met_needs_its_horizon(tmp_path: Path) -> None:
    (found,) = e03(tmp_path, claim_of_relapse())
    assert found.message == "relapse_rate needs its horizon, at_months"
    assert e03(tmp_path / "b", claim_of_relapse(at_months=12)) == []
    told = claim_of_relapse(role="context", reason="of another time")
    assert e03(tmp_path / "c", told) == []


@pytest.mark.parametrize(
    ("field", "value"), [("counted_from", "end_of_treatment"), ("among", "responders")]
)
def test_when_and_among_whom_is_asked_of_times_alone(
    tmp_path: Path, field: str, value: str
) -> None:
    assert e03(tmp_path, claim_of_relapse(at_months=12, **{field: value})) == []
    (found,) = e03(tmp_path / "b", changed("claims", "s1_orr", field, value))
    assert found.message == f"{field}: {value} is about times, which orr is not"


@pytest.mark.parametrize(
    ("field", "value"),
    [("cured_share", 1.1), ("course_months", 0), ("pfs_shape", 0), ("post_ratio", -1)],
)
def test_number_that_no_law_of_times_can_have(tmp_path: Path, field: str, value: float) -> None:
    overlay = changed("strategies", "blocker", f"arms.lung.{field}", assume(value))
    (found,) = e03(tmp_path, overlay)
    assert "lies outside" in found.message


def test_ratio_needs_the_arm_that_it_is_to(tmp_path: Path) -> None:
    def found(path: Path, comparator: str) -> list[Finding]:
        fields = {"measure": "ratio", "low": 1.3, "high": 1.3, "comparator": comparator}
        claim = {**TINY["claims"]["s1_orr"], **fields, "endpoint": "survival_rate", "at_months": 60}
        return [f for f in findings(path, {"claims": {"s1_ratio": claim}}) if f.code == "E05"]

    assert found(tmp_path, "blocker") == []
    (one,) = found(tmp_path / "b", "paper")
    assert one.message == "is a ratio to 'paper', which has no arm in setting 'lung'"
