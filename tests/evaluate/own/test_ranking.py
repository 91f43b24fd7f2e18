"""What rules are worth: against rules whose worth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.evaluate.own.nested import Nested, nested
from resistml.evaluate.own.ranking import BEST_ARM, GIVEN, LEARNED, Allocation, allocation, repeated
from resistml.evidence import Evidence
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_spec import own_spec
from resistml.learn.own_train import OwnLearner, OwnSettings
from resistml.learn.params import Params
from tests.own import Feature, made, simple, words

QUICK = Params(bag=2, rounds=10, checks=1)


def two_arms(n: int, seed: int = 0) -> OwnPatients:
    """Arm y is better by 2 log-odds where x is above 0, and worse by 2 where it is below."""
    rng = np.random.default_rng(seed)
    x = rng.choice([-1.0, 1.0], n)
    given = rng.random(n) < 0.5
    y = (rng.random(n) < expit(np.where(given, -2 * x, 0.0))).astype(float)
    return made(
        {"x": x, "g": np.zeros(n)},
        (Feature("x"), Feature("g", "mutation")),
        y,
        strategy=np.where(given, words(["y"]), words(["x"])).astype(object),
        groups=("g",),
    )


def judged(
    evidence: Evidence, patients: OwnPatients, repeats: int = 1
) -> tuple[Nested, Allocation]:
    learner = OwnLearner(evidence, OwnSettings(QUICK, ("logistic", "linear")))
    found = nested(learner, patients, Split(folds=4, repeats=repeats, inner=3), 0)
    worth = allocation(own_spec(evidence, patients), patients, found)
    assert worth is not None
    return found, worth


@pytest.fixture(scope="module")
def worth(evidence: Evidence) -> Allocation:
    return judged(evidence, two_arms(1_500), repeats=2)[1]


def test_the_learned_rule_is_worth_what_it_is(worth: Allocation) -> None:
    """Who is given his better arm responds in expit(2) of cases or in half: 0.69 on average."""
    learned, best = worth.values[LEARNED], worth.values[BEST_ARM]
    true = (expit(2) + 0.5) / 2
    assert abs(learned.value - true) < 4 * learned.error
    assert abs(best.value - 0.5) < 4 * best.error
    assert worth.difference.low > 0.05


def test_as_given_is_the_rate(worth: Allocation) -> None:
    patients = two_arms(1_500)
    given = worth.values[GIVEN]
    assert given.value == pytest.approx(1 - patients.resistant.mean())
    assert given.error == pytest.approx(np.sqrt(given.value * (1 - given.value) / 1_500), rel=0.01)


def test_how_many_followed_the_rule(worth: Allocation) -> None:
    assert worth.followed == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 1_500))
    assert worth.effective == pytest.approx(750, rel=0.15)
    assert worth.moved["y"] == pytest.approx(0.5, abs=0.06)
    assert (worth.patients, worth.left_out, worth.repeats) == (1_500, 0, 2)


def test_an_arm_that_a_group_did_not_have_is_never_said(evidence: Evidence) -> None:
    """The better arm of group 1 was given to three of them alone: it is not open to the group."""
    rng = np.random.default_rng(1)
    flag = np.repeat([0.0, 1.0], 150)
    given = np.where((flag == 0) & (rng.random(300) < 0.5), "b", "a").astype(object)
    given[297:] = "b"
    y = (rng.random(300) < np.where(given == "b", 0.1, 0.8)).astype(float)
    patients = made(
        {"flag": flag, "x": rng.normal(size=300)},
        (Feature("flag", "mutation"), Feature("x")),
        y,
        strategy=given,
        groups=("flag",),
    )
    _, worth = judged(evidence, patients)
    assert worth.moved["b"] == pytest.approx(0.5, abs=0.01)


def test_those_to_whom_nothing_is_open_are_counted(evidence: Evidence) -> None:
    patients = simple(200, arms=2)
    flag = patients.records.column("flag").copy()
    flag[:7] = np.nan
    patients = replace(
        patients,
        records=replace(patients.records, columns={**patients.records.columns, "flag": flag}),
    )
    _, worth = judged(evidence, patients)
    assert (worth.left_out, worth.patients) == (7, 193)


def test_where_there_is_nothing_to_choose_there_is_no_worth(evidence: Evidence) -> None:
    patients = simple(80)
    learner = OwnLearner(evidence, OwnSettings(QUICK, ("logistic",)))
    found = nested(learner, patients, Split(folds=2, inner=2), 0)
    assert allocation(own_spec(evidence, patients), patients, found) is None


def test_repeats_add_their_spread_and_take_nothing_off() -> None:
    psi = np.array([[0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 1.0]])
    found = repeated(psi)
    each = psi.var(axis=1, ddof=1) / 4 + (psi.mean(axis=1) - 0.625) ** 2
    assert found.value == 0.625
    assert found.error == pytest.approx(np.sqrt(each.mean()))
    same = repeated(np.tile(psi[:1], (5, 1)))
    assert same.error == pytest.approx(repeated(psi[:1]).error)
