"""Fits what a bundle holds beside the risk model."""

from __future__ import annotations

from collections.abc import Callable

from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.fit import Fitted
from resistml.learn.support import fit_support
from resistml.predict.parts import Parts
from resistml.tables.cohort import Cohort


def fit_parts(
    evidence: Evidence,
    cohort: Cohort,
    spec: FeatureSpec,
    fitted: Fitted,
    *,
    seed: int,
    threads: int = 0,
    told: Callable[[int, int], None] | None = None,
) -> Parts:
    """The parts that the cohort allows.

    Parameters
    ----------
    cohort : Cohort
        The training patients, in any order.
    fitted : Fitted
        The risk model, fitted on them in the order of their ids.
    """
    return Parts(support=fit_support(spec, cohort.records, cohort.strategy))
