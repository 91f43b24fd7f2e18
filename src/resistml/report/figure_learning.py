"""The learning curve: what more training patients would be worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from resistml.report.audit_view import Z95
from resistml.report.figure_rows import WIDTH
from resistml.report.learning import FIGURES
from resistml.report.style import BLUE, INK, MUTED, PALETTE, new_figure, say, styled
from resistml.report.words import MODEL, count, learner_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resistml.report.learning import LearningCurve, Point

_LABELS = {
    "auc_gap": "AUC below the fair oracle's",
    "captured": "Captured of what a ranking can gain (%)",
}
_SCALES = {"auc_gap": 1.0, "captured": 100.0}
#: Peers that are named; others are drawn grey, as the rest.
_PEERS = {"logistic": ("orange", "s"), "constant": ("purple", "v")}
#: Lowest share captured that is drawn, in per cent: what is worse stands at the edge.
_FLOOR = -60.0


@styled
def learning_figure(curve: LearningCurve) -> Figure:
    """Discrimination and ranking by number of training patients, the model and its peers."""
    figure = new_figure(WIDTH, 3.9)
    for axes, name in zip(figure.subplots(1, 2), FIGURES, strict=True):
        _panel(axes, name, curve)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    seeds = [p.seeds for mine in curve.curves["auc_gap"].values() for p in mine]
    said = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
    say(
        figure,
        f"Means over {said} draws of training patients, with 95% intervals; each judged on "
        f"n = {count(curve.judged)} fresh patients",
    )
    return figure


def _panel(axes: Axes, name: str, curve: LearningCurve) -> None:
    lines = curve.curves[name]
    others = [learner for learner in lines if learner not in (MODEL, *_PEERS)]
    for learner in (*others, *_PEERS, MODEL):
        if learner in lines:
            _line(axes, learner, lines[learner], _SCALES[name], learner in others[:1])
    axes.set_xscale("log")
    axes.set_xticks(curve.sizes, [count(size) for size in curve.sizes])
    axes.set_xticks((), minor=True)
    axes.set_xlabel("Training patients (log scale)")
    axes.set_ylabel(_LABELS[name])
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    if name == "captured":
        axes.set_ylim(_FLOOR, 105)
        axes.axhline(0, color=MUTED, lw=0.8)
        axes.axhline(100, color=INK, lw=0.8, ls=(0, (5, 2)))
    else:
        axes.set_ylim(bottom=0)


def _line(axes: Axes, learner: str, points: tuple[Point, ...], scale: float, first: bool) -> None:
    x = [point.patients for point in points]
    y = scale * np.array([point.mean for point in points])
    half = Z95 * scale * np.array([0 if math.isnan(p.se) else p.se for p in points])
    hue, form, wide, called = PALETTE["silver"], ".", 0.9, "Other peers" if first else None
    if learner == MODEL:
        hue, form, wide, called = BLUE, "o", 2.0, learner_label(MODEL)
    elif learner in _PEERS:
        key, form = _PEERS[learner]
        hue, wide, called = PALETTE[key], 1.2, learner_label(learner)
    front = 4 if learner == MODEL else 3 if learner in _PEERS else 2
    axes.plot(x, y, color=hue, lw=wide, marker=form, ms=4.5, label=called, zorder=front)
    axes.vlines(x, y - half, y + half, color=hue, lw=wide, zorder=front)
