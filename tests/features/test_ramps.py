"""Ramps: the parts of f that a broken line weighs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resistml.features.ramps import KNOTS, SEGMENTS, ramps, segment_shares

Floats = npt.NDArray[np.float64]
VALUES = st.floats(-1e6, 1e6)
SLOPES = st.floats(-10, 10)


def line(slopes: Floats, f: float) -> float:
    """The broken line through 0 at f = 0, walked from knot to knot."""
    stops = [0.0, *(k for k in KNOTS if 0 < k < f), f] if f > 0 else []
    stops = [0.0, *(k for k in reversed(KNOTS) if f < k < 0), f] if f < 0 else stops
    total = 0.0
    for a, b in pairwise(stops):
        segment = sum(k < (a + b) / 2 for k in KNOTS)
        total += float(slopes[segment]) * (b - a)
    return total


def test_there_is_a_segment_more_than_knots() -> None:
    assert len(KNOTS) + 1 == SEGMENTS
    assert (np.diff(KNOTS) > 0).all()


@given(arrays(float, (3, 2), elements=VALUES))
def test_ramps_add_up_to_f(f: Floats) -> None:
    found = ramps(f)
    assert found.shape == (3, 2, SEGMENTS)
    np.testing.assert_allclose(found.sum(axis=-1), f, rtol=1e-12, atol=1e-12)


@given(VALUES, VALUES)
def test_no_ramp_ever_falls(a: float, b: float) -> None:
    low, high = ramps(np.sort([a, b]))
    assert (high >= low).all()


@given(VALUES)
def test_ramps_are_0_at_0_and_have_the_sign_of_f(f: float) -> None:
    assert not ramps(np.zeros(1)).any()
    assert (ramps(np.array([f])) * np.sign(f) >= 0).all()


@given(VALUES)
def test_no_inner_ramp_is_longer_than_its_segment(f: float) -> None:
    assert (np.abs(ramps(np.array([f]))[0, 1:-1]) <= np.diff(KNOTS)).all()


@given(arrays(float, SEGMENTS, elements=SLOPES), st.floats(-50, 50))
def test_weighed_ramps_are_the_broken_line(slopes: Floats, f: float) -> None:
    found = float(ramps(np.array([f]))[0] @ slopes)
    assert found == pytest.approx(line(slopes, f), abs=1e-9)


@given(st.floats(-10, 10), st.floats(-50, 50))
def test_equal_slopes_are_a_straight_line(slope: float, f: float) -> None:
    assert float(ramps(np.array([f]))[0].sum() * slope) == pytest.approx(slope * f, abs=1e-9)


def test_unmeasured_stays_unmeasured() -> None:
    assert np.isnan(ramps(np.array([np.nan]))).all()


def test_shares_count_whom_each_segment_holds() -> None:
    """A value at a knot belongs below it."""
    f = np.array([-9.0, *KNOTS, 0.1, 0.2, 7.0, 8.0])
    np.testing.assert_allclose(segment_shares(f), np.array([2, 1, 1, 3, 1, 2]) / 10)


@given(arrays(float, st.integers(1, 30), elements=VALUES))
def test_shares_add_up_to_1(f: Floats) -> None:
    found = segment_shares(f)
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0).all()


def test_shares_of_nobody_are_equal() -> None:
    np.testing.assert_array_equal(segment_shares(np.zeros(0)), np.full(SEGMENTS, 1 / SEGMENTS))


def test_shares_are_the_mean_slopes_of_the_ramps() -> None:
    """What moving everybody by a little moves each mean ramp by; nobody is within it of a knot."""
    f = np.random.default_rng(0).normal(size=2_000)
    step = 1e-7
    assert np.abs(f[:, None] - np.array(KNOTS)).min() > 2 * step
    moved = (ramps(f + step) - ramps(f)).mean(axis=0) / step
    np.testing.assert_allclose(moved, segment_shares(f), atol=1e-6)
