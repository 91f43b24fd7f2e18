"""The fair oracle, held against brute force."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from scipy.special import expit, ndtr

from resistml.cohort.draw import Drawn
from resistml.cohort.fair import Fair, fair_expectations, fair_log_odds, mutation_posterior
from resistml.rng import Streams
from resistml.world.compiled import Compiled, clinical_terms, compile_setting, is_frail
from resistml.world.laws import Synergy, World
from resistml.world.markers import Noise, draw_noise, draw_patients, record_bounds
from resistml.world.missing import Missing, with_missing
from tests.world.tiny import tiny_world
from tests.world.uneven import FRAIL, OWN, uneven_world

WORLD = tiny_world()
C = compile_setting(WORLD, "early")
#: Where values go unmeasured for frailty and for what they are.
UNEVEN = uneven_world()
U = compile_setting(UNEVEN, "early")
FIT, WEAK = np.array([False]), np.array([True])
NONE = float("nan")
PRIOR = 1_000_000

#: PUMP, PUMP2, STEM, LIGAND, CELLS, GATE, RAS
RECORDS: dict[str, tuple[float, ...]] = {
    "nothing measured": (NONE,) * 7,
    "all measured": (2.5, 0.8, 0.04, 12.0, 6.0, 1.0, 0.0),
    "one of two correlated": (6.0, NONE, NONE, NONE, NONE, NONE, NONE),
    "both transporters": (6.0, 3.0, NONE, NONE, NONE, NONE, NONE),
    "stem cells below the limit": (NONE, NONE, 0.0, NONE, NONE, NONE, NONE),
    "ligand below the limit": (1.0, NONE, NONE, 0.0, NONE, NONE, NONE),
    "two below their limits": (NONE, 1.0, 0.0, 0.0, NONE, 0.0, NONE),
    "no cells": (NONE, NONE, NONE, NONE, 0.0, NONE, NONE),
    "one cell": (NONE, NONE, NONE, NONE, 1.0, NONE, NONE),
    "many cells": (0.5, NONE, NONE, NONE, 40.0, NONE, NONE),
    "three intervals": (1.5, NONE, 0.0, 0.0, 2.0, 1.0, 1.0),
    "mutated": (NONE, NONE, NONE, NONE, NONE, 1.0, NONE),
    "wild type": (NONE, NONE, NONE, NONE, NONE, 0.0, 0.0),
    "unusual": (0.6, 2.0, NONE, NONE, 0.0, 0.0, 1.0),
}


@pytest.fixture(scope="module")
def prior() -> tuple[np.ndarray, np.ndarray]:
    """z and mutations of a million patients, whatever their record."""
    rng = np.random.default_rng(17)
    z = rng.standard_normal((PRIOR, 5)) @ np.linalg.cholesky(C.covariance).T
    return z, (rng.random((PRIOR, 2)) < C.prevalence).astype(float)


def likelihood(record: np.ndarray, z: np.ndarray, mutated: np.ndarray) -> np.ndarray:
    """Of a record given true markers, written without the code under test."""
    weight = np.ones(len(z))
    edges = {
        0: None if np.isnan(record[0]) else np.log(record[0]),
        1: None if np.isnan(record[1]) else np.log(record[1]),
        2: None if np.isnan(record[2]) else np.log(max(record[2], 1e-300) / (1 - record[2])),
        3: None if np.isnan(record[3]) else np.log(max(record[3], 1e-300) / (100 - record[3])),
    }
    link = C.location + C.spread * z
    for j, at in edges.items():
        if at is None:
            continue
        if j in (2, 3) and record[j] == 0:
            weight *= ndtr((np.log(0.01 / 0.99) - link[:, j]) / C.error[j])
        else:
            weight *= np.exp(-0.5 * ((at - link[:, j]) / C.error[j]) ** 2)
    if not np.isnan(record[4]):
        above = ndtr((np.log(record[4] + 1) - link[:, 4]) / C.error[4])
        below = ndtr((np.log(record[4]) - link[:, 4]) / C.error[4]) if record[4] else 0.0
        weight *= above - below
    for b, (fn, fp) in enumerate(((0.05, 0.01), (0.1, 0.02))):
        if not np.isnan(record[5 + b]):
            said = np.where(mutated[:, b] == 1, 1 - fn, fp)
            weight *= said if record[5 + b] == 1 else 1 - said
    return weight


def pattern(
    c: Compiled, record: np.ndarray, frail: bool, z: np.ndarray, mutated: np.ndarray
) -> np.ndarray:
    """Chance of what is missing given true markers, written without the code under test."""
    chance = np.ones(len(z))
    for j, marker in enumerate(("PUMP", "PUMP2", "STEM", "LIGAND", "CELLS", "GATE", "RAS")):
        u = z[:, j] if j < 5 else mutated[:, j - 5]
        odds = np.exp(c.missing.intercept[j] + FRAIL * frail + OWN.get(marker, 0.0) * u)
        chance *= odds / (1 + odds) if np.isnan(record[j]) else 1 / (1 + odds)
    return chance


@pytest.mark.parametrize("frail", [False, True])
@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("name", RECORDS)
def test_expectations_against_weighting_a_million_patients(
    name: str, uneven: bool, frail: bool, prior: tuple[np.ndarray, np.ndarray]
) -> None:
    z, mutated = prior
    world, c = (UNEVEN, U) if uneven else (WORLD, C)
    record = np.array(RECORDS[name])
    weight = likelihood(record, z, mutated)
    if uneven:
        weight *= pattern(c, record, frail, z, mutated)
    weight /= weight.sum()
    assert 1 / (weight**2).sum() > 1_000  # effective sample size
    f = np.concatenate([C.standardised(C.location + C.spread * z), mutated], axis=1)
    hazard = np.array([[0.1, 0.4, 0.1, 0.2]])
    p = expit(C.log_odds(f, hazard))
    fair = fair_expectations(
        world, c, record[None, :], hazard, np.array([frail]), np.random.default_rng(1), 8_192
    )
    for found, values in ((fair.p_response[0], p), (fair.terms[0], f)):
        mean = weight @ values
        # Standard error of a self-normalised weighted mean; the fair one's own is far smaller.
        se = np.sqrt((weight**2) @ (values - mean) ** 2)
        assert (np.abs(found - mean) < 4.5 * se + 3e-4).all()


def test_with_nothing_measured_the_expectation_is_the_settings_mean() -> None:
    record = np.full((1, 7), np.nan)
    rng = np.random.default_rng(0)
    fair = fair_expectations(WORLD, C, record, np.zeros((1, 4)), FIT, rng, 1_024)
    expected = np.concatenate([C.standardised(C.location), C.prevalence])
    np.testing.assert_allclose(fair.terms[0], expected, atol=1e-9)


def test_without_error_the_record_is_the_truth() -> None:
    sharp = replace(
        WORLD,
        markers={
            m: replace(law, error=0.0, false_negative=0.0, false_positive=0.0)
            for m, law in WORLD.markers.items()
        },
    )
    c = compile_setting(sharp, "early")
    n = 200
    noise = draw_noise(Streams(3), 0, 7)
    p = draw_patients(sharp, c, replace(noise, missing=np.ones_like(noise.missing)), np.arange(n))
    hazard = clinical_terms(sharp, c.arms, p.age, p.ecog)
    frail = is_frail(sharp, p.age, p.ecog)
    fair = fair_expectations(sharp, c, p.recorded, hazard, frail, np.random.default_rng(0))
    # "aimed" hangs on PUMP, GATE and RAS alone, all known exactly.
    a = c.arms.index("aimed")
    truth = expit(c.log_odds(p.f, hazard))
    np.testing.assert_allclose(fair.p_response[:, a], truth[:, a], atol=1e-6)
    exact = [0, 1, 5, 6]
    np.testing.assert_allclose(fair.terms[:, exact], p.f[:, exact], atol=1e-6)


def test_an_unmeasured_marker_is_expected_by_the_regression_on_the_measured_one() -> None:
    record = np.full((1, 7), np.nan)
    record[0, 0] = 6.0
    fair = fair_expectations(WORLD, C, record, np.zeros((1, 4)), FIT, np.random.default_rng(0))
    y = (np.log(6.0) - C.location[0]) / C.spread[0]
    reliability = 1 / (1 + 0.4**2)
    for j in range(5):
        z = C.covariance[j, 0] * reliability * y
        expected = (C.location[j] + C.spread[j] * z - C.centre[j]) / C.scale[j]
        assert fair.terms[0, j] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        (1.0, 0.35 * 0.95 / (0.35 * 0.95 + 0.65 * 0.01)),
        (0.0, 0.35 * 0.05 / (0.35 * 0.05 + 0.65 * 0.99)),
        (NONE, 0.35),
    ],
)
def test_mutations_by_bayes(called: float, expected: float) -> None:
    found = mutation_posterior(C, np.array([[called, NONE]]), FIT)
    assert found[0] == pytest.approx([expected, 0.25])


@pytest.mark.parametrize("frail", [0.0, 1.0])
@pytest.mark.parametrize(
    ("called", "present", "absent"), [(1.0, 0.95, 0.01), (0.0, 0.05, 0.99), (NONE, 1.0, 1.0)]
)
def test_mutations_by_bayes_where_they_bear_on_their_own_being_missing(
    called: float, present: float, absent: float, frail: float
) -> None:
    log_odds = U.missing.intercept[5] + FRAIL * frail + OWN["GATE"] * np.array([1.0, 0.0])
    gone = expit(log_odds)
    chance = gone if np.isnan(called) else 1 - gone
    likely = np.array([0.35, 0.65]) * chance * np.array([present, absent])
    found = mutation_posterior(U, np.array([[called, NONE]]), np.array([frail == 1.0]))
    assert found[0] == pytest.approx([likely[0] / likely.sum(), 0.25], abs=1e-14)


def test_whoever_goes_untested_is_the_likelier_a_carrier() -> None:
    untested = np.array([[NONE, NONE]])
    assert mutation_posterior(U, untested, FIT)[0, 0] > 0.35 + 0.05
    # Averaged over who is tested and who is not, the prevalence comes back.
    gone = expit(U.missing.intercept[5] + OWN["GATE"] * np.array([1.0, 0.0]))
    share = gone @ [0.35, 0.65]
    calls = np.array([[1.0, NONE], [0.0, NONE]])
    called = mutation_posterior(U, calls, np.repeat(FIT, 2))[:, 0]
    p_call = np.array([0.35 * 0.95, 0.35 * 0.05]) * (1 - gone[0])
    p_call += np.array([0.65 * 0.01, 0.65 * 0.99]) * (1 - gone[1])
    mean = share * mutation_posterior(U, untested, FIT)[0, 0] + p_call @ called
    assert mean == pytest.approx(0.35, abs=1e-12)


@pytest.mark.parametrize("name", ["nothing measured", "three intervals", "one cell"])
def test_terms_of_a_world_that_is_not_additive(
    name: str, prior: tuple[np.ndarray, np.ndarray]
) -> None:
    """Bent markers, one of them inert, and a pair: by weighting a million patients."""
    bends = {"PUMP": "threshold", "CELLS": "saturating", "LIGAND": "inert"}
    markers = {
        m: replace(x, bend=bends.get(m, "linear"), turn=0.3, steepness=2.0)
        for m, x in UNEVEN.markers.items()
    }
    world = replace(UNEVEN, markers=markers, synergies=(Synergy("PUMP", "STEM", 0.5),))
    c, (z, mutated), record = compile_setting(world, "early"), prior, np.array(RECORDS[name])
    assert not c.additive
    weight = likelihood(record, z, mutated) * pattern(c, record, True, z, mutated)
    weight /= weight.sum()
    terms = c.terms(np.concatenate([c.standardised(c.location + c.spread * z), mutated], axis=1))
    hazard, rng = np.array([[0.1, 0.4, 0.1, 0.2]]), np.random.default_rng(1)
    fair = fair_expectations(world, c, record[None], hazard, WEAK, rng, 8_192)
    p = expit(c.alpha + terms @ c.term_weights.T - hazard)
    for found, values in ((fair.p_response[0], p), (fair.terms[0], terms)):
        mean = weight @ values
        se = np.sqrt((weight**2) @ (values - mean) ** 2)
        assert (np.abs(found - mean) < 4.5 * se + 1e-3).all()
    assert fair.terms[0, 3] == 0.0  # inert


def drawn_alike(world: World, c: Compiled, record: np.ndarray, frail: bool) -> np.ndarray:
    """f of all, of two million drawn patients, whose record is this one to the letter."""
    rng, n, found = np.random.default_rng(23), 200_000, []
    for _ in range(10):
        normal = (rng.standard_normal((n, 7)) for _ in range(2))
        noise = Noise(*normal, missing=rng.random((n, 7)), person=rng.random((n, 3)))
        p = draw_patients(world, c, noise, np.arange(n))
        same = (p.recorded == record) | (np.isnan(p.recorded) & np.isnan(record))
        found.append(p.f[same.all(axis=1) & (is_frail(world, p.age, p.ecog) == frail)])
    return np.concatenate(found)


@pytest.mark.parametrize("frail", [False, True])
def test_against_rejection_of_all_drawn_patients_with_another_record(frail: bool) -> None:
    """Two cells counted, no mutation found, all else unmeasured."""
    record = np.array([NONE, NONE, NONE, NONE, 2.0, 0.0, NONE])
    missing = {m: 0.6 if np.isnan(x) else 0.3 for m, x in zip(C.markers, record, strict=True)}
    settings = {"early": replace(UNEVEN.settings["early"], missing=missing)}
    world = replace(UNEVEN, settings=settings)
    c, weak, hazard = compile_setting(world, "early"), np.array([frail]), np.zeros((1, 4))
    f = drawn_alike(world, c, record, frail)
    assert len(f) > 1_000
    response = expit(c.log_odds(f, hazard))
    rng = np.random.default_rng(1)
    fair = fair_expectations(world, c, record[None], hazard, weak, rng, 8_192)
    for found, values in ((fair.p_response[0], response), (fair.terms[0], f)):
        se = values.std(axis=0) / np.sqrt(len(f))
        assert (np.abs(found - values.mean(axis=0)) < 4.2 * se).all()
    # So that this can fail: an oracle that ignores why values are missing is far off.
    blind = with_missing(world, "at_random")
    c, rng = compile_setting(blind, "early"), np.random.default_rng(1)
    off = fair_expectations(blind, c, record[None], hazard, weak, rng, 8_192)
    se = f.std(axis=0) / np.sqrt(len(f))
    assert (np.abs(off.terms[0] - f.mean(axis=0)) > 6 * se)[[0, 2]].all()


def drawn(world: World, c: Compiled, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Records, clinical terms and frailty of n patients."""
    p = draw_patients(world, c, draw_noise(Streams(9), 0, len(c.markers)), np.arange(n))
    return p.recorded, clinical_terms(world, c.arms, p.age, p.ecog), is_frail(world, p.age, p.ecog)


