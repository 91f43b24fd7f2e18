"""Explanations as people read them: nothing in them that the record or the catalog does not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.explain.clinical import clinical_values
from resistml.explain.groups import groups
from resistml.explain.view import Explained, acting_on, explain_view, percentile
from resistml.learn.background import fit_background
from resistml.predict.background import Background
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from tests.patients import Patients
from tests.predict.tiny import tiny_model, tiny_profiles

ROWS = np.arange(80)


@pytest.fixture(scope="module")
def whole(model: Model, patients: Patients, evidence: Evidence) -> Model:
    """The small model with a background."""
    background = fit_background(evidence, model.spec, patients.records)
    return replace(model, parts=Parts(background=background))


@pytest.fixture(scope="module")
def views(whole: Model, patients: Patients) -> list[Explained]:
    return explain_view(whole, patients.records.take(ROWS), patients.strategy[ROWS])


def test_signed_parts_add_up_to_the_margin(
    views: list[Explained], model: Model, patients: Patients
) -> None:
    margin = model.risk(patients.records.take(ROWS), patients.strategy[ROWS]).margin
    for view, expected in zip(views, margin, strict=True):
        total = view.baseline + sum(part.signed for part in view.mechanisms)
        assert total == pytest.approx(expected, abs=1e-4)
        assert view.margin == pytest.approx(expected, abs=1e-9)
        assert [part.mechanism for part in view.mechanisms] == list(groups(model.spec))


def test_markers_are_the_records_own_and_add_up(
    views: list[Explained], whole: Model, patients: Patients
) -> None:
    spec, measured = whole.spec, 0
    for i, view in enumerate(views):
        assert view.patient_id == patients.records.patient_id[i]
        bears = spec.strategies[view.strategy].exposure
        for part in view.mechanisms[:-2]:
            sizes = [abs(m.contribution) for m in part.markers]
            assert sizes == sorted(sizes, reverse=True)
            assert sum(m.contribution for m in part.markers) == pytest.approx(part.signed)
            assert sum(sizes) == pytest.approx(part.absolute)
            for marker in part.markers:
                value = patients.records.column(marker.name)[i]
                assert bears[marker.name] != 0
                assert marker.unit == spec.markers[marker.name].unit
                assert (marker.value is None) == bool(np.isnan(value))
                assert marker.value is None or marker.value == value
                measured += marker.value is not None
    assert measured > 200


def test_percentiles_are_of_the_setting_and_mutations_have_shares(
    views: list[Explained], whole: Model
) -> None:
    background = whole.parts.background
    assert background is not None
    seen = 0
    for view in views:
        for marker in (m for part in view.mechanisms[:-2] for m in part.markers):
            if whole.spec.markers[marker.name].kind == "mutation":
                assert marker.percentile is None
                assert marker.share == background.shares[view.setting].get(marker.name)
                continue
            assert marker.share is None
            if marker.value is None or marker.percentile is None:
                continue
            values = np.array([marker.value])
            assert marker.percentile == background.percentile(view.setting, marker.name, values)[0]
            assert 0 <= marker.percentile <= 100
            seen += 1
    assert seen > 100


def test_clinical_values_stand_with_the_clinical_group(
    views: list[Explained], whole: Model, patients: Patients
) -> None:
    values = clinical_values(whole.spec, patients.records)
    for i, view in enumerate(views):
        part = view.mechanisms[-2]
        told = {m.name: m.value for m in part.markers if m.name in values}
        intensified = whole.spec.strategies[view.strategy].treatment_class.endswith("intensified")
        assert set(told) == {"age", "ecog", "sex", *(["frail"] if intensified else [])}
        assert told["age"] == values["age"][i]
        assert sum(m.contribution for m in part.markers) == pytest.approx(part.signed)


def test_who_is_frail(whole: Model, patients: Patients) -> None:
    """Status 2 or old, unknown where neither is and one is not recorded."""
    columns = {
        "age": np.array([50.0, whole.spec.frailty_age + 1, 50, np.nan, np.nan]),
        "ecog": np.array([0.0, 0.0, 2.0, 2.0, 0.0]),
        "sex": np.zeros(5),
    }
    records = replace(patients.records.take(np.arange(5)), columns=columns)
    found = clinical_values(whole.spec, records)["frail"]
    np.testing.assert_array_equal(found, [0, 1, 1, 1, np.nan])


def test_claims_carry_what_an_expert_wants_to_see(
    views: list[Explained], whole: Model, evidence: Evidence
) -> None:
    shown = {c.id: c for view in views for part in view.mechanisms for c in part.claims}
    assert len(shown) > 30
    for name, claim in shown.items():
        entry = evidence.claims[name]
        assert (claim.section, claim.summary) == (entry.section, entry.summary)
        assert (claim.evidence_level, claim.caveat) == (entry.evidence_level, entry.caveat)
        assert (claim.reported == "") == (entry.low is None)
    for view in views:
        context = view.mechanisms[-1]
        named = whole.spec.strategies[view.strategy].claims
        assert {c.id for c in context.claims} == set(named)


def test_strategies_that_act_on_a_mechanism(views: list[Explained], evidence: Evidence) -> None:
    some = 0
    for view in views:
        for part in view.mechanisms:
            for name in part.strategies:
                assert part.mechanism in evidence.strategies[name].acts_on
                some += 1
    assert some > 50


def test_without_a_background_the_normal_law_stands_in(model: Model, patients: Patients) -> None:
    """Of 1,200 patients in 22 settings some 50 each: a rank is then known to 7 points, three
    standard errors are 21; the mean distance over all of them far less."""
    off = []
    for setting, law in model.spec.settings.items():
        mine = patients.records.setting == setting
        for marker in law.panel:
            if model.spec.markers[marker].kind == "mutation":
                continue
            values = patients.records.column(marker)[mine]
            values = np.sort(values[~np.isnan(values)])
            if len(values) < 30:
                continue
            rank = 100 * (np.arange(len(values)) + 0.5) / len(values)
            off.append(np.abs(percentile(model, setting, marker, values) - rank).mean())
    assert len(off) > 50
    assert np.mean(off) < 6
    assert np.isnan(percentile(model, "nsclc_advanced", "CD19", np.ones(2))).all()


def test_without_a_background_those_that_gain_from_a_marker_act_on_it() -> None:
    model = tiny_model()
    assert acting_on(model, "target", "one") == ("targeted",)
    assert acting_on(model, "microenvironment", "one") == ("immune",)
    assert acting_on(model, "accumulation", "one") == ()
    told = replace(model, parts=Parts(background=Background(acts_on={"chemo": ("target",)})))
    assert acting_on(told, "target", "one") == ("chemo",)


def test_by_hand() -> None:
    profiles = tiny_profiles({"A": float(np.e), "strategy": "targeted"})
    (view,) = explain_view(tiny_model(), profiles.records, profiles.strategy)
    accumulation, target = view.mechanisms[0], view.mechanisms[1]
    assert accumulation.label == "Accumulation"
    (a,) = accumulation.markers
    assert (a.name, a.unit, a.contribution) == ("A", "units", pytest.approx(0.3))
    assert a.value == pytest.approx(np.e)
    (t,) = target.markers
    assert (t.value, t.percentile) == (None, None)
    assert [c.reported for c in accumulation.claims] == ["0.1-0.2 fraction"]


def test_none_at_all(model: Model, patients: Patients) -> None:
    nobody = np.arange(0)
    assert explain_view(model, patients.records.take(nobody), patients.strategy[nobody]) == []
