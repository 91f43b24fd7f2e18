"""Gathers what new patients are held against; see :mod:`resistml.predict.marginals`."""

from __future__ import annotations

import numpy as np

from resistml.features.matrix import Records, Words
from resistml.predict.marginals import (
    CLINICAL,
    LEVELS,
    Column,
    Floats,
    Marginals,
    binned,
    is_flag,
    values_of,
)
from resistml.predict.model import Model

#: Fewest patients with a value whose distribution is kept.
LEAST = 20
#: Share of values beyond ``low`` and beyond ``high``.
TAIL = 0.01


def fit_marginals(model: Model, records: Records, strategy: Words) -> Marginals:
    """The marginals of a model's training patients, in whatever order they come."""
    spec = model.spec
    usual = np.array([spec.settings[s].usual for s in records.setting], dtype=object)
    scores = {
        "given": model.risk(records, strategy).p,
        "usual": model.risk(records, usual).p,
    }
    columns: dict[str, dict[str, Column]] = {}
    scored: dict[str, dict[str, Column]] = {}
    for setting, law in spec.settings.items():
        rows = np.flatnonzero(records.setting == setting)
        mine = records.take(rows)
        found = {
            name: column(values_of(spec, mine, name), flag=is_flag(spec, name))
            for name in (*law.panel, *CLINICAL)
        }
        columns[setting] = {name: c for name, c in found.items() if c.n >= LEAST}
        if len(rows) >= LEAST:
            scored[setting] = {kind: column(p[rows]) for kind, p in scores.items()}
    return Marginals(columns, scored)


def column(values: Floats, *, flag: bool = False) -> Column:
    """One column of n patients; NaN = unmeasured."""
    seen = np.sort(values[~np.isnan(values)])
    missing = len(values) - len(seen)
    if len(seen) == 0:
        return Column(0, missing, 0.0, 0.0, 0.0, 0.0)
    if flag:
        return Column(len(seen), missing, float(seen.mean()), float(seen.std()), 0.0, 1.0)
    # An edge is a patient's own value, so that it lies in no gap between ties.
    edges = np.quantile(seen, LEVELS / 100, method="inverted_cdf")
    low, high = np.quantile(seen, [TAIL, 1 - TAIL])
    drawn_in = np.clip(seen, low, high)
    return Column(
        n=len(seen),
        missing=missing,
        mean=float(drawn_in.mean()),
        scale=float(drawn_in.std()),
        low=float(low),
        high=float(high),
        edges=edges,
        counts=binned(edges, seen),
    )
