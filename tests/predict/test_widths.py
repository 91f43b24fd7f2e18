"""Widths: the bag's spread, and what is added to it for rare arms and unmeasured markers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from resistml.features.matrix import standardised
from resistml.features.ramps import SEGMENTS
from resistml.predict.model import Z90, Model, Risk
from resistml.predict.parts import Parts, read_parts
from resistml.predict.widths import Effects, Widths
from tests.patients import Patients
from tests.predict.tiny import COEFFICIENTS, tiny_model, tiny_profiles, tiny_spec

SPEC = tiny_spec()
#: Variances of the arms one/chemo, one/targeted, one/immune, two/chemo, three/targeted.
ARMS = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
WIDTHS = Widths(2.0, ARMS, 10.0, 0.1, {"worlds": 2})
#: Mean effects of the markers over the bag, at an exposure of 1.
A, T, P = COEFFICIENTS.mean(axis=0)
#: f of an expression of 3.
X3 = float(standardised(SPEC.markers["A"], np.array([3.0]))[0])


def risk(widths: Widths | None, strategy: str, **profile: Any) -> Risk:
    """Of one profile."""
    model = replace(tiny_model(), parts=Parts(widths=widths))
    return model.risk(tiny_profiles(profile).records, np.array([strategy], dtype=object))


def test_effects_are_slopes_times_exposures_in_the_panel() -> None:
    """The arms in order; "two" measures A alone, "three" T alone."""
    np.testing.assert_allclose(
        tiny_model().effects.per_unit,
        [[A, 0, 0], [A / 2, -T, 0], [0, 0, -P / 2], [A, 0, 0], [0, -T, 0]],
    )


def test_effects_of_a_line_that_bends_are_its_mean_slope() -> None:
    """Weighed by the patients in each segment, with what a strategy has of its own."""
    base = tiny_model().members[0].base
    slopes = np.zeros((3, SEGMENTS))
    slopes[0] = np.arange(SEGMENTS)
    own = np.zeros((3, 3))
    own[1, 0] = 0.25
    shares = (0.5, 0.1, 0.1, 0.1, 0.1, 0.1)
    one = replace(SPEC.settings["one"], segment_shares={**SPEC.settings["one"].segment_shares})
    one.segment_shares["A"] = shares
    spec = replace(SPEC, settings={**SPEC.settings, "one": one})
    found = Effects.of(spec, [replace(base, slopes=slopes, own=own)] * 2).per_unit
    mean = float(np.dot(shares, slopes[0]))
    assert found[:2, 0] == pytest.approx([mean, mean / 2 + 0.25])


@pytest.mark.parametrize(
    ("strategy", "profile", "added"),
    [
        ("chemo", {"A": 3, "T": 1, "P": 50}, 0.01 + 0.1 * (A * X3) ** 2),
        ("chemo", {"T": 1, "P": 50}, 0.01 + 10 * A**2),
        ("chemo", {"A": 1}, 0.01),  # f = 0; T and P have no bearing
        ("targeted", {"P": 50}, 0.02 + 10 * ((A / 2) ** 2 + T**2)),
        ("targeted", {"A": 3, "T": 1}, 0.02 + 0.1 * ((A * X3 / 2) ** 2 + T**2)),
        ("immune", {"A": 1, "T": 1}, 0.03 + 10 * (P / 2) ** 2),
        ("chemo", {"setting": "two"}, 0.04 + 10 * A**2),
        ("targeted", {"setting": "three", "T": 0}, 0.05),
    ],
)
def test_what_is_added_to_the_bags_variance(
    strategy: str, profile: dict[str, Any], added: float
) -> None:
    found = risk(WIDTHS, strategy, **profile)
    assert found.extra == pytest.approx([added])
    assert found.spread == pytest.approx(np.sqrt(2.0 * found.margins.var(ddof=1) + added))


def test_interval_is_that_of_the_spread() -> None:
    """Calibrated log-odds are twice the margin."""
    found = risk(WIDTHS, "chemo", A=1)
    low, high = found.interval()
    half = Z90 * found.spread[0]
    assert low[0] == pytest.approx(expit(2 * (found.margin[0] - half)))
    assert high[0] == pytest.approx(expit(2 * (found.margin[0] + half)))


def test_without_widths_the_interval_is_the_bags() -> None:
    found, plain = risk(None, "targeted", P=50), risk(Widths.plain(SPEC), "targeted", P=50)
    assert found.extra == pytest.approx([0.0])
    assert found.spread == pytest.approx(found.margins.std(ddof=1))
    assert found.interval() == plain.interval()
    assert found.spread < risk(WIDTHS, "targeted", P=50).spread


def test_widths_do_not_move_the_answer() -> None:
    assert risk(None, "chemo", A=1).p == risk(WIDTHS, "chemo", A=1).p


def test_as_a_bundle_holds_it() -> None:
    document = json.dumps(WIDTHS.to_json()).encode()
    found = read_parts({"widths.json": document}, SPEC, Path("model")).widths
    assert found is not None
    assert found.to_json() == WIDTHS.to_json()
    np.testing.assert_array_equal(found.arms, ARMS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bag": -1.0}, "variances"),
        ({"missing": float("nan")}, "variances"),
        ({"slope": float("inf")}, "variances"),
        ({"arms": [0.1] * 4 + [-0.1]}, "variances"),
        ({"arms": [0.1] * 4}, "arms"),
        ({"bag": "wide"}, "float"),
    ],
)
def test_what_does_not_fit_the_spec_is_refused(change: dict[str, Any], said: str) -> None:
    raw = WIDTHS.to_json()
    Widths.from_json(raw, {}, SPEC)
    with pytest.raises(ValueError, match=said):
        Widths.from_json({**raw, **change}, {}, SPEC)


def test_each_unmeasured_marker_widens_the_interval(model: Model, patients: Patients) -> None:
    """A marker is taken out of every record: where it acts on the strategy, there is more doubt."""
    widths = Widths(1.0, np.zeros(len(model.spec.arms)), 1.0, 0.0)
    wide = replace(model, parts=Parts(widths=widths))
    rows = np.arange(300)
    records, strategy = patients.records.take(rows), patients.strategy[rows]
    whole, known = wide.risk(records, strategy), model.features(records, strategy)
    for j, marker in enumerate(model.spec.markers):
        columns = {**records.columns, marker: np.full(len(rows), np.nan)}
        less = type(records)(records.patient_id, records.setting, columns)
        lost = np.isnan(model.features(less, strategy).matrix[:, j]) & ~np.isnan(known.matrix[:, j])
        found = wide.risk(less, strategy).extra - whole.extra
        squared = model.effects.per_unit[known.arms, j] ** 2
        np.testing.assert_allclose(found, lost * squared, atol=1e-12)


def test_rows_do_not_see_each_other(model: Model, patients: Patients) -> None:
    widths = Widths(1.0, np.zeros(len(model.spec.arms)), 0.1, 0.1)
    wide = replace(model, parts=Parts(widths=widths))
    rows = np.arange(60)
    whole = wide.risk(patients.records.take(rows), patients.strategy[rows]).extra
    for row in (3, 17, 59):
        alone = wide.risk(patients.records.take(rows[row : row + 1]), patients.strategy[[row]])
        assert alone.extra[0] == whole[row]
