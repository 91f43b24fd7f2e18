"""Numbers: every one lies where such a number can lie (E03)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding
from resistml.evidence.schema import Assumption, Claim, Distribution, Endpoint, Marker, Setting

#: Smallest number above 0, and the largest below 1: ends that a value may not take.
_ABOVE_0, _BELOW_1 = math.nextafter(0, 1), math.nextafter(1, 0)
_SHARE = (0.0, 1.0)
_INNER = (_ABOVE_0, _BELOW_1)
_POSITIVE = (_ABOVE_0, math.inf)
#: Field of an entry -> least and greatest value of an assumption that stands in it.
FIELDS = {
    **dict.fromkeys(("prevalence", "false_negative", "false_positive", "female"), _SHARE),
    **dict.fromkeys(("missing", "ecog_1", "ecog_2", "complete_share"), _SHARE),
    "orr": _INNER,
    **dict.fromkeys(("spread", "error", "share", "age_sd", "median_pfs", "median_os"), _POSITIVE),
}
#: First word of a global assumption's unit -> least and greatest value. With correlations
#: in [0, 1) the correlation matrix of any markers is positive definite.
UNITS = {
    "correlation": (0.0, _BELOW_1),
    "probability": _SHARE,
    "share": _SHARE,
    **dict.fromkeys(("Weibull", "ratio", "months", "years"), _POSITIVE),
}
#: Kind of a continuous marker -> ends between which, and not at which, a median lies.
DOMAINS = {
    "expression": (0.0, math.inf),
    "count": (0.0, math.inf),
    "fraction": (0.0, 1.0),
    "percent": (0.0, 100.0),
}


def claims(evidence: Evidence) -> Iterator[Finding]:
    """Reported ranges against those of their endpoints."""
    for name, claim in evidence.claims.items():
        endpoint = evidence.endpoints.get(claim.endpoint)
        if endpoint is None or claim.low is None or claim.high is None:
            continue
        low, high = _reach(claim, endpoint)
        if not (low <= claim.low and claim.high <= high):
            yield Finding(
                "E03",
                name,
                f"{_span(claim.low, claim.high)} lies outside the range of a {claim.measure} of "
                f"{claim.endpoint}, {_span(low, high)}",
            )
        if endpoint.family == "survival" and claim.at_months is None:
            yield Finding("E03", name, f"{claim.endpoint} needs its horizon, at_months")


def _reach(claim: Claim, endpoint: Endpoint) -> tuple[float, float]:
    """Least and greatest value of a claim's measure of an endpoint."""
    low, high = endpoint.range
    if claim.measure == "difference":
        return low - high, high - low
    if claim.measure == "ratio" and endpoint.unit == "fraction":
        return _POSITIVE
    return low, high


def assumptions(evidence: Evidence) -> Iterator[Finding]:
    """Assumptions against what their field or their unit allows."""
    for path, assumption in evidence.all_assumptions().items():
        low, high = _allowed(path, assumption)
        if not (low <= assumption.low and assumption.high <= high):
            yield Finding(
                "E03",
                path,
                f"{_span(assumption.low, assumption.high)} lies outside {_span(low, high)}",
            )


def _allowed(path: str, assumption: Assumption) -> tuple[float, float]:
    parts = path.split(".")
    anything = (-math.inf, math.inf)
    if len(parts) == 1:
        return UNITS.get(assumption.unit.partition(" ")[0], anything)
    return anything if "exposure" in parts[2:] else FIELDS.get(parts[-1], anything)


def markers(evidence: Evidence) -> Iterator[Finding]:
    """A marker's levels against its own range."""
    for name, marker in evidence.markers.items():
        own = Distribution(median=marker.median)
        for place, entry in ({"": own} | dict(marker.in_settings)).items():
            if entry.median is not None:
                yield from _median(name, marker, entry.median, place)
        for field in ("cutoff", "detection_limit"):
            level = getattr(marker, field)
            if level is not None and not _inside(level, marker.range):
                yield Finding("E03", name, f"its {field} leaves its range, {_span(*marker.range)}")


def _median(name: str, marker: Marker, median: Assumption, setting: str) -> Iterator[Finding]:
    where = f" in setting '{setting}'" if setting else ""
    low, high = DOMAINS[marker.kind]
    if not _inside(median, marker.range):
        yield Finding("E03", name, f"its median{where} leaves its range, {_span(*marker.range)}")
    elif not (low < median.low and median.high < high):
        yield Finding("E03", name, f"its median{where} lies at an end of {_span(low, high)}")


def settings(evidence: Evidence) -> Iterator[Finding]:
    """A setting's make-up: shares that leave room for each other, ages in order."""
    for name, setting in evidence.settings.items():
        if setting.modelled:
            yield from _make_up(name, setting)


def _make_up(name: str, setting: Setting) -> Iterator[Finding]:
    low, high = setting.age_range
    if not low < high:
        yield Finding("E03", name, f"its age_range is inverted: {_span(low, high)}")
    elif setting.age_mean is not None and not _inside(setting.age_mean, setting.age_range):
        yield Finding("E03", name, f"its age_mean leaves its age_range, {_span(low, high)}")
    if setting.ecog_1 is not None and setting.ecog_2 is not None:
        both = setting.ecog_1.value + setting.ecog_2.value
        if both > 1:
            yield Finding("E03", name, f"ecog_1 and ecog_2 add up to {both:g}, more than everyone")


CHECKS = (claims, assumptions, markers, settings)


def _inside(level: Assumption, span: tuple[float, float]) -> bool:
    return span[0] <= level.low and level.high <= span[1]


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}"