def expectation(n: int, seed: int = 5) -> Fair:
    """Of the first n patients of the small world."""
    recorded, hazard, frail = drawn(UNEVEN, U, 1_000)
    rng = np.random.default_rng(seed)
    return fair_expectations(UNEVEN, U, recorded[:n], hazard[:n], frail[:n], rng)


@pytest.mark.parametrize("n", [1, 255, 256, 257, 700])
def test_a_patient_does_not_depend_on_how_many_follow(n: int) -> None:
    whole, some = expectation(1_000), expectation(n)
    # Matrix products of other sizes may round otherwise.
    np.testing.assert_allclose(some.p_response, whole.p_response[:n], rtol=0, atol=1e-12)
    np.testing.assert_allclose(some.terms, whole.terms[:n], rtol=0, atol=1e-12)


def test_same_seed_same_bytes_other_seed_other_bytes() -> None:
    one, same, other = expectation(300), expectation(300), expectation(300, seed=6)
    assert np.array_equal(one.p_response, same.p_response)
    assert not np.array_equal(one.p_response, other.p_response)


@pytest.mark.parametrize("kind", ["catalogued", "completely_at_random", "none", "strong"])
def test_the_monte_carlo_error_is_below_half_a_per_cent(kind: str, world: World) -> None:
    """By two independent seeds, for every arm of every setting: root mean square <= 0.005."""
    world = UNEVEN if kind == "strong" else with_missing(world, cast(Missing, kind))
    for name in world.settings:
        c = compile_setting(world, name)
        given = drawn(world, c, 400)
        one, other = (
            fair_expectations(world, c, *given, np.random.default_rng(seed)).p_response
            for seed in (1, 2)
        )
        se = np.sqrt(((one - other) ** 2).mean(axis=0) / 2)
        assert se.max() <= 0.005, name
        # Unbiased: 400 patients' differences average out, to 4.5 standard errors.
        bias = (one - other).mean(axis=0)
        assert (np.abs(bias) < 4.5 * np.sqrt(2) * se / 20 + 1e-12).all(), name


