"""Answers to the items of discussion."""

from __future__ import annotations

import math

from resistml.report import words
from resistml.report.context import ReportContext
from resistml.report.tripod.answer import Answer, Answering
from resistml.report.words import number, percent


def _interpretation(context: ReportContext) -> Answer:
    evaluation = context.evaluation
    model = evaluation.learners[words.MODEL]
    gap = evaluation.fair.auc.value - model.auc.value
    share = (
        f"its ranking {words.captured_words(model.captured)} of what there is to gain"
        if math.isfinite(model.captured)
        else "there is nothing for a ranking to gain"
    )
    said = words.worst_words(evaluation, context.names)
    worst = "".join(f"Worst by {called} is {group}. " for called, group in said.items())
    return Answer(
        f"In its own world the model is {number(gap)} of AUC below the best that the records "
        f"allow, its probabilities are {number(100 * model.mae, 1)} points off on average, and "
        f"{share}. {worst}This says how well the world was learned, and nothing of people.",
        ("summary", "groups"),
    )


def _limitations(context: ReportContext) -> Answer:
    return Answer(" ".join(words.sentence(limit) for limit in context.limits), ("limits",))


def _poor_input(context: ReportContext) -> Answer:
    doubt = context.evaluation.doubt
    said = ""
    if doubt is not None and doubt.abstention is not None:
        share = doubt.abstention.ordinary.get("abstained", math.nan)
        said = f" Of ordinary patients it abstains from {percent(share)}."
    return Answer(
        "Values out of range reject a profile, with row and column; unmeasured markers are "
        "expected from the rest and widen the interval; from profiles unlike the training "
        f"patients, or mostly unmeasured, the model abstains and says why.{said}",
        ("doubt",),
    )


def _users(context: ReportContext) -> Answer:
    return Answer(
        "Users hand over a table of recorded values in the units of the catalog; nothing is to "
        "be set by hand. They must know what the markers are and that the patients learned from "
        f"are virtual. {context.notice}",
        ("what",),
    )


def _next(context: ReportContext) -> Answer:
    out = sum(row.status == "out" for row in context.audit)
    tension = sum(row.status == "tension" for row in context.audit)
    return Answer(
        "To be trained and judged on real cohorts, without which nothing is known of people. In "
        f"the world itself: {tension} claims in tension and {out} out call for better evidence.",
        ("limits", "audit"),
    )


ANSWERS: dict[str, Answering] = {
    "25": _interpretation,
    "26": _limitations,
    "27a": _poor_input,
    "27b": _users,
    "27c": _next,
}
