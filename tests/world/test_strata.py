"""Smooth strata, held against hard indicators on drawn records and against differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.features import conditions
from resistml.world.compiled import Compiled, clinical_terms, compile_setting
from resistml.world.laws import Test as Condition
from resistml.world.markers import Noise, Patients, draw_patients, recorded_columns
from resistml.world.missing import with_missing
from resistml.world.sample import draw_base, f_values
from resistml.world.strata import eligible, stratum
from tests.world.uneven import uneven_world

WORLD = uneven_world()
C = compile_setting(WORLD, "early")
COMPLETE = compile_setting(with_missing(WORLD, "none"), "early")
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
def drawn() -> Patients:
    """Patients whose values go unmeasured for frailty and for what they are."""
    rng = np.random.default_rng(5)
    width = len(C.markers)
    noise = Noise(
        latent=rng.standard_normal((PATIENTS, width)),
        error=rng.standard_normal((PATIENTS, width)),
        missing=rng.random((PATIENTS, width)),
        person=rng.random((PATIENTS, 3)),
    )
    return draw_patients(WORLD, C, noise, np.arange(PATIENTS))


@pytest.fixture(scope="module")
def seen(drawn: Patients) -> dict[str, np.ndarray]:
    """What is recorded of them, by column."""
    return recorded_columns(C, drawn)


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
    sharp = replace(COMPLETE, error=np.zeros(len(C.continuous)))
    weight = stratum(sharp, BASE, (("PUMP", ">", 2.0),)).weight
    hard = C.location[0] + C.spread[0] * BASE.z[:, 0] > np.log(2.0)
    assert np.array_equal(weight > 0.5, hard)


def test_an_unmeasured_column_is_named() -> None:
    with pytest.raises(ValueError, match="'NOPE' is not measured in setting 'early'"):
        stratum(C, BASE, (("NOPE", ">", 1.0),))


#: Claims on markers that go unmeasured for what they are, for frailty alone, and for both.
CLAIMED: dict[str, tuple[Condition, ...]] = {
    "high": (("PUMP", ">", 2.0),),
    "low": (("PUMP", "<=", 2.0),),
    "limited": (("STEM", "<", 0.01),),
    "counted": (("CELLS", ">", 5.0),),
    "mutated": (("GATE", "==", 1.0),),
    "at random": (("PUMP2", ">", 1.0),),
    "several": (("PUMP", ">", 1.0), ("CELLS", "<=", 5.0), ("RAS", "==", 0.0)),
}


@pytest.mark.parametrize("name", CLAIMED)
def test_rates_on_the_fixed_sample_are_those_of_a_drawn_cohort(
    name: str, drawn: Patients, seen: dict[str, np.ndarray]
) -> None:
    """What the solver aims at holds among the patients whose record shows the condition."""
    tests = CLAIMED[name]
    hazard = clinical_terms(WORLD, C.arms, BASE.age, BASE.ecog)
    p = expit(C.log_odds(f_values(C, BASE), hazard))
    weight = stratum(C, BASE, tests).weight
    solved = weight @ p / weight.sum()
    member = conditions.holds(seen, tests, PATIENTS)
    hazard = clinical_terms(WORLD, C.arms, drawn.age, drawn.ecog)
    found = expit(C.log_odds(drawn.f, hazard))[member]
    se = found.std(axis=0) / np.sqrt(len(found))
    # 0.001 for the fixed sample's own error: 8,192 Sobol points, of which a part counts.
    assert (np.abs(found.mean(axis=0) - solved) < 4 * se + 1e-3).all()


@pytest.mark.parametrize("name", ["high", "limited", "several"])
def test_values_missing_for_what_they_are_move_a_claims_rate(name: str) -> None:
    """So that the test above can fail: complete records would give other rates."""
    p = expit(C.log_odds(f_values(C, BASE), np.zeros((len(BASE.age), len(C.arms)))))
    rates = []
    for c in (C, COMPLETE):
        weight = stratum(c, BASE, CLAIMED[name]).weight
        rates.append(weight @ p / weight.sum())
    assert np.abs(rates[0] - rates[1]).max() > 1e-2


def test_with_complete_records_all_columns_count_as_measured() -> None:
    weight = stratum(COMPLETE, BASE, (("RAS", "==", 0.0), ("RAS", "!=", 0.0))).weight
    assert not weight.any()
    both = sum(stratum(COMPLETE, BASE, (("RAS", op, 0.0),)).weight for op in ("==", "!="))
    np.testing.assert_allclose(both, 1.0, rtol=1e-12)


def test_a_column_asked_for_twice_is_measured_once() -> None:
    once = stratum(C, BASE, (("PUMP", ">", 1.0),)).weight
    twice = stratum(C, BASE, (("PUMP", ">", 1.0), ("PUMP", ">", 1.0))).weight
    np.testing.assert_array_equal(once, twice)
    frail = C.missing.is_frail(BASE.age, BASE.ecog)
    measured = 1 - C.missing.chance(0, frail, BASE.z[:, 0])
    whole = stratum(COMPLETE, BASE, (("PUMP", ">", 1.0),)).weight
    np.testing.assert_allclose(once, measured * whole, rtol=1e-12)


def test_a_marker_that_is_never_measured_meets_no_condition() -> None:
    early = WORLD.settings["early"]
    never = replace(early, missing={**early.missing, "PUMP": 1.0})
    c = compile_setting(replace(WORLD, settings={"early": never}), "early")
    assert not stratum(c, BASE, (("PUMP", ">", 0.0),)).weight.any()
    alternatives = ((("PUMP", ">", 0.0),), (("RAS", "==", 1.0),))
    expected = stratum(c, BASE, alternatives[1]).weight
    np.testing.assert_array_equal(eligible(c, BASE, alternatives).weight, expected)
