"""How treatment was chosen is found again, from the record alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from resistml.evaluate.options import options_of
from resistml.evaluate.propensity import (
    CLINICAL,
    OWN,
    Design,
    _Likelihood,
    choose_own,
    fit_propensity,
    person_features,
)
from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.world.laws import World
from tests.evaluate.drawn import Drawn, spec_of

Floats = npt.NDArray[np.float64]
N = 6_000


@pytest.fixture(scope="module")
def spec(evidence: Evidence, world: World) -> FeatureSpec:
    return spec_of(evidence, world)


@pytest.fixture(scope="module")
def seen(world: World, spec: FeatureSpec) -> Drawn:
    return Drawn(world, spec, n=N, seed=51)


@pytest.fixture(scope="module")
def fresh(world: World, spec: FeatureSpec) -> Drawn:
    return Drawn(world, spec, n=3_000, seed=52)


def test_chances_of_a_patient_add_up_to_one(spec: FeatureSpec, seen: Drawn, fresh: Drawn) -> None:
    found = fit_propensity(spec, seen.records, seen.options, OWN[1])
    p = found(fresh.records, fresh.options)
    assert (p > 0).all()
    np.testing.assert_allclose(np.bincount(fresh.options.patient, weights=p), 1)
    alone = np.bincount(fresh.options.patient)[fresh.options.patient] == 1
    assert alone.any()
    np.testing.assert_allclose(p[alone], 1)


def test_the_choice_is_found_again(spec: FeatureSpec, seen: Drawn, fresh: Drawn) -> None:
    """By the likelihood of what fresh patients were given, what is learned comes nearer to the
    truth than to each setting's plain shares, and errs by less than half as much."""
    p = fit_propensity(spec, seen.records, seen.options, OWN[2])(fresh.records, fresh.options)
    plain = shares(spec, seen, fresh)
    gain = [np.log(x[fresh.given]).mean() for x in (plain, p, fresh.chance)]
    assert gain[1] - gain[0] > 0.75 * (gain[2] - gain[0]) > 0
    error, naive = (np.abs(x - fresh.chance).mean() for x in (p, plain))
    assert error < 0.5 * naive


def shares(spec: FeatureSpec, seen: Drawn, fresh: Drawn) -> Floats:
    """What share of a setting's patients got each strategy, among those open to a patient."""
    pairs = list(zip(seen.records.setting.tolist(), seen.strategy.tolist(), strict=True))
    count = {pair: pairs.count(pair) + 0.5 for pair in spec.arms}
    each = fresh.records.setting[fresh.options.patient].tolist()
    weight = np.array([count[pair] for pair in zip(each, fresh.options.arm.tolist(), strict=True)])
    return weight / np.bincount(fresh.options.patient, weights=weight)[fresh.options.patient]


def test_treatment_by_lot_looks_like_it(world: World, spec: FeatureSpec) -> None:
    """What n patients make of chance: k parameters that are free or nearly so add p (1 - p) k / n,
    at most k / 4n, to the mean squared error of a chance; those of a setting's own are all but
    held at 0. 1 / e has the number of options as its mean, with a tenth to spare for the same."""
    lot = Drawn(world, spec, how="randomised", n=N, seed=53)
    new = Drawn(world, spec, how="randomised", n=3_000, seed=54)
    found = fit_propensity(spec, lot.records, lot.options, OWN[2])
    p = found(new.records, new.options)
    even = 1 / np.bincount(new.options.patient)[new.options.patient]
    np.testing.assert_allclose(new.chance, even, rtol=1e-9)
    free = found.slopes.level.size + found.slopes.markers.size + found.slopes.kinds.size
    assert ((p - even) ** 2).mean() < free / (4 * N)
    assert (1 / p[new.given]).mean() == pytest.approx((1 / even[new.given]).mean(), rel=0.1)


def test_slopes_of_the_likelihood_are_its_derivatives(spec: FeatureSpec, seen: Drawn) -> None:
    few = np.arange(150)
    records, strategy = seen.records.take(few), seen.strategy[few]
    problem = problem_of(spec, records, strategy)
    rng = np.random.default_rng(0)
    point = rng.normal(size=len(problem.unit), scale=0.3) + problem.middle / problem.unit
    _, slope = problem(point)
    for j in [*rng.integers(0, len(point), 40), len(point) - 1]:
        step = np.zeros(len(point))
        step[j] = 1e-5
        numeric = (problem(point + step)[0] - problem(point - step)[0]) / 2e-5
        assert slope[j] == pytest.approx(numeric, abs=1e-5, rel=1e-5)
    assert (problem.unit > 0).all()


