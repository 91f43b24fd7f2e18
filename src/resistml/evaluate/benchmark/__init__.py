"""Learners beside the oracles on the same draws: of the default world, and of worlds that are
other than the learners are told."""

from resistml.evaluate.benchmark.run import run_benchmark
from resistml.evaluate.benchmark.scenarios import (
    FULL_SEEDS,
    FULL_SIZES,
    JUDGE,
    JUDGE_SEED,
    SCENARIOS,
    SEEDS,
    SIZES,
)

__all__ = [
    "FULL_SEEDS",
    "FULL_SIZES",
    "JUDGE",
    "JUDGE_SEED",
    "SCENARIOS",
    "SEEDS",
    "SIZES",
    "run_benchmark",
]
