"""From a cohort to a fitted model, whatever the order of the cohort's rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from resistml.evidence import Evidence
from resistml.features.matrix import Records, Words
from resistml.features.spec import FeatureSpec
from resistml.learn.data import training_data
from resistml.learn.fit import Fitted, fit_bag
from resistml.learn.guards import check_leaks, check_outcomes
from resistml.learn.params import Params, TrainingData
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
    """Fit a bag on n patients, as :func:`arranged` gives them.

    Raises
    ------
    TableError
        If an outcome is neither 0 nor 1, all are the same, or a column gives them away.
    """
    spec, data = arranged(evidence, records, strategy, resistant)
    return spec, fit_bag(data, params, seed, threads, told)


def arranged(
    evidence: Evidence, records: Records, strategy: Words, resistant: Floats
) -> tuple[FeatureSpec, TrainingData]:
    """The spec that n patients give, and the arrays to fit, in the order of the ids.

    Of the world only definitions are used (links, exposures, eligibility), from a draft in
    which nothing has been solved: the truth cannot leak into the model.

    Raises
    ------
    TableError
        If an outcome is neither 0 nor 1, all are the same, or a column gives them away.
    """
    check_outcomes(resistant)
    order = np.argsort(records.patient_id.astype(str), kind="stable")
    records, strategy, y = records.take(order), strategy[order], resistant[order]
    spec = build_spec(evidence, draft_world(evidence), records)
    check_leaks(spec, records, y)
    return spec, training_data(spec, records, strategy, y)
