"""The figures of a run as metrics, named alike in every run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resistml.evaluate.evaluation import Evaluation
    from resistml.evaluate.metrics import Interval

#: The learner that a run is about; the others stand beside it.
MODEL = "xgboost"

#: A metric and its value.
Metric = tuple[str, float]


def metrics_of(evaluation: Evaluation) -> Iterator[Metric]:
    """Every metric by name.

    A chart's title is cut after a few letters and charts are grouped by what stands before
    the slash, so groups are few and the telling word comes first. Ends of intervals have a group
    of their own, since they would double the charts of every other.
    """
    yield from _distances(evaluation)
    yield from _learners(evaluation)
    yield from _explanations(evaluation)
    yield from _settings(evaluation)
    yield from _policy(evaluation)
    yield from _doubt(evaluation)
    for time, figures in evaluation.survival.items():
        yield f"times/{time}", figures["learners"]["model"]["concordance"]


def metric_name(group: str, name: str) -> str:
    """A metric's name, of letters that a store takes."""
    return f"{group}/{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}"


def _distances(evaluation: Evaluation) -> Iterator[Metric]:
    """What shows that one run is better than another: how far from the best that could be."""
    model, fair = evaluation.learners[MODEL], evaluation.fair
    yield "gap/auc", fair.auc.value - model.auc.value
    yield "gap/log", model.logloss - fair.logloss
    yield "gap/value", fair.value - model.value
    yield "gain/captured", model.captured
    yield "gain/value", model.value - evaluation.value_fixed_rule
    yield "error/mae", model.mae
    yield "error/ece", model.ece


def _learners(evaluation: Evaluation) -> Iterator[Metric]:
    model, fair = evaluation.learners[MODEL], evaluation.fair
    yield "loss/log", model.logloss
    yield "loss/brier", model.brier
    for name, learner in evaluation.learners.items():
        yield metric_name("auc", name), learner.auc.value
    yield "auc/fair", fair.auc.value
    yield "auc/oracle", evaluation.oracle.auc.value
    yield from _ends("auc", model.auc)
    yield "value/learned", model.value
    yield "value/fixed", evaluation.value_fixed_rule
    yield "value/fair", fair.value
    yield "value/oracle", evaluation.oracle.value
    yield "value/given", evaluation.value_given


def _explanations(evaluation: Evaluation) -> Iterator[Metric]:
    for mechanism, value in evaluation.importance.items():
        yield metric_name("mechanism", mechanism), value
    explained = evaluation.fidelity
    for mechanism, value in explained.by_mechanism.items():
        yield metric_name("fidelity", mechanism), value
    for name in ("correlation", "sign", "leading", "leading_guess"):
        yield f"fidelity/{name}", getattr(explained, name)


def _settings(evaluation: Evaluation) -> Iterator[Metric]:
    for setting, figures in evaluation.by_setting.items():
        yield metric_name("setting_auc", setting), figures.auc.value
        yield from _ends(f"setting_{setting}", figures.auc)


def _policy(evaluation: Evaluation) -> Iterator[Metric]:
    """What the training patients alone say of following the ranking."""
    policy = evaluation.policy
    if policy is not None:
        yield "policy/estimate", policy.estimate.value
        yield "policy/error", policy.standard_error
        yield from _ends("policy", policy.estimate)


def _doubt(evaluation: Evaluation) -> Iterator[Metric]:
    """How far the model's own doubt is right, and its calibration."""
    if evaluation.doubt is not None:
        held = evaluation.doubt.uncertainty.overall
        yield "doubt/coverage", held.coverage
        yield "doubt/width", held.width
        if evaluation.doubt.abstention is not None:
            yield "doubt/abstained", evaluation.doubt.abstention.ordinary["abstained"]
    if evaluation.calibrations is not None:
        for name in ("slope", "intercept"):
            figure: Interval = getattr(evaluation.calibrations.overall, name)
            yield f"calibration/{name}", figure.value
            yield from _ends(name, figure)


def _ends(name: str, figure: Interval) -> Iterator[Metric]:
    yield metric_name("interval", f"{name}_low"), figure.low
    yield metric_name("interval", f"{name}_high"), figure.high
