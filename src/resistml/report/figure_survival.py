"""Models of times: predicted against observed shares free of the event, at each horizon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from resistml.report.figure_rows import WIDTH
from resistml.report.style import BAND, BLUE, INK, PAPER, new_figure, say, styled
from resistml.report.words import TIMES, count, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def survival_figure(survival: Mapping[str, Any]) -> Figure:
    """A row per time and a panel per horizon: predicted against observed share free of the event.

    Parameters
    ----------
    survival : mapping
        As in an evaluation.
    """
    rows = list(survival.items())
    horizons = list(rows[0][1]["learners"]["model"]["calibration"])
    figure = new_figure(WIDTH, 2.4 * len(rows) + 0.5, gap=0.05)
    panels = figure.subplots(len(rows), len(horizons), sharex=True, sharey=True, squeeze=False)
    for line, (time, found) in zip(panels, rows, strict=True):
        for axes, months in zip(line, horizons, strict=True):
            _panel(axes, found["learners"]["model"]["calibration"][months])
            axes.set_title(f"{TIMES.get(time, time)}, {months} months", fontsize=8)
        line[0].set_ylabel("Free of the event (%)")
    for axes in panels[-1]:
        axes.set_xlabel("Predicted (%)")
    panels[0, 0].legend(loc="upper left", handletextpad=0.4, fontsize=7)
    said = "; ".join(
        f"{TIMES.get(time, time)}: n = {count(found['patients'])}, {count(found['events'])} events"
        for time, found in rows
    )
    say(figure, f"{said}\nObserved shares by Kaplan-Meier in bins of equal size")
    return figure


def _panel(axes: Axes, bins: Mapping[str, Any]) -> None:
    known = {key: np.array(values, dtype=float) for key, values in bins.items()}
    axes.plot([0, 100], [0, 100], color=BAND, lw=1.2, zorder=0)
    axes.plot(
        100 * known["predicted"], 100 * known["observed"], "o", color=BLUE, ms=4, label="Observed"
    )
    if "fair" in known:
        axes.plot(
            *(100 * known["predicted"], 100 * known["fair"], "D"),
            mfc=PAPER,
            mec=INK,
            mew=0.9,
            ms=3.4,
            label="Fair oracle's mean",
        )
    error = np.nanmean(np.abs(known["predicted"] - known.get("fair", known["observed"])))
    axes.text(
        0.97,
        0.05,
        f"mean distance\n{number(100 * float(error), 1)} points",
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=7,
    )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xticks((0, 50, 100))
    axes.set_yticks((0, 50, 100))
