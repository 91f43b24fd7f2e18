"""Kaplan-Meier curves of a setting: a panel per strategy, with what is reported marked in it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from resistml.cohort.curves import log_log
from resistml.report.figure_file import Words
from resistml.report.style import INK, MUTED, PALETTE, PAPER, new_figure, styled
from resistml.report.words import count, label, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resistml.cohort.survival import ArmCurves, Reported

#: Name and colour of each curve.
CURVES = {"pfs": ("PFS", PALETTE["blue"]), "os": ("OS", PALETTE["vermillion"])}
#: Forms of the marks, one for each claim of a panel in turn.
_FORMS = ("o", "D", "s", "^", "v", "P", "X", "*")
#: Panels side by side; sizes in inches: of a panel's axes, of what stands left of and above them,
#: of the figure's head, and of a line of small type below.
_ACROSS, _WIDTH, _HEIGHT, _LEFT, _ABOVE, _HEAD, _LINE = 3, 3.35, 2.0, 0.72, 0.5, 0.63, 0.15
#: Characters of a strategy's name on a line.
_LETTERS = 46
#: Widths of ticks to choose from, in months, and how many there may be.
_STEPS, _TICKS = (1, 2, 3, 6, 12, 24, 36, 60), 8
#: A curve is shown until so small a share is left, or so few patients are (of a small arm: a
#: fifth), but for no more than ten years unless a claim asks (the cured live for decades), and
#: with no more steps than so many.
_TAIL, _FEW, _LONGEST, _FINEST = 0.05, 10, 120.0, 240
_SMALL: dict[str, Any] = {"fontsize": 6.5, "va": "center_baseline"}


@styled
def km_figure(arms: Sequence[ArmCurves], names: Mapping[str, str] | None = None) -> Figure:
    """PFS and OS of each strategy with 95% bands, numbers at risk and the reported figures.

    Parameters
    ----------
    arms : sequence of ArmCurves
        The strategies of one setting, at least one.
    names : mapping, optional
        Full names of the setting and the strategies.
    """
    known = names or {}
    across = min(len(arms), _ACROSS)
    down = -(-len(arms) // across)
    below = 6.2 + max(len(arm.reported) for arm in arms)
    row = _ABOVE + _HEIGHT + _LINE * below
    width, height = max(across * (_LEFT + _WIDTH), 5.4) + 0.2, _HEAD + down * row
    figure = new_figure(width, height)
    figure.set_layout_engine("none")  # everything has its place in inches
    last = _last(arms)
    for i, arm in enumerate(arms):
        left = _LEFT + (i % across) * (_LEFT + _WIDTH)
        top = _HEAD + _ABOVE + (i // across) * row
        place = (left / width, 1 - (top + _HEIGHT) / height, _WIDTH / width, _HEIGHT / height)
        axes = figure.add_axes(place)
        _panel(axes, arm, label(arm.strategy, known), last)
        if i % across == 0:
            axes.set_ylabel("Free of the event (%)", fontsize=7.5)
    title = label(arms[0].setting, known)
    figure.text(0.12 / width, 1 - 0.2 / height, title, fontsize=11, fontweight="bold", va="center")
    _legend(figure, arms, 1 - 0.34 / height)
    return figure


def km_words(arms: Sequence[ArmCurves], names: Mapping[str, str] | None = None) -> Words:
    """The words of :func:`km_figure`."""
    known = names or {}
    title = f"Progression-free and overall survival: {label(arms[0].setting, known)}"
    parts = []
    for arm in arms:
        said = "; ".join(f"{point.claim} {_said(point)}" for point in arm.reported)
        strategy = f"{label(arm.strategy, known)}, {count(arm.n)} patients"
        parts.append(f"{strategy} (reported: {said})" if said else strategy)
    alt = f"Kaplan-Meier curves of {len(arms)} strategies: {'. '.join(parts)}."
    return Words(f"km-{arms[0].setting}", title, alt)


def _panel(axes: Axes, arm: ArmCurves, title: str, last: float) -> None:
    lines = [*textwrap.wrap(title, _LETTERS)[:2], f"{count(arm.n)} patients"]
    axes.set_title("\n".join(lines[:-1]), fontsize=8, pad=13)
    axes.text(0, 1.03, lines[-1], transform=axes.transAxes, color=MUTED, fontsize=7)
    for time, (_, colour) in CURVES.items():
        curve = arm.curves[time]
        steps = curve.times[curve.times <= last]
        # Many steps are finer than a line: so many suffice, and keep the file small.
        steps = steps if len(steps) <= _FINEST else np.linspace(0, last, _FINEST)
        months = np.concatenate([[0.0], steps, [last]])
        share, error = curve.at(months)
        low, high = log_log(share, error, 0.95)
        axes.fill_between(
            months, 100 * low, 100 * high, step="post", color=colour, alpha=0.16, lw=0
        )
        axes.step(months, 100 * share, where="post", color=colour, lw=1.4)
    axes.axhline(50, color=MUTED, lw=0.6, ls=(0, (3, 3)), zorder=0)
    for form, point in zip(_FORMS * len(arm.reported), arm.reported, strict=False):
        _mark(axes, point, form, f"{arm.strategy}-{point.claim}")
    ticks = np.arange(0, last + 1e-9, _step(last))
    axes.set_xticks(ticks)
    axes.set_yticks((0, 25, 50, 75, 100))
    axes.set_xlim(0, last)
    axes.set_ylim(0, 102)
    axes.tick_params(labelsize=7)
    axes.grid(visible=True, lw=0.5)
    axes.set_axisbelow(True)
    _at_risk(axes, arm, ticks)
    _claims(axes, arm.reported)


def _mark(axes: Axes, point: Reported, form: str, gid: str) -> None:
    """A claim at its place; its range as a bar through it, open where about others."""
    months, share = (np.array(ends) for ends in (point.months, point.share))
    x, y = months.mean(), 100 * share.mean()
    axes.plot(months, 100 * share, color=INK, lw=2.2, solid_capstyle="butt", zorder=4)
    axes.plot(x, y, ls="none", zorder=5, gid=gid, clip_on=False, **_look(point, form))


def _look(point: Reported, form: str) -> dict[str, Any]:
    colour = CURVES[point.time][1]
    return {
        "marker": form,
        "mfc": PAPER if point.apart else colour,
        "mec": INK if not point.apart else colour,
        "mew": 0.8 if not point.apart else 1.3,
        "ms": 5.8,
    }


def _at_risk(axes: Axes, arm: ArmCurves, ticks: Any) -> None:
    """Numbers at risk under the axis, a line per curve."""
    place, left = axes.get_xaxis_transform(), -0.5 / _WIDTH
    own = axes.transAxes
    axes.text(left, _below(2.3), "at risk", transform=own, color=MUTED, **_SMALL)
    axes.text(1.0, _below(2.3), "months", transform=own, ha="right", color=MUTED, **_SMALL)
    for line, (time, (name, colour)) in enumerate(CURVES.items(), start=1):
        y = _below(line + 2.3)
        axes.text(left, y, name, transform=own, color=colour, fontweight="bold", **_SMALL)
        for x, n in zip(ticks, arm.risk(time, ticks), strict=True):
            axes.text(x, y, count(n), transform=place, ha="center", color=colour, **_SMALL)


def _claims(axes: Axes, reported: Sequence[Reported]) -> None:
    """The legend of the marks: each claim's id with what it says."""
    forms = zip(_FORMS * len(reported), reported, strict=False)
    for line, (form, point) in enumerate(forms):
        y = _below(line + 5.6)
        axes.plot(
            [0.012], [y], transform=axes.transAxes, clip_on=False, ls="none", **_look(point, form)
        )
        text = f"{point.claim}: {_said(point)}"
        axes.text(0.04, y, text, transform=axes.transAxes, color=INK, **_SMALL)


