"""Figures that the ``shap`` library draws, in our type and colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.report.style import INK, MUTED, PALETTE, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

WIDTH = 7.4


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
    figure = new_figure(WIDTH, 0.3 * shown + 0.7)
    axes = figure.add_subplot()
    explanation = shap.Explanation(
        values=np.asarray(values), data=np.asarray(data), feature_names=list(names)
    )
    with _seeded():
        shap.plots.beeswarm(
            explanation,
            max_display=shown,
            ax=axes,
            show=False,
            plot_size=None,
            color=colours,
            axis_color=INK,
            s=9,
            color_bar_label="Value of the column",
        )
    for dots in axes.collections:
        dots.set_rasterized(True)
    for part in figure.axes:
        part.tick_params(labelsize=8)
        part.yaxis.label.set_fontsize(8)
    axes.set_xlabel("Contribution (log-odds of resistance)", fontsize=8.5, color=MUTED)
    return figure


@contextmanager
def _seeded() -> Iterator[None]:
    """shap jitters its dots with NumPy's global generator: fix it, then put it back."""
    before = np.random.get_state()  # noqa: NPY002 - shap uses the legacy generator
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