@pytest.mark.parametrize("uneven", [False, True])
def test_more_pairs_come_nearer_to_the_limit(uneven: bool) -> None:
    world, c = (UNEVEN, U) if uneven else (WORLD, C)
    given = drawn(world, c, 100)

    def at(pairs: int) -> np.ndarray:
        rng = np.random.default_rng(1)
        return fair_expectations(world, c, *given, rng, pairs).p_response

    limit = at(4_096)
    errors = [np.sqrt(((at(pairs) - limit) ** 2).mean()) for pairs in (8, 64, 512)]
    # At the rate of a random sample each step would give a factor of 2.8.
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


@pytest.mark.parametrize("world", [WORLD, UNEVEN], ids=["even", "uneven"])
def test_records_that_hardly_ever_occur_stay_finite(world: World) -> None:
    c = compile_setting(world, "early")
    extreme = np.array(
        [
            [1e4, 1e-4, 0.0, 100.0, 20_000.0, 1.0, 1.0],
            [1e-4, 1e4, 0.999999, 0.0, 0.0, 0.0, 0.0],
        ]
    )
    twice = np.repeat(FIT, 2)
    fair = fair_expectations(world, c, extreme, np.zeros((2, 4)), twice, np.random.default_rng(0))
    assert np.isfinite(fair.p_response).all()
    assert np.isfinite(fair.terms).all()
    assert ((fair.p_response >= 0) & (fair.p_response <= 1)).all()


