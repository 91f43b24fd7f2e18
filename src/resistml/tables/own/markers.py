"""Columns of an own table that hold markers of the catalog, brought to the catalog's units."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resistml.errors import ConfigError
from resistml.tables.own.cohort import OwnFeature
from resistml.tables.own.features import Made, flags
from resistml.tables.own.table import Table

if TYPE_CHECKING:
    from resistml.config_data import MarkerConfig
    from resistml.evidence.schema import Marker

Floats = npt.NDArray[np.float64]

_POWERS: dict[str, Callable[[Floats], Floats]] = {
    "log2": np.exp2,
    "log10": lambda x: np.power(10.0, x),
    "ln": np.exp,
}
#: Factor from each unit to a kind's own.
_SHARES = {("percent", "fraction"): 100.0, ("fraction", "percent"): 0.01}


def made_marker(table: Table, marker: Marker, config: MarkerConfig) -> Made:
    """A marker's column, in the catalog's unit and within its range.

    Raises
    ------
    ConfigError
        If the unit stated is none that this kind of marker can be given in.
    TableError
        If a value is out of range, or all look to be in another unit.
    """
    column, key = config.column or marker.id, f"data.markers.{marker.id}"
    made = OwnFeature(
        marker.id, marker.kind, marker.unit, 0, marker.mechanism, column, None, marker.id
    )
    if marker.kind == "mutation":
        return made, flags(table, column, config.present, config.absent, key)
    given = table.numbers(column)
    values = _converted(given, marker, config, key)
    if marker.kind == "count":
        values = np.round(values) if config.factor != 1 else values
    _check_unit(table, column, given, values, marker, config)
    _check_range(table, column, values, marker, config)
    return made, values


def _converted(given: Floats, marker: Marker, config: MarkerConfig, key: str) -> Floats:
    values, unit = given * config.factor, config.unit
    if unit in ("same", marker.kind):
        return values
    if (marker.kind, unit) in _SHARES:
        return np.asarray(values * _SHARES[marker.kind, unit])
    if unit in _POWERS and marker.kind == "expression":
        with np.errstate(over="ignore"):  # what is too large is out of range, and told so
            return _POWERS[unit](values)
    raise ConfigError(
        f"{marker.id} cannot be given as '{unit}': it is in {marker.unit}",
        key=f"{key}.unit",
        allowed={
            "expression": "same, log2, log10, ln",
            "count": "same",
        }.get(marker.kind, "same, fraction, percent"),
        hint="say `factor:` for another unit",
    )


def _check_unit(
    table: Table,
    column: str,
    given: Floats,
    values: Floats,
    marker: Marker,
    config: MarkerConfig,
) -> None:
    """Refuse a column of which each value is allowed, but all together are of another unit."""
    seen = values[~np.isnan(values)]
    some = ~np.isnan(given) & (given != 0)
    if marker.kind == "percent" and len(seen) and seen.max() <= 1 and (seen % 1 != 0).any():
        problem, hint = "and all others are 1 at most, so look like fractions", "fraction"
    elif config.unit == "percent" and marker.kind == "fraction" and some.any():
        if np.nanmax(given) > 1:
            return
        problem, hint = "and all others are 1 at most, so look like fractions already", "fraction"
    elif marker.kind == "expression" and config.unit == "same" and (seen < 0).any():
        some = given < 0
        problem, hint = "is below 0, so looks like a logarithm", "log2"
    else:
        return
    table.refuse(column, some, problem, marker.unit, f"say `data.markers.{marker.id}.unit: {hint}`")


def _check_range(
    table: Table, column: str, values: Floats, marker: Marker, config: MarkerConfig
) -> None:
    low, high = marker.range
    outside = (values < low) | (values > high)
    if marker.detection_limit is not None or marker.kind == "expression":
        outside &= values != 0
    problem, hint = "is out of range", None
    if marker.kind == "fraction" and (values[outside] > 1).any():
        problem, hint = (
            "is no fraction",
            f"is it in per cent? `data.markers.{marker.id}.unit: percent`",
        )
    if config.unit != "same" or config.factor != 1:
        problem += f" as {config.unit} times {config.factor:g}"
    table.refuse(column, outside, problem, f"{low:g} to {high:g} {marker.unit}, or empty", hint)
    if marker.kind == "count":
        parts = ~np.isnan(values) & (values % 1 != 0)
        table.refuse(
            column, parts, "is no whole number", marker.unit, "say `factor:` if it is per volume"
        )
