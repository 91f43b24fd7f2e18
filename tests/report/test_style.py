"""Figures are the same bytes every time, leave matplotlib as it was, and can be read by all."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from resistml.report import figures
from resistml.report.style import (
    PALETTE,
    inline_svg,
    mechanism_colour,
    paper,
    png_bytes,
    svg_text,
)
from tests.report import samples

NAMES = {"crc_advanced": "Costs $1 and $2"}
DRAW = {
    "audit": lambda: figures.audit_figure(samples.audit_rows(), NAMES),
    "discrimination": lambda: figures.discrimination_figure(samples.evaluation()),
    "calibration": lambda: figures.calibration_figure(samples.evaluation()),
    "value": lambda: figures.value_figure(samples.evaluation()),
    "importance": lambda: figures.importance_figure(samples.evaluation()),
    "fidelity": lambda: figures.fidelity_figure(samples.evaluation()),
    "setting": lambda: figures.setting_figure(samples.evaluation(), NAMES),
    "beeswarm": lambda: figures.beeswarm_figure(
        np.arange(60.0).reshape(20, 3), np.arange(60.0).reshape(20, 3), ["a", "b", "c"]
    ),
}


@pytest.mark.parametrize("name", DRAW)
def test_same_figure_same_bytes(name: str) -> None:
    first, second = DRAW[name](), DRAW[name]()
    assert svg_text(first, name, "t", "a") == svg_text(second, name, "t", "a")
    assert png_bytes(first, 50) == png_bytes(second, 50)
    assert png_bytes(first, 50).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", DRAW)
def test_svg_is_xml_with_title_and_words(name: str) -> None:
    root = ElementTree.fromstring(svg_text(DRAW[name](), name, "A < B", 'says "so" & more'))  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{name}-title {name}-desc"
    assert root.findtext(f"{space}title") == "A < B"
    assert root.findtext(f"{space}desc") == 'says "so" & more'
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    assert all(str(i).startswith(f"{name}-") for i in ids)


def test_two_figures_in_one_page_share_no_id() -> None:
    both = [inline_svg(DRAW["value"](), name, "t", "a") for name in ("one", "two")]
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in both]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, known in zip(both, ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= known
        assert set(re.findall(r'href="#([^"]+)"', svg)) <= known


def test_svg_bears_no_date_and_no_program() -> None:
    svg = svg_text(DRAW["value"](), "value", "t", "a").lower()
    assert "matplotlib v" not in svg
    assert "metadata" not in svg
    assert "dc:date" not in svg


def test_inline_svg_takes_the_pages_type_and_colours() -> None:
    svg = inline_svg(DRAW["importance"](), "x", "t", "a")
    assert "var(--fig-blue)" in svg
    assert not any(colour in svg for colour in PALETTE.values())
    assert "DejaVu" not in svg
    assert "xmlns" not in svg


def test_settings_and_random_state_are_put_back() -> None:
    before, state = dict(mpl.rcParams), np.random.get_state()[1].tolist()  # noqa: NPY002
    for draw in DRAW.values():
        png_bytes(draw(), 40)
    assert dict(mpl.rcParams) == before
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_a_users_own_settings_change_nothing() -> None:
    plain = png_bytes(DRAW["value"](), 50)
    with mpl.rc_context({"font.size": 22, "axes.facecolor": "red", "lines.linewidth": 9}):
        assert png_bytes(DRAW["value"](), 50) == plain


def test_paper_is_undone_even_after_an_error() -> None:
    before = mpl.rcParams["font.size"]
    with paper():
        assert mpl.rcParams["font.size"] == 8.5
    with pytest.raises(RuntimeError), paper():
        raise RuntimeError
    assert mpl.rcParams["font.size"] == before


def test_importing_the_report_draws_in_nothing_heavy() -> None:
    code = (
        "import sys, resistml.report.model_report, resistml.report.card;"
        "print(sorted({'matplotlib', 'jinja2', 'shap', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


def test_each_mechanism_has_a_colour_of_its_own() -> None:
    known = ["accumulation", "target", "apoptosis", "stemness", "microenvironment", "clinical"]
    colours = [mechanism_colour(name) for name in [*known, "context"]]
    assert len(set(colours)) == len(colours)
    assert mechanism_colour("metabolism") == mechanism_colour("metabolism")
    assert mechanism_colour("metabolism") not in colours
