"""A comparison of new patients with the training patients, in words and figures for people."""

from __future__ import annotations

import math

from resistml.drift.found import Drift, Row
from resistml.features.spec import FeatureSpec
from resistml.predict.marginals import is_flag
from resistml.report.words import NONE, count, number, percent

#: Heads of the table, whose cells :func:`cells` gives.
COLUMNS = ("what", "n", "training", "here", "difference (95%)", "PSI", "p, all rows", "")
#: Most characters of a unit that a terminal has room for.
SHORT = 12
_WHAT = {
    "settings": "mix of settings",
    "strategies": "mix of strategies",
    "score": "score, p(resistance)",
}
#: Units of what is no marker.
_UNITS = {"age": "years", "ecog": "", "sex": "female"}


def what(row: Row) -> str:
    """What a row is about."""
    if row.kind == "missing":
        return f"{row.name}, unmeasured"
    return _WHAT.get(row.kind, row.name)


def cells(row: Row, spec: FeatureSpec, *, full: bool = False) -> tuple[str, ...]:
    """A row as text, column by column of :data:`COLUMNS`; ``full`` with units of any length."""
    return (
        what(row),
        count(row.n),
        amount(row, row.training, spec, full=full),
        amount(row, row.here, spec, full=full),
        difference(row),
        number(row.psi, 2),
        p_words(row.p_all),
        "drift" if row.drifted else "",
    )


def amount(row: Row, value: float, spec: FeatureSpec, *, full: bool = False) -> str:
    """What stands among the training or the new patients, with its unit."""
    if not math.isfinite(value):
        return NONE
    if row.kind in ("missing", "score") or (row.kind == "value" and is_flag(spec, row.name)):
        return percent(value)
    marker = spec.markers.get(row.name)
    unit = _UNITS.get(row.name, "") if marker is None else marker.unit
    return f"{value:.3g} {unit if full or len(unit) <= SHORT else ''}".strip()


def difference(row: Row) -> str:
    """The difference and its interval, in standard deviations or, of gaps, in points."""
    if not math.isfinite(row.difference):
        return NONE
    scale, digits, unit = (100, 1, " points") if row.kind == "missing" else (1, 2, " SD")
    ends = (number(scale * x, digits) for x in (row.difference, row.low, row.high))
    size, low, high = ends
    return f"{size}{unit} ({low} to {high})"


def p_words(p: float) -> str:
    """A p value."""
    return "< 0.0001" if p < 1e-4 else number(p, 2 if p >= 0.1 else 4)


def verdict(found: Drift) -> str:
    """What came of it, in a sentence or two."""
    compared = f"{count(found.n)} profiles compared in {len(found.rows)} rows"
    gone = [
        f"{count(x)} {word}"
        for x, word in ((found.rejected, "rejected"), (found.abstained, "not answered"))
        if x
    ]
    tail = f" ({', '.join(gone)})" if gone else ""
    if found.drifted:
        names = ", ".join(what(row) for row in found.drifted[:6])
        more = len(found.drifted) - 6
        return f"Drift: {names}{f' and {more} more' if more > 0 else ''}. {compared}{tail}."
    seen = (
        f" A shift of {number(found.detectable, 2)} SD in a column that all have would have been "
        "found in nine of ten such tables."
        if math.isfinite(found.detectable)
        else ""
    )
    return f"No drift found. {compared}{tail}.{seen}"
