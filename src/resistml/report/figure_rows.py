"""Figures of one named row each, with a dot or bar in it and its figure in words beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resistml.report.style import BLUE, INK, PALETTE, PAPER, new_figure
from resistml.report.words import MODEL, learner_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Width of figures, and height of a row with one line of text, in inches.
WIDTH, ROW = 7.4, 0.3


def row_figure(labels: Sequence[str], height: float = ROW) -> tuple[Figure, Axes]:
    """A figure with one named row each, the first on top."""
    figure = new_figure(WIDTH, height * len(labels) + 0.75)
    axes = figure.add_subplot()
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    for text, name in zip(axes.get_yticklabels(), labels, strict=True):
        if is_model(name):
            text.set_fontweight("bold")
    return figure, axes


def flush_labels(figure: Figure, axes: Axes) -> None:
    """Let the names of rows begin at the figure's left edge.

    Lines of a long name then begin at one place whatever type a page is set in, which lines that
    end at one place do not: where each begins is worked out from the widths of our own type.
    """
    figure.draw_without_rendering()
    labels = axes.get_yticklabels()
    width = max((text.get_window_extent().width for text in labels), default=0.0)
    points = width * 72 / figure.dpi
    for text in labels:
        text.set_horizontalalignment("left")
        text.set_multialignment("left")
    axes.tick_params(axis="y", pad=points + 4)


def beside(
    axes: Axes, y: float, text: str, *, x: float = 1.02, bold: bool = False, size: float = 8.0
) -> None:
    """Words at the right of a row; ``x`` = 1 is where the axes end."""
    axes.text(
        x,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        va="center_baseline",
        fontsize=size,
        fontweight="bold" if bold else "normal",
    )


def is_model(name: str) -> bool:
    return name == learner_label(MODEL)


def colour(name: str) -> str:
    if is_model(name):
        return BLUE
    return INK if "oracle" in name else PALETTE["slate"]


def dot(name: str) -> dict[str, Any]:
    """Marker of a row: the model's full and blue, the oracles' open, all others grey."""
    edge = colour(name)
    fill = PAPER if "oracle" in name else edge
    shape = "D" if "oracle" in name else "o"
    return {
        "marker": shape,
        "ls": "none",
        "mfc": fill,
        "mec": edge,
        "mew": 1.3,
        "ms": 7 if is_model(name) else 5.5,
        "zorder": 3,
    }


def wrap(text: str, most: int = 40) -> str:
    """Text on one line, or on lines of about the same length."""
    if len(text) <= most:
        return text
    lines = -(-len(text) // most)
    return "\n".join(textwrap.wrap(text, max(len(text) // lines + 6, 20)))
