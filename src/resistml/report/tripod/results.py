"""Answers to the items of involvement and results."""

from __future__ import annotations

import math

from resistml.report import words
from resistml.report.context import ReportContext
from resistml.report.tripod.answer import Answer, Answering, not_applicable
from resistml.report.words import count, interval, number, percent


def _involvement(context: ReportContext) -> Answer:
    return Answer("Patients and the public took no part in this run.")


def _flow(context: ReportContext) -> Answer:
    found, evaluation = context.characteristics, context.evaluation
    said = [f"Drawn and used: {count(evaluation.n_train)} to learn from"]
    if found is not None:
        said[0] += (
            f", {count(found.resistant)} of them ({percent(found.resistant / found.n)}) resistant"
        )
    judged = f"{count(evaluation.n_judge)} to judge on"
    if evaluation.decision is not None:
        share = evaluation.decision.prevalence
        judged += f", {count(share * evaluation.decision.n)} ({percent(share)}) resistant"
    said.append(judged)
    text = "; ".join(said) + ". None was left out."
    if found is not None and math.isfinite(found.follow_up):
        text += (
            f" Median time to death or last contact {number(found.follow_up, 1)} months, "
            f"{count(found.deaths)} deaths."
        )
    return Answer(text, ("data",))


def _characteristics(context: ReportContext) -> Answer:
    found = context.characteristics
    if found is None:
        return Answer(
            "This report is made from a model's bundle, which does not hold its training "
            f"patients. Of the {count(context.evaluation.n_judge)} judged on, the groups are "
            "listed with their numbers.",
            ("groups",),
        )
    return Answer(
        f"{count(found.n)} training patients under {found.strategies} strategies, by "
        f"{words.join(list(found.counts))}; {count(found.resistant)} resistant; "
        f"{len(found.unmeasured)} markers with their share of gaps.",
        ("data",),
    )


def _compared(context: ReportContext) -> Answer:
    found, evaluation = context.characteristics, context.evaluation
    if found is None or evaluation.decision is None:
        return not_applicable("The training patients are not at hand in this report.")
    return Answer(
        f"Resistant: {percent(found.resistant / found.n)} of training patients, "
        f"{percent(evaluation.decision.prevalence)} of those judged on. Settings, sex, age, "
        "performance status and gaps stand side by side.",
        ("data",),
    )


def _analysed(context: ReportContext) -> Answer:
    found, evaluation = context.characteristics, context.evaluation
    events = "" if found is None else f" ({count(found.resistant)} resistant)"
    said = [f"Development: {count(evaluation.n_train)} patients{events}"]
    judged = (
        ""
        if evaluation.decision is None
        else (f" ({count(evaluation.decision.prevalence * evaluation.decision.n)} resistant)")
    )
    said.append(f"evaluation: {count(evaluation.n_judge)}{judged}")
    if evaluation.fidelity.rows:
        said.append(f"explanations: {count(evaluation.fidelity.rows)}")
    for time, figures in evaluation.survival.items():
        said.append(
            f"{words.inside(words.TIMES.get(time, time))}: {count(figures['patients'])} "
            f"({count(figures['events'])} events)"
        )
    if evaluation.policy is not None:
        said.append(f"value of the ranking from data alone: {count(evaluation.policy.patients)}")
    return Answer("; ".join(said) + ".", ("data", "discrimination"))


def _specification(context: ReportContext) -> Answer:
    made = ""
    if context.model is not None:
        made = f" {context.model.members} models, {context.model.rounds} trees each."
    return Answer(
        f"The whole model is a folder of JSON and UBJ files without code in it.{made} `resistml "
        "score`, `rank` and `explain` use it, from the command line and from Python. "
        f"{context.notice}",
        ("reproduce",),
    )


def _performance(context: ReportContext) -> Answer:
    evaluation = context.evaluation
    model = evaluation.learners[words.MODEL]
    said = [f"AUC {interval(model.auc)}"]
    if evaluation.calibrations is not None:
        overall = evaluation.calibrations.overall
        said.append(f"calibration slope {interval(overall.slope, 2)}")
        said.append(f"calibration in the large {interval(overall.intercept, 2)}")
    said.append(f"Brier score {number(model.brier)}")
    said.append(f"mean distance from the fair oracle {number(model.mae)}")
    return Answer(
        "; ".join(said) + ". Groups with their intervals are listed.",
        ("discrimination", "calibration", "decision", "groups"),
    )


def _heterogeneity(context: ReportContext) -> Answer:
    found = {
        name: group.auc.value
        for name, group in context.evaluation.by_setting.items()
        if math.isfinite(group.auc.value)
    }
    if not found:
        return Answer("No setting has both outcomes.", ("groups",))
    low, high = min(found, key=lambda s: found[s]), max(found, key=lambda s: found[s])
    return Answer(
        f"AUC from {number(found[low])} ({words.label(low, context.names)}) to "
        f"{number(found[high])} ({words.label(high, context.names)}) over {len(found)} settings, "
        "with the fair oracle's beside it.",
        ("groups", "calibration"),
    )


def _updated(context: ReportContext) -> Answer:
    return not_applicable("The model was not updated.")


ANSWERS: dict[str, Answering] = {
    "19": _involvement,
    "20a": _flow,
    "20b": _characteristics,
    "20c": _compared,
    "21": _analysed,
    "22": _specification,
    "23a": _performance,
    "23b": _heterogeneity,
    "24": _updated,
}
