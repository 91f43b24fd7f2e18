"""Calibration: predicted against observed resistance, of all patients and in each setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.report.audit_view import Z95
from resistml.report.figure_rows import WIDTH, wrap
from resistml.report.style import BAND, BLUE, INK, MUTED, PAPER, new_figure, say, styled
from resistml.report.words import count, interval, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resistml.evaluate.calibration_curves import CalibrationCurve
    from resistml.evaluate.evaluation import Evaluation

Floats = npt.NDArray[np.float64]

#: Panels side by side, and the height of a row of them in inches.
ACROSS, PANEL = 4, 1.85
_PREDICTED = "Predicted risk of resistance (%)"


@styled
def calibration_figure(evaluation: Evaluation) -> Figure:
    """Predicted against observed resistance, and how far the two are apart."""
    found = {key: np.array(values, dtype=float) for key, values in evaluation.calibration.items()}
    predicted, observed, fair = found["predicted"], found["observed"], found["fair"]
    low, high = wilson(observed, found["count"])
    figure = new_figure(WIDTH, 3.9)
    left, right = figure.subplots(1, 2)
    left.plot([0, 100], [0, 100], color=BAND, lw=1.2, zorder=0)
    right.axhline(0, color=BAND, lw=1.2, zorder=0)
    for axes, base in ((left, np.zeros_like(predicted)), (right, predicted)):
        x = 100 * predicted
        axes.vlines(x, 100 * (low - base), 100 * (high - base), color=BLUE, lw=1.4)
        axes.plot(x, 100 * (observed - base), "o", color=BLUE, ms=5, label="Observed, 95% interval")
        axes.plot(
            x, 100 * (fair - base), "D", mfc=PAPER, mec=INK, mew=1, ms=4, label="Fair oracle's mean"
        )
        axes.set_xlim(0, 100)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel(_PREDICTED)
    left.set_ylim(0, 100)
    left.set_ylabel("Share resistant (%)")
    left.legend(loc="upper left", handletextpad=0.4)
    reach = max(2.0, *np.abs(np.array(right.get_ylim())).tolist())
    right.set_ylim(-reach, reach)
    right.set_ylabel("Above predicted (percentage points)")
    bins = len(predicted)
    say(figure, f"n = {count(found['count'].sum())} fresh patients in {bins} bins of equal size")
    return figure


@styled
def setting_calibration_figure(
    evaluation: Evaluation, names: Mapping[str, str] | None = None
) -> Figure:
    """A panel per setting: observed against predicted resistance, with 95% intervals.

    Parameters
    ----------
    evaluation : Evaluation
        With ``calibrations``.
    names : mapping, optional
        Full names of settings.
    """
    assert evaluation.calibrations is not None
    curves = evaluation.calibrations.by_setting
    rows = -(-len(curves) // ACROSS)
    figure = new_figure(WIDTH, PANEL * rows + 0.75, gap=0.05)
    panels = figure.subplots(rows, ACROSS, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    for place, (axes, (setting, curve)) in enumerate(zip(panels, curves.items(), strict=False)):
        _panel(axes, label(setting, names or {}), curve)
        axes.tick_params(labelleft=place % ACROSS == 0, labelbottom=place + ACROSS >= len(curves))
    _shared_labels(figure, list(panels[: len(curves)]))
    total = count(sum(curve.n for curve in curves.values()))
    bins = max(len(curve.predicted) for curve in curves.values())
    say(
        figure,
        f"n = {total} fresh patients; {bins} bins of equal size in each setting; lines are 95% "
        "Wilson intervals, diamonds the fair oracle's mean",
    )
    return figure


def _shared_labels(figure: Figure, panels: list[Axes]) -> None:
    """One label for all panels of a column's foot, and of a row's left."""
    for place, axes in enumerate(panels):
        if place + ACROSS >= len(panels):
            axes.set_xlabel("Predicted (%)")
        if place % ACROSS == 0:
            axes.set_ylabel("Resistant (%)")


def _panel(axes: Axes, name: str, curve: CalibrationCurve) -> None:
    predicted, observed, fair = (
        100 * np.array(x) for x in (curve.predicted, curve.observed, curve.fair)
    )
    low, high = wilson(observed / 100, np.array(curve.count))
    axes.plot([0, 100], [0, 100], color=BAND, lw=1.2, zorder=0)
    axes.vlines(predicted, 100 * low, 100 * high, color=BLUE, lw=1.2)
    axes.plot(predicted, observed, "o", color=BLUE, ms=3.6)
    axes.plot(predicted, fair, "D", mfc=PAPER, mec=INK, mew=0.8, ms=3, zorder=3)
    axes.set_title(wrap(name, 24), fontsize=7.2)
    axes.text(
        0.97,
        0.05,
        f"n {count(curve.n)}\nslope {interval(curve.slope, 2).replace(' (', chr(10) + '(')}",
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=6,
        color=MUTED,
        linespacing=1.25,
    )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xticks((0, 50, 100))
    axes.set_yticks((0, 50, 100))
    axes.tick_params(labelsize=7)


def wilson(share: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Wilson's 95% interval of a share out of ``n``."""
    z2 = Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return middle - half, middle + half