def _below(line: float) -> float:
    """Height of a line below the axis, in shares of the panel's own height."""
    return -line * _LINE / _HEIGHT


def _said(point: Reported) -> str:
    median = point.share == (0.5, 0.5)
    ends = point.months if median else tuple(100 * x for x in point.share)
    low, high = (number(x, 1).removesuffix(".0") for x in ends)
    text = low if low == high else f"{low} to {high}"
    if median:
        return f"{text} months"
    return f"{text}% at {number(point.months[0], 1).removesuffix('.0')} months"


def _last(arms: Sequence[ArmCurves]) -> float:
    """Where the time axis ends: all claims are on it, and what goes on after is a tail."""
    claimed = [1.15 * point.months[1] for arm in arms for point in arm.reported]
    tails = []
    for arm in arms:
        curve = arm.curves["os"]
        few = arm.risk("os", curve.times) < min(_FEW, arm.n / 5)
        gone = np.flatnonzero((curve.survival <= _TAIL) | few)
        tails.append(float(curve.times[gone[0] if len(gone) else -1]))
    last = max([*claimed, min(max(tails), _LONGEST)])
    step = _step(last)
    return float(np.ceil(last / step) * step)


def _step(last: float) -> float:
    """Width of the ticks on an axis that ends there."""
    return next((step for step in _STEPS if last / step <= _TICKS), last / _TICKS)


def _legend(figure: Figure, arms: Sequence[ArmCurves], top: float) -> None:
    from matplotlib.lines import Line2D

    entries = [
        Line2D([], [], color=colour, lw=1.5, label=said)
        for said, colour in (
            ("Progression-free survival with 95% band", CURVES["pfs"][1]),
            ("Overall survival with 95% band", CURVES["os"][1]),
        )
    ]
    points = [point for arm in arms for point in arm.reported]
    looks: dict[str, Any] = {"mec": MUTED, "mew": 1.0, "ls": "none", "marker": "o", "ms": 5.5}
    if any(not point.apart for point in points):
        entries.append(Line2D([], [], mfc=MUTED, label="Reported", **looks))
    if any(point.apart for point in points):
        said = "Reported of a part, or of several arms"
        entries.append(Line2D([], [], mfc=PAPER, label=said, **looks))
    figure.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(0, top),
        ncols=2 if len(arms) == 1 else 4,
        fontsize=7,
        columnspacing=1.4,
        handletextpad=0.5,
    )
