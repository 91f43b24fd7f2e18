"""Shares free of an event on the fixed sample: closed forms, and gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.world.laws import ArmLaw
from resistml.world.time_sample import PARAMETERS, ArmSample, Event, Group
from resistml.world.times import monthly_hazard
from tests.world.tiny import arm, tiny_world

HAZARD = monthly_hazard(tiny_world())


def sample(n: int = 50, eta: float = 0.3, seed: int = 0) -> ArmSample:
    """A sample of patients who all have the same log-odds."""
    wait = np.log(-np.log((np.arange(n) + 0.5) / n))
    return ArmSample(np.full(n, eta), np.zeros(n), wait, 1.5, HAZARD)


def free(law: ArmLaw, event: Event, months: float, group: Group, eta: float = 0.3) -> float:
    s = sample(4_000, eta)
    return s.free(law, np.ones(4_000), event, months, group)[0]


def test_free_of_progression_is_a_mixture_of_weibulls() -> None:
    law, p = arm(), expit(0.3)
    for months in (1.0, 6.0, 20.0):
        slow, fast = (np.exp(-((months / s) ** 1.3)) for s in (6.0 * 2.2, 6.0))
        assert free(law, "pfs", months, "all") == pytest.approx(p * slow + (1 - p) * fast)
        assert free(law, "pfs", months, "responders") == pytest.approx(p * slow)


def test_a_cured_fraction_is_a_plateau() -> None:
    law = arm(cure=2.0)
    cured = expit(0.3 - 2.0)
    for event in ("pfs", "os"):
        late = free(law, event, 400.0, "all")  # type: ignore[arg-type]
        assert late == pytest.approx(cured * np.exp(-400 * HAZARD), rel=1e-6)
    assert free(law, "pfs", 400.0, "uncured") == pytest.approx(0.0, abs=1e-9)
    assert free(law, "pfs", 0.0, "cured") == pytest.approx(cured)
    assert free(law, "pfs", 0.0, "complete") == pytest.approx(expit(0.3 - 1.5))


def test_exponential_progression_and_survival_after_it_add_up() -> None:
    """With shapes 1, ratios 1 and no slope, OS is hypoexponential with means 6 and 8."""
    law = arm(pfs_shape=1.0, post_shape=1.0, pfs_ratio=1.0, post_ratio=1.0, risk_slope=0.0)
    for months in (3.0, 10.0, 30.0):
        expected = (8 * np.exp(-months / 8) - 6 * np.exp(-months / 6)) / (8 - 6)
        # The time to progression is the one sampled: midpoints of 4,000 strata err by 1e-4.
        assert free(law, "os", months, "all") == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("group", ["all", "responders", "complete", "cured", "uncured"])
@pytest.mark.parametrize("event", ["pfs", "os"])
def test_gradients_are_the_differences(event: Event, group: Group) -> None:
    rng = np.random.default_rng(2)
    n = 400
    eta = rng.normal(0.2, 1, n)
    s = ArmSample(eta, eta - 0.2, np.log(-np.log(rng.random(n))), 1.5, HAZARD)
    weight, law, step = rng.random(n), arm(cure=2.0), 1e-6
    gradient = s.free(law, weight, event, 9.0, group)[1]
    for i, name in enumerate(PARAMETERS):
        value = getattr(law, name)
        by = value * step if name in ("pfs_scale", "os_scale") else step
        up, down = (
            s.free(replace(law, **{name: value + sign * by}), weight, event, 9.0, group)[0]
            for sign in (1, -1)
        )
        assert gradient[i] == pytest.approx((up - down) / (2 * step), abs=1e-6), name
    assert np.abs(gradient).max() > 1e-3
