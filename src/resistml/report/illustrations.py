"""The figures of a model report, in their order."""

from __future__ import annotations

from collections.abc import Callable

from resistml.evaluate.subgroups import LEAST
from resistml.report import figures
from resistml.report import illustrated_explanations as explanations
from resistml.report import illustrated_performance as performance
from resistml.report.audit_view import by_endpoint, by_role, solved, tally
from resistml.report.context import ReportContext
from resistml.report.illustration import Illustration, listed, patients
from resistml.report.words import (
    group_label,
    inside,
    join,
    label,
    number,
    worst_words,
)

__all__ = ["Illustration", "illustrations"]


def illustrations(context: ReportContext) -> tuple[Illustration, ...]:
    """Every figure of a report, in its order; what there is no data for is left out."""
    evaluation, swarm = context.evaluation, context.swarm
    wanted: tuple[tuple[bool, Callable[[ReportContext], Illustration]], ...] = (
        (bool(solved(context.audit)), _audit),
        (True, performance.discrimination),
        (True, performance.calibration),
        (evaluation.calibrations is not None, performance.setting_calibration),
        (evaluation.decision is not None, performance.decision),
        (performance.has_learning(context), performance.learning),
        (True, performance.value),
        (bool(evaluation.importance), explanations.importance),
        (swarm is not None, explanations.swarm),
        (swarm is not None and swarm.base is not None, explanations.waterfall),
        (swarm is not None and bool(swarm.groups), explanations.dependence),
        (bool(evaluation.fidelity.by_mechanism), explanations.fidelity),
        (bool(evaluation.by_setting), _setting),
        (bool(evaluation.subgroups), _subgroups),
        (bool(evaluation.survival), performance.survival),
        (evaluation.doubt is not None, performance.doubt),
    )
    return tuple(draw(context) for there, draw in wanted if there)


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


def _setting(context: ReportContext) -> Illustration:
    rows = context.evaluation.by_setting
    shown = {
        label(s, context.names): f"{number(f.auc.value)} (fair oracle {number(f.auc_fair.value)})"
        for s, f in rows.items()
    }
    return Illustration(
        "settings",
        "Discrimination in each setting",
        f"Dot plot of AUC by setting: {listed(shown)}.",
        f"n = {patients(context)} in {len(rows)} settings. At the right: the model's AUC, the "
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
        f"Dot plot of the error in probability by group: {listed(shown)}. {' '.join(worst)}",
        f"n = {patients(context)}, divided in {len(found)} ways. Lines are 95% bootstrap "
        "intervals, grey lines all patients. Both figures are against the fair oracle's "
        "probabilities, in percentage points. The worst group stands out; open dots are groups "
        f"of fewer than {LEAST}, which may be far off by chance and are never called the worst.",
        figures.subgroup_figure(context.evaluation, context.names),
    )
