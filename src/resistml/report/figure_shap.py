"""Figures that the ``shap`` library draws of our contributions, in our type and colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resistml.report.style import (
    BLUE,
    INK,
    MUTED,
    PALETTE,
    new_figure,
    paper,
    say,
    styled,
)
from resistml.report.words import count, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

WIDTH = 7.4
#: Most rows that are drawn as dots: more only cover each other, and make files large.
MOST_DOTS = 1_500
_AXIS = "Contribution (log-odds of resistance)"
#: Panels of dependence plots side by side, and their height in inches.
_ACROSS, _PANEL = 3, 2.0
#: From so wide a spread on, a positive value has a log axis: its 99th percentile over its median.
_SKEWED = 5.0


def explanation(
    values: Floats, data: Floats, names: Sequence[str], base: Floats | None = None
) -> Any:
    """Contributions as a ``shap.Explanation``, of :data:`MOST_DOTS` rows at most.

    Parameters
    ----------
    values, data : (n, columns) arrays
        Contributions to the log-odds of resistance, and the columns' values.
    names : sequence of str
    base : (n,) array, optional
        What each row's values add up from.
    """
    import shap

    rows = slice(0, MOST_DOTS)
    return shap.Explanation(
        values=np.asarray(values)[rows],
        base_values=None if base is None else np.asarray(base)[rows],
        data=np.asarray(data)[rows],
        feature_names=list(names),
    )


@styled
def beeswarm_figure(
    values: Floats, data: Floats, names: Sequence[str], *, most: int = 14
) -> Figure:
    """Contributions of the strongest columns, a dot per row, coloured by the column's value.

    Parameters
    ----------
    values : (n, columns) array
        Contributions to the log-odds of resistance.
    data : (n, columns) array
        Values of the columns; NaN = unmeasured, drawn grey.
    names : sequence of str
    most : int
        Columns to name; the rest are summed in a last row.
    """
    import shap
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list(
        "resistml", [PALETTE["blue"], PALETTE["silver"], PALETTE["vermillion"]]
    )
    shown = min(most, len(names))
    figure = new_figure(WIDTH, 0.3 * shown + 0.9)
    axes = figure.add_subplot()
    told = explanation(values, data, names)
    with _apart():
        shap.plots.beeswarm(
            told,
            max_display=shown,
            ax=axes,
            show=False,
            plot_size=None,
            color=colours,
            axis_color=INK,
            s=9,
            color_bar_label="Value of the column",
        )
    named = [text.get_text() for text in axes.get_yticklabels()]
    axes.set_yticks(axes.get_yticks(), [name.replace("features", "columns") for name in named])
    for dots in axes.collections:
        dots.set_rasterized(True)
    for part in figure.axes:
        part.tick_params(labelsize=8)
        part.yaxis.label.set_fontsize(8)
    axes.set_xlabel(_AXIS, fontsize=8.5, color=MUTED)
    say(figure, f"n = {count(len(told.values))} patients, a dot each; grey = unmeasured")
    return figure


@styled
def dependence_figure(
    values: Floats,
    data: Floats,
    names: Sequence[str],
    *,
    columns: Sequence[str],
    units: Sequence[str] = (),
    colours: Sequence[str] = (),
) -> Figure:
    """A panel per column: its contribution against its value, a dot per patient it bears on.

    Parameters
    ----------
    values, data, names
        As of :func:`beeswarm_figure`; rows in which a column has no bearing, or is unmeasured,
        are left out of its panel.
    columns : sequence of str
        The columns to draw, in order.
    units, colours : sequence of str, optional
        The unit and the colour of each of those.
    """
    rows = -(-len(columns) // _ACROSS)
    figure = new_figure(WIDTH, _PANEL * rows + 0.4, gap=0.08)
    panels = figure.subplots(rows, min(_ACROSS, len(columns)), squeeze=False).ravel()
    told = explanation(values, data, names)
    for axes in panels[len(columns) :]:
        axes.set_axis_off()
    for place, (axes, column) in enumerate(zip(panels, columns, strict=False)):
        unit = units[place] if units else ""
        hue = colours[place] if colours else BLUE
        _dependence(axes, told[:, list(names).index(column)], f"{column}", unit, hue)
        axes.set_ylabel("Log-odds" if place % _ACROSS == 0 else "", fontsize=8)
    figure.align_ylabels(panels[: len(columns)])
    say(figure, "A dot for each patient whom the marker bears on and in whom it was measured")
    return figure


def _dependence(axes: Axes, told: Any, name: str, unit: str, hue: str) -> None:
    import shap

    kept = np.flatnonzero((told.values != 0) & ~np.isnan(told.data))
    axes.set_title(f"{name}  n = {count(len(kept))}", fontsize=8)
    if len(kept):
        mine = shap.Explanation(values=told.values[kept], data=told.data[kept], feature_names=name)
        with _apart():
            shap.plots.scatter(mine, color=hue, hist=False, ax=axes, show=False, dot_size=8)
        # shap writes its own words: ours, and its title, stand instead.
        axes.set_title(f"{name}  n = {count(len(kept))}", fontsize=8)
        positive = told.data[kept][told.data[kept] > 0]
        skewed = len(positive) == len(kept) and (
            np.quantile(positive, 0.99) > _SKEWED * np.median(positive)
        )
        if skewed:
            _logarithmic(axes, positive)
    for dots in axes.collections:
        dots.set_rasterized(True)
    axes.axhline(0, color=MUTED, lw=0.7)
    axes.set_xlabel(f"Recorded value ({unit})" if unit else "Recorded value", fontsize=8)
    axes.tick_params(labelsize=7, colors=MUTED)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(True)


def _logarithmic(axes: Axes, values: Floats) -> None:
    """A log axis over the values, with plain numbers at a few round places."""
    low, high = float(values.min()), float(values.max())
    axes.set_xscale("log")
    axes.set_xlim(low / 1.2, high * 1.2)
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [10.0**k for k in decades if low / 1.2 <= 10.0**k <= high * 1.2]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks((), minor=True)


def waterfall_figure(
    values: Floats, base: float, labels: Sequence[str], *, most: int = 10, who: str = ""
) -> Figure:
    """How one patient's contributions lead from where all begin to his log-odds of resistance.

    Parameters
    ----------
    values : (columns,) array
        Contributions to the log-odds of resistance.
    base : float
        What they add up from: baseline, setting and strategy.
    labels : sequence of str
        Each column with its value, such as ``ABCB1, 3.1 ng/mL``.
    most : int
        Columns to name; the rest are summed in a last row.
    who : str
        The patient, in words.
    """
    import shap
    from matplotlib import pyplot as plt

    shown = min(most, len(labels))
    plain = [label.replace("=", "≈") for label in labels]  # shap cuts a label at its last "="
    with paper():
        figure = plt.figure(layout="constrained")
        try:
            shap.plots.waterfall(
                shap.Explanation(values=np.asarray(values), base_values=base, feature_names=plain),
                max_display=shown,
                show=False,
            )
            _retouched(figure, base, float(base + np.sum(values)), shown)
            say(figure, f"n = 1 patient: {who}" if who else "n = 1 patient")
        finally:
            plt.close(figure)  # it belongs to no window; the figure itself stays
    return figure


def _retouched(figure: Figure, base: float, margin: float, rows: int) -> None:
    """Our colours, type and words in place of shap's."""
    from matplotlib.patches import FancyArrow

    axes, *marks = figure.axes
    for extra in marks:  # its ticks for the base and the margin
        figure.delaxes(extra)
    figure.set_size_inches(WIDTH, 0.3 * rows + 1.1)
    for arrow in axes.patches:
        if isinstance(arrow, FancyArrow):
            red, _, blue, _ = np.asarray(arrow.get_facecolor(), dtype=float)
            arrow.set_color(PALETTE["vermillion"] if red > blue else BLUE)
    for text in axes.texts:
        inside = text.get_horizontalalignment() == "center"
        text.set_fontsize(8)
        text.set_color(PALETTE["paper"] if inside else INK)
        if inside:
            text.set_fontweight("bold")
    named = [text.get_text().replace("features", "columns") for text in axes.get_yticklabels()]
    named = named[:rows]
    axes.set_yticks(range(rows), named, fontsize=8, color=INK)
    axes.set_ylim(-1.0, rows - 0.3)
    axes.tick_params(axis="x", labelsize=8, colors=MUTED)
    axes.set_xlabel("Log-odds of resistance, before calibration", fontsize=8.5, color=MUTED)
    axes.margins(x=0.08)
    for x, y, said in (
        (base, -0.95, f"setting and strategy {number(base, 2)}"),
        (margin, rows - 0.45, f"this patient {number(margin, 2)}"),
    ):
        axes.text(x, y, f" {said}", fontsize=7.5, color=MUTED, va="bottom", ha="left")


@contextmanager
def _apart() -> Iterator[None]:
    """shap jitters its dots with NumPy's global generator, and may open windows of pyplot: fix the
    first and put it back, and close what was not open before."""
    from matplotlib import pyplot as plt

    before, windows = np.random.get_state(), plt.get_fignums()  # noqa: NPY002 - shap's own
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
        for window in set(plt.get_fignums()) - set(windows):
            plt.close(window)
