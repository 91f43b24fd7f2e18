"""Smooth strata, held against hard indicators on drawn records and against differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.features import conditions
from resistml.world.compiled import Compiled, compile_setting
from resistml.world.laws import Test as Condition
from resistml.world.markers import Noise, draw_patients, recorded_columns
from resistml.world.sample import draw_base
from resistml.world.strata import eligible, stratum
from tests.world.tiny import tiny_world

WORLD = tiny_world()
C = compile_setting(WORLD, "early")
BASE = draw_base(C)
PATIENTS = 200_000

CONJUNCTIONS: dict[str, tuple[Condition, ...]] = {
    "nothing": (),
    "above": (("PUMP", ">", 2.0),),
    "below": (("PUMP", "<=", 2.0),),
    "between": (("PUMP", ">", 1.0), ("PUMP", "<=", 3.0)),
    "empty interval": (("PUMP", ">", 3.0), ("PUMP", "<=", 1.0)),
    "repeated": (("PUMP", ">", 1.0), ("PUMP", ">", 2.0)),
    "fraction": (("STEM", ">", 0.05),),
    "fraction below its limit": (("STEM", "<", 0.005),),
    "fraction above less than its limit": (("STEM", ">", 0.005),),
    "fraction at its limit": (("STEM", ">=", 0.01),),
    "fraction at or above 0": (("STEM", ">=", 0.0),),
    "fraction not above 0": (("STEM", "<=", 0.0),),
    "fraction below 0": (("STEM", "<", 0.0),),
    "percent": (("LIGAND", ">=", 50.0),),
    "low percent": (("LIGAND", "<", 1.0),),
    "count above": (("CELLS", ">", 5.0),),
    "count at least": (("CELLS", ">=", 5.0),),
    "count at most": (("CELLS", "<=", 5.0),),
    "count below": (("CELLS", "<", 5.0),),
    "no cells": (("CELLS", "<=", 0.0),),
    "one count": (("CELLS", ">=", 5.0), ("CELLS", "<=", 5.0)),
    "mutated": (("GATE", "==", 1.0),),
    "not mutated": (("GATE", "!=", 1.0),),
    "wild type twice": (("GATE", "==", 0.0), ("RAS", "==", 0.0)),
    "impossible call": (("GATE", "==", 0.0), ("GATE", "==", 1.0)),
    "old": (("age", ">", 70.0),),
    "fit": (("ecog", "<", 2.0),),
    "female": (("sex", "==", 1.0),),
    "male": (("sex", "!=", 1.0),),
    "first line": (("line", "==", 1.0),),
    "later line": (("line", ">=", 2.0),),
    "mixed": (("PUMP", ">", 2.0), ("CELLS", "<=", 5.0), ("GATE", "==", 1.0), ("age", "<=", 70.0)),
}
UNIONS: dict[str, tuple[tuple[Condition, ...], ...]] = {
    "anyone": (),
    "one": ((("GATE", "==", 1.0),),),
    "two mutations": ((("GATE", "==", 1.0),), (("RAS", "==", 1.0),)),
    "one column twice": ((("PUMP", ">", 3.0),), (("PUMP", "<", 1.0),)),
    "nested": ((("PUMP", ">", 3.0),), (("PUMP", ">", 1.0), ("GATE", "==", 1.0))),
    "three": ((("PUMP", ">", 3.0),), (("LIGAND", ">=", 50.0),), (("age", ">", 70.0),)),
}


@pytest.fixture(scope="module")
def seen() -> dict[str, np.ndarray]:
    """Records of drawn patients, nothing missing."""
    rng = np.random.default_rng(5)
    width = len(C.markers)
    noise = Noise(
        latent=rng.standard_normal((PATIENTS, width)),
        error=rng.standard_normal((PATIENTS, width)),
        missing=np.ones((PATIENTS, width)),
        person=rng.random((PATIENTS, 3)),
    )
    return recorded_columns(C, draw_patients(WORLD, C, noise, np.arange(PATIENTS)))


def within(weight: np.ndarray, hard: np.ndarray) -> bool:
    """Whether a mean weight is the share met: 4 standard errors of the share (normal tail
    6e-5, times 38 cases = 0.2%), and 0.001 for the fixed sample's own error."""
    share = hard.mean()
    return abs(weight.mean() - share) <= 4 * np.sqrt(share * (1 - share) / len(hard)) + 1e-3


@pytest.mark.parametrize("name", CONJUNCTIONS)
def test_mean_weight_is_the_share_whose_record_meets_it(
    name: str, seen: dict[str, np.ndarray]
) -> None:
    tests = CONJUNCTIONS[name]
    hard = conditions.holds(seen, tests, PATIENTS)
    weight = stratum(C, BASE, tests).weight
    assert weight.min() >= 0
    assert weight.max() <= 1
    assert within(weight, hard)


@pytest.mark.parametrize("name", UNIONS)
def test_mean_weight_of_alternatives(name: str, seen: dict[str, np.ndarray]) -> None:
    weight = eligible(C, BASE, UNIONS[name]).weight
    assert weight.min() >= -1e-12
    assert weight.max() <= 1 + 1e-12
    assert within(weight, conditions.eligible(seen, UNIONS[name], PATIENTS))


@pytest.mark.parametrize("name", ["impossible call", "empty interval", "fraction below 0"])
def test_nobody_meets_a_contradiction(name: str) -> None:
    assert not stratum(C, BASE, CONJUNCTIONS[name]).weight.any()


def moved(c: Compiled, marker: str, by: float) -> Compiled:
    location = c.location.copy()
    location[c.continuous.index(marker)] += by
    return replace(c, location=location)


@pytest.mark.parametrize("name", [*CONJUNCTIONS, *UNIONS])
def test_slopes_are_the_derivatives_by_location(name: str) -> None:
    step = 1e-5
    alternatives = UNIONS.get(name, (CONJUNCTIONS.get(name, ()),))
    slopes = eligible(C, BASE, alternatives).slopes
    for marker in C.continuous:
        up = eligible(moved(C, marker, step), BASE, alternatives).weight
        down = eligible(moved(C, marker, -step), BASE, alternatives).weight
        difference = (up - down) / (2 * step)
        # A central difference errs by step^2 / 6 times the third derivative, which is at most
        # 1.4 / error^3 = 150 per condition here, so by 1e-8.
        slope = slopes.get(marker, np.zeros(len(difference)))
        np.testing.assert_allclose(slope, difference, rtol=0, atol=3e-8)


def test_a_marker_without_error_still_has_a_stratum() -> None:
    sharp = replace(C, error=np.zeros(len(C.continuous)))
    weight = stratum(sharp, BASE, (("PUMP", ">", 2.0),)).weight
    hard = C.location[0] + C.spread[0] * BASE.z[:, 0] > np.log(2.0)
    assert np.array_equal(weight > 0.5, hard)


def test_an_unmeasured_column_is_named() -> None:
    with pytest.raises(ValueError, match="'NOPE' is not measured in setting 'early'"):
        stratum(C, BASE, (("NOPE", ">", 1.0),))
