"""Trials of a study: the loss against each setting that was tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from resistml.config_tune import Range
from resistml.documents import rounded
from resistml.report.style import BLUE, MUTED, PALETTE, PAPER, new_figure, styled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resistml.learn.tuning.trials import Trial

WIDTH, PANEL, ACROSS = 7.4, 1.9, 3
#: Share of the trials that are drawn to scale; the worst stand at the upper edge.
TO_SCALE = 0.8


@styled
def trials_figure(trials: Sequence[Trial], best: Trial, space: Mapping[str, Range]) -> Figure:
    """A panel per setting, a dot per trial: pruned ones open, the best one large.

    Parameters
    ----------
    trials : sequence of Trial
        Those that failed are left out.
    best : Trial
    space : mapping of str to Range
        The settings, in the order of the panels.
    """
    shown = [trial for trial in trials if trial.loss is not None]
    losses = np.array([trial.loss for trial in shown], dtype=float)
    top = float(np.quantile(losses, TO_SCALE))
    room = 0.08 * max(top - float(losses.min()), 1e-6)
    rows = -(-len(space) // ACROSS)
    figure = new_figure(WIDTH, PANEL * rows + 0.2, gap=0.06)
    for place, (key, values) in enumerate(space.items()):
        axes = figure.add_subplot(rows, min(ACROSS, len(space)), place + 1)
        _panel(axes, key, values, shown, np.minimum(losses, top + room / 2), best)
        axes.set_ylim(float(losses.min()) - room, top + room)
        if place % ACROSS == 0:
            axes.set_ylabel("log-loss")
    return figure


def _panel(
    axes: Axes,
    key: str,
    values: Range,
    trials: list[Trial],
    losses: np.ndarray[tuple[int], np.dtype[np.float64]],
    best: Trial,
) -> None:
    for trial, loss in zip(trials, losses.tolist(), strict=True):
        is_best, pruned = trial == best, trial.state == "pruned"
        axes.plot(
            _position(values, trial.settings[key]),
            loss,
            marker="o",
            ls="none",
            ms=7 if is_best else 4,
            mec=BLUE if is_best else PALETTE["slate"],
            mfc=BLUE if is_best else PAPER if pruned else PALETTE["slate"],
            zorder=3 if is_best else 2,
        )
    _scale(axes, values)
    axes.set_title(key)
    axes.tick_params(axis="y", colors=MUTED)
    axes.grid(axis="y")


def _scale(axes: Axes, values: Range) -> None:
    """The horizontal axis: the choices, or the whole range with its ends and middle."""
    if values.choices is not None:
        axes.set_xticks(range(len(values.choices)), [str(choice) for choice in values.choices])
        axes.set_xlim(-0.5, len(values.choices) - 0.5)
        return
    assert values.low is not None
    assert values.high is not None
    low, high = values.low, values.high
    if values.log:
        axes.set_xscale("log")
    middle = (low * high) ** 0.5 if values.log else (low + high) / 2
    room = (high / low) ** 0.04 if values.log else 0.04 * (high - low)
    axes.set_xticks((low, middle, high), [f"{rounded(x, 2):g}" for x in (low, middle, high)])
    axes.set_xticks((), minor=True)
    axes.set_xlim(
        low / room if values.log else low - room, high * room if values.log else high + room
    )


def _position(values: Range, value: bool | int | float | str) -> float:
    return float(value if values.choices is None else values.choices.index(value))
