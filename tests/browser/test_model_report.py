"""The model report in a real browser: nothing cut off on a desk or on a phone, and it prints."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from resistml.report.model_report import render
from resistml.report.sections import SECTIONS
from tests.browser.chrome import CHROMIUM, Tab, chrome, pages_of
from tests.report import samples

pytestmark = [
    pytest.mark.slow,
    # On a user's machine without a browser these are skipped, in CI they fail.
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no chromium on PATH: the page was not looked at",
    ),
]
WIDTHS = (1280, 390)
#: What reaches beyond the window, but for what scrolls in a box of its own.
WIDE = """[...document.querySelectorAll("body *")].filter((node) =>
  !node.closest(".scroll, pre, .skip") &&
  node.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).length"""
#: Boxes that scroll sideways and that no key leads to.
UNREACHED = """[...document.querySelectorAll("*")].filter((node) =>
  node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX === "auto" &&
  node.tabIndex < 0).length"""
OPEN = "document.querySelectorAll('details').forEach((one) => one.open = true)"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "report.html"
    out.write_text(render(samples.context()), encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chrome(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("folded", [True, False])
def test_nothing_is_wider_than_the_window(tab: Tab, page: Path, width: int, folded: bool) -> None:
    tab.open(page, width)
    if not folded:
        tab.run(OPEN)
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run(WIDE) == 0
    assert tab.run(UNREACHED) == 0


def test_it_complains_of_nothing_and_asks_for_nothing(tab: Tab, page: Path) -> None:
    tab.complaints.clear()
    tab.requests.clear()
    tab.open(page, 1280)
    tab.run(OPEN)
    assert tab.complaints == []
    assert all(url.startswith(("file:", "data:")) for url in tab.requests)
    tab.run("console.error('heard')")
    assert any("heard" in said for said in tab.complaints)


def test_contents_lead_to_every_section(tab: Tab, page: Path) -> None:
    tab.open(page, 1280)
    for name in SECTIONS:
        tab.run(f"document.querySelector('nav a[href=\"#{name}\"]').click()")
        assert tab.run("location.hash") == f"#{name}"
        assert tab.run(f"document.getElementById('{name}').offsetHeight") > 0


def test_every_drawing_has_a_name_and_words_in_the_accessibility_tree(tab: Tab, page: Path) -> None:
    tab.open(page, 1280)
    tab.run(OPEN)
    tab.call("Accessibility.enable")
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    drawn = [n for n in nodes if n.get("role", {}).get("value") in ("image", "img", "Image")]
    named = [n for n in drawn if n.get("name", {}).get("value")]
    assert len(named) == len(drawn)
    assert len(drawn) >= tab.run("document.querySelectorAll('figure svg').length")


@pytest.mark.parametrize("width", WIDTHS)
def test_it_can_be_looked_at(tab: Tab, page: Path, tmp_path: Path, width: int) -> None:
    tab.open(page, width)
    tab.picture(tmp_path / "report.png")
    assert (tmp_path / "report.png").stat().st_size > 50_000


def test_it_prints(tab: Tab, page: Path) -> None:
    tab.open(page, 1280)
    printed = tab.pdf()
    assert printed.startswith(b"%PDF-")
    assert pages_of(printed) < 60
