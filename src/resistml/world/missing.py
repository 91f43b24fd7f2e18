"""Which values go unmeasured: by chance, for the patient's frailty, or for what they are.

    logit P(marker j of patient i goes unmeasured) = a_sj + missing_frail * frail_i + own_j * u_ij

with u the true value in units of the setting's spread (z; 1 or 0 for a mutation). The
intercept a_sj is such that the share unmeasured in the setting is the catalog's. Without
the third term values are missing at random, without the second as well completely so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtr

from resistml.errors import ConfigError, did_you_mean
from resistml.world.laws import SettingLaw, World

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Missing = Literal["catalogued", "at_random", "completely_at_random", "none"]

#: Nodes of the trapezoidal rule over a standard normal, which is exact to rounding here.
_NODES = np.linspace(-10.0, 10.0, 401)


@dataclass(frozen=True)
class MissingLaw:
    """The chance that each marker of a setting goes unmeasured.

    Attributes
    ----------
    intercept, own : (C + B,) arrays
        In log-odds, columns as those of f; ``intercept`` is -inf where nothing is missing and
        inf where all is. ``own`` is per unit of u, and 0 where it can make no difference.
    frail : float
        Log-odds that frailty adds.
    frail_share : float
        Share of the setting's patients who are frail.
    frailty_age : float
        Age above which a patient is.
    """

    intercept: Floats
    own: Floats
    frail: float
    frail_share: float
    frailty_age: float

    @classmethod
    def of(cls, world: World, law: SettingLaw, markers: tuple[str, ...]) -> MissingLaw:
        """The law of a setting's markers, its intercepts solved."""
        frail, age = world.constants["missing_frail"], world.constants["frailty_age"]
        share = frail_share(law, age)
        rate = np.array([law.missing[m] for m in markers])
        own = np.array([world.markers[m].missing_own for m in markers])
        own = np.where((rate > 0) & (rate < 1), own, 0.0)
        prevalence = [law.prevalence.get(m) for m in markers]
        columns = zip(rate.tolist(), own.tolist(), prevalence, strict=True)
        intercept = [_intercept(r, frail, share, b, p if b else None) for r, b, p in columns]
        return cls(np.array(intercept), own, frail, share, age)

    def is_frail(self, age: Floats, ecog: Floats) -> Bools:
        """Who counts as frail: performance status 2 or worse, or above the frailty age."""
        return frail_above(self.frailty_age, age, ecog)

    def log_odds(self, column: int, frail: Bools, u: Floats) -> Floats:
        """Log-odds that one marker goes unmeasured; ``frail`` and ``u`` broadcast."""
        return np.asarray(self.intercept[column] + self.frail * frail + self.own[column] * u)

    def chance(self, column: int, frail: Bools, u: Floats) -> Floats:
        """(n,) probability that one marker goes unmeasured, from the patients' u (n,)."""
        if self.own[column]:
            return np.asarray(expit(self.log_odds(column, frail, u)))
        return np.asarray(self._by_frailty[frail.astype(int), column])

    def chances(self, frail: Bools, u: Floats) -> Floats:
        """(n, C + B) probabilities of going unmeasured, from the patients' u (n, C + B)."""
        out = np.asarray(self._by_frailty[frail.astype(int)])
        for j in np.flatnonzero(self.own):
            out[:, j] = self.chance(int(j), frail, u[:, j])
        return out

    @property
    def _by_frailty(self) -> Floats:
        """(2, C + B) probabilities where u does not matter, of the fit and of the frail."""
        return np.asarray(expit(self.intercept + self.frail * np.array([[0.0], [1.0]])))


def frail_above(frailty_age: float, age: Floats, ecog: Floats) -> Bools:
    """Who counts as frail: performance status 2 or worse, or above the frailty age."""
    return np.asarray((ecog >= 2) | (age > frailty_age))


def frail_share(law: SettingLaw, frailty_age: float) -> float:
    """Share of a setting's patients who are frail; ages are in whole years, as in a chart."""
    first = np.clip(np.floor(frailty_age) + 1, law.age_low, law.age_high)
    ends = np.array([law.age_low, first, law.age_high])
    low, upto, high = ndtr((ends - law.age_mean) / law.age_sd)
    old = (high - upto) / (high - low)
    return float(law.ecog_2 + (1 - law.ecog_2) * old)


@lru_cache(maxsize=16_384)
def _intercept(
    rate: float, frail: float, share: float, own: float, prevalence: float | None
) -> float:
    """Intercept at which ``rate`` of the patients have no value.

    ``share`` of them are frail; u is 1 with probability ``prevalence`` (else 0), or standard
    normal if that is None.
    """
    if rate <= 0 or rate >= 1:
        return float(logit(rate))
    if prevalence is None:
        u, weight = (_NODES, np.exp(-0.5 * _NODES**2)) if own else (np.zeros(1), np.ones(1))
    else:
        u, weight = np.array([0.0, 1.0]), np.array([1 - prevalence, prevalence])
    weight = weight / weight.sum()

    def excess(intercept: float) -> float:
        fit, weak = (weight @ expit(intercept + by + own * u) for by in (0.0, frail))
        return float((1 - share) * fit + share * weak) - rate

    reach = 1 + abs(frail) + abs(own) * float(np.abs(u).max())
    middle = float(logit(rate))
    return float(brentq(excess, middle - reach, middle + reach, xtol=1e-13))


def with_missing(world: World, how: Missing) -> World:
    """The world with some reasons for missing values taken out.

    Parameters
    ----------
    how : {"catalogued", "at_random", "completely_at_random", "none"}
        All reasons as the catalog has them; no marker's own value; nor frailty; or complete
        records. The share missing stays that of the catalog, but for the last.

    Raises
    ------
    ConfigError
        For any other word.
    """
    known = get_args(Missing)
    if how not in known:
        raise ConfigError(
            f"unknown kind of missing values '{how}'",
            key="missing",
            allowed=", ".join(known),
            hint=did_you_mean(how, known),
        )
    step = known.index(how)
    if step >= 1:
        markers = {m: replace(law, missing_own=0.0) for m, law in world.markers.items()}
        world = replace(world, markers=markers)
    if step >= 2:
        world = replace(world, constants={**world.constants, "missing_frail": 0.0})
    if step >= 3:
        settings = {
            s: replace(law, missing=dict.fromkeys(law.missing, 0.0))
            for s, law in world.settings.items()
        }
        world = replace(world, settings=settings)
    return world
