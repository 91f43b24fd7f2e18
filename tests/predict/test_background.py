"""Percentiles, shares and claims in words, as the bundle holds them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy.stats import percentileofscore

from resistml.predict.background import LEVELS, Background, mid_rank
from tests.predict.tiny import tiny_spec


def background() -> Background:
    return Background(
        quantiles={"one": {"A": np.geomspace(0.1, 10, len(LEVELS))}},
        shares={"one": {"T": 0.25}},
        acts_on={"targeted": ("target",), "chemo": ()},
        reported={"about_A": "10-20%"},
    )


def test_levels_rise_from_none_to_all() -> None:
    assert (LEVELS[0], LEVELS[-1]) == (0, 100)
    assert (np.diff(LEVELS) > 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_levels_are_those_of_the_values_they_were_taken_from(seed: int) -> None:
    """Of 2,000 values, within half of the widest step between levels, which is 5."""
    values = np.random.default_rng(seed).lognormal(size=2_000)
    quantiles = np.quantile(values, LEVELS / 100)
    asked = np.exp(np.linspace(-3, 3, 60))
    expected = [percentileofscore(values, x, kind="mean") for x in asked]
    np.testing.assert_allclose(mid_rank(quantiles, asked), expected, atol=1.0)


def test_a_tie_has_its_middle() -> None:
    """40% of the patients at 0, as below a detection limit: the middle of 0 to 40."""
    values = np.concatenate([np.zeros(400), np.linspace(1, 2, 600)])
    quantiles = np.quantile(values, LEVELS / 100)
    found = mid_rank(quantiles, np.array([0.0, 1.5, 2.0]))
    assert found[0] == pytest.approx(20, abs=2.5)
    assert found[1] == pytest.approx(70, abs=0.2)
    assert found[2] == 100


def test_beyond_the_ends_and_unmeasured() -> None:
    quantiles = np.linspace(1, 2, len(LEVELS))
    found = mid_rank(quantiles, np.array([0.5, 1.0, 2.0, 3.0, np.nan]))
    np.testing.assert_array_equal(found, [0, 0, 100, 100, np.nan])


def test_never_falls() -> None:
    rng = np.random.default_rng(1)
    quantiles = np.quantile(rng.poisson(2, 500).astype(float), LEVELS / 100)
    found = mid_rank(quantiles, np.linspace(-1, 9, 200))
    assert (np.diff(found) >= 0).all()


def test_what_is_not_known_has_no_percentile() -> None:
    values = np.array([1.0, 2.0])
    assert np.isnan(background().percentile("two", "A", values)).all()
    assert np.isnan(background().percentile("one", "P", values)).all()
    assert background().percentile("one", "A", np.array([1.0]))[0] == pytest.approx(50, abs=1)


def test_there_and_back() -> None:
    made = background()
    raw = json.loads(json.dumps(made.to_json(), allow_nan=False))
    found = Background.from_json(raw, {}, tiny_spec())
    np.testing.assert_array_equal(found.quantiles["one"]["A"], made.quantiles["one"]["A"])
    assert found.shares == made.shares
    assert (found.acts_on, found.reported) == (made.acts_on, made.reported)


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("quantiles", {"two": {"P": [0.0] * len(LEVELS)}}, "other markers"),
        ("quantiles", {"one": {"A": [1.0, 2.0]}}, "of shape"),
        ("quantiles", {"one": {"A": [*[0.0] * (len(LEVELS) - 1), float("inf")]}}, "not finite"),
        ("quantiles", {"one": {"A": [1.0, *[0.0] * (len(LEVELS) - 1)]}}, "that fall"),
        ("shares", {"one": {"T": 1.5}}, "outside 0 to 1"),
        ("shares", {"three": {"A": 0.5}}, "other markers"),
        ("acts_on", {"chemo": ["luck"]}, "mechanisms"),
    ],
)
def test_what_does_not_hold_together_is_refused(part: str, value: Any, said: str) -> None:
    raw = {**background().to_json(), part: value}
    with pytest.raises(ValueError, match=said):
        Background.from_json(raw, {}, tiny_spec())


def test_a_setting_that_is_not_there_is_refused() -> None:
    raw = {**background().to_json(), "shares": {"nine": {}}}
    with pytest.raises(KeyError):
        Background.from_json(raw, {}, tiny_spec())