def test_loose_values_stay_between_their_bounds() -> None:
    """E[measured | record] lies inside the interval, so E[z | record] moves with it."""
    counts = np.full((30, 7), np.nan)
    counts[:, 4] = np.arange(30)
    many, rng = np.repeat(FIT, 30), np.random.default_rng(0)
    fair = fair_expectations(WORLD, C, counts, np.zeros((30, 4)), many, rng, 512)
    assert (np.diff(fair.terms[:, 4]) > 0).all()
    low, high = record_bounds(WORLD, C, counts[:, :5])
    y = (np.stack([low, high])[:, 1:, 4] - C.location[4]) / C.spread[4]
    reliability = 1 / (1 + 0.3**2)
    z = (fair.terms[1:, 4] * C.scale[4] + C.centre[4] - C.location[4]) / C.spread[4]
    assert (z > reliability * y[0] - 1e-6).all()
    assert (z < reliability * y[1] + 1e-6).all()


def given_rows(block: Drawn) -> tuple[np.ndarray, np.ndarray]:
    """p_response and p_response_fair under the strategy given: a row a patient."""
    taken = dict(zip(block.cohort["patient_id"], block.cohort["strategy"], strict=True))
    arm = block.oracle["strategy"]
    rows = np.array([taken[i] for i in block.oracle["patient_id"]]) == arm
    p, fair = (block.oracle[k][rows].astype(float) for k in ("p_response", "p_response_fair"))
    assert len(p) == len(taken)
    return p, fair


