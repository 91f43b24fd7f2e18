"""Which settings may be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resistml.config_tune import Range, Value
from resistml.documents import rounded

#: Settings by key of the model.
Settings = dict[str, Value]

#: Significant digits of the numbers that are tried.
DIGITS = 4


@dataclass(frozen=True)
class Space:
    """The settings that may be tried.

    Attributes
    ----------
    ranges : mapping of str to Range
    start : mapping of str to value
        The settings that the search begins with, if the ranges hold them. What is a whole number
        there is one in every trial.
    """

    ranges: Mapping[str, Range]
    start: Mapping[str, Value]

    def distributions(self) -> dict[str, Any]:
        """The space in Optuna's terms."""
        return {key: _distribution(r, self.start[key]) for key, r in self.ranges.items()}

    def first(self) -> Settings | None:
        """The settings to begin with; None if they lie outside the ranges."""
        inside = all(_holds(values, self.start[key]) for key, values in self.ranges.items())
        return {key: self.start[key] for key in self.ranges} if inside else None

    def tidy(self, params: Mapping[str, Value]) -> Settings:
        """Settings as they are tried and written: of few digits, inside the ranges, in order."""
        return {key: _tidy(values, params[key]) for key, values in self.ranges.items()}


def _distribution(values: Range, start: Value) -> Any:
    from optuna import distributions as of

    if values.choices is not None:
        return of.CategoricalDistribution(values.choices)
    low, high = _bounds(values)
    if isinstance(start, int):
        return of.IntDistribution(int(low), int(high), log=values.log)
    return of.FloatDistribution(low, high, log=values.log)


def _holds(values: Range, value: Value) -> bool:
    if values.choices is not None:
        return value in values.choices
    low, high = _bounds(values)
    return low <= float(value) <= high


def _tidy(values: Range, value: Value) -> Value:
    if values.choices is not None or not isinstance(value, float):
        return value
    low, high = _bounds(values)
    return min(max(float(rounded(value, DIGITS)), low), high)


def _bounds(values: Range) -> tuple[float, float]:
    if values.low is None or values.high is None:
        raise ValueError("a range without choices has low and high")
    return values.low, values.high
