"""The figure that holds the world against the review: reported ranges, obtained values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from resistml.report.audit_view import (
    STATUS,
    Z95,
    ConflictLike,
    Group,
    Rows,
    by_endpoint,
    conflict_sets,
    letters,
    row_label,
    solved,
)
from resistml.report.style import BAND, INK, PALETTE, new_figure, styled
from resistml.report.words import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.4
#: Height of a row, and of what stands round the rows of an endpoint, in inches.
ROW, AROUND = 0.17, 0.6
#: Form and colour of what was obtained, so that neither alone tells the status.
_MARKS: dict[str, dict[str, Any]] = {
    "within": {"marker": "o", "color": PALETTE["blue"], "ms": 3.8},
    "tension": {"marker": "D", "color": PALETTE["orange"], "mec": INK, "mew": 0.7, "ms": 4.5},
    "out": {"marker": "X", "color": PALETTE["vermillion"], "ms": 6.5},
}


@styled
def audit_figure(
    rows: Rows,
    names: Mapping[str, str] | None = None,
    conflicts: Sequence[ConflictLike] = (),
) -> Figure:
    """Reported range as a bar and obtained value as a dot, for each claim that has one.

    Parameters
    ----------
    rows : sequence of AuditRow
        One per target claim; rates are fractions, times are months.
    names : mapping, optional
        Full names of endpoints.
    conflicts : sequence of Conflict, optional
        The sets that cannot hold together; else those that the rows name.
    """
    sets = letters(conflict_sets(rows, conflicts))
    rows = solved(rows)
    groups = by_endpoint(rows)
    heights = [ROW * len(group.rows) + AROUND for group in groups]
    figure = new_figure(WIDTH, sum(heights) + 0.3, gap=0.06)
    ratios = [len(group.rows) + 0.4 for group in groups]
    panels = figure.subplots(len(groups), 1, height_ratios=ratios, squeeze=False)[:, 0]
    for axes, group in zip(panels, groups, strict=True):
        _panel(axes, group, label(group.endpoint, names or {}), sets)
    _legend(figure, {row.status for row in rows})
    return figure


def _panel(axes: Axes, group: Group, title: str, sets: Mapping[str, str]) -> None:
    axes.set_title(f"{title} ({group.unit})")
    for y, row in enumerate(group.rows):
        low, high, x = (group.scale * v for v in (row.low, row.high, row.obtained))
        if row.high > row.low:
            axes.plot([low, high], [y, y], color=BAND, lw=7, solid_capstyle="butt", zorder=1)
        axes.plot([low, high], [y, y], "|", color=INK, ms=9, mew=0.9, zorder=2)
        half = Z95 * group.scale * row.se
        axes.plot([x - half, x + half], [y, y], color=INK, lw=0.8, zorder=3)
        axes.plot(x, y, ls="none", zorder=4, **_MARKS[row.status])
        if row.claim in sets:
            axes.text(
                1.015,
                y,
                sets[row.claim],
                transform=axes.get_yaxis_transform(),
                va="center_baseline",
                fontsize=7,
                fontweight="bold",
            )
    axes.set_yticks(range(len(group.rows)), [row_label(row) for row in group.rows], fontsize=7)
    axes.set_ylim(len(group.rows) - 0.3, -0.7)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    if group.share:
        axes.set_xlim(0, 100)
    else:
        axes.set_xlim(left=0)


def _legend(figure: Figure, statuses: set[str]) -> None:
    from matplotlib.lines import Line2D

    entries = [
        Line2D([], [], color=BAND, lw=7, solid_capstyle="butt", label="Reported range"),
        Line2D([], [], color=INK, marker="|", ls="none", ms=9, label="Its ends, or the point"),
    ]
    for status, said in STATUS.items():
        if status in statuses:
            marks = _MARKS[status]
            entries.append(Line2D([], [], ls="none", label=f"Obtained, {said}", **marks))
    figure.legend(
        handles=entries,
        loc="outside upper left",
        ncols=len(entries),
        fontsize=7,
        handletextpad=0.5,
        columnspacing=1.4,
        handlelength=1.4,
    )
