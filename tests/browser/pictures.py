"""Draws the pictures of the patient report in docs/images: `python -m tests.browser.pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from resistml import shipped
from resistml.predict.model import load_bundle
from resistml.report.patient.write import write_reports
from resistml.tables import iter_profiles
from tests.browser.chrome import Tab, chrome

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PATIENT = "EX-04"


def main() -> None:
    """Write the pictures, from the shipped model and the example profiles."""
    model = load_bundle(shipped.default_model())
    profiles = shipped.folder("examples") / "profiles.csv"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = folder / "pages"
        write_reports(model, iter_profiles(profiles, model.spec), pages)
        with chrome(folder / "profile") as tab:
            for width, end in ((1280, ""), (390, "-phone")):
                tab.open(pages / f"{PATIENT}.html", width)
                _take(tab, f"patient-report{end}", "#what-if", width)
            tab.open(pages / f"{PATIENT}.html", 1280)
            for column, times in (("TAM", 40), ("ABCB1", 30)):
                tab.run(f"document.querySelector('[data-column={column}] input').focus()")
                tab.press("ArrowRight", times)
            _take(tab, "patient-report-what-if", "#h-evidence", 1280, start="#what-if")
            tab.open(pages / "index.html", 1280)
            _take(tab, "patient-index", "footer", 1280)


def _take(tab: Tab, name: str, before: str, width: int, start: str = "") -> None:
    """A picture of a page from one element, or the top, to another."""
    tab.run("document.activeElement.blur(); scrollTo(0, 0)")
    whole = IMAGES / f"{name}.png"
    ends = [
        tab.run(f"document.querySelector('{at}').getBoundingClientRect().top") if at else 0
        for at in (start, before)
    ]
    tab.picture(whole)
    with Image.open(whole) as shot:
        cut = shot.convert("RGB").crop((0, round(ends[0]), width, round(ends[1])))
    # 200 colours are more than the page has, but for the edges of its letters.
    cut.quantize(200, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        whole, optimize=True
    )


if __name__ == "__main__":
    main()
