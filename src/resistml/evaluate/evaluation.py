"""Judges a model, and what stands beside it, on fresh patients whose truth is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.evaluate.calibration_curves import Calibrations, calibrations
from resistml.evaluate.doubt import Doubt
from resistml.evaluate.fidelity import Fidelity, fidelity
from resistml.evaluate.judge import Judge, Predictor
from resistml.evaluate.judged import Judged
from resistml.evaluate.metrics import (
    Interval,
    auc,
    bootstrapped,
    brier,
    calibration,
    calibration_error,
    log_loss,
)
from resistml.evaluate.net_benefit import DecisionCurve, decision_curve
from resistml.evaluate.off_policy import PolicyValue
from resistml.evaluate.policy import best_fixed_rule, captured, policy_value
from resistml.evaluate.subgroups import Group, Worst, subgroups, worst
from resistml.predict.model import Model
from resistml.rng import Streams

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LearnerFigures:
    """Figures of one learner on the judge's patients.

    ``auc``, ``logloss`` and ``brier`` are against outcomes of the strategy given; ``mae`` and
    ``ece`` against the fair oracle's probability; ``value`` is the true response rate under
    the learner's first choice and ``captured`` its share of what there is to gain.
    """

    auc: Interval
    logloss: float
    brier: float
    mae: float
    ece: float
    value: float
    captured: float


@dataclass(frozen=True)
class Evaluation:
    """All figures of a run.

    Attributes
    ----------
    learners : dict
        ``xgboost`` (the model), ``logistic`` and ``constant``.
    oracle, fair : LearnerFigures
        The all-knowing and the fair oracle, judged like a learner.
    value_given, value_fixed_rule : float
        True response rate as treated, and under the best fixed rule.
    fixed_rule : dict
        The best priority list of each setting.
    calibration : dict of lists
        ``predicted``, ``observed``, ``fair``, ``count`` in ten bins of the model's p(resistance).
    subgroups : dict
        Figures of the model by ``setting``, ``sex``, ``age``, ``ECOG`` and ``unmeasured markers``.
    importance : dict
        Mean absolute contribution to the log-odds, per mechanism.
    fidelity : Fidelity
        How far the explanations agree with the fair truth.
    policy : PolicyValue or None
        What the training patients alone say that the learned ranking is worth, and the truth.
    survival : dict
        Figures of the models of times; see
        :func:`resistml.evaluate.survival_figures.survival_figures`.
    doubt : Doubt or None
        How far the model's intervals, sets and abstentions are right.
    decision : DecisionCurve or None
        What acting on predicted risks is worth, by learner.
    calibrations : Calibrations or None
        The model's calibration with intercept and slope, overall and in each setting.
    judged : Judged or None
        What the model said of each patient; no part of :meth:`to_json`.
    """

    n_train: int
    n_judge: int
    learners: dict[str, LearnerFigures]
    oracle: LearnerFigures
    fair: LearnerFigures
    value_given: float
    value_fixed_rule: float
    fixed_rule: dict[str, tuple[str, ...]]
    calibration: dict[str, list[float]]
    subgroups: dict[str, dict[str, Group]]
    importance: dict[str, float]
    fidelity: Fidelity = field(default_factory=Fidelity)
    policy: PolicyValue | None = None
    survival: dict[str, Any] = field(default_factory=dict)
    doubt: Doubt | None = None
    decision: DecisionCurve | None = None
    calibrations: Calibrations | None = None
    judged: Judged | None = None

    @property
    def by_setting(self) -> dict[str, Group]:
        """Figures of the model in each setting."""
        return self.subgroups.get("setting", {})

    def worst(self, figure: str) -> Worst | None:
        """The group of greatest ``mae`` or ``ece``, of those of :data:`LEAST` patients or more."""
        return worst(self.subgroups, figure)

    def to_json(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        figures = asdict(replace(self, judged=None))
        del figures["judged"]
        cleaned: dict[str, Any] = _without_nan(figures)
        return cleaned


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def evaluate(
    model: Model,
    others: dict[str, Predictor],
    judge: Judge,
    *,
    n_train: int,
    resamples: int,
    seed: int,
    policy: PolicyValue | None = None,
    survival: dict[str, Any] | None = None,
    doubt: Doubt | None = None,
    inert: Collection[str] = (),
) -> Evaluation:
    """Judge the model and the other learners; ``policy``, ``survival`` and ``doubt`` are handed
    on, and ``inert`` are markers that in truth do nothing."""
    rules = best_fixed_rule(judge)
    predictors: dict[str, Predictor] = {"xgboost": lambda r, s: model.risk(r, s).p, **others}
    records = judge.oracle_records
    risks = {name: predict(records, judge.arm) for name, predict in predictors.items()}
    given = judge.given
    explained = fidelity(model, judge, inert=inert)
    fair_value = policy_value(judge, judge.p_fair)

    def figures(name: str, p_response: Floats) -> LearnerFigures:
        rng = Streams(seed).generator(f"evaluate.bootstrap.{name}")
        value = policy_value(judge, p_response)
        y, risk = judge.resistant, 1 - p_response[given]
        return LearnerFigures(
            auc=bootstrapped(lambda i: auc(y[i], risk[i]), len(y), resamples, rng),
            logloss=log_loss(y, risk),
            brier=brier(y, risk),
            mae=float(np.abs(p_response[given] - judge.p_fair[given]).mean()),
            ece=calibration_error(1 - judge.p_fair[given], risk),
            value=value,
            captured=captured(value, rules[0], fair_value),
        )

    return Evaluation(
        n_train=n_train,
        n_judge=len(judge.records),
        learners={name: figures(name, 1 - p) for name, p in risks.items()},
        oracle=figures("oracle", judge.p_response),
        fair=figures("fair", judge.p_fair),
        value_given=float(judge.p_response[given].mean()),
        value_fixed_rule=rules[0],
        fixed_rule=rules[1],
        calibration=_calibration(judge, risks["xgboost"][given]),
        subgroups=subgroups(
            model.spec, judge, 1 - risks["xgboost"], rules[1], resamples=resamples, seed=seed
        ),
        importance=explained.importance,
        fidelity=explained,
        policy=policy,
        survival=survival or {},
        doubt=doubt,
        decision=decision_curve(
            judge.resistant,
            {**{name: p[given] for name, p in risks.items()}, "fair": 1 - judge.p_fair[given]},
            "xgboost",
            resamples=resamples,
            rng=Streams(seed).generator("evaluate.decision"),
        ),
        calibrations=calibrations(
            judge.resistant,
            risks["xgboost"][given],
            1 - judge.p_fair[given],
            judge.records.setting,
        ),
        judged=Judged(
            judge.records.setting, judge.strategy, judge.resistant, risks["xgboost"][given]
        ),
    )


def _calibration(judge: Judge, risk: Floats) -> dict[str, list[float]]:
    predicted, observed, count = calibration(judge.resistant, risk)
    _, fair, _ = calibration(1 - judge.p_fair[judge.given], risk)
    return {
        "predicted": predicted.tolist(),
        "observed": observed.tolist(),
        "fair": fair.tolist(),
        "count": count.tolist(),
    }
