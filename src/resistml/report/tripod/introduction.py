"""Answers to the items of title, abstract and introduction."""

from __future__ import annotations

from resistml.report import words
from resistml.report.context import ReportContext
from resistml.report.tripod.answer import Answer, Answering, not_applicable


def _title(context: ReportContext) -> Answer:
    settings = len(context.evaluation.by_setting)
    return Answer(
        f"{context.title}. Development and evaluation of a model of primary resistance (no "
        f"objective response) to a named strategy, for virtual patients in {settings} settings "
        "of cancer.",
        ("what",),
    )


def _abstract(context: ReportContext) -> Answer:
    return Answer(words.summary(context.evaluation, context.names), ("summary",))


def _background(context: ReportContext) -> Answer:
    beside = [name for name in words.judged(context.evaluation) if "oracle" not in name.lower()]
    others = [name for name in beside if name != words.learner_label(words.MODEL)]
    said = f" Held against: {words.join([words.inside(x) for x in others])}." if others else ""
    return Answer(
        "Prognostic: whether a tumour will respond to a strategy, from what was recorded before "
        "it. Markers of resistance are reported one by one; the model joins "
        f"{words.count(len(context.claims))} claims of a review in one world, so that what a "
        f"learner makes of them can be held against a known truth.{said} No published clinical "
        "model was run on these patients.",
        ("what", "data"),
    )


def _purpose(context: ReportContext) -> Answer:
    return Answer(
        "Research on the learning of resistance and of rankings of strategies. Not for care: it "
        "has no place in a care pathway. Users are data scientists and researchers. "
        f"{context.notice}",
        ("what",),
    )


def _inequalities(context: ReportContext) -> Answer:
    return not_applicable(
        "The virtual patients have age, sex and performance status, but no ancestry, income or "
        "access to care; the world holds no inequality to be found or mended. How the model does "
        f"by {words.join(list(context.evaluation.subgroups) or ['group'])} is reported."
    )


def _objectives(context: ReportContext) -> Answer:
    return Answer(
        "Both development and evaluation: to learn p(resistance) to each open strategy from "
        f"{words.count(context.evaluation.n_train)} patients, and to measure on "
        f"{words.count(context.evaluation.n_judge)} fresh ones discrimination, calibration, value "
        "of the ranking and truth of the explanations.",
        ("what", "discrimination", "ranking", "drivers"),
    )


ANSWERS: dict[str, Answering] = {
    "1": _title,
    "2": _abstract,
    "3a": _background,
    "3b": _purpose,
    "3c": _inequalities,
    "4": _objectives,
}
