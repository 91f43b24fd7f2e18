"""Figures that say how well a model predicts and ranks, and what it says of its doubt."""

from __future__ import annotations

import math

from resistml.report import figures
from resistml.report.context import ReportContext
from resistml.report.illustration import Illustration, listed, patients
from resistml.report.learning import LearningCurve
from resistml.report.words import (
    MODEL,
    TIMES,
    captured_words,
    count,
    interval,
    judged,
    label,
    number,
    percent,
)


def discrimination(context: ReportContext) -> Illustration:
    rows = judged(context.evaluation)
    return Illustration(
        "discrimination",
        "Discrimination of the model and what stands beside it",
        f"Dot plot of AUC with 95% intervals: "
        f"{listed({name: interval(f.auc) for name, f in rows.items()})}.",
        f"n = {patients(context)}, outcome of the strategy given. Lines are 95% bootstrap "
        "intervals; the grey line marks the fair oracle, the best that can be had from what was "
        "recorded.",
        figures.discrimination_figure(context.evaluation),
    )


def calibration(context: ReportContext) -> Illustration:
    found = context.evaluation.calibration
    bins = [
        f"{percent(p)} predicted, {percent(o)} observed"
        for p, o in zip(found["predicted"], found["observed"], strict=True)
    ]
    return Illustration(
        "calibration",
        "Calibration of predicted probabilities",
        f"Predicted against observed share resistant, in {len(bins)} bins: {'; '.join(bins)}.",
        f"n = {patients(context)} in {len(bins)} bins of equal size. Left: share resistant; "
        "right: its distance from the prediction. Lines are 95% Wilson intervals. Diamonds are "
        "the fair oracle's mean probability, free of the chance in outcomes.",
        figures.calibration_figure(context.evaluation),
    )


def value(context: ReportContext) -> Illustration:
    evaluation = context.evaluation
    shown = {
        "as given": percent(evaluation.value_given),
        "best fixed rule": percent(evaluation.value_fixed_rule),
        **{name: percent(f.value) for name, f in judged(evaluation).items()},
    }
    return Illustration(
        "value",
        "True response rate under each way of choosing",
        f"Dot plot of true response rates: {listed(shown)}. "
        f"The model {captured_words(evaluation.learners[MODEL].captured)} of what there is to "
        "gain.",
        f"n = {patients(context)}. The band spans what a ranking can gain: from the best fixed "
        "rule to the fair oracle. What a learner captures, or loses, is its share of that band. "
        "The axis does not start at 0.",
        figures.value_figure(evaluation),
    )


def setting_calibration(context: ReportContext) -> Illustration:
    """Calibration in each setting."""
    assert context.evaluation.calibrations is not None
    curves = context.evaluation.calibrations.by_setting
    shown = {label(s, context.names): interval(c.slope, 2) for s, c in curves.items()}
    return Illustration(
        "calibration-settings",
        "Calibration in each setting",
        f"Predicted against observed share resistant, a panel per setting, with the calibration "
        f"slope: {listed(shown)}.",
        f"n = {patients(context)} in {len(curves)} settings. A slope of 1 is right; below 1, "
        "predictions are too extreme. Its 95% interval is Wald's, those of the dots are Wilson's.",
        figures.setting_calibration_figure(context.evaluation, context.names),
    )


def decision(context: ReportContext) -> Illustration:
    """The decision curve."""
    curve = context.evaluation.decision
    assert curve is not None
    said = [
        f"{called} {_at(curve.threshold, values)}"
        for called, values in (("the model", curve.learners[MODEL]), ("all", curve.everybody))
    ]
    return Illustration(
        "decision",
        "What acting on predicted risks is worth",
        "Decision curve: net benefit in true positives per 100 patients by the risk from which "
        f"one acts: {'; '.join(said)}.",
        f"n = {count(curve.n)} fresh patients under the strategy given. Left: net benefit; right: "
        "how far it is above the better of acting on all and on none. The band is the model's 95% "
        "bootstrap interval.",
        figures.decision_figure(curve),
    )


def _at(thresholds: tuple[float, ...], values: tuple[float, ...]) -> str:
    """Net benefit at a quarter, a half and three quarters, in words."""
    told = [
        f"{number(100 * value, 1)} at {percent(threshold, 0)}"
        for threshold, value in zip(thresholds, values, strict=True)
        if threshold in (0.25, 0.5, 0.75)
    ]
    return ", ".join(told)


def learning(context: ReportContext) -> Illustration:
    """The learning curve."""
    curve = context.learning
    assert curve is not None
    return Illustration(
        "learning",
        "What more training patients are worth",
        f"Learning curves of {len(curve.curves['auc_gap'])} learners from "
        f"{count(curve.sizes[0])} to {count(curve.sizes[-1])} training patients. The model: "
        f"{_learned(curve)}.",
        f"Means over draws with 95% intervals, each judged on n = {count(curve.judged)} fresh "
        "patients; from the benchmark and not from this run. Left: how far the AUC is below the "
        "fair oracle's, 0 is the best; right: share of what a ranking can gain over the best fixed "
        "rule. What is below the axis is not drawn.",
        figures.learning_figure(curve),
    )


def _learned(curve: LearningCurve) -> str:
    points = curve.curves["captured"].get(MODEL, ())
    return ", ".join(f"captures {percent(p.mean, 0)} from {count(p.patients)}" for p in points)


def survival(context: ReportContext) -> Illustration:
    """Calibration of the models of times."""
    found = context.evaluation.survival
    shown = {
        TIMES.get(time, time): f"concordance {number(one['learners']['model']['concordance'])}"
        for time, one in found.items()
    }
    return Illustration(
        "survival",
        "Predicted and observed shares free of progression and death",
        f"Predicted against observed share free of the event at three times: {listed(shown)}.",
        "Dots are Kaplan-Meier's shares in bins of equal size, diamonds the fair oracle's mean. "
        f"n = {count(next(iter(found.values()))['patients'])} fresh patients.",
        figures.survival_figure(found),
    )


def doubt(context: ReportContext) -> Illustration:
    """Coverage of intervals, and chances of being best."""
    found = context.evaluation.doubt
    assert found is not None
    held = found.uncertainty
    shown = {label(s, context.names): percent(x.coverage, 0) for s, x in held.by_setting.items()}
    return Illustration(
        "doubt",
        "What the 90% intervals hold, and how often the first strategy is the best",
        "Share of true probabilities inside the 90% intervals: "
        f"{percent(held.overall.coverage)} in all; by setting {listed(shown)}. Said chances that "
        f"the first strategy is the best are {number(100 * held.best.error_first, 1)} points off "
        "on average.",
        f"n = {count(held.overall.n)} answers, of {patients(context)} under each open strategy. "
        "Left: dots are the model's intervals, ticks those that the spread of the bag alone would "
        "give. Right: bins of equal size with 95% intervals.",
        figures.doubt_figure(held, context.evaluation.n_judge, context.names),
    )


def has_learning(context: ReportContext) -> bool:
    """Whether there is a learning curve of the model to draw."""
    curve = context.learning
    return curve is not None and MODEL in curve.curves["auc_gap"]


def finite(*values: float) -> bool:
    """Whether all are numbers."""
    return all(math.isfinite(x) for x in values)
