"""What fresh patients show of a figure, and how well."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.world.audit_draws import Asked, Found, found, mean, median, ratio, short_of_half
from resistml.world.moments import Cell
from resistml.world.time_moments import Reading, TimeMoment
from resistml.world.time_problem import Shares
from tests.world.tiny import tiny_world

WORLD = tiny_world()
PATIENTS = 60_000


def test_the_median_of_pooled_cells_and_its_error() -> None:
    """Exponential times: the median is log 2, its standard error 1 / sqrt(n)."""
    rng = np.random.default_rng(3)
    n = 100_000
    parts = [Found(rng.exponential(size=n // 2), n) for _ in range(2)]
    middle, se = median(parts)
    assert se == pytest.approx(1 / n**0.5, rel=0.05)
    assert middle == pytest.approx(np.log(2), abs=4 / n**0.5)


def test_a_pooled_mean_counts_cells_by_their_share_of_their_setting() -> None:
    parts = [Found(np.ones(300), 1_000), Found(np.zeros(100), 1_000)]
    value, se = mean(parts)
    assert value == pytest.approx(0.75)
    assert se == 0


def test_the_error_of_a_ratio_is_that_of_its_logarithm() -> None:
    rng = np.random.default_rng(4)
    parts = [Found((rng.random(50_000) < p).astype(float), 50_000) for p in (0.6, 0.4)]
    value, se = ratio(parts[:1], parts[1:])
    expected = 1.5 * np.sqrt(0.4 / 0.6 / 50_000 + 0.6 / 0.4 / 50_000)
    assert se == pytest.approx(expected, rel=0.05)
    assert value == pytest.approx(1.5, abs=4 * se)


def test_by_how_many_a_median_is_missed() -> None:
    parts = [Found(np.arange(100.0), 100)]
    assert short_of_half(parts, 40.0, 60.0) == 0
    assert short_of_half(parts, 60.0, 80.0) == pytest.approx(0.1)  # 40 are free until then
    assert short_of_half(parts, 20.0, 40.0) == pytest.approx(0.09)  # 59 still are


def test_the_error_of_a_pooled_mean_is_that_of_its_parts_by_their_shares() -> None:
    rng = np.random.default_rng(6)
    many, few = (rng.normal(size=40_000), 10_000), (rng.normal(scale=3.0, size=10_000), 10_000)
    parts = [Found(values, 50_000) for values, _ in (many, few)]
    expected = np.hypot(0.8 / 40_000**0.5, 0.2 * 3 / 10_000**0.5)
    assert mean(parts)[1] == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("conditions", [(), (("GATE", "==", 1.0),)])
@pytest.mark.parametrize(
    "how",
    [
        Reading("os", "free"),
        Reading("pfs", "free", "complete"),
        Reading("os", "free", late=True),
        Reading("pfs", "lost", "responders", "responders", late=True),
    ],
)
def test_fresh_patients_show_what_the_solver_sees(
    how: Reading, conditions: tuple[tuple[str, str, float], ...]
) -> None:
    asked = Asked(Cell("early", "aimed", conditions), reading=how, at_months=8.0)
    part = found(WORLD, [asked], PATIENTS, seed=5)[asked]
    shown, se = mean([part])
    told = TimeMoment("claim", True, how, (asked.cell,), (), 8.0, 0.4, 0.4, 0.4)
    laws = {("early", "aimed"): WORLD.settings["early"].arms["aimed"]}
    assert shown == pytest.approx(Shares(WORLD).value(told, 8.0, laws)[0], abs=4 * se + 5e-4)
    assert part.patients == PATIENTS
    assert len(part.values) < PATIENTS  # the arm is not open to all


def test_months_after_treatment_are_counted_from_its_end() -> None:
    cell = Cell("early", "plain", ())
    early, late = (
        Asked(cell, reading=Reading("os", "median", late=late)) for late in (False, True)
    )
    shown = found(WORLD, [early, late], PATIENTS, seed=5)
    course = WORLD.settings["early"].arms["plain"].course_months
    whole = shown[early].values
    np.testing.assert_allclose(shown[late].values, whole[whole > course] - course)


def test_complete_responses_are_the_sharper_cut() -> None:
    cell = Cell("early", "plain", ())
    any_, complete = Asked(cell, "orr"), Asked(cell, "cr")
    shown = found(WORLD, [any_, complete], 2_000, seed=5)
    odds = [np.log(x.values / (1 - x.values)) for x in (shown[any_], shown[complete])]
    kappa = WORLD.settings["early"].arms["plain"].kappa
    np.testing.assert_allclose(odds[0] - odds[1], kappa)
