"""Mechanisms: sums of their markers, with the claims behind them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from resistml.explain.mechanisms import COLUMNS, by_mechanism, explain, explain_profiles, groups
from resistml.features.matrix import Records
from resistml.features.spec import CLINICAL
from resistml.predict.contributions import contributions
from resistml.predict.model import Model
from tests.patients import Patients
from tests.predict.tiny import COEFFICIENTS, INTERCEPTS, tiny_model, tiny_profiles

CLINICAL_WORDS = {"age", "ecog", "sex", "frail"}
FIVE = ["accumulation", "target", "apoptosis", "stemness", "microenvironment"]


def lines(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert tuple(answer) == COLUMNS
    return [dict(zip(answer, row, strict=True)) for row in zip(*answer.values(), strict=True)]


def asked(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return lines(explain_profiles(tiny_model(), tiny_profiles(*rows)))


def test_groups_are_the_mechanisms_then_clinical_and_context(model: Model) -> None:
    assert list(groups(model.spec)) == [*FIVE, "clinical", "context"]


def test_every_marker_is_in_exactly_one_group(model: Model) -> None:
    spec = model.spec
    counted = Counter(spec.group_of(column) for column in spec.columns)
    assert set(counted) <= set(groups(spec)) - {"context"}
    assert counted.total() == len(spec.markers) + len(CLINICAL)
    for marker in spec.markers.values():
        assert spec.group_of(marker.id) == marker.mechanism
        assert marker.mechanism in groups(spec)


def test_roll_up_equals_the_sum_of_its_markers(model: Model, patients: Patients) -> None:
    found = contributions(model, patients.records, patients.strategy)
    rolled = by_mechanism(model.spec, found)
    for g, group in enumerate(groups(model.spec)):
        mine = [j for j, c in enumerate(found.columns) if model.spec.group_of(c) == group]
        expected = found.values[:, mine].sum(axis=1)
        if group == "context":
            expected = found.context
        np.testing.assert_allclose(rolled[:, g], expected, atol=1e-12)
    np.testing.assert_allclose(found.baseline + rolled.sum(axis=1), found.margin, atol=1e-4)


def test_lines_add_up_to_the_margin(model: Model, patients: Patients) -> None:
    answer = lines(explain(model, patients.records, patients.strategy))
    per_patient = len(groups(model.spec)) + 1
    assert len(answer) == per_patient * len(patients.records)
    margin = model.risk(patients.records, patients.strategy).margin
    names = ["baseline", *groups(model.spec)]
    for i in range(len(patients.records)):
        mine = answer[i * per_patient : (i + 1) * per_patient]
        assert [line["mechanism"] for line in mine] == names
        assert {line["patient_id"] for line in mine} == {patients.records.patient_id[i]}
        assert {line["strategy"] for line in mine} == {patients.strategy[i]}
        assert sum(line["contribution"] for line in mine) == pytest.approx(margin[i], abs=1e-4)


def test_markers_and_claims_are_those_that_bear(model: Model, patients: Patients) -> None:
    spec = model.spec
    answer = lines(explain(model, patients.records.take(np.arange(60)), patients.strategy[:60]))
    per_patient = len(groups(spec)) + 1
    for k, line in enumerate(answer):
        i = k // per_patient
        strategy, setting = spec.strategies[patients.strategy[i]], patients.records.setting[i]
        if line["mechanism"] == "baseline":
            assert (line["markers"], line["claims"]) == ([], [])
        elif line["mechanism"] == "context":
            assert line["claims"] == list(spec.claims_in(strategy.claims, setting))
        else:
            bearing = {
                m
                for m, x in spec.markers.items()
                if x.mechanism == line["mechanism"]
                and m in spec.settings[setting].panel
                and strategy.exposure.get(m, 0.0) != 0.0
            }
            named = {text.partition("=")[0] for text in line["markers"]}
            assert named - CLINICAL_WORDS == bearing
            assert line["mechanism"] == "clinical" or not named & CLINICAL_WORDS
            assert set(line["claims"]) == {c for m in bearing for c in spec.markers[m].claims}
            assert len(set(line["claims"])) == len(line["claims"])
        assert all(claim in spec.claims for claim in line["claims"])


def test_by_hand() -> None:
    """Mutants under the targeted strategy at A = e: half of A's effect, T's reversed."""
    found = {x["mechanism"]: x for x in asked({"A": float(np.e), "T": 1, "strategy": "targeted"})}
    a, t = 0.5 * COEFFICIENTS[:, 0].mean(), -COEFFICIENTS[:, 1].mean()
    assert found["baseline"]["contribution"] == pytest.approx(INTERCEPTS.mean())
    assert found["accumulation"]["contribution"] == pytest.approx(a)
    assert found["accumulation"]["markers"] == [f"A=2.72 ({a:+.2f})"]
    assert found["accumulation"]["claims"] == ["about_A"]
    assert found["target"]["markers"] == [f"T=1 ({t:+.2f})"]
    assert found["microenvironment"]["markers"] == []
    assert found["clinical"]["markers"] == []
    context = INTERCEPTS[:, 1].mean() - INTERCEPTS.mean()
    assert found["context"]["contribution"] == pytest.approx(context)
    assert found["context"]["claims"] == ["about_targeted"]


def test_unmeasured_markers_say_so() -> None:
    found = {x["mechanism"]: x for x in asked({"T": 1, "strategy": "targeted"})}
    assert found["accumulation"]["markers"] == ["A=unmeasured (+0.00)"]


def test_strongest_marker_comes_first(model: Model, patients: Patients) -> None:
    answer = lines(explain(model, patients.records, patients.strategy))
    several = 0
    for line in answer:
        named = [m for m in line["markers"] if m.partition("=")[0] not in CLINICAL_WORDS]
        sizes = [abs(float(m.partition("(")[2].rstrip(")"))) for m in named]
        assert sizes == sorted(sizes, reverse=True)
        several += len(sizes) > 1
    assert several > 100


def test_clinical_terms_are_named_with_the_patients_own_values(
    model: Model, patients: Patients
) -> None:
    answer = lines(explain(model, patients.records, patients.strategy))
    seen: set[str] = set()
    per_patient = len(groups(model.spec)) + 1
    for k, line in enumerate(answer):
        if line["mechanism"] != "clinical":
            continue
        i = k // per_patient
        for text in line["markers"]:
            name, _, rest = text.partition("=")
            value = rest.split(" ")[0]
            if name in ("age", "ecog"):
                assert float(value) == patients.records.column(name)[i]
            elif name == "sex":
                assert value == ("male", "female")[int(patients.records.column("sex")[i])]
            elif name == "frail":
                assert model.spec.strategies[patients.strategy[i]].treatment_class.endswith(
                    "intensified"
                )
            seen.add(name)
    assert {"age", "ecog", "frail"} <= seen


def test_an_unmeasured_clinical_term_says_so(model: Model, patients: Patients) -> None:
    records = patients.records.take(np.arange(50))
    unknown = Records(
        records.patient_id,
        records.setting,
        {**records.columns, "ecog": np.full(50, np.nan)},
    )
    answer = lines(explain(model, unknown, patients.strategy[:50]))
    texts = [m for x in answer if x["mechanism"] == "clinical" for m in x["markers"]]
    shown = [text for text in texts if text.startswith("ecog=")]
    assert shown
    assert all(text.startswith("ecog=unmeasured") for text in shown)


def test_profiles_without_a_strategy_and_rejected_ones() -> None:
    found = asked({"A": 1}, {"setting": "four"}, {"setting": "two", "A": 1, "strategy": "chemo"})
    assert list(dict.fromkeys(line["patient_id"] for line in found)) == ["p0", "p2"]
    assert {line["strategy"] for line in found} == {"chemo"}


def test_none_at_all() -> None:
    assert asked() == []
    assert asked({"setting": "four"}) == []
