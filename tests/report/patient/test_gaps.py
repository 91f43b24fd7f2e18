"""What measuring could change: the likely values, and the model asked at each of them."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from resistml.explain.what_if import changed
from resistml.features.matrix import Records, standardised
from resistml.predict.model import Model
from resistml.report.patient.gaps import VALUES, gaps, likely_values
from resistml.tables.profiles import profiles_from_rows
from tests.report.patient.conftest import typical

SETTING = "nsclc_advanced"


def record(model: Model, setting: str = SETTING, **cells: float | None) -> Records:
    rows = [{**typical(model.spec, setting), **cells}]
    return profiles_from_rows(rows, model.spec).records


def test_nothing_is_unmeasured(model: Model) -> None:
    assert gaps(model, record(model), "platinum_taxane") == ()


def test_likely_values_are_those_of_the_conditional_normal(model: Model) -> None:
    """Of jointly normal variables: mean and variance by the inverse of the whole covariance."""
    spec = model.spec
    law = spec.settings[SETTING]
    one = record(model, ABCB1=None, CAF=0.6)
    (likely,) = likely_values(spec, law, one)
    j = law.panel.index("ABCB1")
    precision = np.linalg.inv(np.array(law.covariance))
    f = [float(standardised(spec.markers[m], one.column(m))[0]) for m in law.panel]
    off = np.array(f) - np.array([law.means[m] for m in law.panel])
    others = np.arange(len(f)) != j
    mean = law.means["ABCB1"] - precision[j, others] @ off[others] / precision[j, j]
    spread = precision[j, j] ** -0.5
    found = standardised(spec.markers["ABCB1"], likely.values)
    z = [NormalDist().inv_cdf(q) for q in (0.05, 0.95)]
    np.testing.assert_allclose([found[0], found[-1]], mean + spread * np.array(z), atol=1e-8)
    assert likely.weights.sum() == pytest.approx(1)
    assert len(likely.values) == VALUES


def test_where_nothing_was_measured_a_marker_is_as_in_the_setting(model: Model) -> None:
    spec = model.spec
    law = spec.settings[SETTING]
    empty = record(model, **dict.fromkeys(law.panel))
    found = {x.marker: x for x in likely_values(spec, law, empty)}
    assert list(found) == list(law.panel)
    middle = standardised(spec.markers["CAF"], found["CAF"].values).mean()
    assert middle == pytest.approx(law.means["CAF"], abs=1e-8)
    share = law.means["KRAS_mut"]
    assert found["KRAS_mut"].weights.tolist() == pytest.approx([1 - share, share])


def test_the_risk_is_the_models_own_at_the_ends(model: Model) -> None:
    one = record(model, ABCB1=None)
    (gap,) = gaps(model, one, "platinum_taxane")
    (likely,) = likely_values(model.spec, model.spec.settings[SETTING], one)
    asked = np.array(["platinum_taxane"], dtype=object)
    ends = [
        float(model.risk(changed(one, model.spec, {"ABCB1": value}), asked).p[0])
        for value in (float(likely.values[0]), float(likely.values[-1]))
    ]
    assert [gap.low, gap.high] == pytest.approx(sorted(ends), abs=1e-9)
    assert gap.bears
    assert gap.present is None


def test_a_marker_that_opens_a_strategy_says_so(model: Model) -> None:
    (gap,) = gaps(model, record(model, EGFR_mut=None), "platinum_taxane")
    assert gap.opens == (model.spec.strategies["egfr_tki"].name,)
    assert gap.present is not None
    assert 0 < gap.present < 1


def test_the_gain_is_that_of_choosing_after_the_answer(model: Model) -> None:
    """By hand: the mean of the best p(response) less that of what stands first now."""
    one = record(model, "melanoma_advanced", BRAF_V600=None)
    (gap,) = gaps(model, one, "ctla4_inhibitor")
    law = model.spec.settings["melanoma_advanced"]

    def responses(there: float | None) -> dict[str, float]:
        changed_ = one if there is None else changed(one, model.spec, {"BRAF_V600": there})
        open_ = [a for a in law.strategies if not a.startswith("braf") or there == 1]
        return {a: float(1 - model.risk(changed_, np.array([a], dtype=object)).p[0]) for a in open_}

    now = responses(None)
    first = max(now, key=now.__getitem__)
    cases = {1.0: responses(1.0), 0.0: responses(0.0)}
    assert gap.present is not None
    weights = {1.0: gap.present, 0.0: 1 - gap.present}
    gain = sum(w * (max(cases[x].values()) - cases[x][first]) for x, w in weights.items())
    assert gap.gain == pytest.approx(gain, abs=1e-9)
    changes = sum(w for x, w in weights.items() if max(cases[x], key=cases[x].get) != first)  # type: ignore[arg-type]
    assert gap.first_changes == pytest.approx(changes)


def test_what_could_gain_most_stands_first(model: Model) -> None:
    law = model.spec.settings[SETTING]
    found = gaps(model, record(model, **dict.fromkeys(law.panel)), "platinum_taxane")
    assert {gap.marker for gap in found} == set(law.panel)
    gains = [gap.gain for gap in found]
    assert gains == sorted(gains, reverse=True)
    assert min(gains) >= 0
    assert all(0 <= gap.low <= gap.high <= 1 for gap in found)
    assert all(0 <= gap.first_changes <= 1 for gap in found)


def test_a_setting_with_one_strategy_has_nothing_to_gain(model: Model) -> None:
    law = model.spec.settings["pancreatic_advanced"]
    assert len(law.strategies) == 1
    empty = record(model, "pancreatic_advanced", **dict.fromkeys(law.panel))
    found = gaps(model, empty, law.usual)
    assert {gap.gain for gap in found} == {0.0}
    assert max(gap.high - gap.low for gap in found) > 0.02
