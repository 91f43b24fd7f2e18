"""Populations: somebody in each setting meets the conditions of a claim or a strategy (E12)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist

from resistml.evidence.check_conditions import conditions
from resistml.evidence.cutoffs import compared_with, spelled
from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding
from resistml.evidence.schema import Condition, Conjunction, Distribution, Marker, Setting

#: Share of a setting's patients below which a population counts as empty: the audit's 200,000
#: patients would hold fewer than twenty of them.
LEAST = 1e-4
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: A comparison with a number.
Test = tuple[str, float]


def targets(evidence: Evidence) -> Iterator[Finding]:
    """E12: the population of a target in each of its settings."""
    faulty = {finding.entry for finding in conditions(evidence)}
    for name, claim in evidence.claims.items():
        if claim.role != "target" or name in faulty:
            continue
        for setting in claim.settings:
            for words in empty(evidence, claim.population, setting):
                yield Finding("E12", name, words, "population")


def eligibility(evidence: Evidence) -> Iterator[Finding]:
    """E12: those eligible for a strategy in each setting where it has an arm."""
    faulty = {finding.entry for finding in conditions(evidence)}
    for name, strategy in evidence.strategies.items():
        if not strategy.eligibility or name in faulty:
            continue
        for setting in evidence.modelled_settings:
            if name not in evidence.arms_of(setting):
                continue
            found = [list(empty(evidence, tests, setting)) for tests in strategy.eligibility]
            if all(found):
                words = "; ".join(dict.fromkeys(text for part in found for text in part))
                yield Finding("E12", name, f"nobody is eligible: {words}", "eligibility")


CHECKS = (targets, eligibility)


def empty(evidence: Evidence, tests: Conjunction, setting: str) -> Iterator[str]:
    """Which of the conditions next to nobody in a setting meets, in words, column by column.

    Columns are looked at one by one. What E02, E04 or E20 finds fault with is passed over.
    """
    entry = evidence.settings.get(setting)
    if entry is None or not entry.modelled:
        return
    by_column: dict[str, list[Condition]] = {}
    for condition in tests:
        by_column.setdefault(condition.column, []).append(condition)
    for column, chosen in by_column.items():
        values = [(c.op, compared_with(evidence, c)) for c in chosen]
        known = [(op, value) for op, value in values if value is not None]
        share = _share(evidence, column, known, entry)
        if len(known) == len(values) and share is not None and share < LEAST:
            who = "nobody" if share <= 0 else f"fewer than {LEAST:.2%} of patients"
            said = " and ".join(spelled(evidence, c) for c in chosen)
            yield f"{who} in setting '{setting}' can meet {said}"


def _share(
    evidence: Evidence, column: str, tests: Sequence[Test], setting: Setting
) -> float | None:
    """Share of a setting's patients who meet all tests on a column; None = cannot be said."""
    if column == "age":
        ages = _ages(setting)
        return _of(ages, tests) if ages else None
    if column == "ecog":
        return _of(_ecog(setting), tests)
    marker = evidence.markers.get(column)
    if marker is None:
        return None
    law = evidence.distribution(column, setting.id)
    share = _measured(marker, law, tests) if marker.continuous else _called(marker, law, tests)
    unmeasured = 0.0 if law.missing is None else law.missing.value
    return None if share is None else share * (1 - unmeasured)


def _of(shares: Mapping[float, float], tests: Sequence[Test]) -> float:
    """Sum of the shares of those values that meet all tests."""
    met = (x for x in shares if all(_COMPARE[op](x, value) for op, value in tests))
    return sum(shares[x] for x in met)


def _ecog(setting: Setting) -> dict[float, float]:
    one = 0.0 if setting.ecog_1 is None else setting.ecog_1.value
    two = 0.0 if setting.ecog_2 is None else setting.ecog_2.value
    return {0.0: 1 - one - two, 1.0: one, 2.0: two}


def _ages(setting: Setting) -> dict[float, float]:
    """Shares of ages in whole years: a normal cut to the setting's range; {} = E03's."""
    low, high = setting.age_range
    mean, spread = setting.age_mean, setting.age_sd
    if mean is None or spread is None or spread.value <= 0:
        return {}
    law = NormalDist(mean.value, spread.value)
    ages = {
        float(year): law.cdf(min(year + 1, high)) - law.cdf(max(year, low))
        for year in range(math.floor(low), math.floor(high) + 1)
    }
    whole = sum(ages.values())
    return {year: share / whole for year, share in ages.items()} if whole > 0 else {}


def _called(marker: Marker, law: Distribution, tests: Sequence[Test]) -> float | None:
    """Share whose call meets all tests, or whose true state does if that is less: a group of
    nothing but wrong calls is not the one that is asked for."""
    wrong = marker.false_negative, marker.false_positive
    if law.prevalence is None or wrong[0] is None or wrong[1] is None:
        return None
    carriers = law.prevalence.value
    positive = carriers * (1 - wrong[0].value) + (1 - carriers) * wrong[1].value
    return min(_of({0.0: 1 - share, 1.0: share}, tests) for share in (carriers, positive))


def _measured(marker: Marker, law: Distribution, tests: Sequence[Test]) -> float | None:
    """Share whose measured value meets all tests, at the median that suits them best."""
    low, high = _interval(marker, tests)
    if not low < high:
        return 0.0
    median, spread, error = law.median, law.spread, marker.error
    if median is None or spread is None or error is None or spread.value <= 0:
        return None
    deviation = spread.value * math.hypot(1.0, error.value)
    ends = _link(marker, low), _link(marker, high)
    places = {_link(marker, x) for x in (median.low, median.value, median.high)}
    laws = [NormalDist(place, deviation) for place in places if math.isfinite(place)]
    return max((x.cdf(ends[1]) - x.cdf(ends[0]) for x in laws), default=None)


def _interval(marker: Marker, tests: Sequence[Test]) -> tuple[float, float]:
    """Between which measured values all tests on the record are met; empty if low >= high.

    A record never leaves the marker's range, but for the 0 below a detection limit, and a
    count is recorded as its whole part.
    """
    low, high = -math.inf, math.inf
    for op, value in tests:
        at = value
        if marker.kind == "count":
            at = math.floor(value) + 1 if op in (">", "<=") else math.ceil(value)
        if op in (">", ">="):
            low = max(low, math.inf if op == ">" and value >= marker.range[1] else at)
        else:
            least = op == "<" and value <= marker.range[0] and marker.detection_limit is None
            high = min(high, -math.inf if least else at)
    return low, high


def _link(marker: Marker, value: float) -> float:
    """A value on the scale on which the marker is normal: a logarithm, or a logit."""
    if marker.kind in ("expression", "count"):
        return math.log(value) if value > 0 else -math.inf
    share = value / 100 if marker.kind == "percent" else value
    if share <= 0:
        return -math.inf
    return math.log(share / (1 - share)) if share < 1 else math.inf
