"""Looks at training data before they are fitted: what is wrong is refused, what is odd flagged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.features.matrix import Records, Words, arm_codes
from resistml.features.spec import FeatureSpec
from resistml.predict.support import LEAST
from resistml.tables.column_auc import FOLDS, column_auc

Floats = npt.NDArray[np.float64]

#: AUC of a single column above which it is held to be made from the outcome. The strongest markers
#: known come to 0.8 or so.
LEAK = 0.98
#: Fewest patients with each outcome over which a column's AUC is believed: with fewer, chance alone
#: takes one in some hundreds of honest columns near the limit.
BELIEVED = 30
_CLINICAL = ("age", "sex", "ecog")


@dataclass(frozen=True)
class Flag:
    """Something odd in training data that is trained on all the same.

    Attributes
    ----------
    code : str
        ``few_patients``, ``constant`` or ``unmeasured``.
    names : dict of str to float
        What it is about, with the count or value of each.
    message : str
    """

    code: str
    names: dict[str, float]
    message: str

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def check_outcomes(resistant: Floats) -> None:
    """Refuse outcomes that cannot be learned from.

    Parameters
    ----------
    resistant : (n,) array
        1 = no objective response, 0 = response.

    Raises
    ------
    TableError
        If any is neither 0 nor 1, or all are the same.
    """
    y = np.asarray(resistant, dtype=float)
    wrong = y[~np.isin(y, (0, 1))]
    allowed = "both 0 (response) and 1 (resistant)"
    if len(wrong):
        values, counts = np.unique(wrong, return_counts=True)
        said = [f"{v:g} ({n:,})" for v, n in zip(values[:5], counts[:5], strict=True)]
        more = ", ..." if len(values) > 5 else ""
        raise TableError(
            f"{len(wrong):,} of {len(y):,} outcomes are neither 0 nor 1: {', '.join(said)}{more}",
            column="resistant",
            allowed=allowed,
            hint="leave out patients whose outcome is not known; code the others as 0 and 1",
        )
    if len(np.unique(y)) < 2:
        raise TableError(
            f"all {len(y)} patients have the same outcome" + (f", {y[0]:g}" if len(y) else ""),
            column="resistant",
            allowed=allowed,
        )


def check_leaks(spec: FeatureSpec, records: Records, resistant: Floats) -> None:
    """Refuse a column that by itself nearly gives the outcome away.

    A column's AUC is out of fold and within settings: values are binned, unmeasured ones too, and
    a bin's score is the rate of resistance among the patients of the other folds. So it does not
    matter which way, or in which shape, a column tells the outcome. It is looked at in each setting
    and over all of them.

    Parameters
    ----------
    records : Records
        In an order that is their own, such as that of ids.
    resistant : (n,) array of 0 and 1

    Raises
    ------
    TableError
        With each such column, and its AUC.
    """
    found: dict[str, tuple[float, str, int]] = {}
    for name in (*spec.markers, *_CLINICAL):
        told = list(_column_aucs(spec, records, resistant, name))
        worst = max(told, default=(0.0, "", 0))
        if worst[0] > LEAK:
            found[name] = worst
    if not found:
        return
    said = [
        f"{name} (AUC {auc:.3f} in {where}, {n:,} patients)"
        for name, (auc, where, n) in sorted(found.items(), key=lambda item: -item[1][0])
    ]
    raise TableError(
        f"{len(found)} column(s) give the outcome away, each by itself: {', '.join(said)}",
        column=max(found, key=lambda name: found[name][0]),
        allowed=f"a column by itself tells the outcome with an AUC of {LEAK} at most, out of fold",
        hint="is it recorded after the outcome, or made from it? Then leave it out",
    )


def training_flags(spec: FeatureSpec, records: Records, strategy: Words) -> tuple[Flag, ...]:
    """What is odd in training data, but no reason to refuse them: counted and named."""
    return tuple(flag for flag in (_few(spec, records, strategy), *_dull(spec, records)) if flag)


def _few(spec: FeatureSpec, records: Records, strategy: Words) -> Flag | None:
    codes = arm_codes(spec, records.setting, strategy)
    counts = np.bincount(codes, minlength=len(spec.arms)).tolist()
    few = {f"{s}/{a}": float(n) for (s, a), n in zip(spec.arms, counts, strict=True) if n < LEAST}
    if not few:
        return None
    named = ", ".join(f"{name} ({n:.0f})" for name, n in few.items())
    return Flag(
        "few_patients",
        few,
        f"{len(few)} of {len(spec.arms)} strategies have fewer than {LEAST} training patients in "
        f"their setting, so the model abstains from them: {named}",
    )


def _dull(spec: FeatureSpec, records: Records) -> tuple[Flag | None, Flag | None]:
    """Columns with one value in all patients, and with none."""
    constant: dict[str, float] = {}
    empty: dict[str, float] = {}
    for name in (*spec.markers, *_CLINICAL):
        rows = _rows_of(spec, records, name)
        values = records.column(name)[rows]
        seen = values[~np.isnan(values)]
        if len(rows) and not len(seen):
            empty[name] = float(len(rows))
        elif len(seen) and (seen == seen[0]).all():
            constant[name] = float(seen[0])
    said = ", ".join(f"{name} (always {value:g})" for name, value in constant.items())
    unsaid = ", ".join(f"{name} ({n:,.0f})" for name, n in empty.items())
    return (
        Flag("constant", constant, f"{len(constant)} column(s) have one value alone: {said}")
        if constant
        else None,
        Flag(
            "unmeasured",
            empty,
            f"{len(empty)} column(s) are unmeasured in all patients whose panel has them: {unsaid}",
        )
        if empty
        else None,
    )


def _rows_of(spec: FeatureSpec, records: Records, name: str) -> npt.NDArray[np.int64]:
    """Patients in whose setting a column is used."""
    used = [s for s, law in spec.settings.items() if name in _CLINICAL or name in law.panel]
    return np.flatnonzero(np.isin(records.setting.astype(str), used))


def _column_aucs(
    spec: FeatureSpec, records: Records, y: Floats, name: str
) -> Iterator[tuple[float, str, int]]:
    """AUC of a column in each setting that has enough patients, and over all settings."""
    total = weight = 0.0
    ones = zeros = 0
    rows = _rows_of(spec, records, name)
    values, setting = records.column(name)[rows], records.setting[rows]
    for one in dict.fromkeys(setting.tolist()):
        mine = np.flatnonzero(setting == one)
        own, outcome = values[mine], y[rows[mine]]
        positive, negative = int(outcome.sum()), int(len(mine) - outcome.sum())
        if min(positive, negative) == 0 or len(mine) < 2 * FOLDS:
            continue
        auc = column_auc(own, outcome)
        total, weight = total + auc * positive * negative, weight + positive * negative
        ones, zeros = ones + positive, zeros + negative
        if min(positive, negative) >= BELIEVED:
            yield auc, str(one), len(mine)
    if min(ones, zeros) >= BELIEVED:
        yield total / weight, "all settings", ones + zeros
