"""The page of a comparison of new patients with the training patients: one self-contained file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from resistml.documents import new_file
from resistml.drift.found import Drift
from resistml.notice import NOTICE
from resistml.predict.model import Model
from resistml.report.drift_words import COLUMNS, cells, verdict
from resistml.report.figure_drift import gaps_figure, mix_figure, score_figure, shifts_figure
from resistml.report.page import environment
from resistml.report.style import inline_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Picture(NamedTuple):
    """A figure of the page, its title and what it shows in words."""

    name: str
    title: str
    caption: str
    svg: str


_FIGURES: dict[str, tuple[Callable[[Drift], Figure | None], str, str]] = {
    "shifts": (
        shifts_figure,
        "Shifts",
        "Each value here less that of the training patients, setting by setting, in standard "
        "deviations. The grey band is what does not count even where it is no chance.",
    ),
    "score": (
        score_figure,
        "Score",
        "How many profiles have a probability of resistance in each tenth of those that the "
        "training patients of their setting had.",
    ),
    "gaps": (gaps_figure, "Gaps", "How often each column has no value, then and now."),
    "mix": (mix_figure, "Mix of settings", "How many patients are of each setting, then and now."),
}


def render(found: Drift, model: Model, source: str) -> str:
    """The page as HTML; equal comparisons give equal pages.

    Parameters
    ----------
    source : str
        What the profiles are called.
    """
    return (
        environment()
        .get_template("drift.html.j2")
        .render(
            found=found,
            notice=NOTICE,
            source=source,
            model=model.about.get("name"),
            hash=model.hash[:12],
            verdict=verdict(found),
            columns=COLUMNS,
            rows=[(row, cells(row, model.spec, full=True)) for row in found.rows],
            pictures=_pictures(found),
        )
    )


def _pictures(found: Drift) -> list[Picture]:
    out = []
    for name, (draw, title, caption) in _FIGURES.items():
        figure = draw(found)
        if figure is not None:
            svg = inline_svg(figure, f"drift-{name}", title, caption)
            out.append(Picture(name, title, caption, svg))
    return out


def write_page(found: Drift, model: Model, source: str, out: Path, *, force: bool) -> None:
    """Write the page, whole or not at all."""
    text = render(found, model, source)
    with new_file(out, force=force) as temporary:
        temporary.write_text(text, encoding="utf-8")
