"""Figures as files: SVG, PNG or PDF by the name's ending; the same figure makes the same bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resistml.documents import new_file
from resistml.errors import UsageError, did_you_mean
from resistml.report.style import PAPER, paper, png_bytes, svg_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Endings that a figure's file may have.
ENDINGS = (".svg", ".png", ".pdf")


@dataclass(frozen=True)
class Words:
    """What is said of a figure: an id, what it is called, and what it shows to those who do not
    see it."""

    name: str
    title: str
    alt: str


def check_ending(path: Path) -> str:
    """The format that a file's name asks for.

    Raises
    ------
    UsageError
        For any but :data:`ENDINGS`.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"'{path.name}' names no kind of figure",
            allowed=f"a name that ends in {', '.join(ENDINGS)}",
            hint=did_you_mean(ending, ENDINGS),
        )
    return ending.removeprefix(".")


def figure_bytes(figure: Figure, kind: str, words: Words) -> bytes:
    """A figure as an ``svg``, ``png`` or ``pdf`` file."""
    if kind == "svg":
        return svg_text(figure, words.name, words.title, words.alt).encode()
    return png_bytes(figure) if kind == "png" else _pdf(figure, words.title)


def write_figure(figure: Figure, path: Path, words: Words, *, force: bool = False) -> None:
    """Write a figure in the format of the file's ending.

    Raises
    ------
    UsageError
        For another ending.
    OutputError
        If the file exists and ``force`` is not set.
    """
    content = figure_bytes(figure, check_ending(path), words)
    with new_file(path, force=force) as temporary:
        temporary.write_bytes(content)


def _pdf(figure: Figure, title: str) -> bytes:
    import matplotlib as mpl

    # Text as TrueType, so that ids can be searched for; no date and no program in the file.
    facts = {"Title": title, "Creator": None, "Producer": None, "CreationDate": None}
    with paper(), mpl.rc_context({"pdf.fonttype": 42}), io.BytesIO() as out:
        figure.savefig(out, format="pdf", facecolor=PAPER, metadata=facts)
        return out.getvalue()
