"""Where each parameter stands, and which are shrunk together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.features.ramps import SEGMENTS
from resistml.features.terms import Terms
from resistml.learn.layout import START, USUAL, Group, Layout
from tests.learn.additive_data import any_terms

SEEDS = st.integers(0, 10_000)

#: Two settings with the markers 0 and 1, and 1; strategies 0 and 1 in the first, 1 in the second.
TERMS = Terms(
    setting=np.array([0, 0, 1]),
    strategy=np.array([0, 1, 1]),
    marker=np.array([[0, 1], [1, -1]]),
    exposure=np.array([[1.0, 0.5], [0.0, 1.0], [-1.0, 0.0]]),
    bends=np.array([True, False]),
)


def group(layout: Layout, kind: str) -> Group:
    (found,) = (g for g in layout.groups if g.kind == kind)
    return found


def test_by_hand() -> None:
    layout = Layout(TERMS, columns=2)
    # Two settings, two strategies, three pairs, six slopes and one, two columns, four own.
    assert (layout.settings, layout.arms, layout.size) == (2, 3, 20)
    assert layout.at_pair.tolist() == [[0, 2, 4], [0, 3, 5], [1, 3, 6]]
    assert [at.tolist() for at in layout.at_marker] == [[7, 8, 9, 10, 11, 12], [13]]
    assert layout.at_clinical.tolist() == [14, 15]
    # The second strategy meets the second marker in both settings: it has one slope of its own.
    assert layout.at_own == {(0, 0): 16, (0, 1): 17, (1, 0): 18, (1, 1): 19}
    assert np.flatnonzero(layout.signed).tolist() == [*range(7, 14)]


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.booleans(), st.booleans(), st.integers(0, 3))
def test_every_parameter_has_a_place_of_its_own(
    seed: int, bent: bool, own: bool, columns: int
) -> None:
    layout = Layout(any_terms(np.random.default_rng(seed)), columns, bent, own)
    places = [*layout.at_pair.T, *layout.at_marker, layout.at_clinical, [*layout.at_own.values()]]
    found = np.unique(np.concatenate([np.asarray(p, dtype=int) for p in places]))
    used = {*layout.terms.strategy.tolist()}
    unused = [layout.settings + a for a in range(layout.terms.strategies) if a not in used]
    np.testing.assert_array_equal(np.union1d(found, unused), np.arange(layout.size))
    pairs = np.unique(layout.at_pair[:, 2])
    assert len(pairs) == layout.arms


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.booleans(), st.booleans(), st.integers(0, 3))
def test_every_parameter_is_shrunk(seed: int, bent: bool, own: bool, columns: int) -> None:
    """With all penalties above 0 their sum is positive definite: there is one optimum."""
    layout = Layout(any_terms(np.random.default_rng(seed)), columns, bent, own)
    total = np.zeros((layout.size, layout.size))
    for g in layout.groups:
        assert g.kind in START
        assert g.kind in USUAL
        np.testing.assert_array_equal(g.shape, g.shape.T)
        eigenvalues = np.linalg.eigvalsh(g.shape)
        assert eigenvalues[0] > -1e-12
        assert int((eigenvalues > 1e-9).sum()) == g.rank
        total[np.ix_(g.index, g.index)] += g.shape
    assert np.linalg.eigvalsh(total)[0] > 1e-3


def test_bends_are_shrunk_to_a_straight_line_and_lines_to_none() -> None:
    layout, equal = Layout(TERMS, 0), np.full(SEGMENTS, 0.7)
    bends, markers = group(layout, "bends"), group(layout, "markers")
    np.testing.assert_allclose(bends.shape @ equal, 0, atol=1e-12)
    assert equal @ markers.shape @ equal == pytest.approx(SEGMENTS * 0.7**2)
    step = np.repeat([0.0, 1.0], SEGMENTS // 2)  # one change of slope, by 1
    assert step @ bends.shape @ step == pytest.approx(1.0)
    wave = np.tile([1.0, -1.0], SEGMENTS // 2)  # a mean slope of 0
    assert wave @ markers.shape @ wave == pytest.approx(0.0)


def test_lines_that_may_not_bend_have_one_slope() -> None:
    layout = Layout(TERMS, 2, bent=False)
    assert [len(at) for at in layout.at_marker] == [1, 1]
    kinds = {g.kind for g in layout.groups}
    assert kinds == {"settings", "strategies", "pairs", "straight", "clinical", "own"}
    assert len(group(layout, "straight").index) == 2


def test_strategies_may_be_held_to_their_exposures() -> None:
    layout = Layout(TERMS, 2, own=False)
    assert layout.at_own == {}
    assert "own" not in {g.kind for g in layout.groups}
    assert not layout.model(np.ones(layout.size), 0.0).own.any()


def test_groups_without_parameters_are_left_out() -> None:
    layout = Layout(Terms.none(), 0)
    assert [g.kind for g in layout.groups] == ["settings", "strategies", "pairs"]
    assert layout.size == 3


def test_as_it_scores() -> None:
    layout = Layout(TERMS, 2)
    theta = np.arange(layout.size, dtype=float)
    model = layout.model(theta, overall=100.0)
    np.testing.assert_array_equal(model.intercepts, [106, 108, 110])
    np.testing.assert_array_equal(model.slopes, [np.arange(7, 13), [13] * SEGMENTS])
    np.testing.assert_array_equal(model.clinical, [14, 15])
    for (strategy, marker), place in layout.at_own.items():
        assert model.own[strategy, marker] == place


def test_what_never_meets_has_nothing_of_its_own() -> None:
    apart = Terms(
        setting=np.array([0, 1]),
        strategy=np.array([0, 1]),
        marker=np.array([[0], [1]]),
        exposure=np.ones((2, 1)),
        bends=np.ones(2, dtype=bool),
    )
    layout = Layout(apart, 0)
    assert set(layout.at_own) == {(0, 0), (1, 1)}
    model = layout.model(np.ones(layout.size), 0.0)
    np.testing.assert_array_equal(model.own, np.eye(2))


class TestOneOwn:
    """What terms of one's own cohort may say beside: free slopes, pools, strategies apart."""

    def test_free_slopes_have_no_sign(self) -> None:
        terms = replace(TERMS, free=np.array([True, False]))
        assert np.flatnonzero(Layout(terms, 0).signed).tolist() == [13]

    def test_markers_of_one_pool_are_shrunk_together(self) -> None:
        straight = replace(TERMS, bends=np.array([False, False]))
        one = Layout(straight, 0)
        assert len([g for g in one.groups if g.kind == "straight"]) == 1
        apart = Layout(replace(straight, pool=np.array([0, -1])), 0)
        kinds = {g.kind: g.index.tolist() for g in apart.groups}
        assert kinds["straight"] == apart.at_marker[0].tolist()
        assert kinds["levels"] == apart.at_marker[1].tolist()

    def test_strategies_apart_have_a_penalty_each(self) -> None:
        together, apart = Layout(TERMS, 0), Layout(replace(TERMS, apart=True), 0)
        assert [len(g.index) for g in together.groups if g.kind == "own"] == [4]
        assert [len(g.index) for g in apart.groups if g.kind == "own"] == [2, 2]
        assert together.size == apart.size

    def test_what_slopes_are_drawn_to(self) -> None:
        layout = Layout(TERMS, 2)
        centre = layout.centre(np.array([0.3, 0.7]))
        assert centre[layout.at_marker[0]].tolist() == [0.3] * SEGMENTS
        assert centre[layout.at_marker[1]].tolist() == [0.7]
        assert np.count_nonzero(centre) == SEGMENTS + 1
        assert not layout.centre(None).any()
