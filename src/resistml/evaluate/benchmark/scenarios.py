"""What a benchmark runs on: worlds, numbers of training patients, and seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from resistml.cohort.assignment import Assignment
from resistml.cohort.plan import Plan
from resistml.errors import ConfigError, did_you_mean
from resistml.evaluate.peers import MODEL, Peer
from resistml.evidence import Evidence
from resistml.world.laws import World
from resistml.world.solve import solve_world
from resistml.world.variants import Variant

#: Fresh patients that all learners are judged on, drawn with a seed that no training shares.
JUDGE = 60_000
JUDGE_SEED = 9_001
#: Training patients and seeds of the default and of the full benchmark.
SIZES = (5_000, 20_000)
FULL_SIZES = (1_000, 5_000, 20_000, 100_000)
SEEDS = (1,)
FULL_SEEDS = (1, 2, 3, 4, 5)
#: How many of them other worlds than the default get, and how many from SLOW_FROM patients on.
ELSEWHERE, ELSEWHERE_MANY = 3, 1
#: Seeds of slow peers: from so many patients on so many, and in other worlds than the default so
#: many below that, in the full benchmark alone.
SLOW_FROM, SLOW_SEEDS, SLOW_ELSEWHERE = 100_000, 2, 1
#: Where the value of a policy is told from data alone, in the full benchmark: in so many cohorts
#: of so many patients.
POLICY_WORLDS = ("default", "hidden_confounding")
POLICY_COUNT, POLICY_PATIENTS, POLICY_SEED = 200, 3_000, 1
#: Fresh patients that give a policy's true value, at most.
POLICY_JUDGED = 40_000
#: Seed of what a misspecification strikes.
VARIANT_SEED = 1


@dataclass(frozen=True)
class Scenario:
    """A world, and how its patients are treated and observed.

    Attributes
    ----------
    sizes : tuple of int
        Numbers of training patients of the default benchmark.
    intact : bool
        Whether everything is measured, and without error.
    """

    variant: Variant
    assignment: Assignment
    sizes: tuple[int, ...]
    intact: bool = False

    def world(self, evidence: Evidence) -> World:
        """The world, solved."""
        world = solve_world(evidence, self.variant, VARIANT_SEED)
        if not self.intact:
            return world
        markers = {
            name: replace(law, error=0.0, false_negative=0.0, false_positive=0.0, limit=None)
            for name, law in world.markers.items()
        }
        return replace(world, markers=markers)

    def training(self, seed: int, patients: int) -> Plan:
        """The plan of patients to train on."""
        return self._plan(Plan(seed, patients, self.assignment, oracle=False))

    def judging(self, patients: int) -> Plan:
        """The plan of patients to judge on, the same for all."""
        return self._plan(Plan(JUDGE_SEED, patients))

    def _plan(self, plan: Plan) -> Plan:
        return replace(plan, missing="none") if self.intact else plan


#: What a benchmark may run on. Hidden confounding is there to show how it fails.
SCENARIOS = {
    "default": Scenario("default", "confounded", SIZES),
    "intact": Scenario("default", "confounded", SIZES[-1:], intact=True),
    "form": Scenario("form", "confounded", SIZES[-1:]),
    "knowledge": Scenario("knowledge", "confounded", SIZES[-1:]),
    "hidden_confounding": Scenario("default", "hidden_confounding", SIZES[-1:]),
}


@dataclass(frozen=True)
class Job:
    """A learner to be fitted on a draw, and judged; or something else to be found of a world.

    ``what`` is "learner"; "gaps", what there is to gain by ranking; or "policy", how often the
    value of a policy is told rightly from the patients' data alone. The latter two have no learner.
    """

    world: str
    patients: int
    seed: int
    learner: str = ""
    what: Literal["learner", "gaps", "policy"] = "learner"


def check_worlds(worlds: Iterable[str]) -> None:
    """Raise ConfigError for a world that is not known."""
    for name in worlds:
        if name not in SCENARIOS:
            raise ConfigError(
                f"no world '{name}'",
                key="--world",
                allowed=", ".join(SCENARIOS),
                hint=did_you_mean(name, SCENARIOS),
            )


def usual_seeds(world: str, patients: int, *, full: bool) -> tuple[int, ...]:
    """The seeds of a world's draws in the default or the full benchmark."""
    if not full:
        return SEEDS
    if world == "default":
        return FULL_SEEDS
    return FULL_SEEDS[: ELSEWHERE_MANY if patients >= SLOW_FROM else ELSEWHERE]


def slow_seeds(world: str, patients: int, *, full: bool) -> int:
    """How many seeds slow peers get, at most."""
    many = patients >= SLOW_FROM
    if world == "default":
        return SLOW_SEEDS if many else len(FULL_SEEDS)
    return SLOW_ELSEWHERE if full and not many else 0


def planned(
    worlds: Sequence[str],
    peers: Mapping[str, Peer],
    *,
    full: bool,
    sizes: Sequence[int] | None = None,
    seeds: Sequence[int] | None = None,
) -> list[Job]:
    """All that is to be done, world by world and draw by draw.

    Parameters
    ----------
    sizes, seeds : sequence of int, optional
        In place of those of the default or the full benchmark.
    """
    jobs: list[Job] = []
    slow = {name for name, peer in peers.items() if peer.slow}
    for world in worlds:
        jobs.append(Job(world, 0, JUDGE_SEED, what="gaps"))
        if full and world in POLICY_WORLDS:
            jobs.append(Job(world, POLICY_PATIENTS, POLICY_SEED, what="policy"))
        for size in sizes or (FULL_SIZES if full else SCENARIOS[world].sizes):
            for place, seed in enumerate(seeds or usual_seeds(world, size, full=full)):
                left_out = slow if place >= slow_seeds(world, size, full=full) else set()
                learners = [MODEL, *(name for name in peers if name not in left_out)]
                jobs += [Job(world, size, seed, name) for name in learners]
    return jobs
