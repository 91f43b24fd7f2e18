"""The model card: one page of Markdown that travels with a bundle."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resistml.report import words

if TYPE_CHECKING:
    from resistml.evaluate.evaluation import Evaluation

_RESEARCH = "For research only, never for clinical use."


def card(about: Mapping[str, Any], evaluation: Evaluation) -> str:
    """A model card in Markdown.

    Parameters
    ----------
    about : mapping
        Facts the bundle carries. ``name`` heads the card and ``notice`` stands below it; other
        numbers and words are listed as they are, nested values left out.
    evaluation : Evaluation
    """
    parts = [
        f"# Model card: {plain(about.get('name', 'resistml model'))}",
        f"> {plain(about.get('notice', _RESEARCH))}",
        words.summary(evaluation, {}),
        "## Use",
        "Predicts primary resistance, that is no objective response, to a named strategy, and "
        "orders strategies by modelled response. It learned from virtual patients drawn to "
        "reproduce a review's figures, not from people. A ranking is no recommendation.",
        "## Figures",
        f"On {words.count(evaluation.n_judge)} fresh virtual patients. MAE and ECE are against "
        "the fair oracle's probabilities; value is the true response rate under the first "
        f"choice (as given {words.percent(evaluation.value_given)}, best fixed rule "
        f"{words.percent(evaluation.value_fixed_rule)}); captured is the share of the gain from "
        "the best fixed rule to the fair oracle.",
        _learners(evaluation),
        _calibration(evaluation),
        _policy(evaluation),
        "## Mechanisms",
        "Mean absolute contribution to the log-odds, and its correlation with the fair truth "
        "within setting and strategy.",
        _mechanisms(evaluation),
        "## Groups",
        _settings(evaluation),
        _worst(evaluation),
        "## Checks",
        _checks(about),
        "## Facts",
        _facts(about),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _learners(evaluation: Evaluation) -> str:
    rows = [
        [
            name,
            words.interval(f.auc),
            words.number(f.logloss),
            words.number(f.brier),
            words.number(f.mae),
            words.number(f.ece),
            words.percent(f.value),
            words.percent(f.captured, 0),
        ]
        for name, f in words.judged(evaluation).items()
    ]
    head = ["", "AUC (95% interval)", "Log-loss", "Brier", "MAE", "ECE", "Value", "Captured"]
    return table(head, rows)


def _mechanisms(evaluation: Evaluation) -> str:
    rows = [
        [
            words.label(name, {}),
            words.number(size),
            words.number(evaluation.fidelity.by_mechanism.get(name, math.nan)),
        ]
        for name, size in sorted(evaluation.importance.items(), key=lambda pair: -pair[1])
    ]
    return table(["", "Contribution", "Fidelity"], rows)


def _settings(evaluation: Evaluation) -> str:
    gaps = {
        name: found.auc_fair.value - found.auc.value
        for name, found in evaluation.by_setting.items()
        if math.isfinite(found.auc_fair.value - found.auc.value)
    }
    if not gaps:
        return "No setting has both outcomes."
    worst = max(gaps, key=lambda name: gaps[name])
    found = evaluation.by_setting[worst]
    return (
        f"{len(evaluation.by_setting)} settings. Furthest below the fair oracle is "
        f"{plain(words.label(worst, {}))}: AUC {words.number(found.auc.value)} against "
        f"{words.number(found.auc_fair.value)}, n = {words.count(found.n)}."
    )


def _worst(evaluation: Evaluation) -> str:
    said = words.worst_words(evaluation, {})
    return " ".join(f"Worst by {inside} is {plain(group)}." for inside, group in said.items())


def _calibration(evaluation: Evaluation) -> str:
    if evaluation.calibrations is None:
        return ""
    overall = evaluation.calibrations.overall
    return (
        f"Calibration slope {words.interval(overall.slope, 2)}, 1 is right; in the large "
        f"{words.interval(overall.intercept, 2)} in log-odds, 0 is right (95% intervals)."
    )


def _policy(evaluation: Evaluation) -> str:
    if evaluation.policy is None:
        return ""
    return (
        "What observed data alone say of the learned ranking, by a doubly robust estimate: "
        f"{words.policy_words(evaluation.policy)}."
    )


def _checks(about: Mapping[str, Any]) -> str:
    """What the honesty checks found; `docs/checks.md` has them all."""
    found = about.get("checks")
    if found is None:
        return "None were made."
    if not found:
        return "All honesty checks passed."
    rows = [[f"{x['code']} {x['title']}", x["severity"], x["message"]] for x in found]
    return table(["Check", "Severity", "Found"], rows)


def _facts(about: Mapping[str, Any]) -> str:
    said = {k: v for k, v in about.items() if k not in ("name", "notice")}
    rows = [
        [words.label(str(key), {}), f"{value}"]
        for key, value in said.items()
        if isinstance(value, (str, int, float))
    ]
    return table(["Fact", "Value"], rows) if rows else "None recorded."


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, names at the left and figures at the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    cells = [[plain(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *cells))


def plain(text: object) -> str:
    """Text on one line, with what Markdown or HTML would act on made harmless."""
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", line)
