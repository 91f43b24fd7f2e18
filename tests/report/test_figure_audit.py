"""The audit as one picture: what is drawn is what the rows and the estimates say."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resistml.report.audit_view import by_endpoint, by_role, row_label
from resistml.report.figure_audit import audit_figure, audit_poster
from resistml.report.style import PALETTE, svg_text
from tests.report import samples


@dataclass(frozen=True)
class Estimate:
    value: float
    low: float
    high: float
    n: int = 100


def row(claim: str, endpoint: str = "orr", **changes: object) -> samples.Row:
    base = samples.Row(claim, endpoint, "s", "a", "", 0.4, 0.5, 0.45, 0.001, "within")
    return dataclasses.replace(base, **changes)


def mark(figure: Figure, claim: str) -> tuple[Axes, float, float, str]:
    """The panel, place and colour of a claim's mark."""
    for axes in figure.axes:
        for line in axes.lines:
            if line.get_gid() == claim:
                x, y = (float(np.asarray(v)[0]) for v in line.get_data())
                return axes, x, y, str(line.get_color())
    raise AssertionError(f"no mark of {claim}")


def spans(axes: Axes, y: float, colour: str) -> list[tuple[float, float]]:
    """From where to where lines of a colour run in a row."""
    found = []
    for line in axes.lines:
        xs, ys = (np.asarray(v, dtype=float) for v in line.get_data())
        if len(xs) == 2 and (ys == y).all() and line.get_color() == colour and xs[0] != xs[1]:
            found.append((float(xs[0]), float(xs[1])))
    return found


def test_range_value_and_interval_stand_in_the_claims_row() -> None:
    rows = [row("one"), row("two", setting="t", low=0.2, high=0.2, obtained=0.21)]
    figure = audit_poster(rows, estimates={"one": Estimate(0.47, 0.38, 0.56)})
    axes, x, y, colour = mark(figure, "one")
    assert (x, colour) == (45, PALETTE["blue"])
    assert spans(axes, y, PALETTE["band"]) == [(40, 50)]
    assert spans(axes, y, PALETTE["blue"])[0] == pytest.approx((38, 56))
    _, _, other, _ = mark(figure, "two")
    assert spans(axes, other, PALETTE["band"]) == []  # a point has no bar
    assert spans(axes, other, PALETTE["blue"]) == []  # and no estimate


def test_colour_tells_the_status() -> None:
    rows = [row(status, status=status) for status in ("within", "tension", "out")]
    figure = audit_poster(rows)
    assert [mark(figure, r.claim)[3] for r in rows] == [
        PALETTE["blue"], PALETTE["orange"], PALETTE["vermillion"],
    ]  # fmt: skip


def test_every_claim_with_a_value_has_its_id_in_words_and_mark() -> None:
    rows = samples.audit_rows()
    svg = svg_text(audit_poster(rows, conflicts=[]), "audit", "t", "a")
    root = ElementTree.fromstring(svg)  # noqa: S314
    texts = {t.text or "" for t in root.iter() if t.tag.endswith("text")}
    for one in rows:
        shown = math.isfinite(one.obtained)
        assert any(t.startswith(one.claim) for t in texts) == shown
        assert (f'id="audit-{one.claim}"' in svg) == shown
    assert "s4_kras_orr (A)" in texts


def test_statuses_heading_and_foot_are_said() -> None:
    figure = audit_poster(samples.audit_rows(), heading="Head", foot="Foot")
    said = [text.get_text() for text in figure.texts]
    assert said == ["Head", "2 within, 2 in tension, 1 out, 1 not solved for", "Foot"]


def test_groups_stand_in_a_fixed_order_with_parameters_last() -> None:
    rows = [
        row("p", "cutoff", role="parameter", unit="cells", low=5, high=5, obtained=5),
        row("q", "prevalence", role="parameter", unit="fraction"),
        row("r", "survival_rate", measure="ratio", bound="at_least", low=1.3, high=1.3,
            obtained=1.4),
        row("s", "survival_rate", at_months=36.0),
        row("t", "median_os", low=10, high=12, obtained=11),
        row("u"),
        row("v", "penetration", role="parameter", unit="fraction of tumour cells"),
    ]  # fmt: skip
    found = [(group.endpoint, group.unit, [r.claim for r in group.rows])
             for group in by_endpoint(rows)]  # fmt: skip
    assert found == [
        ("orr", "%", ["u"]),
        ("median_os", "months", ["t"]),
        ("survival_rate", "ratio", ["r"]),
        ("survival_rate", "%", ["s"]),
        ("set_by_claims", "cells", ["p"]),
        ("set_by_claims", "%", ["q", "v"]),
    ]


