"""Answers to the items of methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resistml.report import words
from resistml.report.context import ReportContext
from resistml.report.tripod.answer import VIRTUAL, Answer, Answering, not_applicable
from resistml.report.words import count, join, percent

#: How each way of treating patients is said.
_ASSIGNMENT = {
    "randomised": "by lot among the strategies open to each patient",
    "guideline": "as a guideline has it",
    "confounded": "by chance, with odds that depend on recorded values, age, sex and ECOG alone",
    "hidden_confounding": "with odds that depend on values that are not recorded",
}
#: What each family of models is, in words.
_FAMILIES = {
    "xgboost": "gradient-boosted trees (XGBoost) on an additive empirical-Bayes base",
    "additive": "an additive empirical-Bayes model, a curve per marker",
    "logistic": "a logistic regression with signs",
    "hist_gradient_boosting": "scikit-learn's gradient boosting on an additive base",
}


def part(context: ReportContext, name: str) -> Mapping[str, Any]:
    """A section of the run's config; empty where there is none."""
    found = context.config.get(name)
    return found if isinstance(found, dict) else {}


def _sources(context: ReportContext) -> Answer:
    variant = part(context, "cohort").get("variant", "default")
    return Answer(
        f"{VIRTUAL}. Both parts are drawn from one world (variant '{variant}'), solved for "
        f"{count(len(context.audit))} claims of a review; "
        f"{count(context.evaluation.n_train)} patients to learn from, "
        f"{count(context.evaluation.n_judge)} to judge on, drawn with another seed. They "
        "represent that world, and people only as far as the review does.",
        ("data", "audit"),
    )


def _dates(context: ReportContext) -> Answer:
    found = context.characteristics
    followed = ""
    if found is not None and found.follow_up == found.follow_up:
        followed = (
            f" Median time to death or last contact: {words.number(found.follow_up, 1)} months."
        )
    return not_applicable(f"{VIRTUAL} and were not accrued in calendar time.{followed}")


def _setting(context: ReportContext) -> Answer:
    return not_applicable(
        f"{VIRTUAL}: there are no centres. They belong to "
        f"{len(context.evaluation.by_setting)} settings, a tumour at a stage of its treatment each."
    )


def _eligible(context: ReportContext) -> Answer:
    model = context.model
    said = "" if model is None else f" in {model.arms} pairs of setting and strategy"
    return Answer(
        "Every drawn patient takes part. A strategy is open to a patient where the catalog's "
        f"conditions on recorded values hold{said}.",
        ("data",),
    )


def _treatments(context: ReportContext) -> Answer:
    given = part(context, "cohort").get("assignment", "")
    how = _ASSIGNMENT.get(given, given or "in a way that the model's bundle does not say")
    return Answer(
        f"One strategy per patient, chosen {how}. The strategy is an input of the model, as "
        "exposures of its markers; what a patient would have had under others is known to the "
        "oracle alone.",
        ("data", "ranking"),
    )


def _preparation(context: ReportContext) -> Answer:
    return Answer(
        "Values outside a marker's range reject the patient; values below a detection limit count "
        "as half of it; expression and counts are taken as logs, shares as logits, and all are "
        "centred and scaled by the catalog. The same for everybody.",
        ("reproduce",),
    )


def _outcome(context: ReportContext) -> Answer:
    times = join([words.inside(words.TIMES.get(x, x)) for x in context.evaluation.survival])
    more = f" Beside it: {times}, in months." if context.evaluation.survival else ""
    return Answer(
        "Resistance: no objective response (complete or partial) to the strategy given, as best "
        "response, without a horizon. It is what the review reports most of. Drawn from the "
        f"world's own law in the same way for all patients.{more}",
        ("what", "data"),
    )


def _assessors(context: ReportContext) -> Answer:
    return not_applicable(f"{VIRTUAL}: outcomes are drawn, nobody assesses them.")


def _blinding(context: ReportContext) -> Answer:
    return not_applicable(f"{VIRTUAL}: outcomes are drawn, there is nobody to blind.")


def _chosen(context: ReportContext) -> Answer:
    number = "The" if context.model is None else f"All {len(context.model.markers)}"
    return Answer(
        f"{number} markers of the catalog, which are those that the review names, with age, sex "
        "and performance status. None was left out by what it does to the outcome.",
        ("data",),
    )


def _predictors(context: ReportContext) -> Answer:
    if context.model is None:
        return Answer("Every marker with unit and kind is in the catalog.", ("data",))
    named = [f"{name} ({unit})" if unit else name for name, unit in context.model.markers.items()]
    return Answer(
        f"Before treatment, once, with measurement error, detection limits and gaps as the catalog "
        f"says: {join(named)}. Clinical columns: {join(list(context.model.clinical))}.",
        ("data",),
    )


def _predictor_assessors(context: ReportContext) -> Answer:
    return not_applicable(f"{VIRTUAL}: predictors are drawn, nobody assesses them.")


def _size(context: ReportContext) -> Answer:
    evaluation = context.evaluation
    auc = evaluation.learners[words.MODEL].auc
    curve = (
        "The learning curve says what more would bring."
        if context.learning
        else ("No learning curve stands beside it.")
    )
    return Answer(
        f"Chosen beforehand: {count(evaluation.n_train)} to learn from, "
        f"{count(evaluation.n_judge)} to judge on, where the AUC is known to "
        f"{words.number((auc.high - auc.low) / 2, 3)} on either side. No formula was used; "
        f"virtual patients cost nothing. {curve}",
        ("learning", "discrimination"),
    )


