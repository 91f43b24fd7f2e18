"""Values of rankings and of fixed rules, against brute force."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.evaluate.policy import (
    best_fixed_rule,
    best_list,
    captured,
    first_choice,
    policy_value,
    reached,
)
from tests.evaluate.toy import judge_of

Floats = npt.NDArray[np.float64]
NAN = float("nan")


@st.composite
def instances(draw: st.DrawFn, most_arms: int = 5) -> Floats:
    """Response rates (n, A); every patient is eligible for something."""
    n, arms = draw(st.integers(1, 12)), draw(st.integers(1, most_arms))
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    p = np.round(rng.random((n, arms)), draw(st.sampled_from([1, 6])))
    p[rng.random(p.shape) < draw(st.sampled_from([0.0, 0.4, 0.8]))] = NAN
    lost = np.isnan(p).all(axis=1)
    p[lost, rng.integers(0, arms)] = 0.5
    return p


def value_of(p: Floats, order: tuple[int, ...]) -> float:
    """Sum under a priority list, patient by patient."""
    total = 0.0
    for row in p:
        total += next(row[j] for j in order if not np.isnan(row[j]))
    return total


@settings(max_examples=150, deadline=None)
@given(instances())
def test_best_list_equals_brute_force(p: Floats) -> None:
    value, order = best_list(p)
    every = {o: value_of(p, o) for o in permutations(range(p.shape[1]))}
    assert value == pytest.approx(max(every.values()))
    assert every[order] == pytest.approx(value)
    equals = [o for o, v in every.items() if v >= value - 1e-9]
    assert order == min(equals)


def test_best_list_by_hand() -> None:
    """Arm 1 is best but for few; whoever cannot have it is better off with 2 than with 0."""
    p = np.array([[0.5, 0.6, 0.1], [0.5, NAN, 0.7], [0.2, NAN, 0.3], [0.9, 0.8, NAN]])
    value, order = best_list(p)
    assert order == (1, 2, 0)
    assert value == pytest.approx(0.6 + 0.7 + 0.3 + 0.8)


def test_best_list_of_twelve_arms_is_quick() -> None:
    """4,096 sets rather than 479 million orders."""
    rng = np.random.default_rng(0)
    p = rng.random((500, 12))
    p[rng.random(p.shape) < 0.3] = NAN
    p[:, 5] = 0.4
    value, order = best_list(p)
    assert value_of(p, order) == pytest.approx(value)
    for _ in range(300):
        assert value_of(p, tuple(rng.permutation(12).tolist())) <= value + 1e-9


@settings(max_examples=60, deadline=None)
@given(instances(), st.integers(0, 1_000))
def test_no_fixed_rule_beats_the_best_and_none_beats_the_oracle(p: Floats, seed: int) -> None:
    judge = judge_of(p)
    value, lists = best_fixed_rule(judge)
    assert value == pytest.approx(best_list(p)[0] / len(p))
    assert set(lists["s"]) <= set(judge.arm)  # arms that nobody gets are left out
    assert lists["s"]
    rng = np.random.default_rng(seed)
    fixed = dict(zip(sorted(set(judge.arm)), rng.random(p.shape[1]), strict=False))
    rule = np.array([fixed[a] for a in judge.arm])
    assert policy_value(judge, rule) <= value + 1e-12
    oracle = policy_value(judge, judge.p_response)
    assert oracle == pytest.approx(np.nanmax(p, axis=1).mean())
    assert value <= oracle + 1e-12


def test_each_setting_has_a_list_of_its_own() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.3], [0.2, 0.6], [0.1, 0.9]])
    value, lists = best_fixed_rule(judge_of(p, setting=["x", "x", "y", "y"]))
    assert lists == {"x": ("a0",), "y": ("a1",)}
    assert value == pytest.approx((0.9 + 0.8 + 0.6 + 0.9) / 4)


def test_first_choice_ties_go_to_the_earlier_arm() -> None:
    judge = judge_of(np.array([[0.1, 0.2, 0.3], [NAN, 0.2, 0.3]]))
    level = np.array([0.5, 0.5, 0.1, 0.7, 0.7])
    assert judge.arm[first_choice(judge, level)].tolist() == ["a0", "a1"]


def test_first_choice_whatever_the_order_of_rows() -> None:
    p = np.random.default_rng(0).random((30, 3))
    judge = judge_of(p)
    chosen = first_choice(judge, judge.p_response)
    assert judge.patient[chosen].tolist() == list(range(30))
    np.testing.assert_array_equal(judge.p_response[chosen], p.max(axis=1))


@pytest.mark.parametrize(
    ("learned", "fixed", "fair", "expected"),
    [
        (0.6, 0.5, 0.7, 0.5),
        (0.7, 0.5, 0.7, 1.0),
        (0.5, 0.5, 0.7, 0.0),
        (0.4, 0.5, 0.7, -0.5),
    ],
)
def test_captured(learned: float, fixed: float, fair: float, expected: float) -> None:
    assert captured(learned, fixed, fair) == pytest.approx(expected)


@pytest.mark.parametrize("fair", [0.5, 0.4])
def test_captured_of_nothing_to_gain_is_none(fair: float) -> None:
    assert np.isnan(captured(0.5, 0.5, fair))


def test_a_list_ends_with_the_first_arm_open_to_everybody() -> None:
    nan = np.nan
    p = np.array([[0.9, 0.5, 0.4], [nan, 0.5, 0.4], [nan, 0.6, 0.1]])
    assert reached(p, (0, 1, 2)) == (0, 1)
    assert reached(p, (2, 0, 1)) == (2,)
    assert reached(p[1:], (0, 1, 2)) == (1,)
