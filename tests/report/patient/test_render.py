"""The page as text: escaped, whole, without a network, and readable by all."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.report.patient.build import PageBuilder
from resistml.report.patient.index import index_row, rejected_row, render_index
from resistml.report.patient.render import render_patient
from resistml.tables.profiles import profiles_from_rows
from tests.report.patient.conftest import Paged, typical

EVIL = "<script>alert('x')</script>\"&"
SIZE = 1_500_000


class Outline(HTMLParser):
    """Tags with their attributes, headings, and what controls are called."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.wrapped: list[bool] = []
        self._labels = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._labels += tag == "label"
        self.tags.append((tag, dict(attrs)))
        self.wrapped.append(self._labels > 0)

    def handle_endtag(self, tag: str) -> None:
        self._labels -= tag == "label"

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.fixture(scope="module")
def text(paged: Paged) -> str:
    return render_patient(paged(ABCB1=None, TAM=None, BRAF_V600=1), "index.html")


def test_it_holds_all_that_it_needs(text: str) -> None:
    """No address but those of the page itself and of its index; a policy that forbids others."""
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text.replace("data:,", ""))
    outline = Outline(text)
    assert all("src" not in attrs for _, attrs in outline.tags)
    links = {str(a["href"]) for a in outline.named("a", "link")}
    assert all(link.startswith("#") or link in ("index.html", "data:,") for link in links)
    (policy,) = [a for a in outline.named("meta") if a.get("http-equiv")]
    assert str(policy["content"]).startswith("default-src 'none'")
    assert len(text.encode()) < SIZE


def test_equal_pages_are_equal_texts(paged: Paged, text: str) -> None:
    assert render_patient(paged(ABCB1=None, TAM=None, BRAF_V600=1), "index.html") == text


def test_links_lead_somewhere_and_ids_are_their_own(text: str) -> None:
    outline = Outline(text)
    ids = [str(attrs["id"]) for _, attrs in outline.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    inside = [str(a["href"])[1:] for a in outline.named("a") if str(a["href"]).startswith("#")]
    assert len(inside) > 5
    assert set(inside) <= set(ids)
    for _, attrs in outline.tags:
        for name in ("aria-labelledby", "for", "form"):
            assert set(str(attrs.get(name) or "").split()) <= set(ids)


def test_it_says_what_it_is(text: str) -> None:
    assert NOTICE in text
    assert "recommends nothing" in text
    assert "changes what the model is told, not the patient" in text
    assert '<html lang="en">' in text


def test_headings_go_down_a_step_at_a_time(text: str) -> None:
    levels = [int(tag[1]) for tag, _ in Outline(text).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_every_drawing_and_control_has_a_name(text: str) -> None:
    outline = Outline(text)
    for attrs in outline.named("svg"):
        hidden = attrs.get("aria-hidden") == "true"
        assert hidden or (
            attrs["role"] == "img" and (attrs.get("aria-label") or attrs.get("aria-labelledby"))
        )
    labels = {attrs.get("for") for attrs in outline.named("label")}
    for (tag, attrs), wrapped in zip(outline.tags, outline.wrapped, strict=True):
        if tag in ("input", "select"):
            assert wrapped or attrs["id"] in labels
    for attrs in outline.named("th"):
        assert attrs.get("scope") in ("col", "row")


@pytest.mark.parametrize("setting", ["nsclc_advanced", "melanoma_advanced"])
def test_ids_are_text_wherever_they_stand(paged: Paged, setting: str) -> None:
    page = paged(setting=setting, patient_id=EVIL)
    for text in (render_patient(page), render_index([index_row(page, "a.html")], ())):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
        tags = [tag for tag, _ in Outline(text).tags]
        assert tags.count("script") == (3 if "What if" in text else 1)


def test_what_a_rejected_row_said_is_text(builder: PageBuilder) -> None:
    row = rejected_row(EVIL, EVIL, f"'{EVIL}' is no setting \ud800")
    text = render_index([row], ())
    assert "<script>alert" not in text
    text.encode()


def test_data_in_the_page_cannot_end_its_script(paged: Paged) -> None:
    page = paged(setting="melanoma_advanced")
    from dataclasses import replace

    sly = replace(page, script={**(page.script or {}), "setting": "</script><b>&"})
    text = render_patient(sly)
    assert "</script><b>" not in text
    found = re.search(r'<script type="application/json" id="model">(.*?)</script>', text)
    assert found
    assert json.loads(found[1])["setting"] == "</script><b>&"


def test_nothing_measured_is_said_loudly(builder: PageBuilder) -> None:
    row = {"patient_id": "empty", "setting": "nsclc_advanced"}
    page = next(builder.pages(profiles_from_rows([row], builder.model.spec)))
    text = render_patient(page)
    assert "Nothing was measured: the model does not answer" in text
    assert 'role="alert"' in text
    for absent in ("Risk of resistance to", 'id="h-ranking"', "What moves the risk"):
        assert absent not in text
    assert 'id="what-if"' in text


def test_ties_intervals_and_cautions_are_shown(paged: Paged) -> None:
    page = paged(setting="melanoma_advanced", BRAF_V600=1)
    text = render_patient(page)
    assert len(page.ranked) == 5
    for row in page.ranked:
        assert row.name in text
        for caution in row.cautions:
            assert caution.replace("'", "&#39;") in text
    assert ("tied with the first" in text) == any(row.tied for row in page.ranked[1:])
    assert "90% interval, evidence" in text


def test_a_bundle_without_its_parts_still_renders(model: Model) -> None:
    row = typical(model.spec, "melanoma_advanced")
    text = render_patient(next(PageBuilder(model).pages(profiles_from_rows([row], model.spec))))
    assert "does not describe its training patients" in text
    assert "90% interval, evidence" not in text


def test_a_model_too_large_for_a_page_says_where_to_ask(paged: Paged) -> None:
    from dataclasses import replace

    text = render_patient(replace(paged(), script=None))
    assert "too many trees" in text
    assert "<form" not in text


def colours(text: str) -> list[dict[str, str]]:
    """The colours of the light page, and of the dark one."""
    blocks = re.findall(r":root \{(.*?)\}", text, flags=re.DOTALL)
    found = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks]
    return [block for block in found if block]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_is_worked_out_right() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_text_and_drawings_stand_out(text: str) -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for what is drawn and for controls."""
    palettes = colours(text)
    assert len(palettes) == 2
    for palette in palettes:
        for ink in ("ink", "muted", "accent", "loud"):
            grounds = ["paper", "wash"] + (["loud-wash"] if ink in ("ink", "loud") else [])
            for ground in grounds:
                assert contrast(palette[ink], palette[ground]) >= 4.5, (ink, ground)
        for drawn in ("more", "less", "interval", "evidence", "edge", "ink"):
            assert contrast(palette[drawn], palette["paper"]) >= 3, drawn


def test_the_index_sorts_by_what_it_shows(paged: Paged) -> None:
    rows = [index_row(paged(patient_id=name), f"{name}.html") for name in ("b", "a")]
    text = render_index([*rows, rejected_row("c", "x", "bad")], (("Model", "m"),))
    outline = Outline(text)
    assert len(outline.named("button")) == 7
    assert {a["href"] for a in outline.named("a")} == {"#main", "b.html", "a.html"}
    assert "2 answered, 1 rejected" in text
    assert not re.search(r"https?:", text)
    cells = [attrs for attrs in outline.named("td", "th") if "data-sort" in attrs]
    assert len(cells) == 3 * 7
