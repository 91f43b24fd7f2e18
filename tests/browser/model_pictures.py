"""Draws the pictures of the model report in docs/images, from a run's report:

python -m tests.browser.model_pictures runs/NAME/report.html
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser.chrome import Tab, chrome

IMAGES = Path(__file__).parents[2] / "docs" / "images"
#: Pictures by name: width, what they begin with ("" = the top), what they end before.
PICTURES = {
    "model-report": (1280, "", "#data"),
    "model-report-decision": (1280, "#decision", "#learning"),
    "model-report-drivers": (1280, "#drivers", "#groups"),
    "model-report-phone": (390, "", "#what"),
}
#: Longest picture, in pixels, and where the text of a section begins beside the contents.
LONGEST, LEFT = 2_400, 380


def main(page: Path) -> None:
    """Write the pictures of a page."""
    with tempfile.TemporaryDirectory() as name, chrome(Path(name)) as tab:
        for picture, (width, start, end) in PICTURES.items():
            tab.open(page, width)
            _take(tab, IMAGES / f"{picture}.png", start, end, width)


def _take(tab: Tab, out: Path, start: str, end: str, width: int) -> None:
    top, bottom = (
        tab.run(f"document.querySelector('{at}').getBoundingClientRect().top + scrollY")
        if at
        else 0
        for at in (start, end)
    )
    tab.picture(out)
    with Image.open(out) as shot:
        cut = shot.convert("RGB").crop(
            (LEFT if start else 0, round(top), width, min(round(bottom), round(top) + LONGEST))
        )
    # 200 colours are more than the page has, but for the edges of its letters.
    cut.quantize(200, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        out, optimize=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