def problem_of(spec: FeatureSpec, records: Records, strategy: Words) -> _Likelihood:
    from resistml.evaluate import propensity

    options = options_of(spec, records, strategy)
    scale = {
        s: propensity._scale(person_features(spec, records.take(rows), s))
        for s in set(records.setting.tolist())
        for rows in [np.flatnonzero(records.setting == s)]
    }
    design: Design = propensity._design(spec, records, options, scale)
    return _Likelihood(design, options.given, spec, OWN[1])


def test_an_ineligible_choice_teaches_nothing(spec: FeatureSpec, seen: Drawn) -> None:
    """Patients who were given what was not open to them count as if they were not there."""
    closed = np.unique(seen.options.patient)[np.bincount(seen.options.patient) < 2][:40]
    strategy = seen.strategy.copy()
    strategy[closed] = "elsewhere"
    kept = np.setdiff1d(np.arange(N), closed)
    found = [
        fit_propensity(spec, records, options_of(spec, records, given), OWN[1]).slopes
        for records, given in (
            (seen.records, strategy),
            (seen.records.take(kept), seen.strategy[kept]),
        )
    ]
    # Their features still enter the scale, which moves what is learned a little.
    np.testing.assert_allclose(found[0].level, found[1].level, atol=0.05)
    assert found[0].least == pytest.approx(found[1].least, rel=0.2)


def test_a_setting_that_nobody_was_seen_in_is_answered(
    spec: FeatureSpec, seen: Drawn, fresh: Drawn
) -> None:
    others = np.flatnonzero(seen.records.setting != "melanoma_advanced")
    records, strategy = seen.records.take(others), seen.strategy[others]
    found = fit_propensity(spec, records, options_of(spec, records, strategy), OWN[1])
    p = found(fresh.records, fresh.options)
    mine = fresh.records.setting[fresh.options.patient] == "melanoma_advanced"
    assert mine.any()
    assert np.isfinite(p).all()
    assert (p[mine] > 0).all()


def test_the_penalty_is_chosen_by_what_others_were_given(spec: FeatureSpec, seen: Drawn) -> None:
    half = np.arange(N) % 2 == 0
    chosen = choose_own(spec, seen.records, seen.strategy, half)
    taught, judged = np.flatnonzero(half), np.flatnonzero(~half)
    options = [options_of(spec, seen.records.take(r), seen.strategy[r]) for r in (taught, judged)]
    likelihood = {}
    for own in OWN:
        found = fit_propensity(spec, seen.records.take(taught), options[0], own)
        chance = found(seen.records.take(judged), options[1])
        likelihood[own] = np.log(chance[options[1].given]).sum()
    assert chosen == max(likelihood, key=likelihood.__getitem__)


def test_features_hold_all_that_is_recorded_of_the_setting(spec: FeatureSpec, seen: Drawn) -> None:
    rows = np.flatnonzero(seen.records.setting == "crc_advanced")
    records, law = seen.records.take(rows), spec.settings["crc_advanced"]
    x = person_features(spec, records, "crc_advanced")
    assert x.shape == (len(rows), 2 * len(law.panel) + CLINICAL)
    assert np.isfinite(x).all()
    for k, marker in enumerate(law.panel):
        absent = np.isnan(records.column(marker))
        np.testing.assert_array_equal(x[:, 2 * k + 1], absent)
        np.testing.assert_array_equal(x[absent, 2 * k], law.means.get(marker, 0.0))
    ecog, age = records.column("ecog"), records.column("age")
    np.testing.assert_array_equal(x[:, -5], age)
    np.testing.assert_array_equal(x[:, -3], ecog == 1)
    np.testing.assert_array_equal(x[:, -2], ecog >= 2)
    np.testing.assert_array_equal(x[:, -1], (ecog >= 2) | (age > spec.frailty_age))


def test_an_unknown_age_counts_as_the_mean(spec: FeatureSpec, seen: Drawn) -> None:
    rows = np.flatnonzero(seen.records.setting == "crc_advanced")
    records = seen.records.take(rows)
    age = records.column("age").copy()
    age[0] = np.nan
    unknown = Records(records.patient_id, records.setting, {**records.columns, "age": age})
    x = person_features(spec, unknown, "crc_advanced")
    assert x[0, -5] == pytest.approx(age[1:].mean())
