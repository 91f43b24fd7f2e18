"""Values, flags and reasons of a patient's page in words."""

from __future__ import annotations

import math
import re

from resistml.features.spec import FeatureSpec, MarkerSpec

#: Units by kind, short enough to stand behind a number; other kinds have the marker's own.
_UNITS = {"expression": "× reference", "fraction": "", "percent": "%", "mutation": ""}
_NOTES = {
    "outside_panel": "{0} was measured, but the model does not use it in this setting.",
    "ecog_as_2": "Performance status {0} counts as 2: the model knows no worse.",
    "other_line": "The record says treatment line {0}, which is not that of this setting.",
    "looks_like_fraction": "{0} is below 1, but is read as per cent: is it a fraction?",
}


def short_unit(marker: MarkerSpec) -> str:
    """The unit as it stands behind a number."""
    return _UNITS.get(marker.kind, marker.unit)


def number(value: float) -> str:
    """Three significant digits, without an exponent and with a true minus."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{places}f}".replace("-", "−")


def shown(marker: MarkerSpec, value: float | None) -> str:
    """A marker's value in words."""
    if value is None or math.isnan(value):
        return "unmeasured"
    if marker.kind == "mutation":
        return "present" if value == 1 else "absent"
    if marker.limit is not None and value < marker.limit:
        return f"below {marker.limit:g}{_spaced(short_unit(marker))}"
    return number(value) + _spaced(short_unit(marker))


def _spaced(unit: str) -> str:
    return unit if unit in ("", "%") else f" {unit}"


def signed(x: float) -> str:
    """Log-odds with two decimals and their sign."""
    text = f"{x:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def percent(p: float) -> str:
    """A probability as a whole per cent; what rounds to an end but is not there says so."""
    text = f"{p:.0%}"
    if text == "0%" and p > 0:
        return "<1%"
    return ">99%" if text == "100%" and p < 1 else text


def ordinal(x: float) -> str:
    """A rank in words: 1st, 2nd, 93rd."""
    n = round(x)
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def reason(spec: FeatureSpec, strategy: str, message: str) -> str:
    """Why a strategy is not ranked, without its id and with mutations in words."""
    said = re.sub(rf"^{re.escape(strategy)}:? ", "", message)
    for name, marker in spec.markers.items():
        if marker.kind == "mutation":
            for value, word in (("1", "present"), ("0", "absent")):
                said = re.sub(rf"\b{re.escape(name)} (?:==|is) {value}\b", f"{name} {word}", said)
    return said[:1].upper() + said[1:]


def note(flag: str) -> str:
    """A flag of a profile as a sentence; "" for those that the page says in another place."""
    name, _, about = flag.partition(":")
    return _NOTES.get(name, "").format(about)


def clinical_facts(values: dict[str, float | None]) -> tuple[tuple[str, str], ...]:
    """Age, sex and performance status."""
    age, sex, ecog = (values.get(name) for name in ("age", "sex", "ecog"))
    sexes = {None: "not recorded", 1.0: "female", 0.0: "male"}
    return (
        ("Age", "not recorded" if age is None else f"{age:g} years"),
        ("Sex", sexes.get(sex, "not recorded")),
        ("Performance status", "not recorded" if ecog is None else f"ECOG {ecog:g}"),
    )


__all__ = [
    "clinical_facts",
    "note",
    "number",
    "ordinal",
    "percent",
    "reason",
    "short_unit",
    "shown",
    "signed",
]
