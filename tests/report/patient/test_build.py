"""What a page says is what the commands say; where the model is silent, so is the page."""

from __future__ import annotations

import math

import pytest

from resistml.predict.model import Model
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.report.patient.build import PageBuilder
from resistml.tables.profiles import profiles_from_rows
from tests.report.patient.conftest import Paged, typical


def test_risk_and_ranking_are_those_of_the_commands(builder: PageBuilder) -> None:
    model = builder.model
    row = {**typical(model.spec, "nsclc_advanced"), "ABCB1": 5.0, "CAF": None}
    profiles = profiles_from_rows([row], model.spec)
    page = next(builder.pages(profiles))
    scored = {name: cells[0] for name, cells in score(model, profiles).items()}
    assert page.risk is not None
    assert page.risk.p == scored["p_resistance"]
    assert (page.risk.interval.low, page.risk.interval.high) == (scored["lower"], scored["upper"])
    assert page.risk.evidence is not None
    assert page.risk.evidence.low == scored["evidence_lower"]
    assert page.risk.outcomes == tuple(scored["prediction_set"])
    lines = rank(model, profiles, everything=True)
    ranked = [i for i, place in enumerate(lines["rank"]) if place is not None]
    for name, told in (("p_response", "p"), ("p_best", "p_best"), ("tied", "tied")):
        assert [getattr(r, told) for r in page.ranked] == [lines[name][i] for i in ranked]
    assert [r.strategy for r in page.ranked] == [lines["strategy"][i] for i in ranked]
    assert [r.cautions for r in page.ranked] == [tuple(lines["cautions"][i]) for i in ranked]
    assert {c.strategy for c in page.closed} == {"egfr_tki", "alk_tki"}


def test_mechanisms_add_up_and_claims_have_numbers(paged: Paged) -> None:
    page = paged(setting="crc_advanced", ABCB1=9.0)
    assert page.explained is not None
    total = page.explained.baseline + sum(m.signed for m in page.explained.mechanisms)
    assert total == pytest.approx(page.explained.margin, abs=1e-9)
    numbers = [n for group in page.evidence.cited for n, _ in group.claims]
    assert numbers == list(range(1, len(numbers) + 1))
    ids = [c.id for group in page.evidence.cited for _, c in group.claims]
    others = [c.id for _, claims in page.evidence.others for c in claims]
    assert len(set(ids + others)) == len(ids + others)
    assert page.evidence.rest == len(others) > 0
    caveats = [group.caveat for group in page.evidence.cited]
    assert len(set(caveats)) == len(caveats)


def test_claims_with_numbers_are_about_the_setting(builder: PageBuilder, paged: Paged) -> None:
    page, claims = paged(setting="melanoma_advanced"), builder.model.spec.claims
    for group in page.evidence.cited:
        for _, part in group.claims:
            assert "melanoma_advanced" in claims[part.id].settings
    cited = {n for row in page.ranked for n in row.claims}
    assert cited <= {n for group in page.evidence.cited for n, _ in group.claims}


def test_nothing_measured_is_said_and_nothing_is_answered(builder: PageBuilder) -> None:
    row = {"patient_id": "empty", "setting": "nsclc_advanced", "age": 60}
    page = next(builder.pages(profiles_from_rows([row], builder.model.spec)))
    assert page.measured == 0
    assert page.reasons == ("none of the setting's markers was measured",)
    assert (page.risk, page.explained, page.ranked, page.closed) == (None, None, (), ())
    assert len(page.gaps) == page.panel
    assert not page.named
    assert page.script is not None


def test_a_profile_unlike_the_training_patients_is_not_answered(paged: Paged) -> None:
    page = paged(setting="nsclc_advanced", ABCB1=9_000.0)
    assert "ABCB1" in page.reasons[0]
    assert page.risk is None


def test_what_is_odd_is_said(paged: Paged) -> None:
    page = paged(setting="nsclc_advanced", strategy="egfr_tki", CD22=0.4, ecog=3, line=4)
    said = " ".join(page.notes)
    for words in ("CD22", "Performance status 3", "line 4", "not eligible for EGFR inhibitor"):
        assert words in said
    assert page.risk is not None
    assert page.named


def test_rejected_rows_have_no_page_though_they_bear_anothers_id(builder: PageBuilder) -> None:
    spec = builder.model.spec
    good = typical(spec, "melanoma_advanced")
    rows = [good, {**good, "TAM": 0.9}, {**good, "patient_id": "bad", "TAM": -1}]
    pages = list(builder.pages(profiles_from_rows(rows, spec)))
    assert [page.patient_id for page in pages] == ["P-1"]
    assert len(pages[0].ranked) == 3


def test_one_patient_alone(builder: PageBuilder) -> None:
    spec = builder.model.spec
    rows = [{**typical(spec, "melanoma_advanced"), "patient_id": name} for name in "abc"]
    pages = list(builder.pages(profiles_from_rows(rows, spec), only="b"))
    assert [page.patient_id for page in pages] == ["b"]


def test_a_bundle_without_its_parts_still_has_pages(model: Model) -> None:
    row = typical(model.spec, "melanoma_advanced")
    page = next(PageBuilder(model).pages(profiles_from_rows([row], model.spec)))
    assert page.risk is not None
    assert (page.risk.crowd, page.risk.evidence, page.risk.outcomes) == (None, None, ())


def test_a_model_no_better_than_a_constant_is_not_explained(model: Model) -> None:
    from dataclasses import replace

    from resistml.explain.refusal import NO_BETTER

    told = {"code": NO_BETTER, "message": "no better than a constant"}
    poor = replace(model, about={**model.about, "checks": [told]})
    row = typical(model.spec, "melanoma_advanced")
    page = next(PageBuilder(poor).pages(profiles_from_rows([row], model.spec)))
    assert page.explained is None
    assert NO_BETTER in page.refusal
    assert page.risk is not None


def test_controls_reach_beyond_the_setting_and_stand_at_the_record(paged: Paged) -> None:
    page = paged(setting="melanoma_advanced", TAM=None, ABCB1=40.0, BRAF_V600=1)
    found = {c.column: c for c in page.controls}
    assert set(found) == set(page.record) - {"sex"}
    for control in page.controls:
        assert control.low <= control.start <= control.high
        if control.kind not in ("age", "ecog", "mutation"):
            steps = (control.high - control.low) / control.step
            assert math.isclose(steps, round(steps), abs_tol=1e-6)
    assert found["TAM"].text == ""
    assert found["BRAF_V600"].text == "present"
    assert found["ABCB1"].text == "40.0 × reference"
