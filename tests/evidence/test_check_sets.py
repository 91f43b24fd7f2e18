"""What parameter claims set: E09, E20, E21 and E22, with overlays that break one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistml.errors import CatalogError
from resistml.evidence import Evidence, Finding
from resistml.evidence.sets import assumptions_set, comparators, exposures_set
from tests.evidence.tiny import TINY, Raw, assume, changed, findings, loaded

RISE = TINY["claims"]["s1_rise"]
CUT: Raw = {**RISE, "sets": {"marker": "PUMP", "statistic": "cutoff"}, "low": 7, "high": 7}


def one(tmp_path: Path, overlay: dict[str, Any]) -> Finding:
    """The only finding."""
    found = findings(tmp_path, overlay)
    assert len(found) == 1, found
    return found[0]


def rise(**fields: Any) -> dict[str, Raw]:
    """An overlay in which the parameter claim says other things."""
    return {"claims": {"s1_rise": {**RISE, **fields, "replace": True}}}


def cut_at(*conditions: list[Any], claim: Raw = CUT) -> dict[str, Raw]:
    """An overlay with a cut-off's claim, and conditions on the target's population."""
    target = {**TINY["claims"]["s1_orr"], "population": list(conditions), "replace": True}
    return {"claims": {"s1_cut": claim, "s1_orr": target}}


class TestSets:
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"role": "target"}, "'sets' is for claims of role 'parameter'"),
            ({"role": "context"}, "'sets' is for claims of role 'parameter'"),
            ({"low": None, "high": None, "measure": "none"}, "with a number"),
            ({"sets": {"marker": "PUMP", "statistic": "mode"}}, "not one of the choices"),
            ({"sets": {"marker": "PUMP", "statistic": "median", "where": 1}}, "unknown key"),
            ({"sets": {"statistic": "median"}}, "is missing"),
        ],
    )
    def test_is_refused_where_it_has_no_meaning(
        self, tmp_path: Path, fields: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(CatalogError) as caught:
            loaded(tmp_path, rise(**fields))
        assert words in caught.value.message
        assert str(caught.value.key).startswith("s1_rise")

    def test_is_part_of_the_catalogs_hash(self, tmp_path: Path) -> None:
        plain = loaded(tmp_path / "a")
        other = loaded(tmp_path / "b", rise(sets={"marker": "PUMP", "statistic": "spread"}))
        assert plain.hash != other.hash


class TestE09ParametersThatSetNothing:
    def test_of_biology(self, tmp_path: Path) -> None:
        found = one(tmp_path, rise(sets=None))
        assert (found.code, found.entry, found.key) == ("E09", "s1_rise", "sets")

    @pytest.mark.parametrize("family", ["response", "time", "survival", "relapse"])
    def test_of_other_families(self, tmp_path: Path, family: str) -> None:
        new = {"name": "x", "family": family, "unit": "months", "range": [0, 99]}
        overlay = {**rise(sets=None, endpoint="rate", at_months=12), "endpoints": {"rate": new}}
        assert "E09" in [f.code for f in findings(tmp_path, overlay)]

    @pytest.mark.parametrize("family", ["assay", "monitoring"])
    def test_what_falls_due_later_is_sound_with_a_reason(self, tmp_path: Path, family: str) -> None:
        new = {"name": "x", "family": family, "unit": "months", "range": [0, 99]}
        overlay = {**rise(sets=None, endpoint="later"), "endpoints": {"later": new}}
        assert findings(tmp_path / "a", overlay) == []
        overlay |= rise(sets=None, endpoint="later", reason="")
        found = one(tmp_path / "b", overlay)
        assert (found.code, found.entry, found.key) == ("E09", "s1_rise", "reason")

    def test_onset_is_the_time_that_may_wait(self, tmp_path: Path) -> None:
        new = {"name": "x", "family": "time", "unit": "months", "range": [0, 99]}
        overlay = {**rise(sets=None, endpoint="onset"), "endpoints": {"onset": new}}
        assert findings(tmp_path, overlay) == []


class TestE20NamedCutoffs:
    def test_a_condition_may_name_the_claim(self, tmp_path: Path) -> None:
        assert findings(tmp_path, cut_at(["PUMP", ">", "s1_cut"])) == []

    def test_so_may_eligibility_and_a_caution(self, tmp_path: Path) -> None:
        blocker = {**TINY["strategies"]["blocker"], "replace": True}
        blocker["eligibility"] = [[["PUMP", ">", "s1_cut"]]]
        blocker["cautions"] = [{"text": "a", "section": "1", "when": [["PUMP", "<", "s1_cut"]]}]
        overlay = {"claims": {"s1_cut": CUT}, "strategies": {"blocker": blocker}}
        assert findings(tmp_path, overlay) == []

    def test_unknown_claim(self, tmp_path: Path) -> None:
        overlay = cut_at(["PUMP", ">", "s1_cut"], ["PUMP", "<", "s1_cute"])
        found = one(tmp_path, overlay)
        assert (found.code, found.entry, found.key) == ("E20", "s1_orr", "population")
        assert found.message == "'PUMP < s1_cute' names no claim: did you mean 's1_cut'?"

    @pytest.mark.parametrize(
        "claim",
        [
            {**CUT, "high": 8},  # no single number
            {**CUT, "sets": {"marker": "PUMP", "statistic": "spread"}},
            {**CUT, "sets": None, "role": "context", "evidence_level": "in_vitro"},
            {**CUT, "endpoint": "orr", "low": 0.5, "high": 0.5},
        ],
    )
    def test_claim_that_is_no_cutoff(self, tmp_path: Path, claim: Raw) -> None:
        found = findings(tmp_path, cut_at(["PUMP", ">", "s1_cut"], claim=claim))
        (named,) = [f for f in found if f.code == "E20"]
        assert named.entry == "s1_orr"
        assert "sets no single cut-off of PUMP" in named.message

    def test_cutoff_of_another_marker(self, tmp_path: Path) -> None:
        overlay = cut_at(["PUMP", ">", "s1_cut"], ["age", ">", "s1_cut"])
        found = one(tmp_path, overlay)
        assert (found.code, found.message) == (
            "E20",
            "'age > s1_cut' names a claim that sets no single cut-off of age",
        )

    @pytest.mark.parametrize("column", ["age", "ecog"])
    def test_a_column_that_is_no_marker_has_no_cutoff_of_its_own(
        self, tmp_path: Path, column: str
    ) -> None:
        overlay = changed("claims", "s1_orr", "population", [[column, ">", "cutoff"]])
        found = one(tmp_path, overlay)
        assert (found.code, found.message) == ("E20", f"'{column}' has no cut-off of its own")

    def test_named_number_is_held_against_the_marker_like_any_other(self, tmp_path: Path) -> None:
        claim = {**CUT, "low": 0.001, "high": 0.001}
        found = one(tmp_path, cut_at(["PUMP", ">", "s1_cut"], claim=claim))
        assert (found.code, found.entry) == ("E04", "s1_orr")
        assert "PUMP > s1_cut lies below the marker's detection limit, 0.01" in found.message


E02 = [
    ({"marker": "PUMPS", "statistic": "median"}, "marker 'PUMPS': did you mean 'PUMP'?"),
    ({"marker": ["PUMP", "GAT"], "statistic": "median"}, "marker 'GAT'"),
    ({"marker": "PUMP", "statistic": "median", "settings": ["long"]}, "setting 'long'"),
]


@pytest.mark.parametrize(("sets", "words"), E02)
def test_e02_link_to_an_unknown_name(tmp_path: Path, sets: Raw, words: str) -> None:
    found = one(tmp_path, rise(sets=sets))
    assert (found.code, found.entry) == ("E02", "s1_rise")
    assert found.message.startswith(f"unknown {words}")


E21 = [
    ({"marker": "PUMP", "statistic": "prevalence"}, {}, "of kind expression, which has no prev"),
    ({"marker": "GATE", "statistic": "median"}, {}, "of kind mutation, which has no median"),
    ({"marker": "GATE", "statistic": "exposure_ratio"}, {}, "kind mutation"),
    ({"marker": "SPARE", "statistic": "median"}, {}, "SPARE is not measured in setting 'lung'"),
    ({"marker": "PUMP", "statistic": "median"}, {"setting": None}, "in no setting: name one"),
    ({"marker": "PUMP", "statistic": "cutoff"}, {"setting": None}, "in no setting: name one"),
    (
        {"marker": "PUMP", "statistic": "median", "settings": ["recorded"]},
        {},
        "setting 'recorded' is not modelled",
    ),
    (
        {"marker": "PUMP", "statistic": "exposure_ratio"},
        {"strategy": None},
        "strategy '' states no exposure to PUMP",
    ),
    (
        {"marker": "PUMP", "statistic": "contrast"},
        {"strategy": "class:chemo"},
        "strategy 'class:chemo' states no exposure to PUMP",
    ),
    (
        {"marker": "PUMP", "statistic": "exposure_ratio"},
        {"setting": None},
        "against no single strategy: name a comparator",
    ),
]


@pytest.mark.parametrize(("sets", "fields", "words"), E21)
def test_e21_what_cannot_be_set(tmp_path: Path, sets: Raw, fields: Raw, words: str) -> None:
    found = [f for f in findings(tmp_path, rise(sets=sets, **fields)) if f.code == "E21"]
    assert {f.entry for f in found} == {"s1_rise"}
    assert any(words in f.message for f in found)


class TestE22WhatIsSetNamesTheClaim:
    def test_another_reason(self, tmp_path: Path) -> None:
        found = one(tmp_path, changed("markers", "PUMP", "in_settings.lung.median", assume(2)))
        assert (found.code, found.entry) == ("E22", "s1_rise")
        words = "sets markers.PUMP.in_settings.lung.median, whose reason does not name it"
        assert found.message == words

    def test_id_that_merely_begins_alike_is_no_citation(self, tmp_path: Path) -> None:
        other = assume(2, reason="s1_rise_more sets it")
        overlay = changed("markers", "PUMP", "in_settings.lung.median", other)
        assert one(tmp_path, overlay).code == "E22"

    @pytest.mark.parametrize("reason", ["(s1_rise) sets it", "by s1_rise, as said", "s1_rise: so"])
    def test_citation_amid_punctuation(self, tmp_path: Path, reason: str) -> None:
        cited = assume(2, reason=reason)
        overlay = changed("markers", "PUMP", "in_settings.lung.median", cited)
        assert findings(tmp_path, overlay) == []

    def test_the_markers_own_where_the_setting_has_none(self, tmp_path: Path) -> None:
        found = one(tmp_path, changed("markers", "PUMP", "in_settings"))
        assert "sets markers.PUMP.median, whose reason" in found.message

    def test_cutoff_that_no_condition_compares_with(self, tmp_path: Path) -> None:
        found = one(tmp_path, {"claims": {"s1_cut": CUT}})
        words = "sets a cut-off of PUMP that no condition compares with"
        assert (found.code, found.entry, found.message) == ("E22", "s1_cut", words)

    def test_cutoff_that_a_condition_repeats(self, tmp_path: Path) -> None:
        assert findings(tmp_path, cut_at(["PUMP", ">", 7])) == []

    def test_cutoff_that_is_the_markers_own(self, tmp_path: Path) -> None:
        """Eligibility for the blocker asks for more than the marker's cut-off, which is 2."""
        assert findings(tmp_path, {"claims": {"s1_cut": {**CUT, "low": 2, "high": 2}}}) == []


