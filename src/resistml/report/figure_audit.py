"""Figures that hold the world against the review: reported ranges, what the world gives, and
what a cohort shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from resistml.report.audit_view import (
    STATUS,
    Z95,
    AuditLike,
    ConflictLike,
    EstimateLike,
    Group,
    Rows,
    by_endpoint,
    conflict_sets,
    letters,
    row_label,
    solved,
    tally,
)
from resistml.report.style import BAND, BLUE, INK, MUTED, PALETTE, new_figure, say, styled
from resistml.report.words import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.4
#: Height of a row, and of what stands round the rows of an endpoint, in inches.
ROW, AROUND = 0.17, 0.6
#: The same in the poster, and its widths: of labels, of the axes, of ids, of the margins.
_ROW, _AROUND, _HEAD, _FOOT = 0.185, 0.62, 0.95, 0.3
_LABELS, _AXES, _IDS, _GAP, _LETTERS = 3.95, 3.3, 2.4, 0.2, 76
#: Rows from which on a poster has two columns.
_TWO_COLUMNS = 30
#: Share of the axis that a bound's bar goes on for.
_BEYOND = 0.06
#: Form and colour of what was obtained, so that neither alone tells the status.
_MARKS: dict[str, dict[str, Any]] = {
    "within": {"marker": "o", "color": PALETTE["blue"], "ms": 3.8},
    "tension": {"marker": "D", "color": PALETTE["orange"], "mec": INK, "mew": 0.7, "ms": 4.5},
    "out": {"marker": "X", "color": PALETTE["vermillion"], "ms": 6.5},
}
Estimates = Mapping[str, EstimateLike]


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
        _panel(axes, group, _title(group, names), {}, 60)
        for y, row in enumerate(group.rows):
            if row.claim in sets:
                _beside(axes, y, sets[row.claim], fontsize=7, fontweight="bold")
    figure.legend(handles=_entries(rows, {}), loc="outside upper left", ncols=6, **_LEGEND)
    say(
        figure,
        f"n = {len(rows)} claims; values of the whole population, with 95% Monte-Carlo intervals",
    )
    return figure


@styled
def audit_poster(
    rows: Rows,
    names: Mapping[str, str] | None = None,
    conflicts: Sequence[ConflictLike] = (),
    estimates: Estimates | None = None,
    heading: str = "Reported by the review, and obtained in the world",
    foot: str = "",
) -> Figure:
    """The whole audit as one picture, in two columns, each row with its claim's id.

    Parameters
    ----------
    rows, names, conflicts
        As in :func:`audit_figure`; rows of any unit.
    estimates : mapping of claim to Estimate, optional
        What a cohort shows: its intervals, as whiskers.
    heading, foot : str
        What stands above and below.
    """
    found, sets = estimates or {}, letters(conflict_sets(rows, conflicts))
    count = tally(rows)
    rows = solved(rows)
    columns = _columns(by_endpoint(rows))
    across = _LABELS + _AXES + _IDS + _GAP
    width, height = across * len(columns), max(map(_height, columns)) + _HEAD + _FOOT
    figure = new_figure(width, height)
    figure.set_layout_engine("none")  # everything has its place in inches
    for i, groups in enumerate(columns):
        top = _HEAD
        for group in groups:
            tall = _ROW * len(group.rows)
            left, low = across * i + _LABELS, top + 0.26 + tall
            place = (left / width, 1 - low / height, _AXES / width, tall / height)
            axes = figure.add_axes(place)
            _panel(axes, group, _title(group, names), found, _LETTERS)
            for y, row in enumerate(group.rows):
                _beside(axes, y, _id(row, sets), fontsize=6, color=MUTED, gid=f"id-{row.claim}")
            top += tall + _AROUND
    said = ", ".join(f"{n} {STATUS[status]}" for status, n in count.items() if n)
    figure.text(0.15 / width, 1 - 0.25 / height, heading, fontsize=13, fontweight="bold")
    figure.text(0.15 / width, 1 - 0.47 / height, said, fontsize=9, color=MUTED)
    figure.text(0.15 / width, 0.12 / height, foot, fontsize=7, color=MUTED)
    figure.legend(
        handles=_entries(rows, found),
        loc="upper left",
        bbox_to_anchor=(0.06 / width, 1 - 0.52 / height),
        ncols=7,
        **_LEGEND,
    )
    return figure


def _columns(groups: Sequence[Group]) -> list[Sequence[Group]]:
    """The groups in their order, in two columns of like height if there are many rows."""
    if sum(len(group.rows) for group in groups) < _TWO_COLUMNS or len(groups) < 2:
        return [groups]
    splits = range(1, len(groups))
    best = min(splits, key=lambda i: max(_height(groups[:i]), _height(groups[i:])))
    return [groups[:best], groups[best:]]


def _height(groups: Sequence[Group]) -> float:
    return sum(_ROW * len(group.rows) + _AROUND for group in groups)


def _title(group: Group, names: Mapping[str, str] | None) -> str:
    name = label(group.endpoint, names or {})
    return f"{name}: {group.unit}" if "(" in group.unit else f"{name} ({group.unit})"


def _id(row: AuditLike, sets: Mapping[str, str]) -> str:
    return f"{row.claim} ({sets[row.claim]})" if row.claim in sets else row.claim


def _beside(axes: Axes, y: float, text: str, **looks: Any) -> None:
    """Words at the right of a row."""
    place = axes.get_yaxis_transform()
    axes.text(1.015, y, text, transform=place, va="center_baseline", **looks)


def _panel(axes: Axes, group: Group, title: str, estimates: Estimates, most: int) -> None:
    axes.set_title(title)
    left, right = _limits(group, estimates)
    for y, row in enumerate(group.rows):
        _reported(axes, group, y, row, right - left)
        _obtained(axes, group, y, row, estimates.get(row.claim), right)
    labels = [row_label(row, most) for row in group.rows]
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_ylim(len(group.rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    axes.set_xlim(left, right)


def _limits(group: Group, estimates: Estimates) -> tuple[float, float]:
    """Percent from 0 to 100; else from 0 to a little beyond what there is to show."""
    if group.share:
        return 0.0, 100.0
    shown = [x for row in group.rows for x in (row.high, row.obtained)]
    shown += [estimates[row.claim].high for row in group.rows if row.claim in estimates]
    return 0.0, 1.06 * max(x for x in shown if math.isfinite(x))


def _reported(axes: Axes, group: Group, y: float, row: AuditLike, width: float) -> None:
    """The reported range as a bar between its ends; a bound's bar goes on for a bit."""
    low, high = group.scale * row.low, group.scale * row.high
    beyond = _BEYOND * width
    start = low - beyond if row.bound == "at_most" else low
    end = high + beyond if row.bound == "at_least" else high
    if end > start:
        axes.plot([start, end], [y, y], color=BAND, lw=7, solid_capstyle="butt", zorder=1)
    axes.plot([low, high], [y, y], "|", color=INK, ms=9, mew=0.9, zorder=2)


