"""How figures look: a palette safe for colour-blind readers, and SVG and PNG that never vary."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

#: Named colours. The eight hues are those of Okabe and Ito (2008), which readers with any of
#: the common forms of colour blindness tell apart; a page maps each name to a CSS variable.
#: Those of mechanisms are 14 or more apart (CIE76) to every such reader, here and in DARK.
PALETTE = {
    "ink": "#1d2429",
    "muted": "#57626b",
    "grid": "#e1e5e8",
    "band": "#d3dbe0",
    "paper": "#ffffff",
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "purple": "#cc79a7",
    "green": "#009e73",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "yellow": "#f0e442",
    "slate": "#7d8891",
    "stone": "#4a545c",
    "silver": "#c4cbd1",
}
#: What stands for them on a dark page.
DARK = {
    **PALETTE,
    "ink": "#e4e8eb",
    "muted": "#a3adb5",
    "grid": "#2b333a",
    "band": "#3a454d",
    "paper": "#13181c",
    "blue": "#4aa8e0",
    "vermillion": "#f0783a",
    "purple": "#d98fb6",
    "green": "#57d8a6",
    "orange": "#eaa92a",
    "slate": "#8f9aa3",
    "stone": "#dde3e7",
    "silver": "#59636b",
}
INK, MUTED, GRID, BAND, PAPER = (PALETTE[k] for k in ("ink", "muted", "grid", "band", "paper"))

BLUE = PALETTE["blue"]

#: One colour per mechanism, the same in every figure and report.
_MECHANISMS = {
    "accumulation": "blue",
    "target": "vermillion",
    "apoptosis": "purple",
    "stemness": "green",
    "microenvironment": "orange",
    "clinical": "stone",
    "context": "silver",
}
#: What mechanisms that a user's catalog adds are given, by their name.
_SPARE = ("sky", "yellow", "ink", "muted")

_RC: dict[Any, Any] = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelsize": 8.0,
    "xtick.major.size": 3.0,
    "xtick.major.width": 0.7,
    "ytick.color": INK,
    "ytick.labelsize": 8.5,
    "ytick.major.width": 0.7,
}


def mechanism_colour(mechanism: str) -> str:
    """The colour of a mechanism, of ``clinical`` or of ``context``."""
    spare = _SPARE[zlib.crc32(mechanism.encode()) % len(_SPARE)]
    return PALETTE[_MECHANISMS.get(mechanism, spare)]


@contextmanager
def paper(hashsalt: str = "resistml") -> Iterator[None]:
    """matplotlib's settings for our figures, whatever the user's own are; undone on leaving."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**_RC, "svg.hashsalt": hashsalt})
        yield


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Make a function that draws do so inside :func:`paper`."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with paper():
            return draw(*args, **kwargs)

    return drawn


def new_figure(width: float, height: float, gap: float = 0.02) -> Figure:
    """An empty figure that belongs to no window and no global state.

    ``width``, ``height`` and the ``gap`` above and below each panel are in inches.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.02, h_pad=gap)
    return Figure(figsize=(width, height), layout=layout)


def say(figure: Figure, text: str) -> None:
    """Put a line of small type under a figure: how many patients it is of, what its lines are."""
    figure.supxlabel(text, x=0.005, ha="left", fontsize=7.5, color=MUTED, fontweight="normal")


def _settle(figure: Figure) -> None:
    """Lay a figure out once and for all: to do so again moves it by hundredths of a point."""
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def svg_text(figure: Figure, name: str, title: str, alt: str) -> str:
    """A stand-alone SVG file: same figure, same bytes.

    Parameters
    ----------
    name : str
        Put before every id, so that several figures can stand in one page.
    title, alt : str
        What the figure is called, and what it shows in words, for those who do not see it.
    """
    with paper(name), io.StringIO() as out:
        _settle(figure)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(out, format="svg", facecolor="none", metadata=nothing)
        svg = out.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!DOCTYPE.*?>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\b(id="|href="#)', rf"\g<1>{name}-", svg)
    svg = svg.replace("url(#", f"url(#{name}-")
    words = (
        f' role="img" aria-labelledby="{name}-title {name}-desc">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(alt)}</desc>\n'
    )
    return re.sub(r"(<svg\b[^>]*)>\n?", lambda m: m.group(1) + words, svg, count=1)


def inline_svg(figure: Figure, name: str, title: str, alt: str) -> str:
    """The SVG to put into an HTML page, whose type and light or dark colours it takes over.

    Colours become ``var(--fig-NAME)`` of :data:`PALETTE`; the page defines them.
    """
    svg = svg_text(figure, name, title, alt)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r"font: ([^;\"]*?) '[^;\"]*", r"font: \1 var(--sans)", svg)
    for colour, value in PALETTE.items():
        svg = svg.replace(value, f"var(--fig-{colour})")
    return svg


def png_bytes(figure: Figure, dpi: int = 160) -> bytes:
    """A PNG file on white: same figure, same bytes."""
    with paper(), io.BytesIO() as out:
        _settle(figure)
        figure.savefig(out, format="png", dpi=dpi, facecolor=PAPER, metadata={"Software": None})
        return out.getvalue()
