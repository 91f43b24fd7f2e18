"""The page of a comparison, its figures and its words."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from resistml.drift import Drift, Row, Thresholds
from resistml.drift.found import Share
from resistml.errors import OutputError
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.report import figure_drift as figures
from resistml.report.drift import render, write_page
from resistml.report.drift_words import cells, p_words, verdict
from tests.patients import model

__all__ = ["model"]

NAN = math.nan
ROWS = (
    Row("score", "p_resistance", 900, 0.5, 0.62, 0.4, 0.3, 0.5, 0.2, 0.2, 1e-9, 1e-8, True),
    Row("settings", "settings", 1_000, NAN, NAN, NAN, NAN, NAN, 0.02, NAN, 0.3, 1.0),
    Row("value", "ABCB1", 900, 1.1, 9.7, 5.2, 5.1, 5.3, 4.0, 0.9, 0.0, 0.0, True),
    Row("value", "KRAS_mut", 400, 0.3, 0.28, -0.04, -0.14, 0.06, 0.0, 0.02, 0.4, 1.0),
    Row("value", "age", 1_000, 60.0, 61.0, 0.1, 0.02, 0.18, 0.0, 0.05, 0.05, 1.0),
    Row("missing", "ABCB1", 1_000, 0.1, 0.15, 0.05, 0.02, 0.08, NAN, NAN, 0.01, 0.5),
)
FOUND = Drift(
    n=1_000,
    rejected=3,
    abstained=12,
    rows=ROWS,
    settings=(Share("one", 500, 300), Share("two", 500, 700)),
    score=tuple(Share(f"{10 * k}-{10 * k + 10}%", 100, 40 + 12 * k) for k in range(10)),
    thresholds=Thresholds(),
    detectable=0.27,
    remarks=("something could not be compared",),
)
NONE = replace(FOUND, rows=tuple(replace(row, drifted=False) for row in ROWS))


def test_the_page_says_what_it_must(model: Model) -> None:
    page = render(FOUND, model, "march.csv")
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert text.count(NOTICE) == 2
    assert "Drift: march.csv" in text
    assert "2 of 6" in text
    assert "Something could not be compared" in text
    assert "after Holm&#39;s correction for 6 rows" in text or "Holm's correction for 6" in text
    for name in ("shifts", "score", "gaps", "mix"):
        assert f'<section id="{name}"' in page
    assert "No drift: march.csv" in render(NONE, model, "march.csv")


def test_the_page_asks_for_nothing_and_never_varies(model: Model) -> None:
    page = render(FOUND, model, "march.csv")
    assert page == render(FOUND, model, "march.csv")
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "url(http" not in page
    assert "<script" not in page


def test_names_are_no_markup(model: Model) -> None:
    page = render(FOUND, model, "<img onerror=x>.csv")
    assert "<img" not in page


def test_a_page_without_figures(model: Model) -> None:
    bare = replace(FOUND, rows=ROWS[1:2], settings=(Share("one", 5, 5),), score=())
    page = render(bare, model, "a.csv")
    assert "<svg" not in page
    assert "mix of settings" in page


def test_figures_show_what_counts() -> None:
    shifts = figures.shifts_figure(FOUND)
    assert shifts is not None
    labels = [t.get_text() for t in shifts.axes[0].get_yticklabels()]
    assert labels == ["ABCB1", "score, p(resistance)", "age", "KRAS_mut"]
    assert [t.get_text() for t in shifts.axes[0].texts] == ["5.2 SD "]
    assert "n = 1,000" in shifts.get_supxlabel()
    gaps = figures.gaps_figure(FOUND)
    assert gaps is not None
    assert [t.get_text() for t in gaps.axes[0].get_yticklabels()] == ["ABCB1"]
    score = figures.score_figure(FOUND)
    assert score is not None
    assert [round(bar.get_height(), 1) for bar in score.axes[0].patches][:2] == [4.3, 5.5]
    assert figures.mix_figure(FOUND) is not None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (0, ("score, p(resistance)", "900", "50.0%", "62.0%", "0.40 SD (0.30 to 0.50)", "0.20")),
        (1, ("mix of settings", "1,000", "–", "–", "–", "0.02")),
        (3, ("KRAS_mut", "400", "30.0%", "28.0%", "−0.04 SD (−0.14 to 0.06)", "0.00")),
        (4, ("age", "1,000", "60 years", "61 years", "0.10 SD (0.02 to 0.18)", "0.00")),
        (5, ("ABCB1, unmeasured", "1,000", "10.0%", "15.0%", "5.0 points (2.0 to 8.0)", "–")),
    ],
)
def test_cells(model: Model, row: int, told: tuple[str, ...]) -> None:
    assert cells(ROWS[row], model.spec)[:6] == told


def test_long_units_stand_on_the_page_alone(model: Model) -> None:
    unit = model.spec.markers["ABCB1"].unit
    assert len(unit) > 12
    assert cells(ROWS[2], model.spec)[3] == "9.7"
    assert cells(ROWS[2], model.spec, full=True)[3] == f"9.7 {unit}"


def test_verdicts() -> None:
    assert verdict(FOUND).startswith("Drift: score, p(resistance), ABCB1. 1,000 profiles")
    assert "(3 rejected, 12 not answered)" in verdict(FOUND)
    assert verdict(NONE).startswith("No drift found.")
    assert "A shift of 0.27 SD" in verdict(NONE)
    assert p_words(1e-9) == "< 0.0001"
    assert p_words(0.0123) == "0.0123"


def test_an_existing_page_is_not_replaced(model: Model, tmp_path: Path) -> None:
    out = tmp_path / "drift.html"
    write_page(FOUND, model, "a.csv", out, force=False)
    with pytest.raises(OutputError):
        write_page(NONE, model, "a.csv", out, force=False)
    assert "Drift: a.csv" in out.read_text("utf-8")