class TestWhereANumberTakesEffect:
    def test_median_and_exposures(self, evidence: Evidence) -> None:
        def paths(claim: str) -> set[str]:
            return set(assumptions_set(evidence, evidence.claims[claim]))

        assert paths("s2_bcl2_lymphoma_fold_change") == {
            f"markers.BCL2.in_settings.{s}.median"
            for s in ("nhl_aggressive", "dlbcl_relapsed", "dlbcl_cart_resistant")
        }
        assert paths("s2_t790m_incidence") == {"markers.EGFR_T790M.prevalence"}
        assert paths("s3_elacridar_doxorubicin_fold_change") == {
            f"strategies.doxorubicin_elacridar.exposure.{m}" for m in ("ABCB1", "ABCG2")
        }
        assert paths("s2_cyp3a4_paclitaxel_degradation") == {
            "markers.CYP3A4.spread",
            "strategies.paclitaxel.exposure.CYP3A4",
        }
        assert paths("s2_csc_high_cutoff") == paths("s3_osimertinib_orr") == set()

    def test_every_path_is_one_of_the_catalogs(self, evidence: Evidence) -> None:
        known = evidence.all_assumptions()
        for claim in evidence.claims.values():
            for path, assumption in assumptions_set(evidence, claim).items():
                assert known[path] == assumption

    def test_exposure_by_class(self, tmp_path: Path) -> None:
        sets = {"marker": "PUMP", "statistic": "contrast"}
        tiny = loaded(tmp_path, rise(sets=sets))
        assert set(assumptions_set(tiny, tiny.claims["s1_rise"])) == {
            "markers.PUMP.spread",
            "markers.PUMP.exposure.chemo",
        }

    def test_comparator_is_the_claims_own_else_the_usual_strategy(self, evidence: Evidence) -> None:
        claims = evidence.claims
        own = claims["s3_elacridar_doxorubicin_fold_change"]
        assert comparators(evidence, own) == ("doxorubicin",)
        assert comparators(evidence, claims["s3_csc_after_lgk974_fraction_level"]) == (
            "paclitaxel",
        )

    def test_exposures_that_claims_rest_on(self, evidence: Evidence) -> None:
        assert exposures_set(evidence) == {
            ("doxorubicin_elacridar", "ABCB1"),
            ("doxorubicin_elacridar", "ABCG2"),
            ("doxorubicin", "ABCB1"),
            ("doxorubicin", "ABCG2"),
            ("paclitaxel_lgk974", "CSC"),
            ("paclitaxel", "CSC"),
            ("paclitaxel", "CYP3A4"),
        }


