"""The report in a real browser: nothing cut off on a desk or on a phone, and it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from resistml.report.model_report import render
from tests.report import samples

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
pytestmark = [
    pytest.mark.slow,
    # On a user's machine without a browser these are skipped, in CI they fail.
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no chromium on PATH: the page was not looked at",
    ),
]

#: Tells the page's width, in a frame as wide as the window asked for, since a headless window
#: is never narrower than some 500 pixels.
FRAME = """<!DOCTYPE html><iframe src="report.html" style="width:{width}px;height:900px;border:0">
</iframe><script>addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument;
  const wide = [...page.querySelectorAll("body *")].filter((node) =>
    !node.closest(".scroll, pre, .skip") && node.getBoundingClientRect().right > {width} + 0.5);
  document.title = page.documentElement.scrollWidth + " " +
    page.documentElement.clientWidth + " " + wide.length;
}});</script>"""


def browse(folder: Path, *arguments: str) -> str:
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--allow-file-access-from-files",
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "report.html").write_text(render(samples.context()), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(folder: Path, width: int) -> None:
    (folder / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    page = browse(folder, "--window-size=1400,1000", "--dump-dom", f"file://{folder}/frame.html")
    found = re.search(r"<title>(\d+) (\d+) (\d+)</title>", page)
    assert found, "the page did not load"
    scroll, client, wide = map(int, found.groups())
    assert client == width
    assert scroll <= width
    assert wide == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_it_can_be_looked_at(folder: Path, width: int) -> None:
    picture = folder / "report.png"
    browse(
        folder,
        f"--screenshot={picture}",
        f"--window-size={width},3000",
        f"file://{folder}/report.html",
    )
    assert picture.stat().st_size > 50_000


def test_it_prints(folder: Path) -> None:
    printed = folder / "report.pdf"
    browse(
        folder,
        f"--print-to-pdf={printed}",
        "--no-pdf-header-footer",
        f"file://{folder}/report.html",
    )
    assert printed.read_bytes().startswith(b"%PDF")