def _obtained(
    axes: Axes, group: Group, y: float, row: AuditLike, found: EstimateLike | None, right: float
) -> None:
    """The population value as a mark, and how sure it is or what a cohort shows as a whisker."""
    x = group.scale * row.obtained
    if found is None:
        half = Z95 * group.scale * row.se
        axes.plot([x - half, x + half], [y, y], color=INK, lw=0.8, zorder=3)
    elif math.isfinite(found.low):
        low, high = (min(group.scale * end, right) for end in (found.low, found.high))
        colour = _MARKS[row.status]["color"]
        axes.plot([low, high], [y, y], color=colour, lw=1.2, zorder=3)
        ends = [low] if high == right else [low, high]
        axes.plot(ends, [y] * len(ends), "|", color=colour, ms=4, mew=1.2, zorder=3)
    axes.plot(x, y, ls="none", zorder=4, gid=row.claim, **_MARKS[row.status])


_LEGEND: dict[str, Any] = {
    "fontsize": 7,
    "handletextpad": 0.5,
    "columnspacing": 1.4,
    "handlelength": 1.4,
}


def _entries(rows: Rows, estimates: Estimates) -> list[Any]:
    from matplotlib.lines import Line2D

    entries = [
        Line2D([], [], color=BAND, lw=7, solid_capstyle="butt", label="Reported range"),
        Line2D([], [], color=INK, marker="|", ls="none", ms=9, label="Its ends, or the point"),
    ]
    statuses = {row.status for row in rows}
    for status, said in STATUS.items():
        if status in statuses:
            marks = _MARKS[status]
            entries.append(Line2D([], [], ls="none", label=f"Obtained, {said}", **marks))
    if any(row.claim in estimates for row in rows):
        entries.append(Line2D([], [], color=BLUE, lw=1.2, label="95% interval of the cohort"))
    return entries
