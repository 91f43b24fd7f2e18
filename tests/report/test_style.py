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
from resistml.report.page import environment
from resistml.report.style import (
    _MECHANISMS,
    DARK,
    PALETTE,
    inline_svg,
    mechanism_colour,
    paper,
    png_bytes,
    svg_text,
)
from tests.report import samples
from tests.report.colour import MACHADO, contrast, distance, nearest, seen

NAMES = {"crc_advanced": "Costs $1 and $2"}
DRAW = {
    "audit": lambda: figures.audit_figure(samples.audit_rows(), NAMES),
    "discrimination": lambda: figures.discrimination_figure(samples.evaluation()),
    "calibration": lambda: figures.calibration_figure(samples.evaluation()),
    "value": lambda: figures.value_figure(samples.evaluation()),
    "importance": lambda: figures.importance_figure(samples.evaluation()),
    "fidelity": lambda: figures.fidelity_figure(samples.evaluation()),
    "setting": lambda: figures.setting_figure(samples.evaluation(), NAMES),
    "calibration-settings": lambda: figures.setting_calibration_figure(samples.evaluation(), NAMES),
    "decision": lambda: figures.decision_figure(samples.decision()),
    "learning": lambda: figures.learning_figure(samples.learning()),
    "doubt": lambda: figures.doubt_figure(samples.doubt().uncertainty, 12_345, NAMES),
    "survival": lambda: figures.survival_figure(samples.survival()),
    "subgroups": lambda: figures.subgroup_figure(samples.evaluation(), NAMES),
    "dependence": lambda: figures.dependence_figure(
        np.arange(1, 61.0).reshape(20, 3),
        np.arange(1, 61.0).reshape(20, 3),
        ["a", "b", "c"],
        columns=["b", "c"],
        units=["fold", "%"],
    ),
    "waterfall": lambda: figures.waterfall_figure(
        np.array([0.4, -0.3, 0.01]), -0.2, ["a, 1 fold", "b, = $2", "c, unmeasured"], who="P1"
    ),
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
def test_a_figure_is_the_same_whatever_was_made_of_it_before(name: str) -> None:
    first, second = DRAW[name](), DRAW[name]()
    png_bytes(first)
    assert svg_text(first, name, "t", "a") == svg_text(second, name, "t", "a")


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


@pytest.mark.parametrize("colours", [PALETTE, DARK], ids=["light", "dark"])
def test_mechanisms_are_told_apart_by_every_reader(colours: dict[str, str]) -> None:
    """No two are nearer than 14 by CIE76, six times what is just noticed; the eight hues of Okabe
    and Ito themselves come to 16 in light."""
    hues = {name: colours[key] for name, key in _MECHANISMS.items()}
    for by in (None, *MACHADO):
        apart, one, other = nearest(hues, by)
        assert apart >= 14, (by, one, other, apart)


def test_colours_are_seen_as_published() -> None:
    """White and grey stay as they are to all, and pure red and green, 171 apart to a usual reader,
    are less than half as far apart to those with deuteranopia."""
    for by in MACHADO:
        assert seen("#ffffff", by) == pytest.approx([1, 1, 1], abs=2e-5)
        assert distance("#808080", "#808080", by) == 0
    assert distance("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.1)
    assert distance("#ff0000", "#00ff00", "deuteranopia") < 85
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def schemes() -> dict[str, dict[str, str]]:
    """The colours of a page in both schemes, as its style sheet says them."""
    css = environment().get_template("report.css.j2").render()
    blocks = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)[:2]
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks)
    return {"light": light, "dark": {**light, **dark}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_page(scheme: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    colours = schemes()[scheme]
    for ink in ("ink", "muted", "accent", "warn", "bad", "fig-ink", "fig-muted"):
        for ground in ("paper", "wash"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_stand_out_from_the_page(scheme: str) -> None:
    """3 to 1 for what only a colour tells: the model's, the worst group's, the edge of bars."""
    colours = schemes()[scheme]
    for hue in ("blue", "vermillion", "slate", "ink"):
        assert contrast(colours[f"fig-{hue}"], colours["fig-paper"]) >= 3, hue


def test_dark_has_a_colour_for_each_of_light_and_none_twice() -> None:
    assert set(DARK) == set(PALETTE)
    for colours in (PALETTE, DARK):
        assert len(set(colours.values())) == len(colours)
