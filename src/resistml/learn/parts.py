"""Fits what a bundle holds beside the risk model."""

from __future__ import annotations

from collections.abc import Callable

from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.background import fit_background
from resistml.learn.conformal import fit_conformal
from resistml.learn.data import as_model
from resistml.learn.ensemble import fit_ensemble
from resistml.learn.fit import Fitted
from resistml.learn.marginals import fit_marginals
from resistml.learn.support import fit_support
from resistml.learn.survival import SurvivalParams, fit_survival
from resistml.learn.widths import fit_widths
from resistml.predict.parts import Parts
from resistml.rng import derived_seed
from resistml.tables.cohort import Cohort


def fit_parts(
    evidence: Evidence,
    cohort: Cohort,
    spec: FeatureSpec,
    fitted: Fitted,
    *,
    seed: int,
    threads: int = 0,
    survival: SurvivalParams | None = None,
    worlds: int = 0,
    told: Callable[[int, int], None] | None = None,
) -> Parts:
    """The parts that the cohort allows.

    Parameters
    ----------
    cohort : Cohort
        The training patients, in any order.
    fitted : Fitted
        The risk model, fitted on them in the order of their ids.
    survival : SurvivalParams, optional
        How times are fitted; None = they are not.
    worlds : int
        Worlds behind the intervals for the evidence; 0 = none.
    told : callable, optional
        Told (worlds done, of).
    """
    return Parts(
        background=fit_background(evidence, spec, cohort.records),
        support=fit_support(spec, cohort.records, cohort.strategy),
        marginals=fit_marginals(as_model(spec, fitted), cohort.records, cohort.strategy),
        survival=fit_survival(
            spec, cohort, survival, seed=derived_seed(seed, "survival"), threads=threads
        )
        if survival
        else None,
        widths=fit_widths(spec, cohort.records, cohort.strategy),
        conformal=fit_conformal(spec, cohort, fitted),
        ensemble=fit_ensemble(evidence, spec, worlds, derived_seed(seed, "ensemble"), told)
        if worlds
        else None,
    )
