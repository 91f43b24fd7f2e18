"""Fits a model to one's own patients: what is chosen in inner folds, then the bag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.data import training_data
from resistml.learn.fit import Fitted, fit_bag
from resistml.learn.own_choice import Candidate, Choice, Told, choose
from resistml.learn.own_folds import Split
from resistml.learn.own_patients import OwnPatients
from resistml.learn.own_spec import own_spec, prior_slopes, shared_exposures
from resistml.learn.params import Params, TrainingData
from resistml.rng import derived_seed
from resistml.world.draft import draft_world
from resistml.world.laws import World

#: By the kind of prior, the spec that it gives and the arrays to fit.
Prepared = dict[str, tuple[FeatureSpec, Told]]

#: Families that are chosen from.
FAMILIES = ("logistic", "linear", "additive", "xgboost")


@dataclass(frozen=True)
class OwnSettings:
    """What training on one's own patients needs to be told.

    Attributes
    ----------
    params : Params
    families : tuple of str
        Families to choose from.
    prior : str
        ``none``, ``directions`` or ``world``; see :mod:`resistml.learn.own_spec`.
    threads : int
        0 = all; nothing depends on it.
    """

    params: Params = field(default_factory=Params)
    families: tuple[str, ...] = FAMILIES
    prior: str = "none"
    threads: int = 1


@dataclass(frozen=True)
class OwnFit:
    """A model of one's own patients.

    Attributes
    ----------
    spec : FeatureSpec
    params : Params
        With the family and penalty that were chosen.
    fitted : Fitted
    choice : Choice
    """

    spec: FeatureSpec
    params: Params
    fitted: Fitted
    choice: Choice


class OwnLearner:
    """Fits candidates to patients, and chooses among them.

    Parameters
    ----------
    evidence : Evidence
    world : World, optional
        The solved world, whose slopes the prior ``world`` draws to.
    settings : OwnSettings

    Raises
    ------
    ValueError
        For the prior ``world`` without one.
    """

    def __init__(self, evidence: Evidence, settings: OwnSettings, world: World | None = None):
        if settings.prior == "world" and world is None:
            raise ValueError("the prior 'world' needs a solved world")
        self.evidence, self.settings, self.world = evidence, settings, world

    def fit(
        self,
        patients: OwnPatients,
        split: Split,
        seed: int,
        told: Callable[[int, int], None] | None = None,
    ) -> OwnFit:
        """Choose in inner folds, and fit the bag to all patients."""
        prepared = self.prepared(patients)
        choice = self.chosen(prepared, split, seed)
        return self.fitted(prepared, choice, choice.best, seed, told)

    def prepared(self, patients: OwnPatients) -> Prepared:
        """The patients as each kind of prior lays them out: ``none``, and ``directions`` where
        there is one."""
        spec = own_spec(self.evidence, patients)
        out = {"none": (spec, Told(_data(spec, patients)))}
        if self.settings.prior != "none" and self.known(patients):
            signed = own_spec(self.evidence, patients, "directions")
            world = self.world if self.settings.prior == "world" else None
            slopes = None if world is None else prior_slopes(world, signed, patients)
            out["directions"] = signed, Told(_data(signed, patients), slopes)
        return out

    def chosen(self, prepared: Prepared, split: Split, seed: int) -> Choice:
        """The candidate that does best in inner folds."""
        settings, y = self.settings, prepared["none"][1].data.y
        return choose(
            {prior: told for prior, (_, told) in prepared.items()},
            split.inner_codes(y, derived_seed(seed, "own.inner") % 2**32),
            settings.params,
            families=settings.families,
            seed=seed,
            threads=settings.threads,
        )

    def fitted(
        self,
        prepared: Prepared,
        choice: Choice,
        candidate: Candidate,
        seed: int,
        told: Callable[[int, int], None] | None = None,
    ) -> OwnFit:
        """The bag of a candidate."""
        spec, data = prepared[candidate.prior]
        params = candidate.params(self.settings.params)
        arrays = data.drawn(candidate.share)
        fitted = fit_bag(arrays, params, seed, self.settings.threads, told)
        return OwnFit(spec, params, fitted, choice)

    def known(self, patients: OwnPatients) -> tuple[str, ...]:
        """Features of which the evidence says a direction."""
        return tuple(shared_exposures(draft_world(self.evidence), patients))


def _data(spec: FeatureSpec, patients: OwnPatients) -> TrainingData:
    return training_data(spec, patients.records, patients.strategy, patients.resistant)
