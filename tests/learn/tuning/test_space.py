"""What may be tried: whole numbers stay whole, and nothing leaves its range."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from resistml.config_tune import Range
from resistml.learn.tuning.space import DIGITS, Space

RANGES = {
    "penalty": Range(low=0.0123456, high=9.87654, log=True),
    "depth": Range(low=1, high=4),
    "base": Range(choices=(True, False)),
}
START = {"penalty": 0.5, "depth": 2, "base": True}


def test_in_the_terms_of_optuna() -> None:
    assert Space(RANGES, START).distributions() == {
        "penalty": FloatDistribution(0.0123456, 9.87654, log=True),
        "depth": IntDistribution(1, 4),
        "base": CategoricalDistribution((True, False)),
    }


@pytest.mark.parametrize(
    ("changed", "inside"),
    [
        ({}, True),
        ({"penalty": 0.0123456}, True),
        ({"penalty": 10.0}, False),
        ({"depth": 4}, True),
        ({"depth": 5}, False),
    ],
)
def test_it_begins_with_the_settings_that_are_there(
    changed: dict[str, float], inside: bool
) -> None:
    start = {**START, **changed, "rounds": 300}
    space = Space(RANGES, start)
    assert space.first() == ({key: start[key] for key in RANGES} if inside else None)


def test_a_choice_that_is_not_offered_cannot_be_begun_with() -> None:
    space = Space({"family": Range(choices=("a", "b"))}, {"family": "c"})
    assert space.first() is None


@given(st.floats(0.0123456, 9.87654), st.integers(1, 4), st.booleans())
def test_tidy_settings_are_short_near_and_inside(penalty: float, depth: int, base: bool) -> None:
    tidy = Space(RANGES, START).tidy({"base": base, "depth": depth, "penalty": penalty})
    assert list(tidy) == list(RANGES)
    assert (tidy["depth"], tidy["base"]) == (depth, base)
    assert isinstance(tidy["depth"], int)
    found = float(tidy["penalty"])
    assert 0.0123456 <= found <= 9.87654
    assert found == pytest.approx(penalty, rel=0.6 * 10 ** (1 - DIGITS))
    assert found in (0.0123456, 9.87654) or found == float(f"{found:.{DIGITS}g}")
