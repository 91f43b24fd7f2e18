"""Whose fault the true log-odds towards resistance are: exact Shapley values by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from resistml.cohort.assignment import mean_f
from resistml.world.compiled import Compiled, clinical_terms, factors
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]


def groups(world: World) -> tuple[str, ...]:
    """Groups that the log-odds are attributed to, in the order of the oracle's columns."""
    return (*factors(world), "context")


@dataclass(frozen=True)
class Attribution:
    """Attributes the log-odds towards resistance in a setting.

    Attributes
    ----------
    c : Compiled
    columns : mapping of group to list of int
        Columns of f that belong to the group.
    mean_hazard : (A,) array
        Mean clinical terms of the setting's patients.
    """

    c: Compiled
    columns: dict[str, list[int]]
    mean_hazard: Floats

    @classmethod
    def of(cls, world: World, c: Compiled) -> Attribution:
        """The attribution in a setting of a world."""
        columns = {
            group: [j for j, m in enumerate(c.markers) if world.markers[m].mechanism == group]
            for group in factors(world)
        }
        return cls(c, columns, mean_hazard(world, c))

    def __call__(self, f: Floats, hazard: Floats) -> dict[str, Floats]:
        """Shapley values, (n, A) each, from f (n, C + B) and clinical terms (n, A).

        The log-odds are additive in f and in the clinical terms, so a group's Shapley value
        against the setting's population is its terms less their mean. ``context`` is what an
        average patient of the setting has; the groups add up to minus the log-odds of response.
        """
        c = self.c
        centred = mean_f(c) - f
        out = {
            group: centred[:, columns] @ c.weights[:, columns].T
            for group, columns in self.columns.items()
        }
        out["clinical"] = out["clinical"] + hazard - self.mean_hazard
        average = self.mean_hazard - c.alpha - c.weights @ mean_f(c)
        return {**out, "context": np.broadcast_to(average, hazard.shape)}


def mean_hazard(world: World, c: Compiled) -> Floats:
    """(A,) mean clinical terms over the ages and performance states of a setting's patients."""
    law = c.law
    ages = np.arange(np.floor(law.age_low), np.floor(law.age_high) + 1)
    ends = np.clip(np.append(ages, ages[-1] + 1), law.age_low, law.age_high)
    share = np.diff(ndtr((ends - law.age_mean) / law.age_sd))
    share = share / share.sum()
    states = {0.0: 1 - law.ecog_1 - law.ecog_2, 1.0: law.ecog_1, 2.0: law.ecog_2}
    mean = np.zeros(len(c.arms))
    for state, weight in states.items():
        terms = clinical_terms(world, c.arms, ages, np.full(len(ages), state))
        mean += weight * (share @ terms)
    return mean
