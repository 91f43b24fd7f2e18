"""Strategies compared: probabilities of being best, ties, order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm

import resistml.predict.compare as module
from resistml.predict.compare import EQUAL, PAIRS, Comparison, compare
from resistml.predict.model import Z90
from resistml.predict.parts import Parts
from resistml.predict.widths import Widths
from tests.predict.tiny import tiny_model

MODEL = tiny_model()  # calibrated log-odds are twice the margin


def one(
    *margins: tuple[float, ...],
    is_open: tuple[bool, ...] | None = None,
    extra: np.ndarray | None = None,
) -> Comparison:
    """One patient; a tuple of margins of the bag per strategy."""
    flags = is_open or (True,) * len(margins)
    return compare(MODEL, np.array([margins]), np.array([flags]), extra)


def test_probability_and_interval_closed_form() -> None:
    found = one((0.0, 0.4), (1.0, 1.0))
    half = Z90 * np.std([0.0, 0.4], ddof=1)
    assert found.p[0] == pytest.approx(expit([-0.4, -2.0]))
    assert found.lower[0] == pytest.approx([expit(-2 * (0.2 + half)), expit(-2.0)])
    assert found.upper[0] == pytest.approx([expit(-2 * (0.2 - half)), expit(-2.0)])


def test_order_is_by_response_and_stable_among_equals() -> None:
    assert one((1.0, 1.0), (0.0, 0.0), (1.0, 1.0), (-1.0, -1.0)).order.tolist() == [[3, 1, 0, 2]]


#: Three standard errors of a probability of 1/2 from so many pairs of draws, and what is lost or
#: won by those within a hundredth of each other.
MONTE_CARLO = 3 * 0.5 / np.sqrt(2 * PAIRS) + 0.02


@pytest.mark.parametrize("gap", [0.0, 0.5, 1.0, -1.0])
@pytest.mark.parametrize("own", [0.0, 0.5])
def test_probability_of_being_best_of_two_closed_form(gap: float, own: float) -> None:
    """P(N(gap, variance of the difference) > 0), by the bag and by what is added."""
    first, second = np.array([-0.4, 0.5, -0.1]), np.array([0.3, -0.5, 0.2])
    extra = np.array([[own, own / 2]])
    found = one(tuple(first), tuple(second + gap), extra=extra)
    variance = (first - second).var(ddof=1) + 1.5 * own
    mean = gap + second.mean() - first.mean()
    expected = norm.cdf(mean / np.sqrt(variance))
    assert found.p_best[0, 0] == pytest.approx(expected, abs=MONTE_CARLO)


def test_the_bag_is_weighed_by_its_factor() -> None:
    """With four times the variance the difference is half as clear."""
    parts = Parts(widths=replace(Widths.plain(MODEL.spec), bag=4.0))
    margins = np.array([[[-0.4, 0.5, -0.1], [0.9, 0.1, 0.8]]])
    found = compare(replace(MODEL, parts=parts), margins, np.ones((1, 2), dtype=bool))
    gap = margins[0, 1] - margins[0, 0]
    expected = norm.cdf(gap.mean() / (2 * gap.std(ddof=1)))
    assert found.p_best[0, 0] == pytest.approx(expected, abs=MONTE_CARLO)
    spread = 2 * margins[0].std(axis=1, ddof=1)
    assert found.lower[0] == pytest.approx(expit(-2 * (margins[0].mean(axis=1) + Z90 * spread)))


def test_margins_that_move_together_are_told_apart() -> None:
    """Each is uncertain, their difference is not; if each had its own doubt, it would be."""
    margins = (-0.5, 0.5, 0.0), (-0.2, 0.8, 0.3)
    assert one(*margins).p_best[0] == pytest.approx([1.0, 0.0])
    apart = one(*margins, extra=np.array([[1.0, 1.0]]))
    assert apart.p_best[0, 0] == pytest.approx(norm.cdf(0.3 / np.sqrt(2)), abs=MONTE_CARLO)


def test_equals_share_and_what_is_far_has_nothing() -> None:
    found = one((0.1, -0.1), (0.1, -0.1), (9.0, 9.1))
    assert found.p_best[0] == pytest.approx([0.5, 0.5, 0.0])


def test_doubt_of_its_own_widens_the_interval() -> None:
    found = one((0.1, 0.1), (0.2, 0.2), extra=np.array([[0.04, 0.0]]))
    assert found.lower[0] == pytest.approx([expit(-2 * (0.1 + Z90 * 0.2)), expit(-0.4)])
    assert found.upper[0] == pytest.approx([expit(-2 * (0.1 - Z90 * 0.2)), expit(-0.4)])


@pytest.mark.parametrize(("own", "tied"), [(0.0, False), (0.5, True)])
def test_tied_by_doubt_of_its_own(own: float, tied: bool) -> None:
    """0.4 apart, with 0 and with sqrt(0.75) as the standard deviation of the difference."""
    found = one((0.0, 0.0), (0.4, 0.4), extra=np.array([[own, own / 2]]))
    assert found.tied[0].tolist() == [tied, tied]


@pytest.mark.parametrize("cells", [1, 2 * PAIRS * 3 * 7])
def test_runs_of_patients_equal_the_whole(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    rng = np.random.default_rng(5)
    margins, extra = rng.normal(size=(20, 3, 4)), rng.random((20, 3))
    is_open = rng.random((20, 3)) < 0.8
    whole = compare(MODEL, margins, is_open, extra).p_best
    monkeypatch.setattr(module, "CELLS", cells)
    np.testing.assert_array_equal(compare(MODEL, margins, is_open, extra).p_best, whole)


def test_best_within_a_hundredth_share() -> None:
    """p = 1/2 and 1/2 - 0.008 count as equal, 1/2 - 0.012 does not."""
    margin = {gap: float(-np.log((0.5 - gap) / (0.5 + gap)) / 2) for gap in (0.008, 0.012)}
    near, far = (one((0.0, 0.0), (m, m)) for m in margin.values())
    assert near.p_best[0] == pytest.approx([0.5, 0.5])
    assert near.tied[0].tolist() == [True, True]
    assert far.p_best[0] == pytest.approx([1.0, 0.0])
    assert far.tied[0].tolist() == [False, False]


def test_tied_where_the_difference_may_be_0() -> None:
    """Paired: strategies whose margins move together are told apart, however wide each is."""
    together = one((0.0, 2.0, 1.0), (0.5, 2.4, 1.6))
    assert together.tied[0].tolist() == [False, False]
    apart = one((0.0, 2.0, 1.0), (2.4, 0.5, 1.6))
    assert apart.tied[0].tolist() == [True, True]


def test_closed_strategies_have_nothing_and_come_last() -> None:
    found = one((-3.0, -3.0), (0.0, 0.1), (0.2, 0.1), is_open=(False, True, True))
    assert found.order[0].tolist() == [1, 2, 0]
    for values in (found.p, found.lower, found.upper, found.p_best):
        assert np.isnan(values[0, 0])
        assert not np.isnan(values[0, 1:]).any()
    assert found.p_best[0, 1:].sum() == pytest.approx(1)
    assert not found.tied[0, 0]


def test_only_strategy_is_best_and_not_tied() -> None:
    found = one((0.3, 0.1), (0.0, 0.0), is_open=(True, False))
    assert found.p_best[0, 0] == 1
    assert found.tied[0].tolist() == [False, False]


def test_nothing_open() -> None:
    found = one((0.3, 0.1), (0.0, 0.0), is_open=(False, False))
    assert np.isnan(found.p).all()
    assert not found.tied.any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(2, 8))
def test_invariants(seed: int, arms: int, bag: int) -> None:
    rng = np.random.default_rng(seed)
    margins, is_open = rng.normal(size=(5, arms, bag)), rng.random((5, arms)) < 0.7
    extra = rng.random((5, arms))
    found = compare(MODEL, margins, is_open, extra)
    some = is_open.any(axis=1)
    np.testing.assert_allclose(np.nansum(found.p_best, axis=1)[some], 1)
    for i in range(5):
        ordered = found.order[i, : is_open[i].sum()]
        assert is_open[i, ordered].all()
        assert (np.diff(found.p[i, ordered]) <= 0).all()
    ok = is_open
    assert (found.lower[ok] <= found.p[ok]).all()
    assert (found.p[ok] <= found.upper[ok]).all()
    # Ties come at least in twos, the first among them.
    assert (found.tied.sum(axis=1) != 1).all()
    first = np.take_along_axis(found.tied, found.order[:, :1], axis=1)[:, 0]
    np.testing.assert_array_equal(first, found.tied.any(axis=1))
    # A patient's comparison is his own.
    alone = compare(MODEL, margins[2:3], is_open[2:3], extra[2:3])
    np.testing.assert_array_equal(alone.p_best[0], found.p_best[2])


def test_equal_is_a_hundredth() -> None:
    assert EQUAL == 0.01
