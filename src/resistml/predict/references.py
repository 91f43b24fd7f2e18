"""Whether a model's spec holds together: what one entry names must be there, numbers be numbers."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np

from resistml.errors import ModelError, did_you_mean, listed
from resistml.features.links import COMPARE
from resistml.features.ramps import SEGMENTS
from resistml.features.spec import FeatureSpec, SettingSpec, StrategySpec, Test

#: Columns of a record that a condition may speak of beside the markers.
_CLINICAL = ("age", "sex", "ecog", "line")
#: Groups that are there whatever the catalog's mechanisms.
_GROUPS = ("clinical", "context")

#: What a setting says of each marker of its panel, and which of it by segment.
_PER_SEGMENT = ("ramp_means", "segment_shares")
_PER_MARKER = ("means", *_PER_SEGMENT)

#: A key of the spec, what it names, what there is of the kind, and the kind.
Named = tuple[str, Iterable[str], Collection[str], str]


def check_references(spec: FeatureSpec, file: Path) -> None:
    """Hold every name that a spec, read from ``file``, uses against what it describes.

    What is wrong here would be a fault in the midst of scoring.

    Raises
    ------
    ModelError
        With the key at fault.
    """
    for kind in ("markers", "settings", "strategies"):
        if not getattr(spec, kind):
            raise _error("is empty", kind, file)
    for key, names, known, what in _named(spec):
        for name in names:
            if name not in known:
                raise _error(
                    f"names '{name}', which is not among the {what}",
                    key,
                    file,
                    allowed=listed(known) or "none: there are no such entries",
                    hint=did_you_mean(name, known),
                )
    for setting in spec.settings.values():
        _check_shapes(setting, file)
    _check_numbers(spec, file)
    for setting in spec.settings.values():
        _check_covariance(setting, file)
        key = f"settings.{setting.id}.strategies"
        if not setting.strategies or len(set(setting.strategies)) < len(setting.strategies):
            raise _error("is empty, or names a strategy twice", key, file)


def _check_shapes(setting: SettingSpec, file: Path) -> None:
    """Hold what a setting says of its patients against its panel."""
    at, panel = f"settings.{setting.id}", setting.panel
    for part in _PER_MARKER:
        for marker in panel:
            if marker not in getattr(setting, part):
                raise _error(f"says nothing of '{marker}'", f"{at}.{part}", file)
    for part in _PER_SEGMENT:
        for marker, values in getattr(setting, part).items():
            if len(values) != SEGMENTS:
                found, key = f"has {len(values)} numbers", f"{at}.{part}.{marker}"
                raise _error(found, key, file, allowed=f"{SEGMENTS}, one per segment")
    if [len(row) for row in setting.covariance] != [len(panel)] * len(panel):
        allowed = f"{len(panel)} rows of {len(panel)} numbers, one per marker of the panel"
        raise _error("does not fit the panel", f"{at}.covariance", file, allowed=allowed)


def _check_covariance(setting: SettingSpec, file: Path) -> None:
    covariance, key = np.array(setting.covariance, dtype=float), f"settings.{setting.id}.covariance"
    if covariance.size == 0:
        return
    if not np.allclose(covariance, covariance.T, rtol=1e-9, atol=1e-12):
        raise _error("is not symmetric", key, file)
    if np.linalg.eigvalsh(covariance)[0] <= 0:  # it is divided by
        raise _error("is not positive definite", key, file)


def _check_numbers(spec: FeatureSpec, file: Path) -> None:
    for key, value in _numbers(spec):
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise _error(f"{value!r} is no number", key, file)
    for name, marker in spec.markers.items():
        if marker.scale <= 0:  # it is divided by
            raise _error(f"{marker.scale!r} is no positive number", f"markers.{name}.scale", file)


def _error(
    message: str, key: str, file: Path, *, allowed: str | None = None, hint: str | None = None
) -> ModelError:
    hint = hint or "fetch the bundle again, or train it again"
    return ModelError(f"is damaged: {message}", file=file, key=key, allowed=allowed, hint=hint)


def _named(spec: FeatureSpec) -> Iterator[Named]:
    """Every place of a spec that names something, with what it may name."""
    groups = {*spec.groups, *_GROUPS}
    for name, marker in spec.markers.items():
        at = f"markers.{name}"
        yield f"{at}.id", (marker.id,), (name,), "ids of this entry"
        yield f"{at}.mechanism", (marker.mechanism,), groups, "groups"
        yield f"{at}.claims", marker.claims, spec.claims, "claims"
    for name, setting in spec.settings.items():
        at = f"settings.{name}"
        yield f"{at}.id", (setting.id,), (name,), "ids of this entry"
        yield f"{at}.panel", setting.panel, spec.markers, "markers"
        for part in _PER_MARKER:
            yield f"{at}.{part}", getattr(setting, part), setting.panel, "markers of its panel"
        yield f"{at}.strategies", setting.strategies, spec.strategies, "strategies"
        yield f"{at}.usual", (setting.usual,), setting.strategies, "strategies of the setting"
    for name, strategy in spec.strategies.items():
        yield from _named_by_strategy(spec, name, strategy)
    for name, claim in spec.claims.items():
        yield f"claims.{name}.id", (claim.id,), (name,), "ids of this entry"


def _numbers(spec: FeatureSpec) -> Iterator[tuple[str, object]]:
    """Every number of a spec that scoring works with."""
    for name, marker in spec.markers.items():
        for part in ("low", "high", "centre", "scale"):
            yield f"markers.{name}.{part}", getattr(marker, part)
        if marker.limit is not None:
            yield f"markers.{name}.limit", marker.limit
    for name, setting in spec.settings.items():
        yield from _numbers_of(f"settings.{name}", setting)
    for name, strategy in spec.strategies.items():
        for marker_id, exposure in strategy.exposure.items():
            yield f"strategies.{name}.exposure.{marker_id}", exposure


def _numbers_of(at: str, setting: SettingSpec) -> Iterator[tuple[str, object]]:
    yield f"{at}.line", setting.line
    for marker_id, mean in setting.means.items():
        yield f"{at}.means.{marker_id}", mean
    for part in _PER_SEGMENT:
        for marker_id, values in getattr(setting, part).items():
            yield from ((f"{at}.{part}.{marker_id}", value) for value in values)
    for row in setting.covariance:
        yield from ((f"{at}.covariance", value) for value in row)


def _named_by_strategy(spec: FeatureSpec, name: str, strategy: StrategySpec) -> Iterator[Named]:
    at = f"strategies.{name}"
    yield f"{at}.id", (strategy.id,), (name,), "ids of this entry"
    yield f"{at}.exposure", strategy.exposure, spec.markers, "markers"
    yield f"{at}.claims", strategy.claims, spec.claims, "claims"
    alternatives = [(f"{at}.eligibility", tests) for tests in strategy.eligibility]
    for key, tests in (*alternatives, *((f"{at}.cautions", c.when) for c in strategy.cautions)):
        yield from _named_by_tests(spec, key, tests)


def _named_by_tests(spec: FeatureSpec, key: str, tests: tuple[Test, ...]) -> Iterator[Named]:
    columns = (*spec.markers, *_CLINICAL)
    yield key, (column for column, _, _ in tests), columns, "columns of a record"
    yield key, (op for _, op, _ in tests), COMPARE, "comparisons"