class TestShippedCatalog:
    def test_every_parameter_sets_something_or_falls_due(self, evidence: Evidence) -> None:
        due = [c for c in evidence.claims.values() if c.role == "parameter" and c.sets is None]
        assert {c.endpoint for c in due} == {
            *("onset", "lead_time", "detection_limit", "turnaround", "interval", "os_gain"),
        }
        assert all("monitoring model" in c.reason for c in due)

    def test_at_most_a_tenth_of_the_clinical_figures_is_context(self, evidence: Evidence) -> None:
        claims = [c for c in evidence.claims.values() if c.quantitative]
        clinical = [c for c in claims if c.evidence_level == "clinical"]
        context = [c for c in clinical if c.role == "context"]
        assert len(context) <= len(clinical) / 10
        assert all(len(c.reason) >= 20 for c in context)

    def test_no_condition_repeats_the_number_of_a_reported_cutoff(self, evidence: Evidence) -> None:
        cutoffs = [c for c in evidence.claims.values() if c.endpoint == "cutoff"]
        reported = {(m, c.low) for c in cutoffs for m in c.markers}
        assert len(reported) == 4
        rules = [c.population for c in evidence.claims.values()]
        rules += [tests for s in evidence.strategies.values() for tests in s.eligibility]
        rules += [c.when for s in evidence.strategies.values() for c in s.cautions]
        assert not {(c.column, c.value) for tests in rules for c in tests} & reported
