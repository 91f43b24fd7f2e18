"""What a policy is worth, told from confounded data alone, beside what it is truly worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from resistml.cohort.assignment import Assignment
from resistml.cohort.draw import Columns, Drawer
from resistml.cohort.plan import Plan
from resistml.evaluate.doubly_robust import (
    CLIP,
    Learner,
    Observed,
    Scores,
    joined,
    score_patients,
    split,
)
from resistml.evaluate.judge import Judge, Predictor, draw_judge, records_of
from resistml.evaluate.learners import logistic
from resistml.evaluate.metrics import Interval
from resistml.evaluate.policy import first_choice
from resistml.evaluate.propensity import choose_own
from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.data import as_model, training_data
from resistml.learn.fit import fit_bag
from resistml.learn.params import Params
from resistml.learn.spec import build_spec
from resistml.rng import derived_seed
from resistml.world.draft import draft_world
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]

#: Parts that patients are split in: each is judged by what the others taught.
FOLDS = 5
#: The same where the model's own learner is valued, of which each part wants a fit.
RUN_FOLDS = 3
#: 95% of a normal distribution lies within so many standard deviations.
Z95 = 1.959963984540054


@dataclass(frozen=True)
class PolicyValue:
    """The value of a policy from observed data alone, and the truth.

    Attributes
    ----------
    estimate : Interval
        Response rate if every patient had the policy's choice, with its 95% interval.
    standard_error : float
        From the spread of the scores.
    modelled, weighted : float
        What the outcome model alone and what weighting alone would say.
    true, true_error : float
        The policy's true response rate on fresh patients of the same population, and the
        Monte-Carlo standard error of that; NaN where there is no truth.
    covered : bool or None
        Whether the interval holds the true value; None where there is none.
    patients, folds : int
    followed : float
        Share of patients who were given what the policy would have given.
    effective : float
        Effective sample size: (sum of weights)^2 / sum of squared weights.
    clip, clipped : float
        Propensities below ``clip`` were raised to it: those of so large a share of the followed.
    largest_weight : float
    propensity : dict
        Overlap: quantiles of the chance of being given the policy's choice, by share of patients
        (``0%``, ``1%``, ``5%``, ``50%``).
    """

    estimate: Interval
    standard_error: float
    modelled: float
    weighted: float
    true: float
    true_error: float
    covered: bool | None
    patients: int
    folds: int
    followed: float
    effective: float
    clip: float
    clipped: float
    largest_weight: float
    propensity: dict[str, float]


def off_policy(
    observed: Observed,
    learner: Learner | None = None,
    *,
    policy: Predictor | None = None,
    outcome: Learner = logistic,
    judge: Judge | None = None,
    folds: int = FOLDS,
    seed: int,
) -> PolicyValue:
    """Value of giving each patient the strategy of lowest p(resistance).

    Parameters
    ----------
    observed : Observed
    learner : Learner, optional
        Learns the policy, anew without each fold; the value is the mean over folds' policies.
    policy : Predictor, optional
        A fixed policy in its place, learned on other patients.
    outcome : Learner
        Learns the outcome model.
    judge : Judge, optional
        Fresh patients of the same population, for the truth.
    folds : int
        At least 2.

    Raises
    ------
    ValueError
        If it is not told one of ``learner`` and ``policy``, or of fewer than two folds.
    """
    if (learner is None) == (policy is None):
        raise ValueError("either a learner or a fixed policy is to be valued")
    part = split(observed, folds, seed)
    own = choose_own(observed.spec, observed.records, observed.strategy, part % 2 == 0)
    scores, policies = [], []
    for k in range(folds):
        others, held = observed.take(np.flatnonzero(part != k)), np.flatnonzero(part == k)
        model = others.taught(outcome)
        chooses = policy
        if learner is not None:  # one fit serves both where both are the same learner
            chooses = model if learner is outcome else others.taught(learner)
        assert chooses is not None
        policies.append(chooses)
        scores.append(score_patients(others, observed.take(held), chooses, model, own))
    true, error = (np.nan, np.nan) if judge is None else true_value(policies, judge)
    return _summary(joined(scores), true, error, folds)


def bagged(params: Params, *, folds: int = RUN_FOLDS, seed: int, threads: int = 0) -> Learner:
    """The model's own learner, in bags so much smaller that all folds cost what the model did."""
    smaller = replace(params, bag=max(2, params.bag // folds))

    def learn(spec: FeatureSpec, records: Records, strategy: Words, y: Floats) -> Predictor:
        fitted = fit_bag(training_data(spec, records, strategy, y), smaller, seed, threads)
        model = as_model(spec, fitted)
        return lambda new, arm: model.risk(new, arm).p

    return learn


def true_value(policies: list[Predictor], judge: Judge) -> tuple[float, float]:
    """Mean over policies of the true response rate, and its Monte-Carlo standard error."""
    contested = np.flatnonzero(np.bincount(judge.patient)[judge.patient] > 1)
    records, arm = judge.records.take(judge.patient[contested]), judge.arm[contested]
    score = np.zeros(len(judge.arm))  # who has one option needs no policy

    def reached(policy: Predictor) -> Floats:
        score[contested] = -policy(records, arm)
        return judge.p_response[first_choice(judge, score)]

    unique = {id(policy): policy for policy in policies}
    found = {key: reached(policy) for key, policy in unique.items()}
    mean = np.mean([found[id(policy)] for policy in policies], axis=0)
    return float(mean.mean()), float(mean.std(ddof=1) / np.sqrt(len(mean)))


def _summary(scores: Scores, true: float, true_error: float, folds: int) -> PolicyValue:
    psi, weight = scores.psi, scores.weight
    value, error = float(psi.mean()), float(psi.std(ddof=1) / np.sqrt(len(psi)))
    found = Interval(value, value - Z95 * error, value + Z95 * error)
    followed = weight > 0
    total = float(weight.sum())
    shares = (0.0, 0.01, 0.05, 0.5)
    return PolicyValue(
        estimate=found,
        standard_error=error,
        modelled=float(scores.modelled.mean()),
        weighted=float(weight @ scores.response / total) if total else float("nan"),
        true=true,
        true_error=true_error,
        covered=None if np.isnan(true) else bool(found.low <= true <= found.high),
        patients=len(psi),
        folds=folds,
        followed=float(followed.mean()),
        effective=float(total**2 / (weight @ weight)) if total else 0.0,
        clip=CLIP,
        clipped=float((scores.propensity[followed] < CLIP).mean()) if total else float("nan"),
        largest_weight=float(weight.max()),
        propensity={
            f"{share:.0%}": float(np.quantile(scores.propensity, share)) for share in shares
        },
    )


@dataclass(frozen=True)
class Replicates:
    """How often the 95% interval of a policy's value held the true value.

    Attributes
    ----------
    replicates, patients : int
        Cohorts drawn, and the patients of each.
    assignment : str
        How their treatment was chosen.
    covered : int
        Of the replicates. A right interval covers in 184 to 196 of 200 (binomial, 95%).
    bias, bias_error : float
        Mean of estimate less true value, and its standard error.
    spread, mean_error : float
        Standard deviation of the estimates about the truth's, and the mean standard error claimed.
    mean_width : float
        Of the intervals.
    mean_value, mean_true : float
        Response rates.
    true_error : float
        Monte-Carlo standard error of the true values, which is common to all replicates.
    effective : float
        Mean effective sample size.
    """

    replicates: int
    patients: int
    assignment: str
    covered: int
    bias: float
    bias_error: float
    spread: float
    mean_error: float
    mean_width: float
    mean_value: float
    mean_true: float
    true_error: float
    effective: float


def replicates(
    evidence: Evidence,
    world: World,
    *,
    count: int = 200,
    patients: int = 3_000,
    assignment: Assignment = "confounded",
    learner: Learner = logistic,
    judged: int = 40_000,
    seed: int = 1,
    told: Callable[[int, int], None] | None = None,
) -> Replicates:
    """Draw cohorts, value in each the policy learned from it, and count the intervals that hold.

    The truth of a replicate is the mean value of its own folds' policies on ``judged`` fresh
    patients of the world: what the interval claims to hold.
    """
    judge = draw_judge(world, Plan(derived_seed(seed, "replicates.judge"), judged))
    found = []
    for k in range(count):
        plan = Plan(derived_seed(seed, f"replicates.{k}"), patients, assignment, oracle=False)
        observed = _drawn(evidence, world, plan)
        found.append(off_policy(observed, learner, outcome=learner, judge=judge, seed=plan.seed))
        if told is not None:
            told(k + 1, count)
    value, true, error = (
        np.array(figures)
        for figures in zip(
            *((x.estimate.value, x.true, x.standard_error) for x in found), strict=True
        )
    )
    gap = value - true
    return Replicates(
        replicates=count,
        patients=patients,
        assignment=assignment,
        covered=sum(bool(x.covered) for x in found),
        bias=float(gap.mean()),
        bias_error=float(gap.std(ddof=1) / np.sqrt(count)),
        spread=float(gap.std(ddof=1)),
        mean_error=float(error.mean()),
        mean_width=float(2 * Z95 * error.mean()),
        mean_value=float(value.mean()),
        mean_true=float(true.mean()),
        true_error=float(np.mean([x.true_error for x in found])),
        effective=float(np.mean([x.effective for x in found])),
    )


def _drawn(evidence: Evidence, world: World, plan: Plan) -> Observed:
    drawer = Drawer(world, plan)
    parts = [drawer.block(block).cohort for block in range(plan.blocks)]
    cohort: Columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    records = records_of(cohort, tuple(world.markers))
    return Observed.of(
        build_spec(evidence, draft_world(evidence), records),
        records,
        np.asarray(cohort["strategy"], dtype=object),
        np.asarray(cohort["resistant"], dtype=float),
    )
