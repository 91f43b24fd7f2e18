"""The unknowns of an arm's law of times: where they start, and within which bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from resistml.evidence import Evidence
from resistml.world.laws import ArmLaw
from resistml.world.moments import Cell
from resistml.world.time_moments import TimeMoment
from resistml.world.time_problem import SCALES, Key, Shares
from resistml.world.time_sample import Event
from resistml.world.unknowns import Unknown, assumed_unknown, cut_of

Floats = npt.NDArray[np.float64]

#: Fields that have an assumption, the arm's own or the one for all arms.
HELD = ("pfs_shape", "post_shape", "pfs_ratio", "post_ratio", "risk_slope")
#: Months between which scales are looked for.
_SHORTEST, _LONGEST = 1e-3, 2_000.0
#: Least wait after progression to start from, as a share of the time to death.
_REST = 0.2


def started(evidence: Evidence, shares: Shares, key: Key, moments: Sequence[TimeMoment]) -> ArmLaw:
    """An arm's law near what the moments say of it, taken one by one."""
    law = shares.times(key).law
    cured = evidence.arms_of(key[0])[key[1]].cured_share
    if cured is not None:
        law = replace(law, cure=_cut(shares, key, cured.value))
    mine = [m for m in moments if any((c.setting, c.arm) == key for c in (*m.cells, *m.against))]
    pfs, os = _typical(law, mine, "pfs"), _typical(law, mine, "os")
    responds = float(shares.times(key).sample.response.mean())
    unit = np.log(2) ** (1 / law.pfs_shape) * law.pfs_ratio**responds
    rest = np.log(2) ** (1 / law.post_shape) * law.post_ratio**responds
    return replace(
        law,
        pfs_scale=float(np.clip(pfs / unit, 2 * _SHORTEST, _LONGEST / 2)),
        os_scale=float(np.clip(max(os - pfs, _REST * os) / rest, 2 * _SHORTEST, _LONGEST / 2)),
    )


def _typical(law: ArmLaw, moments: list[TimeMoment], event: Event) -> float:
    """A rough median, from the first moment that speaks of the event.

    Those of the uncured come first, since a plateau tells nothing of a scale; then claims.
    """
    for moment in sorted(moments, key=lambda m: m.reading.among != "uncured"):
        how = moment.reading
        if how.event != event or how.group != how.among or moment.against:
            continue
        if how.said == "median":
            return moment.target + (law.course_months if how.late else 0.0)
        free = 1 - moment.target if how.said == "lost" else moment.target
        return moment.at_months * float(np.log(2) / -np.log(np.clip(free, 0.01, 0.99)))
    return law.course_months


def free_unknowns(evidence: Evidence, shares: Shares, laws: dict[Key, ArmLaw]) -> list[Unknown]:
    """The arms' scales, by their logarithms, and the cuts of cure where a share is assumed."""
    unknowns = []
    ends = float(np.log(_SHORTEST)), float(np.log(_LONGEST))
    for key, law in laws.items():
        for field in SCALES:
            unknowns.append(Unknown((field, *key), float(np.log(getattr(law, field))), *ends))
        share = evidence.arms_of(key[0])[key[1]].cured_share
        if share is not None and law.cure is not None:
            low, high = (_cut(shares, key, s) for s in (share.high, share.low))
            # least_squares wants room between its bounds, even round a share held fixed.
            unknowns.append(Unknown(("cure", *key), law.cure, low, high + 1e-9))
    return unknowns


def held_unknowns(evidence: Evidence, laws: dict[Key, ArmLaw]) -> list[Unknown]:
    """The arms' shapes, ratios and slopes, inside their assumed ranges."""
    unknowns = []
    for key in laws:
        entry = evidence.arms_of(key[0])[key[1]]
        for field in HELD:
            assumed = getattr(entry, field) or evidence.assumptions[field]
            unknowns.append(assumed_unknown((field, *key), assumed))
    return unknowns


def _cut(shares: Shares, key: Key, share: float) -> float:
    """The cut of cure that leaves a share of complete responses lasting, among the eligible."""
    sample = shares.times(key).sample
    weight = shares.weight(Cell(*key, ()))
    return sample.kappa + cut_of(sample.eta - sample.kappa, weight, share)
