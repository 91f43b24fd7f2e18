"""Figures of an evaluation, as matplotlib figures that belong to no window.

The audit's, SHAP's and that of groups are in modules of their own and named here too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from resistml.report.figure_audit import audit_figure
from resistml.report.figure_calibration import (
    calibration_figure,
    setting_calibration_figure,
    wilson,
)
from resistml.report.figure_decision import decision_figure
from resistml.report.figure_doubt import doubt_figure
from resistml.report.figure_learning import learning_figure
from resistml.report.figure_rows import (
    ROW,
    beside,
    colour,
    dot,
    flush_labels,
    is_model,
    row_figure,
    wrap,
)
from resistml.report.figure_shap import beeswarm_figure, dependence_figure, waterfall_figure
from resistml.report.figure_subgroups import subgroup_figure
from resistml.report.figure_survival import survival_figure
from resistml.report.style import (
    BAND,
    INK,
    MUTED,
    PALETTE,
    mechanism_colour,
    say,
    styled,
)
from resistml.report.words import (
    MODEL,
    captured_words,
    count,
    interval,
    judged,
    label,
    learner_label,
    number,
    percent,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from resistml.evaluate.evaluation import Evaluation

__all__ = [
    "audit_figure",
    "beeswarm_figure",
    "calibration_figure",
    "decision_figure",
    "dependence_figure",
    "discrimination_figure",
    "doubt_figure",
    "fidelity_figure",
    "importance_figure",
    "learning_figure",
    "setting_calibration_figure",
    "setting_figure",
    "subgroup_figure",
    "survival_figure",
    "value_figure",
    "waterfall_figure",
    "wilson",
]


@styled
def discrimination_figure(evaluation: Evaluation) -> Figure:
    """AUC of every learner and both oracles, with 95% intervals."""
    rows = judged(evaluation)
    figure, axes = row_figure(list(rows))
    fair = evaluation.fair.auc.value
    if math.isfinite(fair):
        axes.axvline(fair, color=BAND, lw=1.2, zorder=0)
    for y, (name, figures) in enumerate(rows.items()):
        auc = figures.auc
        axes.plot([auc.low, auc.high], [y, y], color=colour(name), lw=2.2, solid_capstyle="butt")
        axes.plot(auc.value, y, **dot(name))
        beside(axes, y, interval(auc), bold=is_model(name))
    axes.set_xlabel("AUC, area under the ROC curve (95% bootstrap interval)")
    flush_labels(figure, axes)
    say(figure, f"n = {count(evaluation.n_judge)} fresh patients; grey line: the fair oracle")
    return figure


@styled
def value_figure(evaluation: Evaluation) -> Figure:
    """True response rate under each way of choosing, between fixed rule and fair oracle."""
    rows = [
        ("As given", evaluation.value_given, ""),
        ("Best fixed rule", evaluation.value_fixed_rule, ""),
    ]
    for name, figures in judged(evaluation).items():
        said = "" if "oracle" in name else captured_words(figures.captured)
        rows.append((name, figures.value, said))
    figure, axes = row_figure([name for name, _, _ in rows])
    axes.axvspan(
        100 * evaluation.value_fixed_rule,
        100 * evaluation.fair.value,
        color=BAND,
        lw=0,
        zorder=0,
        label="What there is to gain",
    )
    for y, (name, value, said) in enumerate(rows):
        axes.plot(100 * value, y, **dot(name))
        beside(axes, y, percent(value), bold=is_model(name))
        if said:
            beside(axes, y, said, x=1.13, bold=is_model(name))
    axes.set_xlabel("True response rate if each patient had the first choice (%)")
    axes.legend(loc="lower left", handlelength=1.2)
    flush_labels(figure, axes)
    say(figure, f"n = {count(evaluation.n_judge)} fresh patients; the axis does not start at 0")
    return figure


@styled
def importance_figure(evaluation: Evaluation, names: Mapping[str, str] | None = None) -> Figure:
    """Mean absolute contribution of each mechanism to the log-odds."""
    rows = sorted(evaluation.importance.items(), key=lambda pair: -pair[1])
    figure, axes = row_figure([label(name, names or {}) for name, _ in rows])
    for y, (name, value) in enumerate(rows):
        # An edge keeps the palest colour 3 to 1 against the page.
        edge = PALETTE["slate"] if name == "context" else mechanism_colour(name)
        axes.barh(y, value, height=0.56, color=mechanism_colour(name), ec=edge, lw=0.8)
        beside(axes, y, number(value))
    axes.set_xlim(left=0)
    axes.set_xlabel("Mean absolute contribution (log-odds of resistance)")
    flush_labels(figure, axes)
    if evaluation.fidelity.rows:
        say(figure, f"n = {count(evaluation.fidelity.rows)} fresh patients, strategy as given")
    return figure


@styled
def fidelity_figure(evaluation: Evaluation, names: Mapping[str, str] | None = None) -> Figure:
    """Correlation of contributions with the fair truth, of all mechanisms and of each."""
    found = evaluation.fidelity
    rows = [(label(name, names or {}), name, value) for name, value in found.by_mechanism.items()]
    if math.isfinite(found.correlation):
        rows.insert(0, ("All mechanisms of resistance", "", found.correlation))
    figure, axes = row_figure([text for text, _, _ in rows])
    for y, (_, name, value) in enumerate(rows):
        hue = mechanism_colour(name) if name else INK
        if math.isfinite(value):
            axes.plot([0, value], [y, y], color=hue, lw=2, solid_capstyle="butt")
            axes.plot(value, y, "o", color=hue, ms=7, clip_on=False)
        beside(axes, y, number(value) if math.isfinite(value) else "not defined", bold=not name)
    finite = [value for _, _, value in rows if math.isfinite(value)]
    axes.set_xlim(min([0.0, *(value - 0.05 for value in finite)]), 1)
    axes.axvline(0, color=MUTED, lw=0.7)
    axes.set_xlabel("Correlation with the fair truth, within setting and strategy (1 = agrees)")
    flush_labels(figure, axes)
    if found.rows:
        say(
            figure,
            f"n = {count(found.rows)} fresh patients, {count(found.cells)} contributions of a "
            "mechanism that bears on the strategy given",
        )
    return figure


@styled
def setting_figure(evaluation: Evaluation, names: Mapping[str, str] | None = None) -> Figure:
    """AUC in each setting beside the fair oracle's, the easiest setting first."""
    rows = sorted(evaluation.by_setting.items(), key=lambda pair: -_or_zero(pair[1].auc_fair.value))
    wrapped = [wrap(label(name, names or {})) for name, _ in rows]
    figure, axes = row_figure(wrapped, height=0.36 if any("\n" in w for w in wrapped) else ROW)
    axes.tick_params(axis="y", labelsize=7.5)
    axes.grid(axis="y")
    oracle, model_name = "Fair oracle", learner_label(MODEL)
    for y, (_, found) in enumerate(rows):
        model, fair = found.auc.value, found.auc_fair.value
        axes.plot([model, fair], [y, y], color=MUTED, lw=1.2, zorder=2)
        axes.plot(fair, y, **dot(oracle), label="" if y else oracle)
        axes.plot(model, y, **dot(model_name), label="" if y else model_name)
        beside(axes, y, f"{number(model)} / {number(fair)}   n {count(found.n)}", size=7.5)
    axes.set_xlabel("AUC, area under the ROC curve")
    figure.legend(loc="outside upper left", ncols=2, handletextpad=0.3)
    flush_labels(figure, axes)
    say(figure, f"n = {count(evaluation.n_judge)} fresh patients; the axis does not start at 0")
    return figure


def _or_zero(x: float) -> float:
    return x if math.isfinite(x) else 0.0
