"""Names and numbers as reports print them, one way everywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resistml.evaluate.evaluation import Evaluation, LearnerFigures
    from resistml.evaluate.metrics import Interval
    from resistml.evaluate.off_policy import PolicyValue

#: Stands where a figure is not defined.
NONE = "–"
#: Key of the model among the learners.
MODEL = "xgboost"

_LEARNERS = {
    "constant": "Constant per arm",
    "logistic": "Logistic regression",
    MODEL: "XGBoost (the model)",
}
_ENDPOINTS = {
    "orr": "Objective response rate",
    "cr": "Complete response rate",
    "median_pfs": "Median progression-free survival",
    "median_os": "Median overall survival",
    "set_by_claims": "Set by claims",
}
#: What the times are called that a model of survival knows.
TIMES = {"pfs": "Progression-free survival", "os": "Overall survival"}
#: What was done to patients to make them unlike any that a model has seen.
PLANTED = {
    "ten_fold": "one marker ten-fold",
    "hundred_fold": "one marker hundred-fold",
    "swapped_units": "one share given in per cent, or the other way round",
    "age_in_months": "age in months",
    "pulled_apart": "markers that go together, pulled apart",
    "other_setting": "another setting's name",
}
#: What learners of times are called.
TIME_LEARNERS = {
    "model": "The model",
    "kaplan_meier": "Kaplan-Meier per arm",
    "cox": "Cox regression",
    "fair": "Fair oracle",
}


def number(x: float, digits: int = 3) -> str:
    """``x`` with so many decimals and a true minus; a dash where it is not defined."""
    if not math.isfinite(x):
        return NONE
    text = f"{x:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def maybe(x: float | None, digits: int = 3) -> str:
    """A number that plain data may lack."""
    return NONE if x is None else number(x, digits)


def percent(x: float, digits: int = 1) -> str:
    """A share as a percentage."""
    return f"{number(100 * x, digits)}%" if math.isfinite(x) else NONE


def count(x: float) -> str:
    """A whole number, with thousands set apart."""
    return f"{round(x):,}" if math.isfinite(x) else NONE


def interval(x: Interval, digits: int = 3) -> str:
    """A figure and its interval."""
    if not math.isfinite(x.value):
        return NONE
    return f"{number(x.value, digits)} ({number(x.low, digits)} to {number(x.high, digits)})"


def percent_interval(x: Interval) -> str:
    """A share and its interval, as percentages."""
    if not math.isfinite(x.value):
        return NONE
    return f"{percent(x.value)} ({percent(x.low)} to {percent(x.high)})"


def label(name: str, names: Mapping[str, str]) -> str:
    """The full name of a catalog entry, or its id as words."""
    return names.get(name) or _ENDPOINTS.get(name) or name.replace("_", " ")


def group_label(division: str, name: str, names: Mapping[str, str]) -> str:
    """What a group of patients is called where nothing says how they were divided."""
    if division in ("setting", "sex"):
        return label(name, names)
    if division.startswith("unmeasured "):
        what = division if name != "1" else division.removesuffix("s")
        return f"{name} {what}"
    return f"{division} {name}"


def learner_label(name: str) -> str:
    """What a learner is called."""
    return _LEARNERS.get(name, name.replace("_", " "))


def judged(evaluation: Evaluation) -> dict[str, LearnerFigures]:
    """Learners and oracles under their names, the model last of the learners."""
    found = evaluation.learners
    first = [name for name in ("constant", "logistic") if name in found]
    rest = sorted(set(found) - {*first, MODEL})
    order = [*first, *rest, *([MODEL] if MODEL in found else [])]
    out = {learner_label(name): found[name] for name in order}
    return {**out, "Fair oracle": evaluation.fair, "All-knowing oracle": evaluation.oracle}


def captured_words(share: float) -> str:
    """The captured share of what there is to gain, in words."""
    if not math.isfinite(share):
        return "nothing to gain"
    text = percent(abs(share), 0)
    return f"captures {text}" if share >= 0 else f"loses {text}"


def join(parts: list[str]) -> str:
    """``a, b and c``; nothing of nothing."""
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence(text: str) -> str:
    """Text with a capital at its start and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def inside(text: str) -> str:
    """A name as it stands inside a sentence; an abbreviation at its start stays as it is."""
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def summary(evaluation: Evaluation, names: Mapping[str, str]) -> str:
    """What came out, in one paragraph of plain words."""
    model, fair = evaluation.learners[MODEL], evaluation.fair
    said = [
        f"The model learned from {count(evaluation.n_train)} virtual patients and was judged on "
        f"{count(evaluation.n_judge)} fresh ones whose truth is known. Given one resistant and "
        "one responding patient, it gives the resistant one the higher risk "
        f"{percent(model.auc.value)} of the time (AUC {number(model.auc.value)}, 95% interval "
        f"{number(model.auc.low)} to {number(model.auc.high)}); the best that anyone could do "
        f"with what was recorded is {number(fair.auc.value)}{_beside(evaluation)}.",
        f"Its probabilities are {number(100 * model.mae, 1)} percentage points from that best "
        "on average.",
        f"If each patient had the strategy it ranks first, {percent(model.value)} would truly "
        f"respond: as treated, {percent(evaluation.value_given)} do, under the best fixed rule "
        f"per setting {percent(evaluation.value_fixed_rule)}, and with the fair oracle's "
        f"ranking {percent(fair.value)}.",
        _gain(model.captured),
    ]
    leading = [m for m in evaluation.importance if m not in ("clinical", "context")]
    if leading:
        first = max(leading, key=lambda m: evaluation.importance[m])
        said.append(
            f"Of the mechanisms of resistance, {inside(label(first, names))} moves its "
            "predictions most."
        )
    return " ".join(said)


def _beside(evaluation: Evaluation) -> str:
    """What a logistic regression comes to, which a reader should know before anything else."""
    logistic = evaluation.learners.get("logistic")
    if logistic is None:
        return ""
    return f", and a logistic regression on the same features reaches {number(logistic.auc.value)}"


def _gain(share: float) -> str:
    if not math.isfinite(share):
        return "In this world no ranking can do better than the best fixed rule."
    if share < 0:
        return "So its ranking does worse than the best fixed rule."
    return f"So it captures {percent(share, 0)} of what a ranking can gain over the fixed rule."


#: What a group may be the worst by, and what that is called.
WORST_BY = {"mae": "error in probability", "ece": "calibration error"}


def worst_words(evaluation: Evaluation, names: Mapping[str, str]) -> dict[str, str]:
    """The group in which the model does worst, by what it is called in :data:`WORST_BY`."""
    said = {}
    for figure, called in WORST_BY.items():
        found = evaluation.worst(figure)
        if found is not None:
            group = group_label(found.division, found.name, names)
            value = interval(getattr(found.group, figure))
            said[called] = f"{group}: {value}, n = {count(found.group.n)}"
    return said


def policy_words(policy: PolicyValue) -> str:
    """What observed data say that a policy is worth, and whether that is right."""
    said = (
        f"{percent_interval(policy.estimate)} from the {count(policy.patients)} training patients"
    )
    if policy.covered is None:
        return said
    holds = "holds" if policy.covered else "misses"
    return f"{said} alone; the interval {holds} the true {percent(policy.true)}"
