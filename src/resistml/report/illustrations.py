"""The figures of a model report, with titles, captions and the words for those who see none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resistml.evaluate.subgroups import LEAST
from resistml.report import figures
from resistml.report.audit_view import by_endpoint, by_role, solved, tally
from resistml.report.context import ReportContext
from resistml.report.words import (
    MODEL,
    captured_words,
    count,
    group_label,
    inside,
    interval,
    join,
    judged,
    label,
    number,
    percent,
    worst_words,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Illustration:
    """A figure with all the words it needs; ``alt`` says what it shows to those who see none."""

    name: str
    title: str
    alt: str
    caption: str
    figure: Figure


def illustrations(context: ReportContext) -> tuple[Illustration, ...]:
    """Every figure of a report, in its order; what there is no data for is left out."""
    evaluation = context.evaluation
    wanted: tuple[tuple[bool, Callable[[ReportContext], Illustration]], ...] = (
        (bool(solved(context.audit)), _audit),
        (True, _discrimination),
        (True, _calibration),
        (True, _value),
        (bool(evaluation.importance), _importance),
        (context.swarm is not None, _swarm),
        (bool(evaluation.fidelity), _fidelity),
        (bool(evaluation.by_setting), _setting),
        (bool(evaluation.subgroups), _subgroups),
    )
    return tuple(draw(context) for there, draw in wanted if there)


def _listed(pairs: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in pairs.items())


def _patients(context: ReportContext) -> str:
    return f"{count(context.evaluation.n_judge)} fresh patients"


def _audit(context: ReportContext) -> Illustration:
    rows = solved(context.audit)
    found = tally(rows)
    targets, parameters = by_role(rows)
    said = f"{len(targets)} target claims"
    said += f" and {len(parameters)} that set a distribution or a cut-off" if parameters else ""
    ends = join([inside(label(g.endpoint, context.names)) for g in by_endpoint(rows)])
    return Illustration(
        "audit",
        "What the review reports, and what the world gives",
        f"Dot plot of {said} by endpoint ({ends}): {found['within']} within "
        f"the reported range, {found['tension']} in tension, {found['out']} out. The table below "
        "holds every value.",
        f"n = {said}. Bars are reported ranges, single ticks reported points; "
        "dots are population values from fresh Monte Carlo, with 95% intervals where wider than "
        "the dot. Letters name the sets of claims that cannot hold together.",
        figures.audit_figure(context.audit, context.names, context.conflicts),
    )


def _discrimination(context: ReportContext) -> Illustration:
    rows = judged(context.evaluation)
    return Illustration(
        "discrimination",
        "Discrimination of the model and what stands beside it",
        f"Dot plot of AUC with 95% intervals: "
        f"{_listed({name: interval(f.auc) for name, f in rows.items()})}.",
        f"n = {_patients(context)}, outcome of the strategy given. Lines are 95% bootstrap "
        "intervals; the grey line marks the fair oracle, the best that can be had from what was "
        "recorded.",
        figures.discrimination_figure(context.evaluation),
    )


def _calibration(context: ReportContext) -> Illustration:
    found = context.evaluation.calibration
    bins = [
        f"{percent(p)} predicted, {percent(o)} observed"
        for p, o in zip(found["predicted"], found["observed"], strict=True)
    ]
    return Illustration(
        "calibration",
        "Calibration of predicted probabilities",
        f"Predicted against observed share resistant, in {len(bins)} bins: {'; '.join(bins)}.",
        f"n = {_patients(context)} in {len(bins)} bins of equal size. Left: share resistant; "
        "right: its distance from the prediction. Lines are 95% Wilson intervals. Diamonds are "
        "the fair oracle's mean probability, free of the chance in outcomes.",
        figures.calibration_figure(context.evaluation),
    )


def _value(context: ReportContext) -> Illustration:
    evaluation = context.evaluation
    shown = {
        "as given": percent(evaluation.value_given),
        "best fixed rule": percent(evaluation.value_fixed_rule),
        **{name: percent(f.value) for name, f in judged(evaluation).items()},
    }
    return Illustration(
        "value",
        "True response rate under each way of choosing",
        f"Dot plot of true response rates: {_listed(shown)}. "
        f"The model {captured_words(evaluation.learners[MODEL].captured)} of what there is to "
        "gain.",
        f"n = {_patients(context)}. The band spans what a ranking can gain: from the best fixed "
        "rule to the fair oracle. What a learner captures, or loses, is its share of that band. "
        "The axis does not start at 0.",
        figures.value_figure(evaluation),
    )


def _importance(context: ReportContext) -> Illustration:
    shown = {label(m, context.names): number(v) for m, v in context.evaluation.importance.items()}
    return Illustration(
        "importance",
        "How much each mechanism moves predictions",
        f"Bar chart of mean absolute contributions to the log-odds: {_listed(shown)}.",
        f"n = {_explained(context)}. Contributions (SHAP values) are summed over a mechanism's "
        "markers before the absolute value is taken, so that opposite signs cancel.",
        figures.importance_figure(context.evaluation, context.names),
    )


def _swarm(context: ReportContext) -> Illustration:
    assert context.swarm is not None
    values, columns = context.swarm.values, context.swarm.columns
    order = np.argsort(-np.abs(values).mean(axis=0))[:5]
    return Illustration(
        "swarm",
        "Contributions of single columns",
        f"Beeswarm plot of contributions of {len(columns)} columns over {count(len(values))} "
        f"patients. The strongest are {join([columns[i] for i in order])}.",
        f"n = {count(len(values))} patients, a dot each, under the strategy given. To the right: "
        "towards resistance. Colour is the column's value; grey dots are unmeasured.",
        figures.beeswarm_figure(values, context.swarm.data, columns),
    )


def _fidelity(context: ReportContext) -> Illustration:
    shown = {label(m, context.names): number(v) for m, v in context.evaluation.fidelity.items()}
    return Illustration(
        "fidelity",
        "Explanations held against the truth",
        f"Dot plot of correlations with the fair truth: {_listed(shown)}.",
        f"n = {_explained(context)}. Correlation of contributions with the exact attribution of "
        "the true log-odds given what was recorded, both centred per setting and strategy, over "
        "rows where the truth varies.",
        figures.fidelity_figure(context.evaluation, context.names),
    )


def _setting(context: ReportContext) -> Illustration:
    rows = context.evaluation.by_setting
    shown = {
        label(s, context.names): f"{number(f.auc.value)} (fair oracle {number(f.auc_fair.value)})"
        for s, f in rows.items()
    }
    return Illustration(
        "settings",
        "Discrimination in each setting",
        f"Dot plot of AUC by setting: {_listed(shown)}.",
        f"n = {_patients(context)} in {len(rows)} settings. At the right: the model's AUC, the "
        "fair oracle's, and patients. In small settings either may lead by chance.",
        figures.setting_figure(context.evaluation, context.names),
    )


def _subgroups(context: ReportContext) -> Illustration:
    found = context.evaluation.subgroups
    shown = {
        group_label(division, name, context.names): number(group.mae.value)
        for division, groups in found.items()
        for name, group in groups.items()
    }
    said = worst_words(context.evaluation, context.names)
    worst = [f"Worst by {called} is {group}." for called, group in said.items()]
    return Illustration(
        "subgroups",
        "How far off in each group of patients",
        f"Dot plot of the error in probability by group: {_listed(shown)}. {' '.join(worst)}",
        f"n = {_patients(context)}, divided in {len(found)} ways. Lines are 95% bootstrap "
        "intervals, grey lines all patients. Both figures are against the fair oracle's "
        "probabilities, in percentage points. The worst group stands out; open dots are groups "
        f"of fewer than {LEAST}, which may be far off by chance and are never called the worst.",
        figures.subgroup_figure(context.evaluation, context.names),
    )


def _explained(context: ReportContext) -> str:
    from resistml.evaluate.evaluation import EXPLAINED

    return f"{count(min(EXPLAINED, context.evaluation.n_judge))} fresh patients"
