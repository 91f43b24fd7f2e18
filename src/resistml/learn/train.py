"""From a cohort to a fitted model, whatever the order of the cohort's rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.data import training_data
from resistml.learn.fit import Fitted, Params, fit_bag
from resistml.learn.spec import build_spec
from resistml.world.draft import draft_world

Floats = npt.NDArray[np.float64]


def fit_model(
    evidence: Evidence,
    records: Records,
    strategy: Words,
    resistant: Floats,
    params: Params,
    *,
    seed: int,
    threads: int = 0,
    told: Callable[[int, int], None] | None = None,
) -> tuple[FeatureSpec, Fitted]:
    """Fit a bag on n patients.

    Of the world only definitions are used (links, exposures, eligibility), from a draft in
    which nothing has been solved: the truth cannot leak into the model.

    Raises
    ------
    TableError
        If all patients have the same outcome.
    """
    if len(np.unique(resistant)) < 2:
        raise TableError(
            f"all {len(resistant)} patients have the same outcome",
            column="resistant",
            allowed="both 0 (response) and 1 (resistant)",
        )
    order = np.argsort(records.patient_id.astype(str), kind="stable")
    records, strategy, y = records.take(order), strategy[order], resistant[order]
    spec = build_spec(evidence, draft_world(evidence), records)
    data = training_data(spec, records, strategy, y)
    return spec, fit_bag(data, params, seed, threads, told)
