"""Plans: what is refused, and what of a world they change."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan, plan_of
from resistml.config import CohortConfig, FollowUpConfig
from resistml.errors import ConfigError
from resistml.rng import BLOCK
from tests.world.tiny import tiny_world

TINY = tiny_world()


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        ({"n": 0}, "n", "a cohort of 0 patients"),
        ({"n": -1}, "n", "a cohort of -1 patients"),
        ({"seed": -1}, "seed", "the seed is -1"),
        ({"assignment": "confunded"}, "assignment", "did you mean 'confounded'?"),
        ({"missing": "at_randm"}, "missing", "did you mean 'at_random'?"),
        ({"followup_months_min": -1.0}, "followup_months_min", "is -1"),
        ({"followup_months_max": -2.0}, "followup_months_max", "is -2"),
        ({"dropout_per_year": 1.0}, "dropout_per_year", "is 1"),
        ({"dropout_per_year": -0.1}, "dropout_per_year", "is -0.1"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    change: dict[str, object], key: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        Plan(**{"seed": 1, "n": 10, **change})  # type: ignore[arg-type]
    assert caught.value.key == key
    assert message in str(caught.value)
    assert "allowed" in str(caught.value)


def test_follow_up_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 12 and at most 6 months") as caught:
        Plan(seed=1, n=10, followup_months_max=6.0).observed(TINY)
    assert caught.value.key == "followup_months_max"


@pytest.mark.parametrize(("n", "blocks"), [(1, 1), (BLOCK, 1), (BLOCK + 1, 2), (3 * BLOCK, 3)])
def test_blocks_of_a_plan(n: int, blocks: int) -> None:
    assert Plan(seed=1, n=n).blocks == blocks


def test_a_plan_changes_nothing_of_the_world_unless_told() -> None:
    assert Plan(seed=1, n=10).observed(TINY) == TINY


def test_a_plan_of_a_config() -> None:
    followed = FollowUpConfig(min_months=24, max_months=24, dropout_per_year=0)
    config = CohortConfig(n=700, assignment="guideline", missing="none", follow_up=followed)
    plan = plan_of(3, config)
    assert (plan.seed, plan.n, plan.assignment, plan.missing) == (3, 700, "guideline", "none")
    assert plan_of(3, config, 900).n == 900
    assert plan.oracle
    assert not plan_of(3, CohortConfig(oracle=False)).oracle
    constants = plan.observed(TINY).constants
    assert constants["followup_months_min"] == constants["followup_months_max"] == 24
    assert constants["dropout_per_year"] == 0


def test_administrative_censoring_falls_where_the_plan_says() -> None:
    plan = Plan(
        *(4, 3_000), oracle=False,
        followup_months_min=6.0, followup_months_max=9.0, dropout_per_year=0.0,
    )  # fmt: skip
    cohort = Drawer(TINY, plan).block(0).cohort
    months, event = cohort["os_months"].astype(float), cohort["os_event"].astype(int)
    censored = months[event == 0]
    assert len(censored) > 500
    assert censored.min() >= 6.0
    assert months.max() <= 9.0
    # Evenly between the two: mean 7.5, standard deviation 3 / sqrt(12); those who die early are
    # not among the censored, which does not depend on when follow-up would have ended but for
    # the last three months: allow the share that dies in these.
    assert abs(censored.mean() - 7.5) < 0.5


def test_complete_follow_up_sees_every_death() -> None:
    plan = Plan(seed=4, n=2_000, complete_followup=True)
    drawn = Drawer(TINY, plan).block(0)
    assert drawn.cohort["os_event"].astype(int).all()
    assert drawn.cohort["pfs_event"].astype(int).all()


def test_complete_records_have_no_gap() -> None:
    plan = Plan(seed=4, n=500, oracle=False, missing="none")
    cohort = Drawer(TINY, plan).block(0).cohort
    values = np.array([cohort[m].astype(float) for m in TINY.markers])
    assert not np.isnan(values).any()
