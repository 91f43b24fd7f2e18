"""The decision curve: what acting on predicted risks is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from resistml.report.figure_rows import WIDTH
from resistml.report.style import BLUE, INK, MUTED, PALETTE, new_figure, say, styled
from resistml.report.words import MODEL, count, learner_label, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resistml.evaluate.net_benefit import DecisionCurve

#: How each line is drawn: form and colour, so that neither alone tells them apart.
_LOOKS: dict[str, dict[str, Any]] = {
    MODEL: {"color": BLUE, "lw": 2.0, "zorder": 4},
    "fair": {"color": INK, "lw": 1.1, "ls": (0, (5, 2))},
    "logistic": {"color": PALETTE["orange"], "lw": 1.3, "ls": (0, (3, 1, 1, 1))},
    "constant": {"color": PALETTE["purple"], "lw": 1.3, "ls": (0, (6, 1.5, 1, 1.5, 1, 1.5))},
}
_OTHER: dict[str, Any] = {"color": PALETTE["slate"], "lw": 1.1}


@styled
def decision_figure(curve: DecisionCurve) -> Figure:
    """Net benefit by threshold, and how far each is above the better of acting on all or none."""
    figure = new_figure(WIDTH, 3.9)
    left, right = figure.subplots(1, 2)
    base = np.maximum(np.array(curve.everybody), 0.0)
    _lines(left, curve, np.zeros_like(base))
    _lines(right, curve, base)
    everybody = 100 * np.array(curve.everybody)
    x = 100 * np.array(curve.threshold)
    left.plot(x, everybody, color=MUTED, lw=1.0, label="Act on all")
    left.axhline(0, color=MUTED, lw=1.0, ls=(0, (1, 2)), label="Act on none")
    top = 100 * max(max(curve.learners[MODEL]), curve.prevalence)
    left.set_ylim(-0.12 * top, 1.08 * top)
    right.axhline(0, color=MUTED, lw=0.8)
    right.set_ylim(bottom=min(0.0, right.get_ylim()[0]))
    left.set_ylabel("Net benefit (true positives per 100 patients)")
    right.set_ylabel("Above the better of all and none (per 100)")
    for axes in (left, right):
        axes.set_xlim(0, 100)
        axes.set_xlabel("Risk of resistance from which one acts (%)")
        axes.grid(visible=True)
        axes.set_axisbelow(True)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    say(
        figure,
        f"n = {count(curve.n)} fresh patients, {percent(curve.prevalence)} resistant; "
        "the band is the model's 95% bootstrap interval",
    )
    return figure


def _lines(axes: Axes, curve: DecisionCurve, base: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    x = 100 * np.array(curve.threshold)
    low, high = (100 * (np.array(end) - base) for end in (curve.low, curve.high))
    axes.fill_between(x, low, high, color=BLUE, alpha=0.18, lw=0)
    for name in _in_order(curve):
        values = 100 * (np.array(curve.learners[name]) - base)
        called = "Fair oracle" if name == "fair" else learner_label(name)
        axes.plot(x, values, label=called, **_LOOKS.get(name, _OTHER))


def _in_order(curve: DecisionCurve) -> list[str]:
    """The model first, then what stands beside it, the oracle last."""
    rest = sorted(set(curve.learners) - {MODEL, "fair"})
    return [name for name in (MODEL, *rest, "fair") if name in curve.learners]