def test_the_truth_averages_to_the_fair_probability_in_every_bin(block: Drawn) -> None:
    """E[p_response | p_fair] = p_fair: the strategy given depends on the record alone."""
    p, fair = given_rows(block)
    edges = np.quantile(fair, np.linspace(0, 1, 21)[1:-1])
    bins = np.searchsorted(edges, fair)
    for b in range(20):
        gap = (p - fair)[bins == b]
        # 20 bins at 4 standard errors: 0.1%. The fair one's own error shifts a bin's mean by
        # its variance (1e-5) times the slope of the density, far less.
        assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(len(gap))


def test_regression_of_the_truth_on_the_fair_probability_has_slope_1(block: Drawn) -> None:
    p, fair = given_rows(block)
    x = fair - fair.mean()
    slope = (x @ p) / (x @ x)
    residual = p - p.mean() - slope * x
    se = np.sqrt(((x * residual) ** 2).sum()) / (x @ x)
    assert abs(slope - 1) < 4 * se
    assert abs((p - fair).mean()) < 4 * (p - fair).std() / np.sqrt(len(p))


def test_knowing_less_than_all_costs_something(block: Drawn) -> None:
    p, fair = given_rows(block)
    # Law of total variance: what the record leaves open is missing from the fair one.
    left = ((p - fair) ** 2).mean()
    assert fair.var() < p.var()
    assert fair.var() + left == pytest.approx(p.var(), rel=0.05)
    assert np.corrcoef(p, fair)[0, 1] > 0.8


def test_log_odds_give_the_same_expectations() -> None:
    """Also where there are more patients than are conditioned on at a time."""
    n = 300
    noise = draw_noise(Streams(5), 0, 7)
    p = draw_patients(WORLD, C, noise, np.arange(n))
    hazard = clinical_terms(WORLD, C.arms, p.age, p.ecog)
    frail = is_frail(WORLD, p.age, p.ecog)
    given = (WORLD, C, p.recorded, hazard, frail)
    fair = fair_expectations(*given, np.random.default_rng(2), 32)
    found, rows = np.empty((n, len(C.arms))), []
    for part, weight, eta in fair_log_odds(*given, np.random.default_rng(2), 32):
        assert weight.shape == (part.stop - part.start, 64)
        np.testing.assert_allclose(weight.sum(axis=1), 1.0)
        found[part] = np.einsum("ip,ipa->ia", weight, expit(eta))
        rows.append(part)
    assert rows == [slice(0, 256), slice(256, 300)]
    np.testing.assert_allclose(found, fair.p_response, atol=1e-12)
