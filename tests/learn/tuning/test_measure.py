"""The loss that is lowered: of patients that a model did not see."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from resistml.learn.params import Params, TrainingData
from resistml.learn.tuning.measure import out_of_bag_loss

PARAMS = Params(bag=6, rounds=4, checks=1, depth=6, min_child_weight=0.0, learning_rate=1.0)


def noise(seed: int, effect: float = 0.0, n: int = 600) -> TrainingData:
    """Outcomes that depend on the first of five columns by so much, and on no other."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((n, 5))
    y = (rng.random(n) < expit(effect * matrix[:, 0])).astype(float)
    arms = np.zeros(n, dtype=np.int64)
    return TrainingData(matrix, matrix, arms, y, n_arms=1, signed=np.zeros(5, dtype=bool))


def test_learning_noise_by_heart_does_not_pay() -> None:
    """Deep trees fit their own patients near to perfection; out of bag they do worse than 0.693."""
    deep = out_of_bag_loss(noise(1), PARAMS, seed=1, threads=1)
    assert deep > np.log(2)


def test_what_is_there_to_be_learned_pays() -> None:
    plain = Params(bag=6, rounds=1, checks=1, learning_rate=0.01)
    learned = out_of_bag_loss(noise(1, effect=2.0), plain, seed=1, threads=1)
    assert learned < np.log(2) - 0.1


def test_same_seed_same_loss() -> None:
    one, two, other = (out_of_bag_loss(noise(1), PARAMS, seed, threads=1) for seed in (1, 1, 2))
    assert one == two
    assert one != other


def test_it_tells_how_far_it_is() -> None:
    seen: list[tuple[int, int]] = []
    out_of_bag_loss(noise(1), PARAMS, 1, 1, lambda done, of: seen.append((done, of)))
    assert seen == [(k, 6) for k in range(1, 7)]


@pytest.mark.parametrize("family", ["logistic", "additive"])
def test_any_family_can_be_measured(family: str) -> None:
    loss = out_of_bag_loss(noise(1, effect=2.0), Params(family=family, bag=3, rounds=5), 1, 1)
    assert 0 < loss < np.log(2)
