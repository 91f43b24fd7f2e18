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
#: Largest effect in log-odds, and largest slope or spread on a logarithmic scale. Odds change
#: 22,000-fold by it, from 1 in 150 to 149 in 150: what is larger decides an outcome by itself, as
#: no marker does, and asks for intercepts beyond those that the solver looks for.
LOG_ODDS = 10.0
_EFFECT = (-LOG_ODDS, LOG_ODDS)
#: Largest shape of a law of times, and ratio of two times: beyond, all have one and the same time,
#: or some an endless one, and the solver leaves the numbers that a computer holds.
FACTOR = 10.0
_FACTORS = (1 / FACTOR, FACTOR)
#: Field of an entry -> least and greatest value of an assumption that stands in it.
FIELDS = {
    **dict.fromkeys(("prevalence", "false_negative", "false_positive", "female"), _SHARE),
    **dict.fromkeys(("missing", "ecog_1", "ecog_2", "complete_share"), _SHARE),
    "orr": _INNER,
    "cured_share": _SHARE,
    **dict.fromkeys(("share", "age_sd", "median_pfs", "median_os", "course_months"), _POSITIVE),
    **dict.fromkeys(("spread", "error"), (_ABOVE_0, LOG_ODDS)),
    **dict.fromkeys(("effect", "missing_own", "risk_slope"), _EFFECT),
    **dict.fromkeys(("pfs_shape", "post_shape", "pfs_ratio", "post_ratio"), _FACTORS),
}
#: Families of endpoints that are about the time to progression or death.
TIMED = ("time", "survival", "relapse")
#: Unit of a global assumption, or its first word -> least and greatest value. With correlations
#: in [0, 1) the correlation matrix of any markers is positive definite.
UNITS = {
    "correlation": (0.0, _BELOW_1),
    **dict.fromkeys(("log-odds", "log"), _EFFECT),
    "probability": _SHARE,
    "share": _SHARE,
    "share a year": (0.0, _BELOW_1),
    **dict.fromkeys(("Weibull", "ratio"), _FACTORS),
    **dict.fromkeys(("months", "years"), _POSITIVE),
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
                "low" if claim.low < low else "high",
            )
        yield from _horizon(name, claim, endpoint)


def _horizon(name: str, claim: Claim, endpoint: Endpoint) -> Iterator[Finding]:
    """What a claim says of when and among whom a time is counted."""
    solved = endpoint.family == "relapse" and claim.role == "target"
    if (endpoint.family == "survival" or solved) and claim.at_months is None:
        yield Finding("E03", name, f"{claim.endpoint} needs its horizon, at_months", "at_months")
    for field, usual in (("counted_from", "start"), ("among", "all")):
        said = getattr(claim, field)
        if said != usual and endpoint.family not in TIMED:
            yield Finding(
                "E03", name, f"{field}: {said} is about times, which {claim.endpoint} is not", field
            )


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
        low, high = _allowed(evidence, path, assumption)
        if not (low <= assumption.low and assumption.high <= high):
            yield Finding(
                "E03",
                path,
                f"{_span(assumption.low, assumption.high)} lies outside {_room(low, high)}",
            )


def _allowed(evidence: Evidence, path: str, assumption: Assumption) -> tuple[float, float]:
    parts = path.split(".")
    anything = (-math.inf, math.inf)
    if len(parts) == 1:
        # The world knows correlations by their names, whatever their unit.
        unit = "correlation" if "correlation" in path.split("_") else assumption.unit
        return UNITS.get(unit, UNITS.get(unit.partition(" ")[0], anything))
    if "exposure" in parts[2:]:
        return anything
    low, high = FIELDS.get(parts[-1], anything)
    if "arms" in parts[2:] and parts[-1] in evidence.endpoints:
        least, most = evidence.endpoints[parts[-1]].range
        return max(low, least), min(high, most)
    return low, high


def bearings(evidence: Evidence) -> Iterator[Finding]:
    """What a marker adds under an exposure, against the largest effect."""
    for name, marker in evidence.markers.items():
        if marker.effect.high > LOG_ODDS:  # found by itself
            continue
        stated = {f"markers.{name}.exposure.{c}": a for c, a in marker.exposure.items()}
        for strategy, entry in evidence.strategies.items():
            if name in entry.exposure:
                stated[f"strategies.{strategy}.exposure.{name}"] = entry.exposure[name]
        for path, exposure in stated.items():
            most = marker.effect.high * max(abs(exposure.low), abs(exposure.high))
            if most > LOG_ODDS:
                words = f"{_span(exposure.low, exposure.high)} times the effect of {name} reaches "
                yield Finding("E03", path, f"{words}{most:g} log-odds, above {LOG_ODDS:g}")


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
                words = f"its {field} leaves its range, {_span(*marker.range)}"
                yield Finding("E03", name, words, field)


def _median(name: str, marker: Marker, median: Assumption, setting: str) -> Iterator[Finding]:
    where, key = (f" in setting '{setting}'", f"in_settings.{setting}.") if setting else ("", "")
    key += "median"
    low, high = DOMAINS[marker.kind]
    if not _inside(median, marker.range):
        words = f"its median{where} leaves its range, {_span(*marker.range)}"
        yield Finding("E03", name, words, key)
    elif not (low < median.low and median.high < high):
        words = f"its median{where} lies at an end of {_span(low, high)}"
        yield Finding("E03", name, words, key)


def settings(evidence: Evidence) -> Iterator[Finding]:
    """A setting's make-up: shares that leave room for each other, ages in order."""
    for name, setting in evidence.settings.items():
        if setting.modelled:
            yield from _make_up(name, setting)


def _make_up(name: str, setting: Setting) -> Iterator[Finding]:
    low, high = setting.age_range
    if not low < high:
        yield Finding("E03", name, f"its age_range is inverted: {_span(low, high)}", "age_range")
    elif setting.age_mean is not None and not _inside(setting.age_mean, setting.age_range):
        words = f"its age_mean leaves its age_range, {_span(low, high)}"
        yield Finding("E03", name, words, "age_mean")
    if setting.ecog_1 is not None and setting.ecog_2 is not None:
        both = setting.ecog_1.value + setting.ecog_2.value
        if both > 1:
            words = f"ecog_1 and ecog_2 add up to {both:g}, more than everyone"
            yield Finding("E03", name, words, "ecog_2")


CHECKS = (claims, assumptions, bearings, markers, settings)


def _inside(level: Assumption, span: tuple[float, float]) -> bool:
    return span[0] <= level.low and level.high <= span[1]


def _room(low: float, high: float) -> str:
    """What is allowed, where an end may not be taken or is none."""
    if low != _ABOVE_0 and high not in (_BELOW_1, math.inf):
        return _span(low, high)
    ends = ["above 0" if low == _ABOVE_0 else f"at least {low:g}"]
    if high < math.inf:
        ends.append("below 1" if high == _BELOW_1 else f"at most {high:g}")
    return f"what it may be: {', '.join(ends)}"


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}"