def _missing(context: ReportContext) -> Answer:
    found = context.characteristics
    said = ""
    if found is not None and found.unmeasured:
        most = max(found.unmeasured, key=lambda name: found.unmeasured[name])
        said = (
            f" Of markers on a patient's panel, {percent(_mean(found.unmeasured))} are without a "
            f"value on average, most often {most} ({percent(found.unmeasured[most])})."
        )
    return Answer(
        "The base takes an unmeasured marker at its expectation given what was measured; trees "
        f"see a gap as a gap; intervals are widened for it. No patient was left out.{said}",
        ("data", "groups"),
    )


def _mean(shares: Mapping[str, float]) -> float:
    return sum(shares.values()) / len(shares)


def _data_used(context: ReportContext) -> Answer:
    members = "a bag" if context.model is None else f"a bag of {context.model.members}"
    return Answer(
        f"All {count(context.evaluation.n_train)} training patients go into {members}, each model "
        "on a bootstrap sample; those that a sample left out choose the number of trees and "
        "calibrate. Judging is on patients drawn apart.",
        ("data", "reproduce"),
    )


def _form(context: ReportContext) -> Answer:
    return Answer(
        "A marker's log, logit or presence, centred and scaled, bent at five points where "
        "patients show it, times what the strategy is exposed to; age over 60, sex and "
        "performance status linearly.",
        ("drivers", "reproduce"),
    )


def _type(context: ReportContext) -> Answer:
    stated = part(context, "model")
    family = str(stated.get("family", "xgboost"))
    kept = ""
    if context.model is not None:
        kept = (
            f" Of {stated.get('rounds', 'the')} rounds of trees, {context.model.rounds} were kept."
        )
    return Answer(
        f"{words.sentence(_FAMILIES.get(family, family)).removesuffix('.')}: it holds what is "
        "known of strategies and departs from it where patients show it. Penalties are found by "
        f"empirical Bayes, the number of trees by out-of-bag log-loss.{kept} No other setting was "
        "tuned in this run.",
        ("discrimination", "reproduce"),
    )


def _clusters(context: ReportContext) -> Answer:
    return Answer(
        f"The {len(context.evaluation.by_setting)} settings are the clusters: each has an "
        "intercept of its own, drawn to the others, and is judged by itself.",
        ("groups", "calibration"),
    )


def _measures(context: ReportContext) -> Answer:
    evaluation = context.evaluation
    named = ["AUC", "log-loss", "Brier score", "calibration curve with intercept and slope"]
    named += ["net benefit (decision curve)"] if evaluation.decision else []
    named += ["true response rate under the ranking"]
    named += ["agreement of explanations with the truth"] if evaluation.fidelity.rows else []
    named += ["coverage of intervals"] if evaluation.doubt else []
    named += ["concordance and Brier score of times"] if evaluation.survival else []
    return Answer(
        f"{words.join(named)}; mean distance from the fair oracle's probabilities, since the truth "
        f"is known. Beside the model: {join(list(words.judged(evaluation)))}.",
        ("discrimination", "calibration", "decision", "ranking", "drivers"),
    )


def _updating(context: ReportContext) -> Answer:
    return not_applicable("The model was not changed after it was judged.")


def _hash(context: ReportContext) -> str:
    found = context.facts.get("model", "")
    return f" ({found[:12]})" if found else ""


def _calculated(context: ReportContext) -> Answer:
    return Answer(
        f"By the saved bundle{_hash(context)}, through the same code as `resistml score`.",
        ("reproduce",),
    )


def _imbalance(context: ReportContext) -> Answer:
    found = context.evaluation.decision
    share = "" if found is None else f" {percent(found.prevalence)} of those judged are resistant."
    return not_applicable(f"No method against imbalance was used: none is called for.{share}")


def _fairness(context: ReportContext) -> Answer:
    said = words.worst_words(context.evaluation, context.names)
    worst = " ".join(f"Worst by {called} is {group}." for called, group in said.items())
    divided = join(list(context.evaluation.subgroups) or ["no division"])
    return Answer(
        f"Every figure is found by {divided}, beside the fair oracle's, since groups differ in "
        f"what can be known of them; none was adjusted for. {worst}".strip(),
        ("groups",),
    )


def _output(context: ReportContext) -> Answer:
    worlds = 0 if context.model is None else context.model.evidence_worlds
    evidence = f", intervals for the evidence from {worlds} worlds" if worlds else ""
    return Answer(
        f"p(resistance) to a named strategy with a 90% interval{evidence}, a set of outcomes "
        "left open, and an order of strategies by p(response). No class and no threshold: what to "
        "act on is left to the user.",
        ("what", "decision"),
    )


def _differences(context: ReportContext) -> Answer:
    return Answer(
        "None by design: same world, eligibility, assignment, panels and outcome; another seed. "
        "Their counts stand side by side.",
        ("data",),
    )


ANSWERS: dict[str, Answering] = {
    "5a": _sources,
    "5b": _dates,
    "6a": _setting,
    "6b": _eligible,
    "6c": _treatments,
    "7": _preparation,
    "8a": _outcome,
    "8b": _assessors,
    "8c": _blinding,
    "9a": _chosen,
    "9b": _predictors,
    "9c": _predictor_assessors,
    "10": _size,
    "11": _missing,
    "12a": _data_used,
    "12b": _form,
    "12c": _type,
    "12d": _clusters,
    "12e": _measures,
    "12f": _updating,
    "12g": _calculated,
    "13": _imbalance,
    "14": _fairness,
    "15": _output,
    "16": _differences,
}
