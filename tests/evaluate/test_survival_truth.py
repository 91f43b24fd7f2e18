"""The fair oracle of times, held against closed forms and against what befell the patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.evaluate.judge import draw_judge
from resistml.evaluate.survival_truth import MEDIAN_GRID, fair_curves, median_of
from resistml.world.laws import ArmLaw, World
from resistml.world.times import monthly_hazard
from tests.world.tiny import tiny_world

MONTHS = np.array([1.0, 4.0, 10.0, 30.0])


def pfs(law: ArmLaw, eta: np.ndarray, months: np.ndarray, hazard: float) -> np.ndarray:
    """(n, G) share free of progression, from the law of times."""
    p = 1 / (1 + np.exp(-eta))
    cured = np.zeros_like(p) if law.cure is None else 1 / (1 + np.exp(law.cure - eta))
    scale = law.pfs_scale * np.exp(law.risk_slope * (eta - law.alpha))
    others = np.exp(-((months / scale[:, None]) ** law.pfs_shape))
    responders = np.exp(-((months / (law.pfs_ratio * scale[:, None])) ** law.pfs_shape))
    out = (p - cured)[:, None] * responders + (1 - p)[:, None] * others
    return np.asarray(out + cured[:, None] * np.exp(-hazard * months))


@pytest.mark.parametrize("cure", [None, 2.5])
def test_where_the_record_is_the_truth_it_is_the_law(cure: float | None) -> None:
    """The markers that "aimed" hangs on are all recorded, and without error."""
    world = tiny_world()
    sharp = {
        m: replace(x, error=0.0, false_negative=0.0, false_positive=0.0)
        for m, x in world.markers.items()
    }
    early = world.settings["early"]
    law = replace(early.arms["aimed"], kappa=2.0, cure=cure)
    arms = {**early.arms, "aimed": law}
    settings = {**world.settings, "early": replace(early, arms=arms)}
    world = replace(world, markers=sharp, settings=settings)
    plan = Plan(4, 600, missing="none", all_arms=True)
    judge = draw_judge(world, plan)
    rows = np.flatnonzero((judge.arm == "aimed") & (judge.oracle_records.setting == "early"))
    records = judge.oracle_records.take(rows)
    found = fair_curves(plan.observed(world), records, judge.arm[rows], MONTHS, seed=1)
    eta = logit(judge.p_response[rows])
    expected = pfs(law, eta, MONTHS, monthly_hazard(world))
    assert len(rows) > 200
    assert np.ptp(expected[:, 1]) > 0.1
    # Interpolation between log-odds 0.4 apart, and 4,096 draws at each.
    np.testing.assert_allclose(found["pfs"], expected, atol=0.012)
    assert np.abs(found["pfs"] - expected).mean() < 0.003
    assert (found["os"] >= found["pfs"]).all()


@pytest.fixture(scope="module")
def drawn(world: World) -> tuple[World, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The world as observed, all the times of 6,000 patients followed until death, their curves."""
    plan = Plan(21, 6_000, complete_followup=True, assignment="randomised")
    judge = draw_judge(world, replace(plan, oracle=True))
    curves = fair_curves(plan.observed(world), judge.records, judge.strategy, MONTHS, seed=2)
    return plan.observed(world), judge.times, curves


@pytest.mark.parametrize("name", ["pfs", "os"])
def test_what_is_expected_is_what_befell(
    name: str, drawn: tuple[World, dict[str, np.ndarray], dict[str, np.ndarray]]
) -> None:
    """Overall, and among the third that was expected to fare worst, and best."""
    _, times, curves = drawn
    free = times[f"{name}_months"][:, None] > MONTHS
    assert times[f"{name}_event"].all()
    order = np.argsort(curves[name][:, 2])
    for rows in (order, *np.array_split(order, 3)):
        share = curves[name][rows].mean(axis=0)
        se = np.sqrt(share * (1 - share) / len(rows))
        assert (np.abs(free[rows].mean(axis=0) - share) < 4 * se + 0.003).all()


def test_the_same_seed_is_the_same_truth(world: World) -> None:
    cohort = Drawer(world, Plan(3, 60, oracle=True))
    judge = draw_judge(world, cohort.plan)
    given = cohort.world, judge.records, judge.strategy, MONTHS
    first, again, other = (fair_curves(*given, seed=s)["os"] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_allclose(first, other, atol=0.06)


def test_medians_between_months() -> None:
    """Of exponential curves log 2 over the hazard; by a line in log time within a thousandth."""
    hazard = np.array([0.002, 0.05, 1.0, 5.0])
    curves = np.exp(-hazard[:, None] * MEDIAN_GRID)
    np.testing.assert_allclose(median_of(MEDIAN_GRID, curves), np.log(2) / hazard, rtol=1e-3)


def test_medians_off_the_grid() -> None:
    months = np.array([1.0, 2.0, 4.0])
    curves = np.array([[0.9, 0.8, 0.7], [0.4, 0.3, 0.2], [0.9, 0.5, 0.1], [0.5, 0.4, 0.3]])
    found = median_of(months, curves)
    assert found[0] == np.inf
    np.testing.assert_allclose(found[1:], [1.0, 2.0, 1.0])
