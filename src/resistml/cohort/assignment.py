"""Which strategy each patient is given: a propensity from recorded values alone."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from resistml.features.links import forward
from resistml.world.compiled import Compiled, is_frail
from resistml.world.laws import World

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Assignment = Literal["randomised", "guideline", "confounded", "hidden_confounding"]

#: Classes that a doctor is slow to give to a frail patient.
DEMANDING = ("chemotherapy_intensified", "chemo_antiangiogenic", "chemo_immuno", "cell_therapy")


def propensities(
    world: World,
    c: Compiled,
    recorded: Floats,
    age: Floats,
    ecog: Floats,
    eligible: Bools,
    how: Assignment,
    true_f: Floats | None = None,
) -> Floats:
    """(n, A) probability that each patient is given each strategy; 0 where not eligible.

    ``randomised`` gives all eligible strategies the same chance; ``guideline`` favours the
    setting's usual one and spares the frail; ``confounded`` also steers away from strategies
    that the recorded markers speak against. Every eligible strategy keeps at least
    ``propensity_floor``.

    Notes
    -----
    Recorded values, their missingness, age and ECOG are all that enters: were true values
    used, the response among the treated would not be the response to be expected. That is what
    ``hidden_confounding`` does, to show how it fails: beyond ``confounded``, patients whose
    prognosis is worse than their record shows get something else than the usual strategy.
    """
    k = world.constants
    utility = np.zeros(eligible.shape)
    if how != "randomised":
        usual = np.array([a == c.law.usual for a in c.arms])
        demanding = np.array([world.strategies[a].treatment_class in DEMANDING for a in c.arms])
        utility = utility + k["assignment_guideline_usual"] * usual
        frail = is_frail(world, age, ecog)[:, None]
        utility = utility - k["assignment_frailty_slope"] * frail * demanding
    if how in ("confounded", "hidden_confounding"):
        seen = _merit(c, standard_records(c, recorded))
        utility = utility + k["assignment_marker_slope"] * seen
        if how == "hidden_confounding":
            assert true_f is not None  # the one assignment that looks at what is not recorded
            unseen = (_merit(c, true_f) - seen).mean(axis=1, keepdims=True)
            utility = utility - k["assignment_hidden_slope"] * unseen * ~usual
    floor = k["propensity_floor"]
    weight = np.where(eligible, np.exp(utility - utility.max(axis=1, keepdims=True)), 0.0)
    share = weight / weight.sum(axis=1, keepdims=True)
    open_ = eligible.sum(axis=1, keepdims=True)
    return np.asarray(np.where(eligible, floor + (1 - floor * open_) * share, 0.0))


def choose(propensity: Floats, uniform: Floats) -> npt.NDArray[np.int64]:
    """(n,) index of the strategy given, from uniforms in [0, 1); never one of propensity 0."""
    upto = np.cumsum(propensity, axis=1)
    # Rounding must not leave a gap above the last open strategy.
    upto = upto / upto[:, -1:]
    return np.asarray((upto <= uniform[:, None]).sum(axis=1))


def _merit(c: Compiled, f: Floats) -> Floats:
    """(n, A) log-odds of response that markers f speak for, 0 for an average patient.

    Doctors take every marker to act along a line, and what they do not know to be average.
    """
    return np.asarray(np.nan_to_num(f - mean_f(c)) @ c.weights.T)


def standard_records(c: Compiled, recorded: Floats) -> Floats:
    """(n, C + B) f of the recorded values; NaN where missing."""
    n_c = len(c.continuous)
    out = recorded.copy()
    for i, kind in enumerate(c.kinds):
        # A value below a detection limit is recorded as 0: keep it within three spreads.
        link = np.maximum(forward(kind, recorded[:, i]), c.location[i] - 3 * c.spread[i])
        out[:, i] = np.where(np.isnan(recorded[:, i]), np.nan, link)
    out[:, :n_c] = c.standardised(out[:, :n_c])
    return out


def mean_f(c: Compiled) -> Floats:
    """(C + B,) mean of f among the patients of the setting."""
    return np.concatenate([c.standardised(c.location), c.prevalence])
