"""Links: the scale on which a marker is normal, and conditions moved onto it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import logit

from resistml.features.links import COMPARE, forward, inverse, link_threshold, location

CONTINUOUS = ("expression", "fraction", "percent", "count")
OPERATORS = ("<", "<=", ">", ">=")


@pytest.mark.parametrize(
    ("kind", "value", "link"),
    [
        ("expression", 1.0, 0.0),
        ("expression", math.e, 1.0),
        ("expression", 0.0, math.log(1e-9)),
        ("fraction", 0.5, 0.0),
        ("fraction", 0.05, math.log(0.05 / 0.95)),
        ("fraction", 0.0, logit(1e-9)),
        ("fraction", 1.0, -logit(1e-9)),
        ("percent", 50.0, 0.0),
        ("percent", 5.0, math.log(0.05 / 0.95)),
        ("count", 0.0, math.log(0.5)),
        ("count", 5.0, math.log(5.5)),
        ("count", -1.0, math.log(0.5)),
        ("mutation", 1.0, 1.0),
    ],
)
def test_forward(kind: str, value: float, link: float) -> None:
    assert forward(kind, np.array([value]))[0] == pytest.approx(link, rel=1e-6)


@pytest.mark.parametrize("kind", [*CONTINUOUS, "mutation"])
def test_missing_stays_missing(kind: str) -> None:
    assert np.isnan(forward(kind, np.array([np.nan])))[0]
    assert np.isnan(inverse(kind, np.array([np.nan])))[0]


@given(st.sampled_from(("expression", "fraction", "percent", "mutation")), st.floats(-15, 15))
def test_inverse_undoes_forward(kind: str, link: float) -> None:
    there = inverse(kind, np.array([link]))
    assert forward(kind, there)[0] == pytest.approx(link, abs=1e-8)


@given(st.floats(0.01, 1e4))
def test_inverse_of_a_count_is_its_intensity(intensity: float) -> None:
    assert inverse("count", np.array([math.log(intensity)]))[0] == pytest.approx(intensity)


@given(st.sampled_from(CONTINUOUS), st.floats(0.001, 0.999))
def test_location_is_where_the_median_goes(kind: str, median: float) -> None:
    """Half of a law that is symmetric about the location lies below the median."""
    assert inverse(kind, np.array([location(kind, median)]))[0] == pytest.approx(median)


@given(
    st.sampled_from(CONTINUOUS),
    st.sampled_from(OPERATORS),
    st.floats(-5, 5),
    st.one_of(st.integers(0, 30).map(float), st.floats(0.01, 0.99)),
)
def test_threshold_says_what_the_record_says(kind: str, op: str, link: float, value: float) -> None:
    """The condition on the record holds exactly where the link-scale value passes the threshold."""
    assume(kind in ("count", "expression") or 0 < value < 1)
    record = inverse(kind, np.array([link]))
    if kind == "count":
        record = np.floor(record)
    threshold, above = link_threshold(kind, op, value)
    assume(abs(link - threshold) > 1e-6)  # at the threshold itself the event has no probability
    assert bool(COMPARE[op](record, value)[0]) == (link > threshold if above else link < threshold)


@pytest.mark.parametrize(
    ("op", "value", "threshold", "above"),
    [
        (">", 5, math.log(6), True),
        (">=", 5, math.log(5), True),
        ("<", 5, math.log(5), False),
        ("<=", 5, math.log(6), False),
        (">", 4.5, math.log(5), True),
        (">=", 0, -math.inf, True),
        ("<", 0, -math.inf, False),
        ("<=", -1, -math.inf, False),
    ],
)
def test_threshold_of_a_count(op: str, value: float, threshold: float, above: bool) -> None:
    assert link_threshold("count", op, value) == (threshold, above)


@pytest.mark.parametrize("op", ["==", "!=", "~"])
def test_continuous_markers_have_no_equality(op: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be compared with '{op}'"):
        link_threshold("expression", op, 1.0)


@pytest.mark.parametrize(
    ("op", "found"),
    [
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
    ],
)
def test_comparisons(op: str, found: list[bool]) -> None:
    assert COMPARE[op](np.array([1.0, 2.0, 3.0]), 2.0).tolist() == found
