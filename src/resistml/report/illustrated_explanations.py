"""Figures that say what moves a model's predictions, and whether its account of that is true."""

from __future__ import annotations

import numpy as np

from resistml.report import figures
from resistml.report.context import ReportContext, Swarm
from resistml.report.illustration import Illustration, listed
from resistml.report.style import mechanism_colour
from resistml.report.words import count, join, label, number

#: Panels of dependence plots, and markers named in a patient's waterfall.
PANELS, NAMED = 6, 10


def importance(context: ReportContext) -> Illustration:
    shown = {label(m, context.names): number(v) for m, v in context.evaluation.importance.items()}
    return Illustration(
        "importance",
        "How much each mechanism moves predictions",
        f"Bar chart of mean absolute contributions to the log-odds: {listed(shown)}.",
        f"n = {explained(context)}. Contributions (SHAP values) are summed over a mechanism's "
        "markers before the absolute value is taken, so that opposite signs cancel.",
        figures.importance_figure(context.evaluation, context.names),
    )


def swarm(context: ReportContext) -> Illustration:
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


def fidelity(context: ReportContext) -> Illustration:
    found = context.evaluation.fidelity.by_mechanism
    shown = {label(m, context.names): number(v) for m, v in found.items()}
    return Illustration(
        "fidelity",
        "Explanations held against the truth",
        f"Dot plot of correlations with the fair truth: {listed(shown)}.",
        f"n = {explained(context)}. Correlation of contributions with the exact attribution of "
        "the true log-odds given what was recorded, both centred per setting and strategy, over "
        "rows where the truth varies.",
        figures.fidelity_figure(context.evaluation, context.names),
    )


def dependence(context: ReportContext) -> Illustration:
    """Contributions of the strongest markers against their values."""
    swarm = context.swarm
    assert swarm is not None
    columns = _strongest(swarm, PANELS)
    places = [swarm.columns.index(name) for name in columns]
    return Illustration(
        "dependence",
        "How the strongest markers act",
        f"Dependence plots: contribution against recorded value of {join(columns)}.",
        f"n = {count(len(swarm.values))} patients under the strategy given; a dot for each whom "
        "the marker bears on and in whom it was measured. Colour is the mechanism. Dots apart at "
        "one value are other strategies or settings.",
        figures.dependence_figure(
            swarm.values,
            swarm.data,
            swarm.columns,
            columns=columns,
            units=[swarm.units[j] for j in places] if swarm.units else (),
            colours=[mechanism_colour(swarm.groups[j]) for j in places] if swarm.groups else (),
        ),
    )


def _strongest(swarm: Swarm, most: int) -> list[str]:
    """Columns of largest mean contribution that are more than two values."""
    size = np.abs(swarm.values).mean(axis=0)
    many = [len(np.unique(x[~np.isnan(x)])) > 2 for x in swarm.data.T]
    order = [j for j in np.argsort(-size, kind="stable").tolist() if many[j]]
    return [swarm.columns[j] for j in order[:most]]


def waterfall(context: ReportContext) -> Illustration:
    """One patient's contributions, of him whom the markers move most of a typical half."""
    swarm = context.swarm
    assert swarm is not None
    assert swarm.base is not None
    row = _typical(swarm)
    values, base = swarm.values[row], float(swarm.base[row])
    labels = [measured(swarm, row, j) for j in range(len(swarm.columns))]
    who = swarm.labels[row] if swarm.labels else ""
    first = np.argsort(-np.abs(values), kind="stable")[:3].tolist()
    strongest = join([f"{labels[j]} adds {number(float(values[j]), 2)}" for j in first])
    return Illustration(
        "waterfall",
        "One patient's risk, marker by marker",
        f"Waterfall plot from {number(base, 2)} to {number(base + float(values.sum()), 2)} in "
        f"log-odds: {strongest}.",
        f"n = 1 patient{f' ({who})' if who else ''}, the one whose markers move the risk by the "
        "upper quartile. To the right: towards resistance.",
        figures.waterfall_figure(values, base, labels, most=NAMED, who=who),
    )


def _typical(swarm: Swarm) -> int:
    """The patient at the upper quartile of what all his markers move together."""
    moved = np.abs(swarm.values).sum(axis=1)
    order = np.argsort(moved, kind="stable")
    return int(order[(3 * (len(order) - 1)) // 4])


def measured(swarm: Swarm, row: int, column: int) -> str:
    """A column with what was measured of it in a patient."""
    value, unit = float(swarm.data[row, column]), swarm.units[column] if swarm.units else ""
    return f"{swarm.columns[column]}, {_value(value, unit)}"


def _value(value: float, unit: str) -> str:
    if np.isnan(value):
        return "unmeasured"
    if not unit:
        return {0.0: "no", 1.0: "yes"}.get(value, f"{value:.3g}")
    if "=" in unit:  # what 0 and 1 mean
        meaning = dict(part.split("=") for part in unit.split(","))
        said = {key.strip(): word.strip() for key, word in meaning.items()}
        return said.get(f"{value:g}", f"{value:g}")
    return f"{value:.3g} {unit}"


def explained(context: ReportContext) -> str:
    """How many patients' explanations were judged."""
    return f"{count(context.evaluation.fidelity.rows)} fresh patients"
