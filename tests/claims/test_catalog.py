"""The catalog against the review: every claim by itself, and nothing of the review left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resistml.evidence import Claim, Evidence, load_evidence, strategies_of
from tests.claims.numbers import FIGURES, PRINTED, Figure

REVIEW = Path(__file__).resolve().parents[2].parent / "shared" / "review.txt"
CLAIMS = tuple(load_evidence().claims.values())
QUANTITATIVE = tuple(c for c in CLAIMS if c.quantitative)
#: Claims of one arm out of two; a ratio holds both arms in one number.
COMPARED = tuple(c for c in QUANTITATIVE if c.comparator and c.measure != "ratio")
#: Words that a summary may have in common with the review, one after the other.
LONGEST_RUN = 6
UNITS = {
    *("fraction", "months", "days", "weeks", "fold", "ratio of rates", "cells per 7.5 mL"),
    *("fraction of tumour cells", "fraction of mutant DNA", "% of tumour cells (TPS)"),
}


def review() -> str:
    if not REVIEW.is_file():
        pytest.skip("the review is not beside this checkout (../shared/review.txt)")
    return REVIEW.read_text(encoding="utf-8")


def by_id(claim: Claim) -> str:
    return claim.id


class TestEveryClaim:
    @pytest.mark.parametrize("claim", CLAIMS, ids=by_id)
    def test_says_where_it_stands_and_what_it_says(self, evidence: Evidence, claim: Claim) -> None:
        assert claim.id.startswith(f"s{claim.section}_")
        assert claim.source == "tie_review"
        assert "Wenqing Tie" in evidence.sources[claim.source]["citation"]
        assert 20 <= len(claim.summary) <= 160
        assert not claim.summary.endswith(".")
        assert claim.tumour
        assert claim.endpoint in evidence.endpoints

    @pytest.mark.parametrize("claim", QUANTITATIVE, ids=by_id)
    def test_range_and_unit_fit_the_endpoint(self, evidence: Evidence, claim: Claim) -> None:
        endpoint = evidence.endpoints[claim.endpoint]
        assert claim.low is not None
        assert claim.high is not None
        assert claim.low <= claim.high
        assert (claim.unit or endpoint.unit) in UNITS
        if claim.measure == "ratio" and endpoint.unit == "fraction":
            assert claim.low > 0
        else:
            assert endpoint.range[0] <= claim.low
            assert claim.high <= endpoint.range[1]

    @pytest.mark.parametrize("claim", QUANTITATIVE, ids=by_id)
    def test_role_is_one_its_evidence_can_bear(self, evidence: Evidence, claim: Claim) -> None:
        clinical = {"response", "time", "survival", "relapse"}
        if claim.role == "target":
            assert claim.evidence_level == "clinical"
            assert evidence.endpoints[claim.endpoint].family in clinical
            assert all(strategies_of(evidence, claim, s) for s in claim.settings)
        else:
            assert len(claim.reason) >= 20

    @pytest.mark.parametrize("claim", [c for c in CLAIMS if not c.quantitative], ids=by_id)
    def test_qualitative_claim_is_context_with_a_reason(self, claim: Claim) -> None:
        assert (claim.role, claim.measure, claim.endpoint) == ("context", "none", "qualitative")
        assert len(claim.reason) >= 15

    @pytest.mark.parametrize("claim", COMPARED, ids=by_id)
    def test_other_arm_of_its_comparison_is_there(self, evidence: Evidence, claim: Claim) -> None:
        """As a claim of its own, or where the review gives no figure as an assumption."""
        assert claim.comparator is not None
        told = [
            c.id
            for c in QUANTITATIVE
            if (c.strategy, c.endpoint) == (claim.comparator, claim.endpoint)
            and (not claim.settings or not c.settings or set(claim.settings) <= set(c.settings))
        ]
        arms = [evidence.arms_of(s).get(claim.comparator) for s in claim.settings]
        field = "complete_share" if claim.endpoint == "cr" else claim.endpoint
        if claim.endpoint == "disease_free_rate":
            field = "median_pfs"
        assumed = [getattr(arm, field, None) for arm in arms]
        assert told or (assumed and all(assumed))

    @pytest.mark.parametrize("claim", CLAIMS, ids=by_id)
    def test_is_in_words_of_its_own(self, claim: Claim) -> None:
        source = _words(review())
        runs = set(zip(*(source[i:] for i in range(LONGEST_RUN + 1)), strict=False))
        for text in (claim.summary, claim.caveat, claim.reason):
            words = _words(text)
            mine = zip(*(words[i:] for i in range(LONGEST_RUN + 1)), strict=False)
            copied = [" ".join(run) for run in mine if run in runs]
            assert not copied


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


class TestCompleteness:
    def test_there_are_well_over_a_hundred_figures(self) -> None:
        assert len(FIGURES) >= 120

    def test_no_printed_number_is_left_out(self) -> None:
        """The numbers of each section, in the order of its text, are those of the table."""
        sections = _sections(review())
        for section in "1234567":
            rows = [n for f in PRINTED if f.section == section for n in f.printed]
            assert [float(n) for n in _numbers(sections[section])] == rows, f"section {section}"

    @pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f"{f.claims[0]}-{f.reading}")
    def test_figure_is_held_by_its_claim(self, evidence: Evidence, figure: Figure) -> None:
        for name in figure.claims:
            claim = evidence.claims[name]
            assert claim.section == figure.section
            low, high = figure.printed[0], figure.printed[-1]
            if figure.reading == "y":
                assert claim.at_months == 12 * low
            elif figure.reading == "mL":
                assert f"{low:g} mL" in claim.unit
            else:
                scale = 1.0 if figure.reading == "x" else 0.01
                more = 1.0 if figure.reading == "+%" else 0.0
                assert claim.low == pytest.approx(more + scale * low)
                assert claim.high == pytest.approx(more + scale * high)

    def test_every_claim_with_a_number_is_in_the_table(self) -> None:
        assert {c.id for c in QUANTITATIVE} == {name for f in FIGURES for name in f.claims}


#: What the tokeniser is not to take for a figure: references, and digits inside names.
_NAMES = re.compile(r"\[\d\]|[A-Za-z]+-?\d+(?:/\d+)?[A-Za-z0-9]*|\b17p\b|\b215000\b")


def _sections(text: str) -> dict[str, str]:
    body = text[: text.index("\nREFERENCES")]
    parts = re.split(r"\n(\d)\. [A-Z]", body)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {**found, "1": parts[0] + found["1"]}


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", _NAMES.sub(" ", text))


#: What the review names without a number: the claim that records it, and its marker or strategy.
NAMED = (
    ("ABCC1", "s2_abcc1", "ABCC1"),
    ("ABCG2", "s2_abcg2", "ABCG2"),
    ("MET amplification", "s2_met_amplification", "MET_amp"),
    ("secondary ALK mutations", "s2_alk_secondary", "ALK_secondary"),
    ("HER2 degradation", "s2_her2_degradation", "ERBB2"),
    ("XIAP and caspases", "s2_xiap_caspases", "XIAP"),
    ("XIAP and outcome", "s2_xiap_outcome", "XIAP"),
    ("CD44", "s2_cd44_stem_marker", "CD44"),
    ("CD133", "s2_cd133_stem_marker", "PROM1"),
    ("TGF-beta", "s2_caf_tgfb", "TGFB1"),
    ("IL-6", "s2_caf_il6", "IL6"),
    ("VEGF", "s2_tam_vegf", "VEGFA"),
    ("Tregs", "s2_tregs", "FOXP3"),
    ("ECM", "s2_ecm_barrier", "ECM"),
    ("BRCA1 in stem cells", "s2_csc_repair", "BRCA1"),
    ("stem cells and relapse", "s2_csc_relapse", "CSC"),
    ("lorlatinib", "s3_lorlatinib", "lorlatinib"),
    ("ceritinib", "s3_ceritinib", "ceritinib"),
    ("bosutinib", "s3_bosutinib", "bosutinib"),
    ("navitoclax and platelets", "s3_navitoclax_platelets", "navitoclax"),
    ("Wnt", "s3_lgk974_wnt", "CTNNB1"),
    ("zosuquidar's tolerance", "s3_zosuquidar_tolerated", "paclitaxel_zosuquidar"),
    ("elacridar in phase I", "s3_elacridar_phase_1", "doxorubicin_elacridar"),
    ("CD44v6 CAR-T", "s5_cd44v6_car_t", "cd44v6_car_t"),
    ("CAR-T in solid tumours", "s5_car_t_solid_tumours", "class:cell_therapy"),
    ("MYC and glycolysis", "s6_myc_glycolysis", "MYC_amp"),
    ("BRCA1/2 with transporters", "s6_brca_transporters_bcl2", "BRCA_mut"),
    ("miR-21", "s6_mir21_indicator", "MIR21"),
    ("testing transporters", "s6_test_transporters", "ABCB1"),
    ("testing Bcl-2", "s6_test_bcl2", "BCL2"),
    ("testing KRAS and NRAS", "s6_test_ras", "NRAS_mut"),
    ("TIM-3", "s7_tim3_inhibitor", "HAVCR2"),
    ("fatty acid synthase", "s7_fasn_inhibitor", "FASN"),
    ("fatty acid metabolism", "s7_fatty_acid_metabolism", "FASN"),
    ("non-coding RNA", "s7_noncoding_rna", "MIR21"),
    ("neutropenia", "s4_dose_dense_neutropenia", "dose_dense_chop"),
    ("frailty", "s4_dose_dense_frail", "class:chemotherapy_intensified"),
    ("side effects", "s4_cetuximab_side_effects", "class:chemo_targeted"),
    ("hypertension", "s4_antiangiogenic_hypertension", "class:chemo_antiangiogenic"),
    ("proteinuria", "s4_antiangiogenic_proteinuria", "class:chemo_antiangiogenic"),
    ("cytokine release", "s5_cd22_car_t_crs", "cd22_car_t"),
    ("neurotoxicity", "s5_cd22_car_t_neurotoxicity", "cd22_car_t"),
    ("toxicity of early inhibitors", "s3_early_efflux_inhibitors", "ABCB1"),
)


@pytest.mark.parametrize(("what", "name", "about"), NAMED, ids=[row[0] for row in NAMED])
def test_what_is_named_without_a_number_is_recorded(
    evidence: Evidence, what: str, name: str, about: str
) -> None:
    claim = evidence.claims[name]
    assert not claim.quantitative
    assert about in (*claim.markers, claim.strategy)
    known = {*evidence.markers, *evidence.strategies}
    assert about in known or about.startswith("class:")


def test_elderly_patients_are_cautioned_about(evidence: Evidence) -> None:
    assert "elderly" in evidence.claims["s6_elderly_low_toxicity"].summary
    frail = [
        name
        for name, s in evidence.strategies.items()
        if any(c.column in ("age", "ecog") for caution in s.cautions for c in caution.when)
    ]
    assert {"dose_dense_ac", "dose_dense_chop", "platinum_taxane", "folfox"} <= set(frail)


#: Where an expert would object: the claims, and what their caveat has to say.
OBJECTIONS = (
    ("bosutinib", ("s3_bosutinib",), "not active against T315I"),
    (
        "zosuquidar in lung cancer",
        ("s3_paclitaxel_zosuquidar_orr", "s3_abcb1_positive_paclitaxel_orr"),
        "no gain",
    ),
    ("anti-CD44", ("s3_bivatuzumab_sensitivity_fold_change", "s3_bivatuzumab_cd44"), "skin"),
    ("LGK974", ("s3_paclitaxel_lgk974_orr", "s3_csc_after_lgk974_fraction_level"), "No phase II"),
    (
        "two figures for anti-EGFR",
        (
            *("s4_kras_wt_folfox_orr", "s4_kras_wt_folfox_cetuximab_orr"),
            *("s6_ras_wt_folfox_orr", "s6_ras_wt_folfox_cetuximab_orr"),
        ),
        "Sections 4 and 6 disagree",
    ),
    (
        "checkpoint inhibitors after EGFR inhibitors",
        ("s5_checkpoint_egfr_resistant_orr", "s5_checkpoint_egfr_resistant_median_os"),
        "negative",
    ),
    (
        "small cell, 10 to 12 months",
        ("s5_sclc_chemotherapy_median_os", "s5_sclc_chemotherapy_pdl1_median_os"),
        "first-line",
    ),
    ("MYC inhibitors", ("s6_myc_inhibitor_orr", "s6_myc_inhibitor_in_use"), "No MYC inhibitor"),
    (
        "radiotherapy and CTLA-4",
        ("s5_radiotherapy_ctla4_orr", "s5_radiotherapy_ctla4_abscopal_rate"),
        "No randomised trial",
    ),
    (
        "BRAF with PD-1",
        ("s5_braf_inhibitor_pd1_orr", "s5_braf_inhibitor_pd1_median_pfs"),
        "MEK inhibitors",
    ),
    (
        "venetoclax's complete responses",
        ("s3_venetoclax_cr", "s3_venetoclax_del17p_cr"),
        "complete",
    ),
    (
        "venetoclax in untreated, unfit AML",
        ("s3_azacitidine_median_os", "s3_azacitidine_venetoclax_median_os"),
        "unfit",
    ),
    ("dose-dense AC", ("s4_dose_dense_ac_orr", "s4_ac_orr"), "adjuvant"),
    ("CHOP without rituximab", ("s4_chop_cr", "s4_dose_dense_chop_survival_rate"), "rituximab"),
    ("osimertinib's first line", ("s3_osimertinib_first_line",), "sensitising"),
    (
        "BRCA resistance",
        ("s6_brca_ovarian_chemotherapy_orr", "s6_brca_ovarian_chemotherapy_inhibitors_orr"),
        "reversion of the mutation, and PARP",
    ),
    ("45% in pancreatic cancer", ("s6_mir21_low_orr",), "implausible"),
    ("circulating tumour cells", ("s6_ctc_high_orr", "s6_ctc_high_median_os"), "prognostic"),
    (
        "alternating regimens",
        ("s4_ep_ip_alternating_median_os", "s4_ovarian_taxane_alternating_median_pfs"),
        "no gain",
    ),
    ("survival gained by monitoring", ("s6_monitoring_os_gain",), "Not proven"),
    ("over 30% higher survival", ("s1_her2_targeted_survival_rate",), "As a difference"),
    ("ABCB1 10-100 times", ("s2_abcb1_resistant_cells_fold_change",), "cell lines"),
    (
        "preclinical figures",
        ("s5_pd1_preclinical_relapse_rate", "s5_csc_after_pd1_fraction_level"),
        "Preclinical",
    ),
)


@pytest.mark.parametrize(("what", "names", "words"), OBJECTIONS, ids=[o[0] for o in OBJECTIONS])
def test_caveat_says_what_an_expert_would(
    evidence: Evidence, what: str, names: tuple[str, ...], words: str
) -> None:
    for name in names:
        assert words in evidence.claims[name].caveat


def test_source_says_that_figures_have_no_reference(evidence: Evidence) -> None:
    assert "No figure has a reference of its own" in evidence.sources["tie_review"]["note"]


def test_eligibility_is_as_the_review_has_it(evidence: Evidence) -> None:
    def rule(strategy: str) -> list[list[str]]:
        return [[str(c) for c in tests] for tests in evidence.strategies[strategy].eligibility]

    assert rule("osimertinib") == [["EGFR_T790M == 1"]]
    assert rule("folfox_cetuximab") == [["KRAS_mut == 0", "NRAS_mut == 0"]]
    assert rule("paclitaxel_zosuquidar") == [["ABCB1 > cutoff"]]
    assert rule("braf_inhibitor") == [["BRAF_V600 == 1"]]
    assert rule("myc_inhibitor_combination") == [["MYC_amp == 1"]]


#: A targeted drug gains only through its target; what neutralises a resistance is not hindered.
SIGNS = (
    ("osimertinib", "EGFR_T790M", "gains"),
    ("egfr_tki", "EGFR_T790M", "hindered"),
    ("paclitaxel", "ABCB1", "hindered"),
    ("paclitaxel_zosuquidar", "ABCB1", "spared"),
    ("doxorubicin_elacridar", "ABCG2", "relieved"),
    ("paclitaxel_lgk974", "CSC", "relieved"),
    ("venetoclax", "BCL2", "gains"),
    ("venetoclax", "TP53_del17p", "hindered"),
    ("folfox_cetuximab", "KRAS_mut", "hindered"),
    ("checkpoint_inhibitor", "CD274", "gains"),
    ("platinum_taxane_bevacizumab", "VEGFA", "gains"),
    ("platinum_taxane", "VEGFA", "hindered"),
    ("paclitaxel_trastuzumab", "ERBB2", "gains"),
    ("cd19_car_t", "CD19", "gains"),
    ("gemcitabine", "drug_penetration", "gains"),
    ("braf_inhibitor", "BRAF_V600", "gains"),
)


@pytest.mark.parametrize(("strategy", "marker", "how"), SIGNS)
def test_exposure_has_the_sign_that_the_review_gives_it(
    evidence: Evidence, strategy: str, marker: str, how: str
) -> None:
    found = evidence.exposure(strategy, marker)
    assert found is not None
    value = found.value
    assert {
        "gains": value < 0,
        "spared": 0 <= value <= 0.2,
        "relieved": 0 <= value < 0.5,
        "hindered": value >= 0.5,
    }[how]


def test_exposure_to_a_protective_marker_is_never_a_hindrance(evidence: Evidence) -> None:
    """Where high values go with little resistance, more of the marker never adds to it."""
    protective = [m for m, entry in evidence.markers.items() if entry.protective]
    assert set(protective) == {"ERBB2", "CD19", "CD22", "drug_penetration"}
    for name in protective:
        found = [evidence.exposure(a, name) for a in evidence.strategies]
        values = [e.value for e in found if e is not None]
        assert values
        assert max(values) < 0


def test_what_a_targeted_drug_needs_is_what_it_gains_through(evidence: Evidence) -> None:
    """A mutation that eligibility asks for is one the strategy exploits (negative exposure)."""
    asked = [
        (name, c.column)
        for name, s in evidence.strategies.items()
        for tests in s.eligibility
        for c in tests
        if c.op == "==" and c.value == 1 and s.modelled
    ]
    assert len(asked) >= 7
    exposed = {(name, column): evidence.exposure(name, column) for name, column in asked}
    assert all(found is not None for found in exposed.values())
    hindered = [pair for pair, found in exposed.items() if found is not None and found.value > 0]
    # Ceritinib overcomes some secondary ALK mutations and not others: its gain is the fusion's.
    assert hindered == [("ceritinib", "ALK_secondary")]
