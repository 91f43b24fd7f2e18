"""Columns in which some values may be in another unit than the rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from resistml.tables.own.cohort import Note

Floats = npt.NDArray[np.float64]

#: Factors between units that tables mix, and which they are.
FACTORS = {
    7.0: "days among weeks",
    10.0: "ten-fold, such as g/L among g/dL",
    12.0: "months among years",
    365.25 / 12: "days among months",
    100.0: "a hundred-fold, such as per cents among fractions",
    365.25: "days among years",
    1000.0: "a thousand-fold, such as mg among g",
}
#: Fewest values over which a column is looked at.
_LEAST = 20
#: Robust standard deviations, in logarithms, beyond which a value can belong to another unit, and
#: within which of the middle it must come once it is brought back.
_FAR, _NEAR = 4.0, 1.5
#: Low values apart are few if they are fewer than this, or than this share of all.
_FEW, _FEW_SHARE = 3, 0.01
#: Least spread of a column, and least gap, in powers of ten.
_SPREAD, _GAP = 0.03, 0.1


def mixed_units(name: str, values: Floats) -> Iterator[Note]:
    """Values apart from all others, that come to the middle of these by a factor between units.

    In logarithms, with m and s the median and a robust standard deviation: the values beyond m ± 4s
    that a gap of s or more parts from the rest, whose own median is within 1.5 s of m once the
    factor is taken off. Low values of an even column lie far off in logarithms by nature, so few
    of them are told only where they are far off as they stand, too. A column with values below 0
    has no factors.
    """
    seen = values[values > 0]
    if len(seen) < _LEAST or (values < 0).any():
        return
    x = np.log10(seen)
    middle = float(np.median(x))
    spread = max(_spread(x), _SPREAD)
    for sign, which in ((1.0, "above"), (-1.0, "below")):
        far = _apart(sign * (x - middle), spread)
        if not 0 < len(far) <= 0.4 * len(x):
            continue
        at = float(np.median(far))
        factor = min(FACTORS, key=lambda f: abs(np.log10(f) - at))
        if abs(np.log10(factor) - at) > _NEAR * spread or np.log10(factor) < _FAR * spread:
            continue
        value = 10 ** (middle + sign * at)
        few = len(far) < max(_FEW, _FEW_SHARE * len(x))
        if sign < 0 and few and value > 10**middle - _FAR * _spread(seen):
            continue
        yield Note(
            "mixed_units",
            {name: float(len(far))},
            f"'{name}' holds {len(far):,} of {len(x):,} values far {which} all others (about "
            f"{value:.3g}, the others {10**middle:.3g}), as of another unit: {FACTORS[factor]}?",
        )


def _spread(values: Floats) -> float:
    """A robust standard deviation."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _apart(distance: Floats, spread: float) -> Floats:
    """The values beyond the widest gap that lies :data:`_FAR` spreads out or further."""
    ordered = np.sort(distance)
    gaps = np.diff(ordered)
    gaps[ordered[1:] < _FAR * spread] = 0.0
    widest = int(np.argmax(gaps)) if len(gaps) else 0
    if not len(gaps) or gaps[widest] < max(spread, _GAP):
        return np.zeros(0)
    return ordered[widest + 1 :]


def mixed_shares(name: str, values: Floats, *, percent: bool) -> Iterator[Note]:
    """Fractions among per cents, or per cents among fractions.

    Per cents thin out towards 0: more below 1 than from 1 to 10, but for 0 itself, are another
    unit's.
    """
    seen = values[~np.isnan(values) & (values > 0)]
    if len(seen) < _LEAST or seen.max() > 100 or seen.min() < 0:
        return
    below = int((seen < 1).sum())
    if percent:
        among = int(((seen >= 1) & (seen < 10)).sum())
        if below >= 3 and below > among and below < 0.5 * len(seen):
            yield _shares(name, below, len(seen), "below 1", "fractions among per cents")
    else:
        above = int((seen > 1).sum())
        if 0 < above <= 0.1 * len(seen) and seen[seen > 1].min() > 2:
            yield _shares(name, above, len(seen), "above 2", "per cents among fractions")


def _shares(name: str, k: int, n: int, where: str, what: str) -> Note:
    said = f"'{name}' holds {k:,} of {n:,} values {where}: {what}?"
    return Note("mixed_units", {name: float(k)}, said)
