"""The templates of reports: autoescaped, with the filters and colours that all pages share."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from resistml.report import words
from resistml.report.style import DARK, PALETTE

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment() -> Environment:
    """What renders ``templates/``; a name that is not defined is an error, not a gap."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("resistml.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=words.number,
        maybe=words.maybe,
        percent=words.percent,
        count=words.count,
        interval=words.interval,
        percent_interval=words.percent_interval,
        captured=words.captured_words,
        sentence=words.sentence,
    )
    made.globals.update(palette=PALETTE, dark=DARK)
    return made
