"""Answers to the items of ethics and of open science."""

from __future__ import annotations

from resistml.report.context import ReportContext
from resistml.report.tripod.answer import VIRTUAL, Answer, Answering, not_applicable


def _ethics(context: ReportContext) -> Answer:
    return not_applicable(f"{VIRTUAL}: no person took part, no person's data were used.")


def _funding(context: ReportContext) -> Answer:
    return not_applicable(
        "Written by software at the end of a run, which does not know who pays for it; to be "
        "stated wherever the model is published."
    )


def _interests(context: ReportContext) -> Answer:
    return not_applicable(
        "Written by software at the end of a run, which does not know its authors' interests; to "
        "be stated wherever the model is published."
    )


def _protocol(context: ReportContext) -> Answer:
    name = context.config.get("name")
    named = f"The config '{name}', printed in full," if name else "The config of its run"
    return Answer(
        f"No protocol was prepared. {named} fixes every step before the patients are drawn.",
        ("reproduce",),
    )


def _registration(context: ReportContext) -> Answer:
    return Answer("The study is not registered.")


def _data_shared(context: ReportContext) -> Answer:
    seed = context.facts.get("seed", "of the config")
    return Answer(
        f"The patients are drawn again from the config with seed {seed}, all of them alike; a run "
        "keeps those it learned from in `cohort/`.",
        ("reproduce",),
    )


def _code_shared(context: ReportContext) -> Answer:
    version = context.facts.get("resistml")
    named = f"resistml {version}" if version else "resistml"
    return Answer(
        f"{named}, under the Apache licence 2.0; `resistml train` repeats the run.",
        ("reproduce",),
    )


ANSWERS: dict[str, Answering] = {
    "17": _ethics,
    "18a": _funding,
    "18b": _interests,
    "18c": _protocol,
    "18d": _registration,
    "18e": _data_shared,
    "18f": _code_shared,
}
