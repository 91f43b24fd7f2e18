"""Figures of a comparison of new patients with the training patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resistml.drift.found import Drift, Row, Share
from resistml.report.drift_words import what
from resistml.report.figure_rows import WIDTH, row_figure
from resistml.report.style import BAND, BLUE, MUTED, PALETTE, PAPER, new_figure, say, styled
from resistml.report.words import count, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Rows that a figure shows: those that count, then the largest of the others.
MOST = 30
#: Standard deviations beyond which an arrow says that there is more.
_FAR = 3.0
_FOUND = PALETTE["vermillion"]


@styled
def shifts_figure(found: Drift) -> Figure | None:
    """Shift of each value and of the score, with 95% intervals; None where there is none."""
    rows = _chosen([r for r in found.rows if r.kind in ("value", "score") and r.n])
    if not rows:
        return None
    figure, axes = row_figure([what(row) for row in rows], 0.25)
    limit = found.thresholds.difference
    axes.axvspan(-limit, limit, color=BAND, alpha=0.5, lw=0)
    axes.axvline(0, color=MUTED, lw=0.8)
    reach = max(max(abs(r.low), abs(r.high)) for r in rows)
    end = min(max(1.15 * reach, 2 * limit, 0.1), _FAR)
    for i, row in enumerate(rows):
        _interval(axes, i, row, end)
    axes.set_xlim(-1.04 * end, 1.04 * end)
    axes.set_xlabel("Difference from the training patients (their standard deviations)")
    say(
        figure,
        f"n = {count(found.n)} profiles; lines are 95% intervals; a diamond is drift, a dot is "
        "none; the band is what does not count",
    )
    return figure


def _interval(axes: Axes, i: int, row: Row, end: float) -> None:
    colour = _FOUND if row.drifted else BLUE
    beyond = abs(row.difference) > end
    at = end if row.difference > end else -end if row.difference < -end else row.difference
    if not beyond:
        axes.plot([max(row.low, -end), min(row.high, end)], [i, i], color=colour, lw=1.4)
    marker = (">" if at > 0 else "<") if beyond else ("D" if row.drifted else "o")
    axes.plot(at, i, marker, color=colour, ms=5.5 if row.drifted else 4.5, mec=PAPER, mew=0.6)
    if beyond:
        axes.annotate(
            f"{number(row.difference, 1)} SD ",
            (at, i),
            xytext=(-7 if at > 0 else 7, 0),
            textcoords="offset points",
            ha="right" if at > 0 else "left",
            va="center",
            fontsize=7.5,
        )


@styled
def gaps_figure(found: Drift) -> Figure | None:
    """Share without a value, then and now; None where it is not known."""
    rows = _chosen([r for r in found.rows if r.kind == "missing" and (r.training or r.here)])
    if not rows:
        return None
    ends = [(r.name, r.training, r.here, r.drifted) for r in rows]
    return _dumbbells(ends, "Share unmeasured (%)", f"n = {count(found.n)} profiles")


@styled
def mix_figure(found: Drift) -> Figure | None:
    """Share of each setting, then and now; None where there is but one."""
    shown = [s for s in found.settings if s.training or s.here]
    if len(shown) < 2:
        return None
    training, here = sum(s.training for s in shown), sum(s.here for s in shown)
    drifted = any(r.kind == "settings" and r.drifted for r in found.rows)
    ends = [(s.name, s.training / max(training, 1), s.here / max(here, 1), drifted) for s in shown]
    return _dumbbells(
        ends,
        "Share of patients (%)",
        f"n = {count(training)} training patients and {count(here)} profiles",
    )


@styled
def score_figure(found: Drift) -> Figure | None:
    """New patients in each tenth of the training patients' scores; None where not known."""
    if not found.score:
        return None
    shares = _shares(found.score)
    figure = new_figure(WIDTH, 2.7)
    axes = figure.add_subplot()
    names = [s.name for s in found.score]
    drifted = any(r.kind == "score" and r.drifted for r in found.rows)
    colour = _FOUND if drifted else BLUE
    axes.bar(range(len(names)), [100 * here for _, here in shares], 0.72, color=colour)
    for k, (training, _) in enumerate(shares):
        axes.plot([k - 0.42, k + 0.42], [100 * training] * 2, color=PALETTE["ink"], lw=1.4)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel("Share of profiles (%)")
    axes.set_xlabel(
        "Where the score lies among those of the setting's training patients (percentile)"
    )
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    n = sum(s.here for s in found.score)
    say(figure, f"n = {count(n)} profiles that are answered; lines are the training patients")
    return figure


def _shares(shown: Sequence[Share]) -> list[tuple[float, float]]:
    training, here = sum(s.training for s in shown), sum(s.here for s in shown)
    return [(s.training / max(training, 1), s.here / max(here, 1)) for s in shown]


def _dumbbells(ends: list[tuple[str, float, float, bool]], label: str, n: str) -> Figure:
    figure, axes = row_figure([name for name, *_ in ends], 0.25)
    for i, (_, training, here, drifted) in enumerate(ends):
        axes.plot([100 * training, 100 * here], [i, i], color=MUTED, lw=1.2, zorder=2)
        axes.plot(100 * training, i, "o", color=PAPER, mec=MUTED, ms=5.5, zorder=3)
        colour = _FOUND if drifted else BLUE
        axes.plot(100 * here, i, "D" if drifted else "o", color=colour, ms=5, zorder=4)
    axes.set_xlim(left=-0.5)
    axes.set_xlabel(label)
    say(figure, f"{n}; open: training patients, filled: here; a diamond is drift")
    return figure


def _chosen(rows: list[Row]) -> list[Row]:
    """Those that count first, then by size; the largest on top."""
    return sorted(rows, key=lambda r: (not r.drifted, -abs(r.difference)))[:MOST]
