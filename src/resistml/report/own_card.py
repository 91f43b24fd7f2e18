"""The model card of a model of one's own cohort: one page of Markdown that travels with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resistml.report import words
from resistml.report.card import plain, table

if TYPE_CHECKING:
    from resistml.evaluate.own.evaluation import OwnEvaluation
    from resistml.evaluate.own.intervals import Estimate

_RESEARCH = "For research only, never for clinical use."
#: Figures of a table, with their heads.
_SHOWN = {
    "auc": "AUC",
    "brier": "Brier",
    "logloss": "Log-loss",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Intercept",
}
#: Learners, as the card calls them.
_LEARNERS = {
    "model": "the model",
    "without prior": "the model without the evidence",
    "logistic": "logistic regression, untuned",
    "constant": "rates alone",
    "kaplan_meier": "Kaplan-Meier per arm",
    "cox": "Cox regression",
}


def own_card(about: Mapping[str, Any], evaluation: OwnEvaluation) -> str:
    """A model card in Markdown.

    Parameters
    ----------
    about : mapping
        Facts the bundle carries: ``name``, ``notice`` and more.
    evaluation : OwnEvaluation
    """
    found = evaluation.validation
    parts = [
        f"# Model card: {plain(about.get('name', 'resistml model'))}",
        f"> {plain(about.get('notice', _RESEARCH))}",
        "## Use",
        f"Predicts *{plain(evaluation.label)}* against *{plain(evaluation.responded)}*, for "
        f"patients like the {words.count(evaluation.patients)} that it was trained on, of whom "
        f"{words.count(evaluation.events)} had it. {_ranking(evaluation)}",
        "## Figures on patients left out",
        f"Nested cross-validation, split {plain(evaluation.split)}: {found.folds} folds, "
        f"{found.repeats} repeat(s). In each fold all was done anew, choices in inner folds too. "
        "Intervals are 95%, for folds that share patients (Nadeau and Bengio 2003).",
        _figures(found.figures),
        "The model's figure less the other's, fold by fold:",
        _differences(found.differences),
        _external(evaluation),
        _allocation(evaluation),
        _times(evaluation),
        "## How it is fitted",
        f"Chosen on all patients: {plain(evaluation.chosen)}. In the outer folds: "
        + plain("; ".join(f"{name} ({n})" for name, n in found.chosen.items()))
        + f". Evidence: {plain(evaluation.prior.said)}.",
        _notes(evaluation),
        "## Limits",
        "Figures hold for patients like these, treated as they were. Widths of the intervals of a "
        "single prediction were found on virtual patients, not on these.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _ranking(evaluation: OwnEvaluation) -> str:
    if evaluation.no_ranking:
        return plain(evaluation.no_ranking[0].upper() + evaluation.no_ranking[1:]) + "."
    return "Arms are ranked by modelled response; a ranking is no recommendation."


def _estimate(x: Estimate) -> str:
    return words.interval(x.interval)


def _figures(figures: Mapping[str, Mapping[str, Estimate]]) -> str:
    rows = [
        [_LEARNERS.get(name, name), *(_estimate(mine[key]) for key in _SHOWN)]
        for name, mine in figures.items()
    ]
    return table(["", *_SHOWN.values()], rows)


def _differences(differences: Mapping[str, Mapping[str, Estimate]]) -> str:
    rows = [
        [_LEARNERS.get(name, name), *(_estimate(x) for x in mine.values())]
        for name, mine in differences.items()
    ]
    heads = [_SHOWN[key] for key in next(iter(differences.values()))]
    return table(["less", *heads], rows)


def _external(evaluation: OwnEvaluation) -> str:
    parts = []
    for name, found in evaluation.external.items():
        left = evaluation.left_out.get(name, 0)
        beside = f"; {left} more with a strategy that it does not know are left out" if left else ""
        parts += [
            f"## Figures on patients apart: {plain(name)}",
            f"{words.count(found.patients)} patients, never trained on, of whom "
            f"{words.percent(found.base_rate)} had {plain(evaluation.label)}{beside}. The rate "
            "of the training patients, said to all, has a Brier score of "
            f"{words.number(found.base_brier)}.",
            _figures(found.figures),
        ]
    return "\n\n".join(parts)


def _allocation(evaluation: OwnEvaluation) -> str:
    found = evaluation.allocation
    if found is None:
        return ""
    rows = [
        [name, words.percent(x.value), words.percent(x.error), words.percent_interval(x.interval)]
        for name, x in found.values.items()
    ]
    gain = found.difference
    grouped = f" of {', '.join(found.groups)}" if found.groups else ""
    return "\n\n".join(
        [
            "## What its ranking is worth",
            f"Share with {plain(evaluation.responded)} had all been given what a rule says; doubly "
            f"robust, cross-fitted, {found.repeats} repeat(s), {words.count(found.patients)} "
            f"patients. An arm is open to a group{plain(grouped)} of whom five or more had it.",
            table(["rule", "share", "standard error", "95% interval"], rows),
            f"Learned less best arm per group: {words.percent(gain.value)} "
            f"({words.percent(gain.low)} to {words.percent(gain.high)}). "
            f"{words.percent(found.followed)} of the patients were given what the learned rule "
            f"says: they count for {found.effective:.0f}.",
            _caution(),
        ]
    )


def _caution() -> str:
    from resistml.evaluate.own.evaluation import NOT_CONCURRENT

    return NOT_CONCURRENT


def _times(evaluation: OwnEvaluation) -> str:
    if not evaluation.times:
        return ""
    rows = [
        [
            {"pfs": "progression-free", "os": "overall"}[name],
            _LEARNERS.get(learner, learner),
            *(_estimate(figures[key]) for key in ("concordance", "integrated_brier")),
        ]
        for name, found in evaluation.times.items()
        for learner, figures in found.figures.items()
    ]
    return "## Times\n\n" + table(["survival", "", "Concordance", "Integrated Brier"], rows)


def _notes(evaluation: OwnEvaluation) -> str:
    if not evaluation.notes:
        return ""
    said = "\n".join(f"- {plain(note['message'])}" for note in evaluation.notes)
    return f"## What is odd in the table\n\n{said}"
