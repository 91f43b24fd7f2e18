"""The patient report in a real browser: whole at any width, worked by keys, on two pages."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.evidence import load_evidence
from resistml.learn.background import fit_background
from resistml.predict.model import Model
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.report.patient.build import PageBuilder
from resistml.report.patient.index import index_row, render_index
from resistml.report.patient.render import render_patient
from resistml.report.patient.view import PatientPage
from resistml.tables.profiles import profiles_from_rows, read_profiles
from tests.browser.chrome import CHROMIUM, Tab, chrome, pages_of
from tests.report.patient.conftest import as_profiles, shipped_model, typical

__all__ = ["shipped_model"]

pytestmark = [
    pytest.mark.slow,
    # On a user's machine without a browser these are skipped, in CI they fail.
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no chromium on PATH: the page was not looked at",
    ),
]
COHORT = Path(__file__).parents[2] / "data" / "synthetic" / "cohort.parquet"
SETTING, ASKED = "nsclc_advanced", "platinum_taxane_pd1"
#: What reaches beyond the window, but for what is there for those who do not see it.
WIDER = """[...document.querySelectorAll("body *")].filter((node) => !node.closest(".skip, .unseen")
  && (node.getBoundingClientRect().right > innerWidth + 0.5
    || node.getBoundingClientRect().left < -0.5)).map((n) => n.outerHTML.slice(0, 120))"""
#: Text that is wider than the box it stands in.
CUT = """[...document.querySelectorAll(
  "p, li, th, td, dd, label, output, span, h1, h2, h3")].filter(
  (node) => !node.closest(".skip, .unseen") && node.clientWidth
    && node.scrollWidth > node.clientWidth + 1).map((n) => n.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chrome(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def builder(shipped_model: Model) -> PageBuilder:
    return PageBuilder(shipped_model)


def page_of(builder: PageBuilder, setting: str = SETTING, **cells: Any) -> PatientPage:
    row = {**typical(builder.model.spec, setting), **cells}
    return next(builder.pages(profiles_from_rows([row], builder.model.spec)))


@pytest.fixture(scope="module")
def file(builder: PageBuilder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a gap, a mutation and something to rank."""
    page = page_of(builder, strategy=ASKED, CSC=None, ALK_fusion=1)
    out = tmp_path_factory.mktemp("page") / "page.html"
    out.write_text(render_patient(page), encoding="utf-8")
    return out


def whole(tab: Tab) -> None:
    """Nothing scrolls sideways, is cut off, complains or was fetched."""
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run(WIDER) == []
    assert tab.run(CUT) == []
    assert tab.complaints == []
    assert all(url.startswith(("file:", "data:")) for url in tab.requests)


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_it_is_whole_at_any_width(tab: Tab, file: Path, width: int) -> None:
    tab.open(file, width)
    assert tab.run("innerWidth") == width
    whole(tab)
    tab.run("document.querySelector('details').open = true")
    whole(tab)


def test_what_is_wrong_would_be_seen(tab: Tab, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<p style='width:2000px'>wide</p><script>console.error('oh')</script>")
    before = list(tab.complaints)
    tab.open(bad, 390)
    assert tab.run(WIDER)
    assert len(tab.complaints) == len(before) + 1
    tab.complaints.clear()


@pytest.mark.parametrize("width", [1280, 390])
def test_without_an_answer_it_is_whole_too(
    tab: Tab, builder: PageBuilder, tmp_path: Path, width: int
) -> None:
    panel = builder.model.spec.settings[SETTING].panel
    long = "<b>" + "W" * 80
    page = page_of(builder, patient_id=long, **dict.fromkeys(panel))
    (tmp_path / "page.html").write_text(render_patient(page), encoding="utf-8")
    tab.open(tmp_path / "page.html", width)
    whole(tab)
    assert tab.run("document.querySelector('h1').textContent") == long
    assert "would not answer" in tab.run("document.querySelector('.said').textContent")
    assert tab.run("document.querySelector('.answer').hidden")


def said(tab: Tab) -> str:
    return str(tab.run("document.querySelector('.said').textContent"))


def focus(tab: Tab, column: str, what: str = "input, select") -> None:
    tab.run(f"document.querySelector('[data-column={column}]').querySelector('{what}').focus()")


def test_sliders_work_by_key_and_go_back(tab: Tab, file: Path) -> None:
    tab.open(file, 1280)
    before = said(tab)
    assert tab.run("document.querySelector('button[type=reset]').disabled")
    focus(tab, "ABCB1")
    tab.press("ArrowRight", 25)
    moved = said(tab)
    assert moved != before
    assert "by the record" in moved
    value = "document.querySelector('[data-column=ABCB1] input').getAttribute('aria-valuetext')"
    assert "reference" in tab.run(value)
    assert tab.run("document.querySelector('[data-column=ABCB1]').classList.contains('changed')")
    tab.run("document.querySelector('button[type=reset]').focus()")
    tab.press("Enter")
    tab.run("new Promise((done) => setTimeout(done, 50))")
    assert said(tab) == before
    whole(tab)


def test_a_gap_is_filled_by_its_slider_and_a_value_taken_away_by_its_box(
    tab: Tab, file: Path
) -> None:
    tab.open(file, 390)
    shown = "document.querySelector('[data-column={}] output').value"
    assert "unmeasured" in tab.run(shown.format("CSC"))
    focus(tab, "CSC")
    tab.press("ArrowRight")
    assert "unmeasured" not in tab.run(shown.format("CSC"))
    focus(tab, "CAF", "input[type=checkbox]")
    tab.press("Space")
    assert "unmeasured" in tab.run(shown.format("CAF"))
    whole(tab)


def test_an_extreme_value_is_not_answered(tab: Tab, file: Path) -> None:
    tab.open(file, 1280)
    for column in ("ABCB1", "ABCC1", "CYP3A4", "XIAP", "VEGFA"):
        focus(tab, column)
        tab.press("End")
    assert "would not answer" in said(tab)
    assert "unlike" in said(tab)


def test_a_strategy_that_is_no_longer_open_leaves_the_ranking(tab: Tab, file: Path) -> None:
    tab.open(file, 1280)
    row = "document.querySelector('[data-strategy=alk_tki]').textContent"
    assert "not eligible" not in tab.run(row)
    focus(tab, "ALK_fusion")
    tab.press("ArrowUp")  # from present to absent
    assert "not eligible" in tab.run(row)


def test_the_page_answers_as_python_does(tab: Tab, builder: PageBuilder, file: Path) -> None:
    """Random positions of its own sliders, boxes and lists; to 1e-6."""
    tab.open(file, 1280)
    rng = np.random.default_rng(8)
    law = builder.model.spec.settings[SETTING]
    tab.run("""window.set = (places, boxes, chosen) => {
      const form = document.querySelector("form"), model = JSON.parse(
        document.getElementById("model").textContent), record = JSON.parse(
        document.getElementById("record").textContent);
      const seen = {};
      form.querySelectorAll(".control").forEach((node, i) => {
        const range = node.querySelector("[type=range]"), list = node.querySelector("select");
        if (list) { list.selectedIndex = chosen[i]; seen[node.dataset.column] =
          list.value === "" ? null : Number(list.value); return; }
        const low = Number(range.min), high = Number(range.max);
        range.value = low + places[i] * (high - low);
        node.querySelector("[type=checkbox]").checked = boxes[i];
        const own = model.panel.find((m) => m.id === node.dataset.column);
        seen[node.dataset.column] = !boxes[i] ? null
          : own ? resistml.valueAt(own, Number(range.value)) : Number(range.value);
      });
      form.dispatchEvent(new Event("input", {bubbles: true}));
      return JSON.stringify([{...record, ...seen}, resistml.answer(model, {...record, ...seen}),
        document.querySelector(".said").textContent]);
    }; 0""")
    records, answers, told = [], [], []
    count = len(law.panel) + 2
    for _ in range(40):
        sets = (
            rng.uniform(0.2, 0.8, count),
            rng.uniform(size=count) < 0.8,
            rng.integers(0, 3, count),
        )
        record, answer, text = json.loads(
            tab.run(f"set({', '.join(json.dumps(x.tolist()) for x in sets)})")
        )
        records.append(record)
        answers.append(answer)
        told.append(text)
    profiles = as_profiles(builder.model.spec, SETTING, ASKED, records)
    risk = builder.model.risk(profiles.records, profiles.strategy)
    np.testing.assert_allclose([a["risk"] for a in answers], risk.p, rtol=0, atol=1e-6)
    scored, ranked = score(builder.model, profiles), rank(builder.model, profiles)
    answered = [s == "ok" for s in scored["status"]]
    assert 5 < sum(answered) < 40
    for i, ok in enumerate(answered):
        assert ("would not answer" in told[i]) == (not ok)
        if ok:
            assert f"{round(100 * risk.p[i])}%" in told[i]
            order = [
                name
                for name, who, place in zip(
                    ranked["strategy"], ranked["patient_id"], ranked["rank"], strict=True
                )
                if who == f"p{i}" and place is not None
            ]
            assert answers[i]["order"] == order


def full_background(model: Model) -> Model:
    """The model with figures and shares in words, which lengthen its pages."""
    cohort = read_profiles(COHORT, model.spec)
    background = fit_background(load_evidence(), model.spec, cohort.records)
    return replace(model, parts=replace(model.parts, background=background))


@pytest.mark.parametrize("every", [2, 3, 99])
def test_every_arm_prints_on_two_pages_and_fits_a_phone(
    tab: Tab, shipped_model: Model, tmp_path: Path, every: int
) -> None:
    """Each strategy of each setting, with half, a third or one of the panel unmeasured, mutations
    there, and notes on the record, so that as much is said as may be."""
    builder = PageBuilder(full_background(shipped_model))
    spec, out = builder.model.spec, tmp_path / "page.html"
    printed = {}
    for setting, asked in spec.arms:
        panel = spec.settings[setting].panel
        gaps = dict.fromkeys(panel[1::every][: len(panel) // 2])
        there = {m: 1 for m in panel if m not in gaps and spec.markers[m].kind == "mutation"}
        odd = {"line": 9, "ecog": 3, "patient_id": "STUDY-2026-0001-A", "strategy": asked}
        out.write_text(
            render_patient(page_of(builder, setting, **{**there, **gaps, **odd})), encoding="utf-8"
        )
        tab.open(out, 390)
        whole(tab)
        printed[setting, asked] = pages_of(tab.pdf())
    assert {arm: n for arm, n in printed.items() if n > 2} == {}
    assert min(printed.values()) >= 1


def test_the_index_sorts_by_key(tab: Tab, builder: PageBuilder, tmp_path: Path) -> None:
    rows = [
        index_row(page_of(builder, patient_id=name, ABCB1=value), f"{name}.html")
        for name, value in (("P-10", 1.0), ("P-9", 20.0), ("P-1", 5.0))
    ]
    (tmp_path / "index.html").write_text(render_index(rows, ()), encoding="utf-8")
    order = "[...document.querySelectorAll('tbody th')].map((n) => n.textContent)"
    for width in (1280, 390):
        tab.open(tmp_path / "index.html", width)
        whole(tab)
        assert tab.run(order) == ["P-10", "P-9", "P-1"]
        tab.run("document.querySelectorAll('thead button')[0].focus()")
        tab.press("Enter")
        assert tab.run(order) == ["P-1", "P-9", "P-10"]
        tab.run("document.querySelectorAll('thead button')[3].focus()")
        tab.press("Enter")
        rising = sorted(rows, key=lambda row: row.p or 0)
        assert tab.run(order) == [row.patient_id for row in rising]
        tab.press("Enter")
        assert tab.run(order) == [row.patient_id for row in reversed(rising)]


def test_dark_pages_are_dark(tab: Tab, file: Path) -> None:
    tab.dark()
    tab.open(file, 1280)
    ground = tab.run("getComputedStyle(document.body).backgroundColor")
    tab.call("Emulation.setEmulatedMedia", features=[])
    assert max(map(int, re.findall(r"\d+", ground))) < 64
