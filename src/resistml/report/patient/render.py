"""The page of a patient, and the index of many, as self-contained HTML."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from resistml.explain.view import MarkerPart, MechanismPart
from resistml.explain.what_if import NOTE
from resistml.notice import NOTICE
from resistml.predict.patterns import MOST
from resistml.report.patient import phrases
from resistml.report.patient.evidence import numbers
from resistml.report.patient.view import Control, Ends, PatientPage
from resistml.report.style import PALETTE

if TYPE_CHECKING:
    from jinja2 import Environment

_ASSETS = "assets"
#: Log-odds by which a mechanism's own Shapley value is told to differ from the sum.
_APART = 0.005


def render_patient(page: PatientPage, index: str = "") -> str:
    """A patient's page; equal pages give equal text.

    Parameters
    ----------
    index : str
        Where the index of all patients is, from the page; "" = there is none.
    """
    names = group_names(page)
    return (
        environment()
        .get_template("patient.html.j2")
        .render(
            page=page,
            index=index,
            notice=NOTICE,
            what_if_note=NOTE,
            least=math.ceil(page.panel * (1 - MOST)),
            most=_most(page),
            ties=ties,
            cited=lambda part: cited(page, part),
            said=lambda marker: marker_text(page, marker),
            control_groups=_grouped(page, names),
            group_names=names,
            palette=PALETTE,
            model_js=asset("model.js"),
            page_js=asset("page.js"),
        )
    )


def group_names(page: PatientPage) -> dict[str, str]:
    """What mechanisms are called."""
    return dict(page.group_names)


def ties(page: PatientPage) -> str:
    """What stands first, and what cannot be told from it."""
    first = page.ranked[0].name
    others = [row.name for row in page.ranked[1:] if row.tied]
    if not others:
        alone = "the only one open" if len(page.ranked) == 1 else "told apart from the others"
        return f"First, and {alone}: {first}."
    return (
        f"First: {first}. By the training patients at hand it cannot be told from: "
        f"{'; '.join(others)}."
    )


def cited(page: PatientPage, part: MechanismPart) -> Markup:
    """Which claims stand behind a mechanism, what acts on it, and its own Shapley value where that
    is not the sum."""
    mine = numbers(page.evidence, [claim.id for claim in part.claims])
    links = Markup(", ").join(Markup('<a href="#claim-{0}">{0}</a>').format(n) for n in mine)
    said = []
    if mine:
        said.append(Markup("claim{} {}").format("" if len(mine) == 1 else "s", links))
    if part.strategies:
        acting = [page.strategy_names[name] for name in part.strategies]
        said.append(escape(f"acted on by: {'; '.join(acting)}"))
    if abs(part.shapley - part.signed) >= _APART:
        said.append(escape(f"own Shapley value: {phrases.signed(part.shapley)}"))
    return Markup(" · ").join(said)


def marker_text(page: PatientPage, marker: MarkerPart) -> Markup:
    """A marker with its value and where it stands in the setting."""
    about = page.values.get(marker.name) or (marker.name, "")
    said = Markup("<b>{}</b> {}").format(*about)
    if marker.percentile is not None:
        return said + f", {phrases.ordinal(marker.percentile)} percentile"
    if marker.share is not None and marker.value is not None:
        return said + f" (present in {phrases.percent(marker.share)})"
    return said


def _most(page: PatientPage) -> float:
    """The end of the axis of log-odds."""
    parts = () if page.explained is None else page.explained.mechanisms
    amounts = [abs(part.signed) for part in parts]
    amounts += [abs(marker.contribution) for part in parts for marker in part.markers]
    return max(0.5, *amounts) if amounts else 1.0


def _grouped(
    page: PatientPage, names: dict[str, str]
) -> list[tuple[str, list[tuple[str, Control]]]]:
    """Controls by mechanism, each with an id of its own in the page."""
    out: dict[str, list[tuple[str, Control]]] = {}
    for i, control in enumerate(page.controls):
        out.setdefault(names.get(control.group, control.group), []).append((f"c{i}", control))
    return list(out.items())


def _ends(ends: Ends) -> str:
    return f"{phrases.percent(ends.low)} to {phrases.percent(ends.high)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


@cache
def asset(name: str) -> str:
    """The text of a file that pages carry."""
    return (files("resistml.report.patient") / _ASSETS / name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """The templates; whatever stands in them is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("resistml.report.patient", _ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=phrases.percent, signed=phrases.signed, ends=_ends, sentence=_sentence
    )
    return environment
