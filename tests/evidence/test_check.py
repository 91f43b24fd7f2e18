"""Each check of the catalog, by its code, with an overlay that breaks one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistml.errors import CatalogError
from resistml.evidence import Evidence, Finding, check_evidence, load_evidence, require_sound
from tests.evidence.tiny import SOURCE, TINY, assume, changed, findings, loaded, write


def test_shipped_catalog_is_sound(evidence: Evidence) -> None:
    assert check_evidence(evidence) == []
    require_sound(evidence)


def test_tiny_catalog_is_sound(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


@pytest.mark.parametrize("kind", sorted(TINY))
def test_replacing_entries_by_themselves_changes_nothing(tmp_path: Path, kind: str) -> None:
    overlay = {kind: {k: {**v, "replace": True} for k, v in TINY[kind].items()}}
    assert findings(tmp_path, overlay) == []


def one(tmp_path: Path, overlay: dict[str, Any], source: Any = SOURCE) -> Finding:
    """The only finding."""
    found = findings(tmp_path, overlay, source)
    assert len(found) == 1, found
    return found[0]


class TestE01Source:
    def test_no_source_at_all(self, tmp_path: Path) -> None:
        overlay = {"claims": {"s1_new": TINY["claims"]["s1_orr"]}}
        assert one(tmp_path, overlay, None) == Finding("E01", "s1_new", "has no source")

    def test_source_declared_nowhere(self, tmp_path: Path) -> None:
        overlay = {"claims": {"s1_new": {**TINY["claims"]["s1_orr"], "source": "papr"}}}
        found = one(tmp_path, overlay)
        assert found == Finding("E01", "s1_new", "its source 'papr' is declared nowhere")

    def test_source_may_be_cited_by_its_id(self, tmp_path: Path) -> None:
        overlay = {"claims": {"s1_new": TINY["claims"]["s1_orr"]}}
        assert findings(tmp_path, overlay, "paper") == []


E02 = [
    ("claims", "s1_orr", "markers", ["PUMPP"], "marker 'PUMPP': did you mean 'PUMP'?"),
    ("claims", "s1_words", "setting", "lang", "setting 'lang': did you mean 'lung'?"),
    ("claims", "s1_words", "setting", ["lung", "bone"], "setting 'bone'"),
    ("claims", "s1_words", "endpoint", "os", "endpoint 'os'"),
    ("claims", "s1_words", "mechanism", "acumulation", "did you mean 'accumulation'?"),
    ("claims", "s1_words", "strategy", "drag", "strategy 'drag': did you mean 'drug'?"),
    ("claims", "s1_words", "comparator", "none", "strategy 'none'"),
    ("claims", "s1_words", "strategy", "class:chem", "class 'chem': did you mean 'chemo'?"),
    ("claims", "s1_words", "population", [["GAT", "==", 1]], "marker 'GAT'"),
    ("claims", "s1_words", "population", [["line", "==", 1]], "marker 'line'"),
    ("markers", "SPARE", "mechanism", "stemness", "mechanism 'stemness'"),
    ("markers", "SPARE", "mechanism", "context", "mechanism 'context'"),
    ("markers", "PUMP", "panel", ["lung", "bone"], "setting 'bone'"),
    ("markers", "PUMP", "in_settings", {"bone": {}}, "setting 'bone'"),
    ("markers", "PUMP", "exposure", {"chema": assume(1)}, "class 'chema'"),
    ("settings", "lung", "panel", ["PUMPS"], "marker 'PUMPS'"),
    ("strategies", "blocker", "exposure", {"PUMPS": assume(1)}, "marker 'PUMPS'"),
    ("strategies", "paper", "acts_on", ["stemness"], "mechanism 'stemness'"),
    ("strategies", "paper", "arms", {"bone": {}}, "setting 'bone'"),
    ("strategies", "paper", "eligibility", [[["GAT", "==", 1]]], "marker 'GAT'"),
    (
        "strategies",
        "paper",
        "cautions",
        [{"text": "a", "section": "1", "when": [["eco", ">", 1]]}],
        "marker 'eco': did you mean 'ecog'?",
    ),
]


@pytest.mark.parametrize(("kind", "entry", "path", "value", "words"), E02)
def test_e02_unknown_name(
    tmp_path: Path, kind: str, entry: str, path: str, value: Any, words: str
) -> None:
    found = findings(tmp_path, changed(kind, entry, path, value))
    named = [f for f in found if f.code == "E02"]
    assert [f.entry for f in named] == [entry]
    assert named[0].message.startswith("unknown ")
    assert words in named[0].message


def test_e02_setting_with_the_arm_of_an_unknown_strategy(tmp_path: Path) -> None:
    overlay = changed("settings", "lung", "arms", {"drog": TINY["strategies"]["drug"]["arms"]})
    overlay["settings"]["lung"]["arms"] = {"drog": {"orr": assume(0.3)}}
    codes = {(f.code, f.entry) for f in findings(tmp_path, overlay)}
    assert ("E02", "lung") in codes


E03 = [
    ("claims", "s1_orr", "high", 1.2, "0.4 to 1.2 lies outside", "orr, 0 to 1"),
    ("claims", "s1_rise", "high", 1001, "7 to 1001 lies outside", "cutoff, 0 to 1000"),
    ("claims", "s1_orr", "endpoint", "survival_rate", "needs its horizon, at_months", ""),
    ("markers", "PUMP", "cutoff", assume(5000), "its cutoff leaves its range", "0.001 to 1000"),
    ("markers", "PUMP", "detection_limit", assume(0.0001), "detection_limit leaves", "range"),
    ("markers", "PUMP", "median", assume(1500), "its median leaves its range", ""),
    (
        "markers",
        "PUMP",
        "in_settings",
        {"lung": {"median": assume(0.0001)}},
        "its median in setting 'lung' leaves its range",
        "0.001 to 1000",
    ),
    ("markers", "SPARE", "median", assume(0.5, 0.2, 1.0), "its median lies at an end", "0 to 1"),
    ("markers", "SPARE", "median", assume(0.0), "its median lies at an end", "0 to 1"),
    ("settings", "lung", "age_range", [90, 20], "its age_range is inverted", "90 to 20"),
    ("settings", "lung", "age_mean", assume(15), "its age_mean leaves its age_range", "20 to 90"),
    ("settings", "lung", "ecog_1", assume(0.95), "add up to 1.05", "more than everyone"),
]


@pytest.mark.parametrize(("kind", "entry", "path", "value", "words", "more"), E03)
def test_e03_number_out_of_range(
    tmp_path: Path, kind: str, entry: str, path: str, value: Any, words: str, more: str
) -> None:
    overlay = changed(kind, entry, path, value)
    found = [f for f in findings(tmp_path, overlay) if f.code == "E03"]
    assert [f.entry for f in found] == [entry]
    assert words in found[0].message
    assert more in found[0].message


E03_ASSUMPTIONS = [
    ("markers", "GATE", "prevalence", assume(1.1), "1.1 to 1.1 lies outside 0 to 1"),
    ("markers", "GATE", "false_negative", assume(-0.1), "lies outside 0 to 1"),
    ("markers", "GATE", "missing", assume(0.5, 0.1, 1.5), "0.1 to 1.5 lies outside 0 to 1"),
    ("markers", "PUMP", "spread", assume(0.0), "0 to 0 lies outside"),
    ("markers", "PUMP", "error", assume(0.0), "lies outside"),
    ("markers", "PUMP", "in_settings.lung.missing", assume(2), "lies outside 0 to 1"),
    ("settings", "lung", "share", assume(0), "lies outside"),
    ("settings", "lung", "female", assume(2), "lies outside 0 to 1"),
    ("settings", "lung", "age_sd", assume(0), "lies outside"),
    ("strategies", "blocker", "arms.lung.orr", assume(1.0), "1 to 1 lies outside"),
    ("strategies", "blocker", "arms.lung.orr", assume(0.0), "0 to 0 lies outside"),
    ("strategies", "blocker", "arms.lung.complete_share", assume(1.2), "lies outside 0 to 1"),
    ("strategies", "blocker", "arms.lung.median_os", assume(0), "lies outside"),
]


@pytest.mark.parametrize(("kind", "entry", "path", "value", "words"), E03_ASSUMPTIONS)
def test_e03_assumption_that_no_such_number_can_be(
    tmp_path: Path, kind: str, entry: str, path: str, value: Any, words: str
) -> None:
    found = one(tmp_path, changed(kind, entry, path, value))
    assert (found.code, found.entry) == ("E03", f"{kind}.{entry}.{path}")
    assert words in found.message


@pytest.mark.parametrize(
    ("unit", "value", "sound"),
    [
        ("correlation", 0.99, True),
        ("correlation", 1.0, False),
        ("correlation", -0.1, False),
        ("Weibull shape", 0.0, False),
        ("share of responses", 1.5, False),
        ("ratio of scales", -1.0, False),
        ("months", 0.5, True),
        ("log-odds", -3.0, True),
    ],
)
def test_e03_global_assumption_by_its_unit(
    tmp_path: Path, unit: str, value: float, sound: bool
) -> None:
    found = findings(tmp_path, {"assumptions": {"extra": assume(value, unit=unit)}})
    assert [(f.code, f.entry) for f in found] == ([] if sound else [("E03", "extra")])


def test_e03_ratio_of_rates_may_exceed_1_but_not_fall_to_0(tmp_path: Path) -> None:
    claim = {**TINY["claims"]["s1_orr"], "role": "context", "reason": "a ratio", "measure": "ratio"}
    claim["evidence_level"] = "preclinical"
    fine = {"claims": {"s1_ratio": {**claim, "low": 1.3, "high": 1.3}}}
    assert findings(tmp_path, fine) == []
    bad = {"claims": {"s1_ratio": {**claim, "low": 0.0, "high": 1.3}}}
    assert one(tmp_path, bad).code == "E03"


def test_e03_difference_may_be_negative(tmp_path: Path) -> None:
    claim = {**TINY["claims"]["s1_orr"], "role": "context", "reason": "a difference"}
    claim |= {"measure": "difference", "evidence_level": "preclinical"}
    fine = {"claims": {"s1_gap": {**claim, "low": -0.3, "high": 0.3}}}
    assert findings(tmp_path, fine) == []
    bad = {"claims": {"s1_gap": {**claim, "low": -1.3, "high": 0.3}}}
    assert one(tmp_path, bad).code == "E03"


E04 = [
    ([["GATE", "==", "cutoff"]], "marker GATE declares no cutoff"),
    ([["PUMP", "==", 2]], "continuous: it cannot be compared by '=='"),
    ([["PUMP", "!=", 2]], "continuous: it cannot be compared by '!='"),
    ([["PUMP", ">", 5000]], "PUMP > 5000 lies outside the marker's range, 0.001 to 1000"),
    ([["GATE", "==", 2]], "GATE == 2 lies outside the marker's range, 0 to 1"),
    ([["PUMP", "<", 0.005]], "PUMP < 0.005 lies below the marker's detection limit, 0.01"),
    ([["SPARE", ">", 0.1]], "marker SPARE is not measured in setting 'lung'"),
    ([["sex", "==", "male"]], "a condition on sex decides cautions alone"),
]


@pytest.mark.parametrize(("tests", "words"), E04)
def test_e04_condition_of_a_target(tmp_path: Path, tests: list[Any], words: str) -> None:
    found = one(tmp_path, changed("claims", "s1_orr", "population", tests))
    assert (found.code, found.entry) == ("E04", "s1_orr")
    assert words in found.message


@pytest.mark.parametrize(("tests", "words"), E04)
def test_e04_condition_of_eligibility(tmp_path: Path, tests: list[Any], words: str) -> None:
    found = one(tmp_path, changed("strategies", "blocker", "eligibility", [tests]))
    assert (found.code, found.entry) == ("E04", "blocker")
    assert words in found.message


def test_e04_marker_that_is_always_missing_where_it_is_asked_for(tmp_path: Path) -> None:
    overlay = changed("markers", "GATE", "in_settings", {"lung": {"missing": assume(1)}})
    found = one(tmp_path, overlay)
    assert (found.code, found.entry) == ("E04", "blocker")
    assert found.message == "marker GATE is not measured in setting 'lung'"
    nearly = changed("markers", "GATE", "in_settings", {"lung": {"missing": assume(0.99)}})
    assert findings(tmp_path / "nearly", nearly) == []


def test_e04_leaves_recorded_claims_their_populations(tmp_path: Path) -> None:
    assert (
        findings(tmp_path, changed("claims", "s1_words", "population", [["SPARE", ">", 0.1]])) == []
    )


class TestE05OpenStrategies:
    def test_target_of_a_strategy_without_an_arm(self, tmp_path: Path) -> None:
        overlay = changed("claims", "s1_orr", "strategy", "paper")
        found = [f for f in findings(tmp_path, overlay) if f.code == "E05"]
        words = "strategy 'paper' has no arm in setting 'lung'"
        assert found == [Finding("E05", "s1_orr", words)]

    def test_target_of_a_class_without_an_arm(self, tmp_path: Path) -> None:
        overlay = changed("claims", "s1_orr", "setting", ["lung", "recorded"])
        found = [f for f in findings(tmp_path, overlay) if f.code == "E05"]
        assert [f.message for f in found] == ["strategy 'drug' has no arm in setting 'recorded'"]

    def test_usual_strategy_without_an_arm(self, tmp_path: Path) -> None:
        found = one(tmp_path, changed("settings", "lung", "usual", "paper"))
        assert found == Finding("E05", "lung", "its usual strategy 'paper' has no arm here")

    def test_arm_of_a_strategy_that_is_not_modelled(self, tmp_path: Path) -> None:
        arm = {"orr": assume(0.3), "median_pfs": assume(3), "median_os": assume(9)}
        found = one(tmp_path, changed("settings", "lung", "arms", {"paper": arm}))
        assert found == Finding("E05", "lung", "strategy 'paper' is not modelled")


@pytest.mark.parametrize("field", ["orr", "median_pfs", "median_os"])
def test_e06_arm_without_a_number(tmp_path: Path, field: str) -> None:
    found = one(tmp_path, changed("strategies", "blocker", f"arms.lung.{field}"))
    words = f"no claim and no assumption gives its {field} in setting 'lung'"
    assert found == Finding("E06", "blocker", words)


def test_e06_claim_of_a_class_covers_its_arms(tmp_path: Path) -> None:
    assert findings(tmp_path, changed("claims", "s1_orr", "strategy", "class:chemo")) == []


def test_e07_too_much_mere_context(tmp_path: Path) -> None:
    """1 of 3 quantitative clinical claims, where a tenth may be."""
    claim = {**TINY["claims"]["s1_orr"], "role": "context", "reason": "not modelled"}
    found = one(tmp_path, {"claims": {"s1_context": claim}})
    assert (found.code, found.entry) == ("E07", "s1_context")
    assert found.message == (
        "1 of 3 quantitative clinical claims are mere context; at most 10% may be"
    )


def test_e08_nothing_open_to_everybody(tmp_path: Path) -> None:
    found = one(tmp_path, changed("strategies", "drug", "eligibility", [[["age", ">", 18]]]))
    assert found == Finding(
        "E08", "lung", "no strategy is open to everybody: each asks for an eligibility"
    )


@pytest.mark.parametrize("name", ["ecog", "setting", "pfs_months", "frail_intensified"])
def test_e10_marker_named_like_a_column(tmp_path: Path, name: str) -> None:
    found = one(tmp_path, {"markers": {name: TINY["markers"]["SPARE"]}})
    assert found == Finding("E10", name, "a column of the tables bears this name already")


def test_require_sound_names_the_first_finding_and_how_many_more(tmp_path: Path) -> None:
    broken = loaded(tmp_path, changed("claims", "s1_orr", "markers", ["X1", "X2"]))
    with pytest.raises(CatalogError) as caught:
        require_sound(broken)
    assert caught.value.key == "s1_orr.markers"
    assert str(caught.value.file).endswith("overlay/claims/paper.yaml")
    assert caught.value.message == "unknown marker 'X1' (and 1 more)"
    assert caught.value.hint == (
        "write the id of an entry that there is, or add the entry; "
        "`resistml evidence check` lists all"
    )


def test_shipped_catalog_with_a_broken_overlay(tmp_path: Path) -> None:
    claim = {**TINY["claims"]["s1_orr"], "setting": "nsclc_advanced", "strategy": "platinum_taxan"}
    overlay = write(tmp_path / "overlay", {"claims": {"mine": claim}}, "tie_review")
    found = check_evidence(load_evidence(overlay))
    assert [(f.code, f.entry) for f in found] == [("E02", "mine"), ("E05", "mine")]
    assert "did you mean 'platinum_taxane'?" in found[0].message
