"""Worlds, sizes and seeds that are run."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from resistml.cohort.draw import Drawer
from resistml.errors import ConfigError
from resistml.evaluate.benchmark.scenarios import (
    FULL_SEEDS,
    FULL_SIZES,
    JUDGE,
    JUDGE_SEED,
    SCENARIOS,
    SIZES,
    SLOW_FROM,
    check_worlds,
    planned,
)
from resistml.evaluate.peers import MODEL, PEERS
from resistml.evidence import Evidence
from resistml.world.laws import World

PAIR = {name: PEERS[name] for name in ("constant", "dr_forest")}


def test_sizes_are_those_promised() -> None:
    assert 20_000 in SIZES
    assert set(SIZES) < set(FULL_SIZES)
    assert FULL_SIZES == (1_000, 5_000, 20_000, 100_000)
    assert len(FULL_SEEDS) == 5
    assert (JUDGE, JUDGE_SEED) == (60_000, 9_001)
    assert JUDGE_SEED not in FULL_SEEDS


def test_an_unknown_world_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'knowledge'"):
        check_worlds(["default", "knowlege"])


def test_the_default_benchmark_is_one_seed() -> None:
    jobs = planned(tuple(SCENARIOS), PAIR, full=False)
    learners = [job for job in jobs if job.what == "learner"]
    assert {job.seed for job in learners} == {1}
    per_draw = Counter((job.world, job.patients) for job in learners)
    assert per_draw == {
        (world, size): 3 if world == "default" else 2  # without the slow one
        for world, scenario in SCENARIOS.items()
        for size in scenario.sizes
    }
    assert [job.world for job in jobs if job.what == "gaps"] == list(SCENARIOS)
    assert not [job for job in jobs if job.what == "policy"]


def test_slow_peers_have_fewer_seeds_where_they_cost_most() -> None:
    assert PAIR["dr_forest"].slow
    jobs = planned(tuple(SCENARIOS), PAIR, full=True)
    assert len(set(jobs)) == len(jobs)
    seeds = Counter((j.world, j.patients, j.learner) for j in jobs if j.what == "learner")
    for world in SCENARIOS:
        for size in FULL_SIZES:
            usual = 5 if world == "default" else 3 if size < SLOW_FROM else 1
            assert seeds[world, size, MODEL] == seeds[world, size, "constant"] == usual
            expected = {"default": 5 if size < SLOW_FROM else 2}.get(world, int(size < SLOW_FROM))
            assert seeds[world, size, "dr_forest"] == expected
    assert {j.world for j in jobs if j.what == "policy"} == {"default", "hidden_confounding"}


def test_learners_of_a_draw_come_together() -> None:
    jobs = [j for j in planned(["default"], PAIR, full=True) if j.what == "learner"]
    draws = [(j.patients, j.seed) for j in jobs]
    changes = sum(a != b for a, b in pairwise(draws))
    assert changes == len(set(draws)) - 1


def test_sizes_and_seeds_can_be_named() -> None:
    jobs = planned(["form"], {}, full=True, sizes=(700,), seeds=(8, 9))
    assert [(j.patients, j.seed) for j in jobs if j.what == "learner"] == [(700, 8), (700, 9)]


def test_in_the_intact_world_everything_is_measured_without_error(
    evidence: Evidence, world: World
) -> None:
    scenario = SCENARIOS["intact"]
    intact = scenario.world(evidence)
    assert intact.hash != world.hash
    drawn = Drawer(intact, scenario.training(1, 300)).block(0)
    other = Drawer(world, SCENARIOS["default"].training(1, 300)).block(0)
    for name, law in world.markers.items():
        recorded, true = drawn.cohort[name], drawn.markers_true[name]
        in_panel = np.isin(
            drawn.cohort["setting"], [s for s, x in world.settings.items() if name in x.panel]
        )
        assert np.isnan(recorded.astype(float)).tolist() == (~in_panel).tolist()
        whole = np.floor(true) if law.kind == "count" else true
        np.testing.assert_allclose(recorded, whole, rtol=1e-9)
        np.testing.assert_allclose(true, other.markers_true[name])  # the same patients


def test_judges_and_training_patients_are_drawn_alike() -> None:
    for scenario in SCENARIOS.values():
        judge, training = scenario.judging(50), scenario.training(3, 50)
        assert judge.missing == training.missing
        assert judge.assignment == "confounded"
        assert (judge.oracle, training.oracle) == (True, False)
        assert training.assignment == scenario.assignment
