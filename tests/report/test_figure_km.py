"""Kaplan-Meier figures: curves, numbers at risk and the reported points."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes

from resistml.cohort.curves import kaplan_meier
from resistml.cohort.survival import ArmCurves, Reported
from resistml.report.figure_km import km_figure, km_words
from resistml.report.style import PALETTE, PAPER, svg_text

POINTS = (
    Reported("s4_pfs", "pfs", (6, 6), (0.5, 0.5), False),
    Reported("s4_os", "os", (12, 15), (0.5, 0.5), True),
    Reported("s4_rate", "os", (36, 36), (0.75, 0.8), False),
)


def arm(strategy: str = "ac", points: tuple[Reported, ...] = POINTS, n: int = 300) -> ArmCurves:
    rng = np.random.default_rng(len(strategy))
    pfs = rng.exponential(8, n)
    times = {"pfs": pfs, "os": pfs + rng.exponential(10, n)}
    seen = np.ones(n, dtype=bool)
    curves = {name: kaplan_meier(months, seen) for name, months in times.items()}
    return ArmCurves("breast_ac", strategy, n, curves, times, points)


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_a_panel_per_strategy_with_both_curves() -> None:
    arms = [arm(name, ()) for name in ("ac", "dose", "third", "fourth")]
    figure = km_figure(arms, {"ac": "Doxorubicin", "breast_ac": "Breast cancer"})
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Doxorubicin", "dose", "third", "fourth",
    ]  # fmt: skip
    assert figure.texts[0].get_text() == "Breast cancer"
    for axes, one in zip(figure.axes, arms, strict=True):
        for time, colour in (("pfs", PALETTE["blue"]), ("os", PALETTE["vermillion"])):
            (line,) = (
                x for x in axes.lines if x.get_color() == colour and len(x.get_data()[0]) > 9
            )
            months, shown = (np.asarray(v, dtype=float) for v in line.get_data())
            np.testing.assert_allclose(shown, 100 * one.curves[time].at(months)[0])
            assert line.get_drawstyle() == "steps-post"


def test_reported_figures_are_points_at_their_place() -> None:
    axes = km_figure([arm()]).axes[0]
    marks = {line.get_gid(): line for line in axes.lines if line.get_gid()}
    places = {gid: tuple(float(v[0]) for v in line.get_data()) for gid, line in marks.items()}
    assert places == {
        "ac-s4_pfs": (6, 50),
        "ac-s4_os": (13.5, 50),
        "ac-s4_rate": (36, pytest.approx(77.5)),
    }
    assert marks["ac-s4_pfs"].get_markerfacecolor() == PALETTE["blue"]
    assert marks["ac-s4_os"].get_markerfacecolor() == PAPER  # about others
    forms = [line.get_marker() for line in marks.values()]
    assert len(set(forms)) == 3


def test_ids_stand_in_the_legend_with_what_they_say() -> None:
    said = texts(km_figure([arm()]).axes[0])
    assert "s4_pfs: 6 months" in said
    assert "s4_os: 12 to 15 months" in said
    assert "s4_rate: 75 to 80% at 36 months" in said


def test_numbers_at_risk_stand_under_the_ticks() -> None:
    one = arm()
    axes = km_figure([one]).axes[0]
    ticks = axes.get_xticks()
    said = {(t.get_position()[0], t.get_color()): t.get_text() for t in axes.texts}
    for time, colour in (("pfs", PALETTE["blue"]), ("os", PALETTE["vermillion"])):
        for tick, n in zip(ticks, one.risk(time, ticks), strict=True):
            assert said[tick, colour] == f"{n:,}"
    assert said[0.0, PALETTE["blue"]] == "300"


def test_the_axis_holds_all_claims_and_most_of_the_curve() -> None:
    late = Reported("late", "os", (120, 120), (0.1, 0.1), False)
    assert km_figure([arm(points=(late,))]).axes[0].get_xlim()[1] >= 120
    short = km_figure([arm(points=())]).axes[0]
    tail = float(np.quantile(arm().followed["os"], 0.95))
    assert tail <= short.get_xlim()[1] <= 2 * tail
    assert 3 <= len(short.get_xticks()) <= 10


def test_the_cured_do_not_stretch_the_axis_over_decades() -> None:
    months = np.linspace(1, 3000, 500)
    curve = kaplan_meier(months, np.ones(500, dtype=bool))
    both = {"pfs": curve, "os": curve}
    cured = ArmCurves("s", "a", 500, both, dict.fromkeys(both, months), POINTS)
    assert km_figure([cured]).axes[0].get_xlim()[1] == 120


def test_names_and_patients_do_not_run_into_the_next_panel() -> None:
    long = "Doxorubicin and cyclophosphamide with something more, every two weeks"
    figure = km_figure([arm("ac"), arm("bd"), arm("ce")], {"ac": long, "bd": long, "ce": long})
    figure.canvas.draw()
    panels = figure.axes
    for axes, beside in pairwise(panels):
        ends = axes._left_title.get_window_extent().x1  # the one with a strategy's name
        assert ends < beside.get_window_extent().x0
        numbers = max(t.get_window_extent().x1 for t in axes.texts if t.get_text().isdigit())
        names = min(t.get_window_extent().x0 for t in beside.texts if t.get_text() == "PFS")
        assert numbers < names


def test_everything_lies_on_the_page() -> None:
    figure = km_figure([arm(), arm("second", ())])
    figure.canvas.draw()
    page = figure.bbox
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent()
            assert box.y0 >= page.y0
            assert box.x0 >= page.x0


def test_svg_parses_and_is_small_however_many_patients() -> None:
    svg = svg_text(km_figure([arm(n=20_000)]), "km", "t", "a")
    ElementTree.fromstring(svg)  # noqa: S314
    assert len(svg) < 200_000
    assert all(f"km-ac-{point.claim}" in svg for point in POINTS)
    assert svg == svg_text(km_figure([arm(n=20_000)]), "km", "t", "a")


def test_words_name_strategies_patients_and_claims() -> None:
    words = km_words([arm(), arm("second", ())], {"breast_ac": "Breast cancer"})
    assert words.name == "km-breast_ac"
    assert "Breast cancer" in words.title
    assert "ac, 300 patients (reported: s4_pfs 6 months;" in words.alt
    assert words.alt.endswith("second, 300 patients.")


def test_an_arm_of_a_few_does_not_stretch_the_axis_of_the_others() -> None:
    months = np.append(np.linspace(1, 20, 19), 110.0)  # one of twenty lives on and on
    curve = kaplan_meier(months, np.ones(20, dtype=bool))
    both = {"pfs": curve, "os": curve}
    few = ArmCurves("breast_ac", "few", 20, both, dict.fromkeys(both, months), ())
    assert km_figure([few]).axes[0].get_xlim()[1] < 30
