"""How far off the model is in every group of patients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resistml.evaluate.subgroups import LEAST
from resistml.report.figure_rows import WIDTH, beside, flush_labels, wrap
from resistml.report.style import BAND, BLUE, MUTED, PALETTE, PAPER, new_figure, say, styled
from resistml.report.words import MODEL, count, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resistml.evaluate.evaluation import Evaluation
    from resistml.evaluate.subgroups import Group

#: Height of a row in inches; a heading takes one too.
_ROW = 0.2
#: The panels: a figure of a group, and what it is called.
_PANELS = {"mae": "Error in probability (points)", "ece": "Calibration error (points)"}
_SIZE = 7.5


@dataclass(frozen=True)
class _Line:
    """A heading, or a group; ``y`` is its middle, in rows from the top."""

    text: str
    y: float
    group: Group | None = None
    worst: tuple[str, ...] = ()


@styled
def subgroup_figure(evaluation: Evaluation, names: Mapping[str, str] | None = None) -> Figure:
    """Error in probability and calibration error of each group, with 95% intervals."""
    lines = list(_lines(evaluation, names or {}))
    height = lines[-1].y + 1
    figure = new_figure(WIDTH, _ROW * height + 0.8)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.15, 1))
    model = evaluation.learners[MODEL]
    for axes, figured in zip((left, right), _PANELS, strict=True):
        _panel(axes, lines, figured, getattr(model, figured))
    left.set_ylim(height - 0.4, -0.6)
    left.set_yticks([line.y for line in lines], [line.text for line in lines])
    left.tick_params(axis="y", length=0, labelsize=_SIZE)
    right.tick_params(axis="y", length=0, labelleft=False)
    for text, line in zip(left.get_yticklabels(), lines, strict=True):
        if line.group is None or line.worst:
            text.set_fontweight("bold")
    for line in lines:
        if line.group is not None:
            beside(right, line.y, f"n {count(line.group.n)}", size=_SIZE)
    flush_labels(figure, left)
    say(
        figure,
        f"n = {count(evaluation.n_judge)} fresh patients; lines are 95% bootstrap intervals; "
        f"open dots: fewer than {LEAST} patients",
    )
    return figure


def _panel(axes: Axes, lines: list[_Line], figured: str, overall: float) -> None:
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    if math.isfinite(overall):
        axes.axvline(100 * overall, color=BAND, lw=1.2, zorder=0)
    for line in lines:
        if line.group is None:
            continue
        found = getattr(line.group, figured)
        hue = BLUE if line.group.is_large else PALETTE["slate"]
        hue = PALETTE["vermillion"] if figured in line.worst else hue
        fill = hue if line.group.is_large else PAPER
        axes.plot([100 * found.low, 100 * found.high], [line.y, line.y], color=hue, lw=1.8)
        axes.plot(100 * found.value, line.y, "o", mfc=fill, mec=hue, mew=1.2, ms=4.5, zorder=3)
    axes.set_xlim(left=0)
    axes.set_xlabel(_PANELS[figured], color=MUTED)


def _lines(evaluation: Evaluation, names: Mapping[str, str]) -> Iterator[_Line]:
    """Headings and groups; settings from the worst to the best, the rest in their order."""
    worst = {figured: evaluation.worst(figured) for figured in _PANELS}
    top = 0.0
    for division, groups in evaluation.subgroups.items():
        yield _Line(f"{division[:1].upper()}{division[1:]}", top)
        top += 1.0
        found = list(groups.items())
        if division == "setting":
            found.sort(key=lambda pair: -pair[1].mae.value)
        for name, group in found:
            by = [f for f, w in worst.items() if w and (w.division, w.name) == (division, name)]
            text = wrap(label(name, names) if division == "setting" else name, 46)
            height = 1.0 + 0.6 * text.count("\n")
            yield _Line(text, top + (height - 1) / 2, group, tuple(by))
            top += height
        top += 0.3
