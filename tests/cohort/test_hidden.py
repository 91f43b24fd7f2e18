"""Confounding by what is not recorded: among those treated the fair oracle is no longer right."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.cohort.assignment import Assignment
from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.rng import BLOCK
from resistml.world.laws import World


def excess(world: World, assignment: Assignment) -> tuple[float, float]:
    """Responses beyond the fair oracle's expectation: among those given another strategy than
    the usual one, less among those given the usual; with its standard error."""
    drawn = Drawer(world, Plan(seed=31, n=BLOCK, assignment=assignment)).block(0)
    pairs = zip(drawn.oracle["patient_id"], drawn.oracle["strategy"], strict=True)
    fair = dict(zip(pairs, drawn.oracle["p_response_fair"].astype(float), strict=True))
    given = list(zip(drawn.cohort["patient_id"], drawn.cohort["strategy"], strict=True))
    p = np.array([fair[pair] for pair in given])
    more = (drawn.cohort["resistant"].astype(float) == 0) - p
    settings = drawn.cohort["setting"]
    usual = np.array(
        [s == world.settings[k].usual for k, (_, s) in zip(settings, given, strict=True)]
    )
    parts = [(more[x].mean(), (p[x] * (1 - p[x])).mean() / x.sum()) for x in (~usual, usual)]
    return float(parts[0][0] - parts[1][0]), float(np.sqrt(parts[0][1] + parts[1][1]))


@pytest.mark.parametrize("assignment", ["randomised", "guideline", "confounded"])
def test_by_recorded_values_the_treated_respond_as_expected(
    world: World, assignment: Assignment
) -> None:
    difference, error = excess(world, assignment)
    assert abs(difference) < 4 * error


def test_by_what_is_not_recorded_other_strategies_look_worse_than_they_are(world: World) -> None:
    difference, error = excess(world, "hidden_confounding")
    assert difference < -0.02
    assert difference < -4 * error
