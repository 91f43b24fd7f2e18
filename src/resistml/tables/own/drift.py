"""What differs between the patients trained on and those of another table, feature by feature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resistml.tables.own.cohort import Note, OwnCohort
from resistml.tables.own.columns import clinical_of

Floats = npt.NDArray[np.float64]

#: Standardised difference from which features are held to differ; and the chance of a false word,
#: over all features together.
LARGE, CHANCE = 0.25, 0.01
#: Fewest values of each table that are compared.
_LEAST = 10
_TOLD = 8


@dataclass(frozen=True)
class Drift:
    """One feature in two tables.

    Attributes
    ----------
    name : str
    train, other : float
        Means; of a flag, shares.
    difference : float
        ``other`` less ``train``, in pooled standard deviations.
    distance : float
        Largest difference of the two distribution functions (Kolmogorov-Smirnov); of a flag, of
        the two shares.
    p : float
        That of ``distance``, were both drawn from one law.
    missing_train, missing_other : float
        Shares without a value.

    Notes
    -----
    p is the asymptotic one, 2 Σ (-1)^(k-1) exp(-2 k² λ²) with λ = D (√m + 0.12 + 0.11 / √m) and
    m = n₁ n₂ / (n₁ + n₂) (Stephens, 1970); ties make it too large. That of a flag is by the pooled
    two-sample z test.
    """

    name: str
    train: float
    other: float
    difference: float
    distance: float
    p: float
    missing_train: float
    missing_other: float


def drift(train: OwnCohort, other: OwnCohort) -> tuple[Drift, ...]:
    """Each feature, age, sex and performance status in both, the outcome last.

    NaN stands where one table has fewer than ten values.
    """
    kinds = {f.name: f.kind for f in train.features}
    names = [*kinds, *clinical_of(train)]
    found = [
        _of(
            name,
            train.records.column(name),
            other.records.column(name),
            flag=kinds.get(name, name) in ("mutation", "sex"),
        )
        for name in names
    ]
    return (*found, _of(f"outcome: {train.label}", train.resistant, other.resistant, flag=True))


def drift_notes(train: OwnCohort, other: OwnCohort, name: str) -> tuple[Note, ...]:
    """A note of the features that differ much and not by chance, the most different first."""
    rows = drift(train, other)
    known = [row for row in rows if not math.isnan(row.p)]
    limit = CHANCE / max(len(known), 1)
    much = [row for row in known if row.p < limit and abs(row.difference) >= LARGE]
    much.sort(key=lambda row: -abs(row.difference))
    gaps = [row for row in rows if abs(row.missing_other - row.missing_train) >= LARGE]
    notes = []
    if much:
        said = ", ".join(
            f"{r.name} ({r.train:.3g} to {r.other:.3g}: {r.difference:+.2f} SD, p {_p(r.p)})"
            for r in much[:_TOLD]
        )
        more = f", and {len(much) - _TOLD} more" if len(much) > _TOLD else ""
        notes.append(
            Note(
                "drift",
                {row.name: row.difference for row in much},
                f"{len(much)} of {len(known)} columns of '{name}' differ from those trained on by "
                f"{LARGE:g} standard deviations or more: {said}{more}",
            )
        )
    if gaps:
        said = ", ".join(
            f"{r.name} ({r.missing_train:.0%} to {r.missing_other:.0%})" for r in gaps[:_TOLD]
        )
        notes.append(
            Note(
                "drift_missing",
                {row.name: row.missing_other - row.missing_train for row in gaps},
                f"{len(gaps)} columns of '{name}' are missing more or less often: {said}",
            )
        )
    return tuple(notes)


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-4 else "< 0.0001"


def _of(name: str, train: Floats, other: Floats, *, flag: bool) -> Drift:
    a, b = train[~np.isnan(train)], other[~np.isnan(other)]
    gaps = (1 - len(a) / max(len(train), 1), 1 - len(b) / max(len(other), 1))
    if min(len(a), len(b)) < _LEAST:
        mean_a, mean_b = (float(x.mean()) if len(x) else math.nan for x in (a, b))
        return Drift(name, mean_a, mean_b, math.nan, math.nan, math.nan, *gaps)
    spread = math.sqrt((float(a.var()) + float(b.var())) / 2)
    apart = float(b.mean() - a.mean())
    size = apart / spread if spread > 0 else (0.0 if apart == 0 else math.copysign(math.inf, apart))
    distance, p = _shares(a, b) if flag else _smirnov(a, b)
    return Drift(name, float(a.mean()), float(b.mean()), size, distance, p, *gaps)


def _shares(a: Floats, b: Floats) -> tuple[float, float]:
    pooled = float(np.concatenate([a, b]).mean())
    error = math.sqrt(pooled * (1 - pooled) * (1 / len(a) + 1 / len(b)))
    apart = abs(float(a.mean() - b.mean()))
    return apart, (math.erfc(apart / error / math.sqrt(2)) if error > 0 else 1.0)


def _smirnov(a: Floats, b: Floats) -> tuple[float, float]:
    a, b = np.sort(a), np.sort(b)
    at = np.concatenate([a, b])
    below = [np.searchsorted(x, at, "right") / len(x) for x in (a, b)]
    distance = float(np.abs(below[0] - below[1]).max())
    return distance, smirnov_p(distance, len(a) * len(b) / (len(a) + len(b)))


def smirnov_p(distance: float, size: float) -> float:
    """p of a largest difference of two distribution functions; see :class:`Drift`.

    Parameters
    ----------
    size : float
        n₁ n₂ / (n₁ + n₂), or what stands for it.
    """
    m = math.sqrt(size)
    scaled = distance * (m + 0.12 + 0.11 / m)
    if scaled < 0.2:  # the sum is 1 to ten digits, and no longer alternates fast enough
        return 1.0
    terms = [2.0 * (-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101)]
    return float(min(max(sum(terms), 0.0), 1.0))
