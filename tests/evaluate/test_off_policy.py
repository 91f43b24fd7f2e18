"""The value of a policy from observed data: by hand, crossed, and as often right as it says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import binom

from resistml.cohort.plan import Plan
from resistml.evaluate.doubly_robust import CLIP, Scores
from resistml.evaluate.judge import Judge, Predictor, draw_judge
from resistml.evaluate.learners import constant, logistic
from resistml.evaluate.off_policy import (
    FOLDS,
    Z95,
    PolicyValue,
    _summary,
    bagged,
    off_policy,
    replicates,
    true_value,
)
from resistml.evaluate.policy import policy_value
from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.params import Params
from resistml.world.laws import World
from tests.evaluate.drawn import Drawn, spec_of
from tests.evaluate.toy import judge_of

Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def spec(evidence: Evidence, world: World) -> FeatureSpec:
    return spec_of(evidence, world)


@pytest.fixture(scope="module")
def drawn(world: World, spec: FeatureSpec) -> Drawn:
    return Drawn(world, spec, n=2_000, seed=71)


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    return draw_judge(world, Plan(seed=72, n=4_000))


@pytest.fixture(scope="module")
def found(drawn: Drawn, judge: Judge) -> PolicyValue:
    return off_policy(drawn.observed, logistic, judge=judge, seed=1)


def test_a_summary_by_hand() -> None:
    scores = Scores(
        modelled=np.array([0.6, 0.6, 0.3, 0.5]),
        weight=np.array([2.0, 0.0, 4.0, 1 / CLIP]),
        response=np.array([1.0, 1.0, 0.0, 1.0]),
        expected=np.array([0.6, 0.2, 0.3, 0.5]),
        propensity=np.array([0.5, 0.5, 0.25, CLIP / 2]),
    )
    psi = np.array([1.4, 0.6, -0.9, 50.5])
    made = _summary(scores, 12.0, 0.1, folds=2)
    error = psi.std(ddof=1) / 2
    assert made.estimate.value == pytest.approx(psi.mean())
    assert made.standard_error == pytest.approx(error)
    assert made.estimate.low == pytest.approx(psi.mean() - Z95 * error)
    assert made.estimate.high == pytest.approx(psi.mean() + Z95 * error)
    assert made.covered is True
    assert _summary(scores, 99.0, 0.1, folds=2).covered is False
    assert _summary(scores, float("nan"), float("nan"), folds=2).covered is None
    assert made.modelled == pytest.approx(0.5)
    assert made.weighted == pytest.approx((2 + 1 / CLIP) / (6 + 1 / CLIP))
    assert made.followed == 0.75
    assert made.effective == pytest.approx((6 + 1 / CLIP) ** 2 / (20 + 1 / CLIP**2))
    assert made.clipped == pytest.approx(1 / 3)
    assert made.largest_weight == pytest.approx(1 / CLIP)
    assert made.propensity["0%"] == CLIP / 2
    assert made.propensity["50%"] == pytest.approx(0.375)
    assert (made.patients, made.folds, made.clip) == (4, 2, CLIP)


def test_a_policy_that_nobody_followed_has_no_weighted_value() -> None:
    scores = Scores(*[np.array([0.5, 0.4])], np.zeros(2), *[np.ones(2)] * 2, np.array([0.5, 0.5]))
    made = _summary(scores, float("nan"), float("nan"), folds=2)
    assert made.estimate.value == pytest.approx(0.45)
    assert np.isnan(made.weighted)
    assert (made.effective, made.followed) == (0, 0)


def order_of(*arms: str) -> Predictor:
    """A fixed order of arms."""

    def predict(records: Records, arm: Words) -> Floats:
        return np.array([arms.index(name) for name in arm.tolist()], dtype=float)

    return predict


def test_the_true_value_is_the_mean_over_policies() -> None:
    judge = judge_of(np.array([[0.2, 0.8], [0.4, 0.6], [0.1, np.nan]]))
    first, second = order_of("a0", "a1"), order_of("a1", "a0")
    assert true_value([first], judge)[0] == pytest.approx((0.2 + 0.4 + 0.1) / 3)
    value, error = true_value([first, second, second], judge)
    each = np.array([(0.2 + 0.8 + 0.8) / 3, (0.4 + 0.6 + 0.6) / 3, 0.1])
    assert value == pytest.approx(each.mean())
    assert error == pytest.approx(each.std(ddof=1) / np.sqrt(3))


def test_the_estimate_of_one_draw(found: PolicyValue, judge: Judge) -> None:
    """Within four standard errors, its own and the Monte-Carlo one of the truth."""
    reach = 4 * np.hypot(found.standard_error, found.true_error)
    assert abs(found.estimate.value - found.true) < reach
    assert (found.patients, found.folds) == (2_000, FOLDS)
    assert 0.005 < found.standard_error < 0.05
    assert 0.2 < found.followed < 0.8
    assert 300 < found.effective < 2_000 * found.followed
    assert found.propensity["0%"] <= found.propensity["1%"] <= found.propensity["50%"]
    assert found.true < policy_value(judge, judge.p_response)


def test_the_result_is_the_same_whatever_the_order_of_rows(
    found: PolicyValue, drawn: Drawn, judge: Judge
) -> None:
    shuffled = np.random.default_rng(0).permutation(len(drawn.records))
    other = replace_rows(drawn, shuffled)
    assert off_policy(other, logistic, judge=judge, seed=1) == found
    moved = off_policy(drawn.observed, logistic, judge=judge, seed=2)
    assert moved.estimate.value != found.estimate.value


def replace_rows(drawn: Drawn, rows: npt.NDArray[np.int64]) -> object:
    return type(drawn.observed).of(
        drawn.spec, drawn.records.take(rows), drawn.strategy[rows], drawn.resistant[rows]
    )


class Told:
    """A learner that tells nobody of those it was taught on, and knows whom it is asked about."""

    def __init__(self) -> None:
        self.fits = 0
        self.asked: list[set[str]] = []

    def __call__(
        self, spec: FeatureSpec, records: Records, strategy: Words, y: Floats
    ) -> Predictor:
        self.fits += 1
        taught = set(records.patient_id.tolist())
        answer = constant(spec, records, strategy, y)

        def predict(new: Records, arm: Words) -> Floats:
            self.asked.append(set(new.patient_id.tolist()))
            assert not taught & self.asked[-1], "judged by what he himself taught"
            return answer(new, arm)

        return predict


def test_nobody_is_judged_by_what_he_taught(drawn: Drawn) -> None:
    policy, outcome = Told(), Told()
    off_policy(drawn.observed, policy, outcome=outcome, folds=4, seed=1)
    for one in (policy, outcome):
        assert one.fits == 4
        assert set.union(*one.asked) == set(drawn.records.patient_id.tolist())


def test_one_learner_for_both_is_fitted_once_a_fold(drawn: Drawn) -> None:
    both = Told()
    off_policy(drawn.observed, both, outcome=both, folds=3, seed=1)
    assert both.fits == 3


def test_a_fixed_policy_is_valued_as_it_is(drawn: Drawn, judge: Judge) -> None:
    """Best by true rates in colorectal cancer; its true value is that of the policy alone."""
    known = constant(drawn.spec, drawn.records, drawn.strategy, drawn.resistant)
    made = off_policy(drawn.observed, policy=known, judge=judge, seed=1)
    truth = policy_value(judge, 1 - known(judge.oracle_records, judge.arm))
    assert made.true == pytest.approx(truth)
    assert abs(made.estimate.value - truth) < 4 * np.hypot(made.standard_error, made.true_error)


def test_without_a_judge_there_is_no_truth(drawn: Drawn) -> None:
    made = off_policy(drawn.observed, constant, outcome=constant, folds=2, seed=1)
    assert np.isnan(made.true)
    assert made.covered is None


def test_a_policy_or_a_learner_but_not_both(drawn: Drawn) -> None:
    with pytest.raises(ValueError, match="either a learner or a fixed policy"):
        off_policy(drawn.observed, seed=1)
    with pytest.raises(ValueError, match="either a learner or a fixed policy"):
        off_policy(drawn.observed, logistic, policy=order_of(), seed=1)


def test_the_models_own_learner_in_smaller_bags(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistml.evaluate import off_policy as module

    seen: list[int] = []
    real = module.fit_bag

    def spy(data: object, params: Params, *rest: object) -> object:
        seen.append(params.bag)
        return real(data, params, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fit_bag", spy)
    learner = bagged(Params(bag=11, rounds=2, checks=1), folds=3, seed=1, threads=1)
    observed = drawn.observed.take(np.arange(400))
    p = observed.taught(learner)(observed.records, observed.strategy)
    assert seen == [3]
    assert ((p > 0) & (p < 1)).all()
    assert p[observed.resistant == 1].mean() > p[observed.resistant == 0].mean()


def test_replicates_count_what_they_drew(evidence: Evidence, world: World) -> None:
    told: list[tuple[int, int]] = []
    made = replicates(
        evidence,
        world,
        count=2,
        patients=400,
        judged=600,
        learner=constant,
        seed=5,
        told=lambda done, of: told.append((done, of)),
    )
    assert (made.replicates, made.patients, made.assignment) == (2, 400, "confounded")
    assert told == [(1, 2), (2, 2)]
    assert 0 <= made.covered <= 2
    assert made.bias == pytest.approx(made.mean_value - made.mean_true)
    assert made.bias_error == pytest.approx(made.spread / np.sqrt(2))
    assert made.mean_width == pytest.approx(2 * Z95 * made.mean_error)
    assert 0 < made.true_error < 0.05
    again = replicates(evidence, world, count=2, patients=400, judged=600, learner=constant, seed=5)
    assert again == made


#: Replicates of the slow tests, and how many intervals of a right 95% interval hold in all but one
#: run of a thousand.
COUNT = 30
LEAST_COVERED = int(binom.ppf(0.001, COUNT, 0.95))


@pytest.mark.slow
def test_intervals_hold_as_often_as_they_say(evidence: Evidence, world: World) -> None:
    """Within the binomial's 0.1% quantile; and the mean error is within four standard errors of 0,
    that of the truth among them, which all replicates share."""
    made = replicates(evidence, world, count=COUNT, seed=11)
    assert made.covered >= LEAST_COVERED
    assert abs(made.bias) < 4 * np.hypot(made.bias_error, made.true_error)
    # The relative error of a standard deviation of COUNT draws is 1 / sqrt(2 COUNT).
    assert made.mean_error / made.spread == pytest.approx(1, abs=4 / np.sqrt(2 * COUNT))


@pytest.mark.slow
def test_hidden_reasons_put_it_off(evidence: Evidence, world: World) -> None:
    """Where treatment hung on what is not recorded, the estimate is off by more than three standard
    errors; so few patients' intervals are wide enough to hold the truth all the same."""
    made = replicates(evidence, world, count=40, assignment="hidden_confounding", seed=11)
    assert made.bias < -3 * np.hypot(made.bias_error, made.true_error)
    assert made.assignment == "hidden_confounding"
