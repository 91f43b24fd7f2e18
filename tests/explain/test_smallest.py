"""The smallest change that is enough: by hand, never larger than another that is, worlds alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resistml.columns import REACH
from resistml.errors import ModelError, UsageError
from resistml.explain.smallest import Change, check_world, reach, smallest_change
from resistml.explain.what_if import changed
from resistml.features.links import inverse
from resistml.features.matrix import standardised
from resistml.predict.model import Model
from resistml.predict.rank import rank
from tests.patients import Patients
from tests.predict.tiny import tiny_model, tiny_profiles

WORLD: dict[str, Any] = {"trained_on": {"kind": "virtual", "patients": 9}}


def of_a_world(model: Model) -> Model:
    return replace(model, about={**model.about, **WORLD})


def found(response: float, *rows: dict[str, Any], markers: int = 2) -> list[Change | None]:
    records = tiny_profiles(*rows).records
    return smallest_change(of_a_world(tiny_model()), records, response, markers)


def test_by_hand() -> None:
    """Chemo in setting two: log-odds 2 (1.2 + 0.6 f); one half where f = -2, that is A = e^-2."""
    (change,) = found(0.5, {"setting": "two", "A": 1})
    assert change is not None
    (moved,) = change.moved
    assert moved.marker == "A"
    assert moved.before == 1
    assert moved.after == pytest.approx(np.exp(-2), rel=0.01)
    assert moved.deviations == pytest.approx(-2, abs=0.01)
    assert change.size == pytest.approx(2, abs=0.01)
    assert change.strategy == "chemo"
    assert change.before == pytest.approx(1 / (1 + np.exp(2.4)))
    assert change.after == pytest.approx(0.5, abs=0.005)
    assert change.after >= 0.5


def test_what_is_enough_as_it_is_needs_no_change() -> None:
    (change,) = found(0.01, {"setting": "two", "A": 1})
    assert change is not None
    assert (change.moved, change.size) == ((), 0.0)
    assert change.before == change.after


def test_none_is_found_where_none_is_enough() -> None:
    """At the furthest, f = -3, the log-odds are 2 (1.2 - 1.8) = -1.2."""
    assert found(0.8, {"setting": "two", "A": 1}) == [None]
    assert found(0.7, {"setting": "two", "A": 1}) != [None]


def test_unmeasured_markers_and_mutations_are_not_changed() -> None:
    """Under targeted in setting three T alone bears, which is a mutation."""
    assert found(0.9, {"setting": "three", "T": 0}) == [None]
    assert found(0.9, {"setting": "two"}) == [None]


def test_two_markers_need_no_more_than_one(model: Model, patients: Patients) -> None:
    records = patients.records.take(
        np.flatnonzero(patients.records.setting == "nsclc_advanced")[:6]
    )
    told = of_a_world(model)
    one = smallest_change(told, records, 0.75, markers=1)
    two = smallest_change(told, records, 0.75, markers=2)
    moved = 0
    for alone, both in zip(one, two, strict=True):
        if alone is None:
            continue
        assert both is not None
        assert both.size <= alone.size + 1e-9
        assert len(alone.moved) <= 1
        assert len(both.moved) <= 2
        moved += bool(both.moved)
    assert moved >= 2


def test_the_changed_record_has_the_response_by_the_ranking_itself(
    model: Model, patients: Patients
) -> None:
    records = patients.records.take(np.flatnonzero(patients.records.setting == "crc_advanced")[:5])
    told, checked = of_a_world(model), 0
    for i, change in enumerate(smallest_change(told, records, 0.7)):
        if change is None or not change.moved:
            continue
        mine = records.take(np.array([i]))
        put = changed(mine, model.spec, {m.marker: m.after for m in change.moved})
        whole = patients.profiles(model.spec)
        asked = replace(
            whole,
            records=put,
            strategy=np.array([""], dtype=object),
            line=np.full(1, np.nan),
            notes={},
        )
        answer = rank(model, asked)
        assert answer["strategy"][0] == change.strategy
        assert answer["p_response"][0] == pytest.approx(change.after, abs=1e-6)
        assert change.after >= 0.7
        assert change.after == pytest.approx(0.7, abs=0.01)
        checked += 1
        for m in change.moved:
            law = model.spec.markers[m.marker]
            f = standardised(law, np.array([m.before, m.after]))
            panel = model.spec.settings["crc_advanced"]
            place = panel.panel.index(m.marker)
            step = (f[1] - f[0]) / np.sqrt(panel.covariance[place][place])
            assert step == pytest.approx(m.deviations, abs=0.01)
            assert law.low <= m.after <= law.high
            assert (m.percentile_after > m.percentile_before) == (m.deviations > 0)
    assert checked >= 1


def test_links_are_undone() -> None:
    """What the search puts in is read back as the step it took."""
    for kind in ("expression", "fraction", "percent"):
        marker = replace(tiny_model().spec.markers["A"], kind=kind, centre=-0.5, scale=0.7)
        f = np.array([-1.5, 0.0, 1.2])
        back = standardised(marker, inverse(kind, f * marker.scale + marker.centre))
        np.testing.assert_allclose(back, f, atol=1e-12)


@pytest.mark.parametrize("about", [{}, {"trained_on": {"kind": "real"}}])
def test_a_model_of_real_patients_is_refused(about: dict[str, Any]) -> None:
    model = replace(tiny_model(), about=about)
    with pytest.raises(ModelError, match="on worlds alone") as caught:
        smallest_change(model, tiny_profiles({"A": 1}).records, 0.5)
    assert "virtual" in str(caught.value.allowed)
    assert "--set" in str(caught.value.hint)
    check_world(of_a_world(tiny_model()))


@pytest.mark.parametrize("response", [0.0, 1.0, -0.1, 60.0, float("nan")])
def test_no_probability_is_refused(response: float) -> None:
    with pytest.raises(UsageError, match="cannot reach") as caught:
        found(response, {"A": 1})
    assert caught.value.allowed == "above 0, below 1"


def test_lines_of_the_command() -> None:
    profiles = tiny_profiles(
        {"setting": "two", "A": 1}, {"setting": "four"}, {"setting": "three", "T": 0}
    )
    answer = reach(of_a_world(tiny_model()), profiles, 0.5)
    assert tuple(answer) == REACH
    assert answer["patient_id"] == ["p0", "p2"]
    assert answer["markers"] == [["A"], []]
    assert answer["from"][0] == ["1 (percentile 50)"]
    assert answer["deviations"][0] == ["-2.00"]
    assert answer["message"][0] == ""
    assert answer["message"][1].startswith("no change of one or two markers")
