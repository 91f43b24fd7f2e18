"""Whose fault the true log-odds towards resistance are: exact Shapley values by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from resistml.cohort.assignment import mean_f
from resistml.world.compiled import Compiled, clinical_terms, factors
from resistml.world.laws import World
from resistml.world.sample import draw_base, f_values

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
    mean_terms : (C + B + P,) array
        Mean of what the log-odds are linear in, among the setting's patients.
    mean_hazard : (A,) array
        Mean clinical terms of the setting's patients.
    """

    c: Compiled
    columns: dict[str, list[int]]
    mean_terms: Floats
    mean_hazard: Floats

    @classmethod
    def of(cls, world: World, c: Compiled) -> Attribution:
        """The attribution in a setting of a world."""
        columns = {
            group: [j for j, m in enumerate(c.markers) if world.markers[m].mechanism == group]
            for group in factors(world)
        }
        return cls(c, columns, mean_terms(c), mean_hazard(world, c))

    def __call__(self, terms: Floats, hazard: Floats) -> dict[str, Floats]:
        """Shapley values, (n, A) each, from terms (n, C + B + P) and clinical terms (n, A).

        Against the setting's population, features of one group taken out together. The log-odds
        are linear in the terms: a marker's own falls to its group, that of a pair is shared
        between the two as the game of two players says. ``context`` is what an average patient of
        the setting has; the groups add up to minus the log-odds of response.

        The expectation of the Shapley values given a record is that of the expected terms.
        """
        c, width = self.c, len(self.c.markers)
        centred = self.mean_terms[:width] - terms[:, :width]
        out = {
            group: centred[:, columns] @ c.weights[:, columns].T
            for group, columns in self.columns.items()
        }
        for pair in range(len(c.pairs)):
            for group, share in self._shares(terms, pair):
                out[group] = out[group] - share[:, None] * c.pair_weights[:, pair]
        out["clinical"] = out["clinical"] + hazard - self.mean_hazard
        average = self.mean_hazard - c.alpha - c.term_weights @ self.mean_terms
        return {**out, "context": np.broadcast_to(average, hazard.shape)}

    def _shares(self, terms: Floats, pair: int) -> list[tuple[str, Floats]]:
        """What each group of a pair adds to the product g h, less its mean."""
        product, mean = len(self.c.markers) + pair, self.mean_terms
        out = []
        for one, other in (self.c.pairs[pair], self.c.pairs[pair][::-1]):
            alone = terms[:, one] * mean[other] - mean[product]
            last = terms[:, product] - mean[one] * terms[:, other]
            out.append((self._group(int(one)), (alone + last) / 2))
        return out

    def _group(self, column: int) -> str:
        return next(group for group, columns in self.columns.items() if column in columns)


def mean_terms(c: Compiled) -> Floats:
    """(C + B + P,) mean terms of a setting's patients: exact for markers that act along a line,
    else over its fixed sample."""
    if c.additive:
        return mean_f(c)
    return np.asarray(c.terms(f_values(c, draw_base(c))).mean(axis=0))


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