def test_units_bounds_and_what_is_not_reached_in_words() -> None:
    ratio = row("r", "survival_rate", measure="ratio", bound="at_least", low=1.3, high=1.3,
                obtained=1.431)  # fmt: skip
    tps = row("p", "cutoff", role="parameter", unit="% of cells", low=50, high=50, obtained=50)
    median = row("m", "median_os", low=20, high=24, obtained=22)
    groups = {group.rows[0].claim: group for group in by_endpoint([ratio, tps, median])}
    assert groups["r"].with_unit(groups["r"].reported(ratio)) == "at least 1.3"
    assert groups["r"].obtained(ratio) == "1.43"
    assert groups["p"].with_unit(groups["p"].reported(tps)) == "50% of cells"
    months = groups["m"]
    assert months.interval(Estimate(22.0, 19.5, math.inf)) == "19.5 to not reached"
    assert months.interval(Estimate(math.nan, math.nan, math.nan, 0)) == "–"
    share = by_endpoint([row("x")])[0]
    assert share.interval(Estimate(0.4, 0.301, 0.5)) == "30.1 to 50.0"


def test_a_bound_goes_on_to_its_free_side() -> None:
    low = row("low", "survival_rate", bound="at_least", low=0.6, high=0.6, obtained=0.7)
    high = row("high", "survival_rate", setting="t", bound="at_most", low=0.3, high=0.3,
               obtained=0.2)  # fmt: skip
    figure = audit_poster([low, high])
    axes, _, y, _ = mark(figure, "low")
    ((start, end),) = spans(axes, y, PALETTE["band"])
    assert start == 60
    assert end > 60
    ((start, end),) = spans(axes, mark(figure, "high")[2], PALETTE["band"])
    assert end == 30
    assert start < 30


def test_an_interval_without_an_end_runs_to_the_edge() -> None:
    one = row("m", "median_os", low=20, high=24, obtained=22)
    figure = audit_poster([one], estimates={"m": Estimate(23.0, 19.0, math.inf)})
    axes, _, y, _ = mark(figure, "m")
    (found,) = [s for s in spans(axes, y, PALETTE["blue"]) if s[0] == 19]
    assert found[1] == pytest.approx(axes.get_xlim()[1])


def test_many_rows_make_two_columns_of_like_height_and_nothing_overlaps() -> None:
    rows = [row(f"o{i}", setting=f"s{i:02}") for i in range(40)]
    rows += [row(f"m{i}", "median_os", setting=f"s{i:02}", low=5, high=9, obtained=7)
             for i in range(25)]  # fmt: skip
    rows += [row(f"c{i}", "cr", setting=f"s{i:02}") for i in range(8)]
    figure = audit_poster(rows)
    figure.canvas.draw()
    boxes = [axes.get_window_extent() for axes in figure.axes]
    lefts = {round(box.x0) for box in boxes}
    assert len(lefts) == 2
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
    first = figure.axes[0]
    labels = [label.get_window_extent() for label in first.get_yticklabels()]
    assert not any(a.overlaps(b) for a, b in pairwise(labels))
    few = audit_poster(rows[:10])
    assert len({round(axes.get_window_extent().x0) for axes in few.axes}) == 1


def test_labels_say_horizon_and_what_a_parameter_is() -> None:
    assert row_label(row("x", at_months=36.0, setting="breast_ac")) == "breast ac · a, 36 months"
    one = row("x", "cutoff", role="parameter", setting="a, b", strategy="")
    assert row_label(one) == "2 settings · cutoff"


def test_the_reports_figure_shows_the_same_marks() -> None:
    figure = audit_figure(samples.audit_rows())
    assert mark(figure, "s1_orr")[1] == pytest.approx(48.21)
    assert mark(figure, "s4_os")[1] == pytest.approx(15.31)


def test_a_unit_in_brackets_stands_behind_a_colon_and_titles_lie_on_the_page() -> None:
    unit = "% of tumour cells (TPS)"
    one = row("p", "cutoff", role="parameter", unit=unit, low=50, high=50, obtained=50)
    figure = audit_figure([row("x"), one])
    figure.canvas.draw()
    titles = [axes._left_title for axes in figure.axes]
    assert [t.get_text() for t in titles] == ["Objective response rate (%)",
                                              f"Set by claims: {unit}"]  # fmt: skip
    assert all(t.get_window_extent().x1 <= figure.bbox.x1 for t in titles)


def test_roles_are_told_apart() -> None:
    rows = [row("x"), row("p", role="parameter"), row("y")]
    assert [[r.claim for r in part] for part in by_role(rows)] == [["x", "y"], ["p"]]
