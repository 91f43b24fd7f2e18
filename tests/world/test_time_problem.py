"""Figures about times on the fixed samples, against patients drawn by the same law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from resistml.cohort.outcomes import OutcomeNoise, Outcomes, draw_outcomes
from resistml.features.conditions import holds
from resistml.world.audit import fresh_patients
from resistml.world.compiled import clinical_terms, compile_setting
from resistml.world.laws import World
from resistml.world.moments import Cell
from resistml.world.time_moments import Probe, Reading, TimeMoment
from resistml.world.time_problem import Problem, Shares, miss, outside, remembered
from resistml.world.unknowns import Unknown
from tests.world.tiny import tiny_world

PATIENTS = 200_000
GATED = (("GATE", "==", 1.0),)
KEYS = [("early", "plain"), ("early", "aimed")]


def curable() -> World:
    """The small world where the plain arm cures some."""
    world = tiny_world()
    law = world.settings["early"]
    arms = {**law.arms, "plain": replace(law.arms["plain"], cure=2.5)}
    return replace(world, settings={**world.settings, "early": replace(law, arms=arms)})


WORLD = curable()
LAWS = {(s, a): WORLD.settings[s].arms[a] for s, a in KEYS}


def moment(how: Reading, months: float, *cells: Cell, against: tuple[Cell, ...] = ()) -> TimeMoment:
    return TimeMoment("claim", True, how, cells, against, months, 0.4, 0.4, 0.4)


def cell(arm: str = "plain", conditions: tuple[tuple[str, str, float], ...] = ()) -> Cell:
    return Cell("early", arm, conditions)


@pytest.fixture(scope="module")
def drawn() -> tuple[dict[str, np.ndarray], Outcomes]:
    c = compile_setting(WORLD, "early")
    p, seen = fresh_patients(WORLD, c, PATIENTS, seed=12)
    eta = c.log_odds(p.f, clinical_terms(WORLD, c.arms, p.age, p.ecog))
    rng = np.random.default_rng(5)
    noise = OutcomeNoise(
        *(rng.standard_normal((PATIENTS, 1 + len(c.arms))) for _ in range(3)), rho=0.5
    )
    return seen, draw_outcomes(WORLD, c, eta, noise, np.arange(PATIENTS))


@pytest.mark.parametrize("conditions", [(), GATED])
@pytest.mark.parametrize(
    "how",
    [
        Reading("os", "free"),
        Reading("pfs", "free", "complete"),
        Reading("pfs", "lost", "responders", "responders", late=True),
        Reading("os", "free", late=True),
        Reading("pfs", "free", "uncured", "uncured"),
        Reading("pfs", "free", "responders", "responders"),
    ],
)
def test_shares_are_those_of_drawn_patients(
    drawn: tuple[dict[str, np.ndarray], Outcomes],
    how: Reading,
    conditions: tuple[tuple[str, str, float], ...],
) -> None:
    seen, out = drawn
    months, a = 8.0, 0
    member = holds(seen, conditions, PATIENTS)
    groups = {
        "all": np.ones(PATIENTS, dtype=bool),
        "responders": out.category[:, a] <= 1,
        "complete": out.category[:, a] == 0,
        "uncured": ~out.cured[:, a],
    }
    time = (out.pfs if how.event == "pfs" else out.os)[:, a]
    start = LAWS["early", "plain"].course_months if how.late else 0.0
    counted = member & groups[how.among] & (time > start)
    free = (groups[how.group] & (time > start + months))[counted]
    expected = free.mean() if how.said == "free" else 1 - free.mean()
    value, _ = Shares(WORLD).value(moment(how, months, cell("plain", conditions)), months, LAWS)
    # 4 standard errors of the draws, and half a point in a thousand for the fixed sample.
    assert value == pytest.approx(expected, abs=4 * 0.5 / counted.sum() ** 0.5 + 5e-4)


def test_the_cured_are_the_stated_share_of_complete_responses(
    drawn: tuple[dict[str, np.ndarray], Outcomes],
) -> None:
    _, out = drawn
    how = Reading("pfs", "free", "cured", "complete")
    value, _ = Shares(WORLD).value(moment(how, 0.0, cell()), 0.0, LAWS)
    complete = out.category[:, 0] == 0
    assert out.cured[:, 0][~complete].sum() == 0
    assert value == pytest.approx(out.cured[complete, 0].mean(), abs=0.01)


def test_pooled_cells_count_by_their_size() -> None:
    shares, how = Shares(WORLD), Reading("os", "free")
    parts = [cell("plain"), cell("aimed")]
    one, other = (shares.value(moment(how, 9.0, part), 9.0, LAWS)[0] for part in parts)
    size = shares.weight(parts[1]).mean()  # the plain arm is open to all
    pooled = shares.value(moment(how, 9.0, *parts), 9.0, LAWS)[0]
    assert pooled == pytest.approx((one + size * other) / (1 + size))


def test_a_ratio_is_one_share_by_the_other() -> None:
    shares, how = Shares(WORLD), Reading("os", "free")
    top, bottom = (
        shares.value(moment(how, 9.0, cell(a)), 9.0, LAWS)[0] for a in ("plain", "aimed")
    )
    both = moment(how, 9.0, cell("plain"), against=(cell("aimed"),))
    assert shares.value(both, 9.0, LAWS)[0] == pytest.approx(top / bottom)


def problem() -> Problem:
    """All fields of two arms free."""
    unknowns = []
    for s, a in KEYS:
        law = LAWS[s, a]
        for field in ("pfs_scale", "os_scale"):
            start = float(np.log(getattr(law, field)))
            unknowns.append(Unknown((field, s, a), start, -7.0, 7.0))
        for field in ("pfs_shape", "post_shape", "pfs_ratio", "post_ratio", "risk_slope"):
            start = getattr(law, field)
            unknowns.append(Unknown((field, s, a), start, 0.0, 9.0, start, 1.0))
    unknowns.append(Unknown(("cure", "early", "plain"), 2.5, 1.5, 9.0))
    return Problem(Shares(WORLD), LAWS, unknowns)


@pytest.mark.parametrize(
    "one",
    [
        moment(Reading("os", "free"), 9.0, cell("plain"), against=(cell("aimed"),)),
        moment(Reading("pfs", "lost", "responders", "responders", late=True), 9.0, cell()),
        moment(Reading("pfs", "median"), 9.0, cell("plain"), cell("aimed")),
    ],
)
def test_gradients_are_the_differences(one: TimeMoment) -> None:
    p = problem()
    x = np.array([u.start for u in p.unknowns])
    slope = p.value(one, 9.0, x)[1]
    step = 1e-6
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i], down[i] = x[i] + step, x[i] - step
        difference = (p.value(one, 9.0, up)[0] - p.value(one, 9.0, down)[0]) / (2 * step)
        assert slope[i] == pytest.approx(difference, abs=2e-6), p.unknowns[i].name
    assert np.count_nonzero(slope) > 4


def test_unknowns_go_into_the_laws_and_scales_by_their_logarithm() -> None:
    p = problem()
    x = np.array([u.start for u in p.unknowns])
    x[0] += np.log(2)
    x[-1] = 3.0
    found = p.laws_at(x)
    plain = LAWS["early", "plain"]
    assert found["early", "plain"].pfs_scale == pytest.approx(2 * plain.pfs_scale)
    assert found["early", "plain"].cure == 3.0
    assert found["early", "plain"].alpha == plain.alpha
    assert found["early", "aimed"].pfs_scale == pytest.approx(LAWS["early", "aimed"].pfs_scale)


def test_misses_of_a_rate_and_of_a_median() -> None:
    p, x = Problem(Shares(WORLD), LAWS, []), np.zeros(0)
    value = p.value(moment(Reading("os", "free"), 9.0, cell()), 9.0, x)[0]
    rate = TimeMoment("c", True, Reading("os", "free"), (cell(),), (), 9.0, 0, 0, 0)
    for low, high, expected in (
        (value - 0.05, value + 0.05, 0.0),
        (value + 0.02, value + 0.05, 0.02),
        (value - 0.05, value - 0.03, 0.03),
    ):
        found = p.missed(replace(rate, low=low, high=high, at_months=9.0), x)
        assert found == pytest.approx(expected, abs=1e-12)
    median = shares_median()
    late = replace(rate, reading=Reading("os", "median"), low=2 * median, high=3 * median)
    short = 0.5 - p.value(late, 2 * median, x)[0]
    assert p.missed(late, x) == pytest.approx(short)
    assert p.missed(replace(late, low=0.9 * median, high=1.1 * median), x) == 0


def shares_median() -> float:
    return Shares(WORLD).times(("early", "plain")).os_median(cell())


def test_the_half_width_of_a_median_is_what_two_per_cent_are_worth() -> None:
    p, x, median = Problem(Shares(WORLD), LAWS, []), np.zeros(0), shares_median()
    point = moment(Reading("os", "median"), 0.0, cell())
    point = replace(point, low=median, high=median, target=median)
    early, late = (p.value(point, f * median, x)[0] for f in (0.98, 1.02))
    assert p.half_width(point, x) == pytest.approx((early - late) / 2)
    rate = moment(Reading("os", "free"), 9.0, cell())
    assert p.half_width(rate, x) == pytest.approx(0.01)


def test_outside_and_its_slopes() -> None:
    probe = Probe(9.0, 0.4, 0.6)
    assert [outside(v, probe) for v in (0.3, 0.5, 0.7)] == pytest.approx([0.1, 0.0, 0.1])
    p = problem()
    x = np.array([u.start for u in p.unknowns])
    one = moment(Reading("os", "free"), 9.0, cell())
    value, slope = p.value(one, 9.0, x)
    bounds = [(value + 0.1, 1.0), (value - 0.1, value + 0.1), (0.0, value - 0.2)]
    off, slopes = miss(p, [(one, Probe(9.0, *b)) for b in bounds], x)
    assert off == pytest.approx([-0.1, 0.0, 0.2])
    np.testing.assert_allclose(slopes, [slope, np.zeros_like(slope), slope])


def test_a_remembered_value_is_worked_out_once() -> None:
    asked: list[float] = []

    def function(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked.append(float(x[0]))
        return x, np.eye(1)

    known = remembered(function)
    for value in (1.0, 1.0, 2.0, 1.0):
        assert known(np.array([value]))[0][0] == value
    assert asked == [1.0, 2.0, 1.0]


def test_response_is_that_of_the_setting() -> None:
    sample = Shares(WORLD).times(("early", "plain")).sample
    np.testing.assert_allclose(sample.response, expit(sample.eta))
    assert (sample.cured(LAWS["early", "plain"]) <= sample.complete).all()
    assert not sample.cured(LAWS["early", "aimed"]).any()
