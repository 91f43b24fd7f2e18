"""Who is given what."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.cohort.assignment import Assignment, choose, mean_f, propensities, standard_records
from resistml.world.compiled import compile_setting
from tests.world.tiny import tiny_world

WORLD = tiny_world()
C = compile_setting(WORLD, "early")
HOW = get_args(Assignment)
FLOOR = 0.02


def records(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recorded markers with a tenth missing, ages, performance states."""
    rng = np.random.default_rng(seed)
    link = C.location + C.spread * rng.standard_normal((n, 5))
    values = np.column_stack(
        [
            np.exp(link[:, :2]),
            1 / (1 + np.exp(-link[:, 2:3])),
            100 / (1 + np.exp(-link[:, 3:4])),
            np.floor(np.exp(link[:, 4:5])),
            rng.random((n, 2)) < 0.3,
        ]
    )
    values[rng.random(values.shape) < 0.1] = np.nan
    return values, rng.integers(30, 90, n).astype(float), rng.integers(0, 3, n).astype(float)


@given(st.integers(0, 10_000), st.sampled_from(HOW))
@settings(max_examples=40)
def test_shares_add_up_and_keep_the_floor(seed: int, how: Assignment) -> None:
    values, age, ecog = records(50, seed)
    open_to = np.random.default_rng(seed).random((50, 4)) < 0.6
    open_to[:, 0] = True
    chance = propensities(WORLD, C, values, age, ecog, open_to, how, standard_records(C, values))
    assert chance.sum(axis=1) == pytest.approx(np.ones(50))
    assert (chance[open_to] >= FLOOR - 1e-12).all()
    assert (chance[~open_to] == 0).all()


def test_randomised_is_uniform_over_what_is_open() -> None:
    values, age, ecog = records(200)
    open_to = np.random.default_rng(1).random((200, 4)) < 0.6
    open_to[:, 0] = True
    chance = propensities(WORLD, C, values, age, ecog, open_to, "randomised")
    expected = open_to / open_to.sum(axis=1, keepdims=True)
    assert chance == pytest.approx(expected)


def one(how: Assignment, age: float = 50, ecog: float = 0, **recorded: float) -> dict[str, float]:
    """Propensities of one patient, average in all but what is said."""
    values = np.full((1, 7), np.nan)
    for marker, value in recorded.items():
        values[0, C.markers.index(marker)] = value
    everything = np.ones((1, 4), dtype=bool)
    chance = propensities(WORLD, C, values, np.array([age]), np.array([ecog]), everything, how)
    return dict(zip(C.arms, chance[0], strict=True))


def odds(chance: dict[str, float], arm: str, against: str) -> float:
    """Log-odds between two arms, the floor taken off."""
    return float(np.log((chance[arm] - FLOOR) / (chance[against] - FLOOR)))


def test_a_guideline_favours_the_usual_strategy_by_the_stated_odds() -> None:
    chance = one("guideline")
    assert odds(chance, "plain", "aimed") == pytest.approx(0.8)
    assert chance["aimed"] == pytest.approx(chance["immune"])


@pytest.mark.parametrize(("age", "ecog"), [(71, 0), (50, 2)])
def test_the_frail_are_spared_demanding_regimens(age: float, ecog: float) -> None:
    fit, frail = one("guideline"), one("guideline", age=age, ecog=ecog)
    assert odds(fit, "dense", "aimed") == pytest.approx(0.0)
    assert odds(frail, "dense", "aimed") == pytest.approx(-0.7)


def test_a_guideline_does_not_look_at_markers() -> None:
    assert one("guideline", PUMP=50.0, GATE=1.0) == one("guideline")


def test_confounding_steers_by_half_of_what_the_record_is_worth() -> None:
    base, high = one("confounded"), one("confounded", PUMP=np.exp(0.4 + 0.9))
    # One standard deviation above the average of f, which is 0 at exp(0.4): weights -0.8
    # under "plain" and -0.24 under "aimed".
    gained = odds(high, "plain", "aimed") - odds(base, "plain", "aimed")
    assert gained == pytest.approx(0.5 * (-0.8 + 0.24))


def test_a_mutation_steers_towards_the_drug_that_exploits_it() -> None:
    carrier, wild = one("confounded", GATE=1.0), one("confounded", GATE=0.0)
    gained = odds(carrier, "aimed", "plain") - odds(wild, "aimed", "plain")
    assert gained == pytest.approx(0.5 * 1.5)


def test_an_unmeasured_marker_does_not_steer() -> None:
    assert one("confounded") == pytest.approx(one("guideline"))


def test_standard_records_are_on_the_scale_of_f() -> None:
    row = [np.exp(0.4), np.nan, 0.0, 50.0, 4.0, 1.0, np.nan]
    f = standard_records(C, np.array([row]))[0]
    assert f[0] == pytest.approx(0.0)
    assert np.isnan(f[1])
    # Below the detection limit: three spreads under the setting's location.
    assert f[2] == pytest.approx((-4.2 - 3 * 1.1 + 4.0) / 1.0)
    assert f[3] == pytest.approx((0.0 + 2.0) / 1.5)
    assert f[4] == pytest.approx((np.log(4.5) - 1.5) / 1.2)
    assert f[5] == 1
    assert np.isnan(f[6])


def test_the_mean_of_f_is_that_of_the_setting() -> None:
    mean = dict(zip(C.markers, mean_f(C), strict=True))
    assert mean["STEM"] == pytest.approx(-0.2)
    assert mean["GATE"] == 0.35


CHANCE = np.array([[0.0, 0.3, 0.0, 0.7, 0.0]])
LAST = np.nextafter(1.0, 0.0)


@pytest.mark.parametrize(
    ("uniform", "given"), [(0.0, 1), (0.29, 1), (0.31, 3), (0.99, 3), (LAST, 3)]
)
def test_the_uniform_chooses(uniform: float, given: int) -> None:
    assert choose(CHANCE, np.array([uniform]))[0] == given


@given(st.lists(st.floats(0.02, 1), min_size=1, max_size=8), st.floats(0, LAST), st.data())
def test_a_strategy_of_propensity_0_is_never_given(
    shares: list[float], uniform: float, data: st.DataObject
) -> None:
    chance = np.array(shares)
    shut = data.draw(st.lists(st.booleans(), min_size=len(shares), max_size=len(shares)))
    chance[np.array(shut)] = 0.0
    if not chance.any():
        return
    # Rounding may leave the sum a little below or above 1.
    chance = chance / chance.sum() * (1 - 1e-15)
    index = choose(chance[None, :], np.array([uniform]))[0]
    assert chance[index] > 0


def test_strategies_are_given_as_often_as_their_propensity_says() -> None:
    values, age, ecog = records(1)
    chance = propensities(WORLD, C, values, age, ecog, np.ones((1, 4), bool), "confounded")
    n = 100_000
    given_arm = choose(np.repeat(chance, n, axis=0), np.random.default_rng(2).random(n))
    shares = np.bincount(given_arm, minlength=4) / n
    se = np.sqrt(chance[0] * (1 - chance[0]) / n)
    assert (np.abs(shares - chance[0]) < 4 * se).all()
