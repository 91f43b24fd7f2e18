"""Whether a model's doubt is right: what its intervals hold, and how often its first is best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from resistml.report.audit_view import Z95
from resistml.report.figure_rows import WIDTH, beside, flush_labels, wrap
from resistml.report.style import BAND, BLUE, INK, MUTED, PALETTE, new_figure, say, styled
from resistml.report.words import count, label, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resistml.evaluate.uncertainty import Best, Uncertainty

#: What intervals promise to hold, in per cent.
NOMINAL = 90
#: Height of a row in inches: with one line of text, and with some of two.
_ROW, _WRAPPED = 0.22, 0.29


@styled
def doubt_figure(
    found: Uncertainty, patients: int, names: Mapping[str, str] | None = None
) -> Figure:
    """Share of true probabilities inside 90% intervals by setting, and said against true chances
    that the first strategy is the best."""
    rows = sorted(found.by_setting.items(), key=lambda pair: pair[1].coverage)
    labels = [wrap(label(name, names or {}), 36) for name, _ in rows]
    height = _WRAPPED if any("\n" in text for text in labels) else _ROW
    figure = new_figure(WIDTH, max(height * (len(rows) + 1) + 1.0, 3.2))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    shown = [("All settings", found.overall)]
    shown += [(text, held) for text, (_, held) in zip(labels, rows, strict=True)]
    left.axvline(NOMINAL, color=BAND, lw=1.6, zorder=0)
    for y, (_, held) in enumerate(shown):
        hue = INK if y == 0 else BLUE
        left.plot(100 * held.coverage, y, "o", color=hue, ms=5, zorder=3, label=_first(y, 1))
        grey = PALETTE["slate"]
        left.plot(
            *(100 * held.coverage_bag, y, "|"), color=grey, ms=8, mew=1.4, label=_second(y, 1)
        )
        beside(left, y, f"{percent(held.coverage, 0)}  n {count(held.n)}", size=7)
    left.set_yticks(range(len(shown)), [text for text, _ in shown], fontsize=7)
    left.set_ylim(len(shown) - 0.4, -0.6)
    left.tick_params(axis="y", length=0)
    left.spines["left"].set_visible(False)
    left.grid(axis="x")
    left.set_axisbelow(True)
    least = min(min(held.coverage, held.coverage_bag) for _, held in shown)
    left.set_xlim(max(0.0, 100 * least - 5), 101)
    left.set_xlabel("Inside the 90% interval (%)")
    flush_labels(figure, left)
    _best(right, found.best, patients)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    say(
        figure,
        f"n = {count(found.overall.n)} answers (a patient under an open strategy each); grey line: "
        f"the promised {NOMINAL}%",
    )
    return figure


def _first(y: int, at: int) -> str:
    return "The model's intervals" if y == at else ""


def _second(y: int, at: int) -> str:
    return "The bag's spread alone" if y == at else ""


def _best(axes: Axes, best: Best, patients: int) -> None:
    said, true = np.array(best.said), np.array(best.true)
    each = patients / max(len(said), 1)
    axes.plot([0, 100], [0, 100], color=BAND, lw=1.2, zorder=0)
    if len(said) and math.isfinite(each):
        half = Z95 * np.sqrt(np.clip(true * (1 - true), 0, None) / max(each, 1))
        axes.vlines(100 * said, 100 * (true - half), 100 * (true + half), color=BLUE, lw=1.3)
        axes.plot(100 * said, 100 * true, "o", color=BLUE, ms=4.5)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("Said chance that the first is best (%)")
    axes.set_ylabel("It is the best (%)")
    axes.set_box_aspect(1)
    axes.set_anchor("N")
    axes.tick_params(axis="y", colors=MUTED)
