"""Describes the training population, so that scoring can tell what lies outside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from resistml.features.matrix import Records, Words, arm_codes
from resistml.features.spec import FeatureSpec
from resistml.learn.gaussian import shrunk_correlation
from resistml.predict.population import Population
from resistml.predict.support import STATISTICS, Support, compared

Floats = npt.NDArray[np.float64]

#: Share of training patients above the limit of each statistic; together at most one in a hundred.
SHARES = {"distance": 0.004, "deviation": 0.004, "rarity": 0.002}
#: Least rarity, in standard deviations, that makes an outlier of one's own patients.
RARE = 3.0
#: Fewest patients of a setting whose means and correlations are worth telling.
DESCRIBED = 50
#: Each patient's statistics are told by a description of the patients outside his fold.
FOLDS = 5
#: Share of values at either end that are drawn in before means and correlations are taken, so that
#: outliers among the training patients do not hide themselves and others.
TAIL = 0.01
#: What of the range of values is added at each end: a fresh patient is seldom far beyond all.
MARGIN = 0.1


def fit_support(spec: FeatureSpec, records: Records, strategy: Words) -> Support:
    """The support of a model trained on these patients, in whatever order they come."""
    codes = arm_codes(spec, records.setting, strategy)
    counts = np.bincount(codes, minlength=len(spec.arms)).astype(np.int64)
    records = records.take(np.argsort(records.patient_id.astype(str), kind="stable"))
    populations: dict[str, Population] = {}
    found: dict[str, list[Floats]] = {name: [] for name in STATISTICS}
    for setting in spec.settings:
        mine = records.take(np.flatnonzero(records.setting == setting))
        if len(mine) < DESCRIBED:
            continue
        populations[setting] = describe(spec, mine, setting)
        for name, values in _held_out(spec, mine, setting):
            found[name].append(values)
    limits = {name: _limit(values, SHARES[name]) for name, values in found.items()}
    return Support(counts, populations, _ranges(spec, records), limits)


def _limit(values: list[Floats], share: float) -> float:
    """What so small a share of all values is above; 0 where there are none."""
    whole = np.concatenate(values) if values else np.zeros(1)
    return float(np.quantile(whole, 1 - share, method="higher"))


def describe(spec: FeatureSpec, records: Records, setting: str) -> Population:
    """The population of one setting's patients."""
    panel = spec.settings[setting].panel
    numbers = [m for m in panel if spec.markers[m].kind != "mutation"] + ["age", "ecog"]
    mutations = tuple(m for m in panel if spec.markers[m].kind == "mutation")
    values = compared(spec, records, tuple(numbers))
    kept = [j for j in range(values.shape[1]) if _varies(values[:, j])]
    values = values[:, kept]
    low, high = np.nanquantile(values, [TAIL, 1 - TAIL], axis=0)
    drawn_in = np.clip(values, low, high)
    mean, scale = np.nanmean(drawn_in, axis=0), np.nanstd(drawn_in, axis=0, ddof=1)
    present = compared(spec, records, mutations)
    # Half a patient is added to each side, so that what was never seen is rare and not impossible.
    share = (np.nansum(present, axis=0) + 0.5) / ((~np.isnan(present)).sum(axis=0) + 1)
    made = Population(
        names=tuple(numbers[j] for j in kept),
        mean=mean,
        scale=scale,
        low=low,
        high=high,
        correlation=shrunk_correlation((drawn_in - mean) / scale),
        mutations=mutations,
        shares=share,
        rarest=0.0,
    )
    rarest = _limit([made.rarity(present)[0]], SHARES["rarity"])
    # Of few flags, patients in whom others are measured may be rarer than all that were seen.
    return replace(made, rarest=rarest if spec.outcome is None else max(rarest, RARE))


def _varies(values: Floats) -> bool:
    """Whether a column holds two values or more within its tails."""
    seen = values[~np.isnan(values)]
    if len(seen) < DESCRIBED // 2:
        return False
    low, high = np.quantile(seen, [TAIL, 1 - TAIL])
    return bool(high > low)


def _held_out(spec: FeatureSpec, records: Records, setting: str) -> Iterator[tuple[str, Floats]]:
    """Statistics of each patient, by descriptions that he was no part of."""
    fold = np.arange(len(records)) % FOLDS
    for k in range(FOLDS):
        others = describe(spec, records.take(np.flatnonzero(fold != k)), setting)
        mine = records.take(np.flatnonzero(fold == k))
        distance, each = others.distance(compared(spec, mine, others.names))
        yield "distance", distance
        yield "deviation", np.abs(each).max(axis=1, initial=0.0)


def _ranges(spec: FeatureSpec, records: Records) -> dict[str, tuple[float, float]]:
    """What the values of all training patients span, and somewhat more."""
    out: dict[str, tuple[float, float]] = {}
    names = [m for m, marker in spec.markers.items() if marker.kind != "mutation"] + ["age"]
    for name in names:
        values = compared(spec, records, (name,))[:, 0]
        if (~np.isnan(values)).sum() >= DESCRIBED:
            low, high = float(np.nanmin(values)), float(np.nanmax(values))
            more = MARGIN * (high - low)
            out[name] = (low - more, high + more)
    return out
