"""The figure of a study: a panel per setting, nothing of a failed trial."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resistml.config_tune import Range
from resistml.learn.tuning.space import Settings
from resistml.learn.tuning.trials import State, Trial
from resistml.report.figure_trials import trials_figure
from resistml.report.style import BLUE, PAPER, png_bytes

SPACE = {
    "penalty": Range(low=0.1, high=1000, log=True),
    "depth": Range(low=1, high=4),
    "family": Range(choices=("xgboost", "logistic")),
    "base": Range(choices=(True, False)),
}


def trial(number: int, loss: float | None, state: State = "complete") -> Trial:
    """A trial whose settings go by its number."""
    penalty, depth = 10.0**number / 10, 1 + number
    settings: Settings = {"penalty": penalty, "depth": depth, "family": "logistic", "base": True}
    return Trial(number, "failed" if loss is None else state, loss, settings)


def at(line: Any) -> tuple[float, float]:
    """Where a dot is."""
    return float(line.get_xdata()[0]), float(line.get_ydata()[0])


TRIALS = [
    trial(0, 0.5),
    trial(1, 0.6, state="pruned"),
    trial(2, None),
    trial(3, 0.4),
]


def test_a_panel_per_setting_and_a_dot_per_trial_that_has_a_loss() -> None:
    figure = trials_figure(TRIALS, TRIALS[3], SPACE)
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(SPACE)
    penalty, depth, family, _ = figure.axes
    assert [at(line)[0] for line in penalty.lines] == pytest.approx([0.1, 1.0, 100.0])
    assert [at(line)[0] for line in depth.lines] == [1, 2, 4]
    assert [at(line)[0] for line in family.lines] == [1, 1, 1]
    assert [text.get_text() for text in family.get_xticklabels()] == ["xgboost", "logistic"]
    assert [text.get_text() for text in penalty.get_xticklabels()] == ["0.1", "10", "1000"]
    assert penalty.get_xscale() == "log"


def test_pruned_ones_are_open_and_the_best_stands_out() -> None:
    kept, pruned, best = trials_figure(TRIALS, TRIALS[3], SPACE).axes[0].lines
    assert pruned.get_markerfacecolor() == PAPER
    assert kept.get_markerfacecolor() not in (PAPER, BLUE)
    assert best.get_markerfacecolor() == BLUE
    assert best.get_markersize() > kept.get_markersize()


def test_one_that_is_far_off_leaves_room_for_the_others() -> None:
    losses = [0.5 + 0.001 * k for k in range(9)]
    trials = [replace(trial(0, loss), number=k) for k, loss in enumerate([*losses, 50.0])]
    (axes,) = trials_figure(trials, trials[0], {"depth": SPACE["depth"]}).axes
    low, high = axes.get_ylim()
    assert high - low < 0.02
    assert all(low < at(line)[1] < high for line in axes.lines)


def test_one_trial_can_be_drawn_and_the_same_makes_the_same_bytes() -> None:
    one, two = (png_bytes(trials_figure(TRIALS[:1], TRIALS[0], SPACE)) for _ in range(2))
    assert one == two
    assert np.frombuffer(one[:4], np.uint8)[0] == 0x89
