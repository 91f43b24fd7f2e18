"""The law of times: what it draws, and the medians of a setting's patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from resistml.features.conditions import holds
from resistml.world.audit import fresh_patients
from resistml.world.compiled import clinical_terms, compile_setting
from resistml.world.laws import ArmLaw, World
from resistml.world.moments import Cell
from resistml.world.times import DrawnTimes, Times, draw_times, monthly_hazard
from tests.world.tiny import arm, tiny_world

TINY = tiny_world()
PATIENTS = 60_000
ANY = Cell("early", "plain", ())
HAZARD = monthly_hazard(TINY)
NONE = np.zeros((1, 1))


def one(law: ArmLaw, *, eta: float, response: float, progress: float, post: float) -> DrawnTimes:
    """The times of one patient."""
    uniforms = (np.array([[u]]) for u in (response, progress, post))
    return draw_times([law], HAZARD, np.array([[eta]]), *uniforms)


def test_the_hazard_of_the_cured_loses_the_stated_share_in_a_year() -> None:
    assert 1 - np.exp(-12 * HAZARD) == pytest.approx(0.02)


def test_times_by_hand() -> None:
    law = arm(cure=None)
    merit, half = 0.5, np.log(2)
    eta = law.alpha + merit
    gain = np.exp(0.15 * merit)
    no = one(law, eta=eta, response=0.999, progress=0.5, post=0.5)
    assert no.pfs[0, 0] == pytest.approx(6.0 * gain * half ** (1 / 1.3))
    assert no.os[0, 0] - no.pfs[0, 0] == pytest.approx(8.0 * half ** (1 / 1.1))
    yes = one(law, eta=eta, response=0.001, progress=0.5, post=0.5)
    assert yes.pfs[0, 0] == pytest.approx(2.2 * no.pfs[0, 0])
    assert yes.os[0, 0] - yes.pfs[0, 0] == pytest.approx(1.3 * 8.0 * half ** (1 / 1.1))
    assert not yes.cured.any()


def test_the_cured_are_the_most_sensitive_and_do_not_progress() -> None:
    law = arm(cure=2.0)
    edge = expit(0.4 - 2.0)
    well = one(law, eta=0.4, response=edge - 1e-6, progress=0.5, post=0.5)
    ill = one(law, eta=0.4, response=edge + 1e-6, progress=0.5, post=0.5)
    assert well.cured.all()
    assert not ill.cured.any()
    assert well.pfs[0, 0] == well.os[0, 0] == pytest.approx(np.log(2) / HAZARD)


def test_where_nobody_dies_of_other_causes_the_cured_live_on() -> None:
    law, sure = arm(cure=1.5), np.full((1, 1), 1e-9)
    found = draw_times([law], 0.0, NONE, sure, np.full((1, 1), 0.5), np.full((1, 1), 0.5))
    assert np.isinf(found.pfs).all()
    assert np.isinf(found.os).all()


@given(
    st.floats(0.3, 4), st.floats(0.3, 4), st.floats(1, 4), st.floats(0, 0.5),
    st.one_of(st.none(), st.floats(1.5, 5)), st.integers(0, 10_000),
)  # fmt: skip
def test_nobody_dies_before_progression(
    pfs_shape: float, post_shape: float, ratio: float, slope: float, cure: float | None, seed: int
) -> None:
    law = arm(
        pfs_shape=pfs_shape, post_shape=post_shape, pfs_ratio=ratio, risk_slope=slope, cure=cure
    )
    rng = np.random.default_rng(seed)
    uniforms = (np.clip(rng.random((40, 1)), 1e-15, 1 - 1e-15) for _ in range(3))
    found = draw_times([law], HAZARD, rng.normal(0, 2, (40, 1)), *uniforms)
    assert (found.pfs <= found.os).all()
    assert (found.pfs > 0).all()


# ---- On a setting's patients


def drawn(world: World, setting: str, arm_index: int):  # type: ignore[no-untyped-def]
    """Fresh patients' record, and their times under an arm."""
    c = compile_setting(world, setting)
    p, seen = fresh_patients(world, c, PATIENTS, seed=11)
    eta = c.log_odds(p.f, clinical_terms(world, c.arms, p.age, p.ecog))[:, [arm_index]]
    rng = np.random.default_rng(3)
    uniforms = (rng.random((PATIENTS, 1)) for _ in range(3))
    law = c.law.arms[c.arms[arm_index]]
    return seen, draw_times([law], monthly_hazard(world), eta, *uniforms)


def median_tolerance(values: np.ndarray) -> float:
    """4 standard errors of a median, from the density around it: sqrt(1/4n) / f(m)."""
    low, high = np.quantile(values, [0.45, 0.55])
    return float(4 * 0.5 / np.sqrt(len(values)) * (high - low) / 0.1)


@pytest.mark.parametrize("cure", [None, 2.5])
@pytest.mark.parametrize("conditions", [(), (("PUMP", ">", 2.0),), (("GATE", "==", 1.0),)])
def test_medians_are_those_of_drawn_patients(
    cure: float | None, conditions: tuple[tuple[str, str, float], ...]
) -> None:
    law = TINY.settings["early"]
    arms = {**law.arms, "plain": replace(law.arms["plain"], cure=cure)}
    world = replace(TINY, settings={**TINY.settings, "early": replace(law, arms=arms)})
    cell = Cell("early", "plain", conditions)
    times = Times.by_arm(world, compile_setting(world, "early"))["plain"]
    seen, found = drawn(world, "early", 0)
    member = holds(seen, conditions, PATIENTS)
    for values, median in ((found.pfs, times.pfs_median(cell)), (found.os, times.os_median(cell))):
        mine = values[member, 0]
        assert median == pytest.approx(np.median(mine), abs=median_tolerance(mine))


def test_a_median_that_is_not_reached_is_infinite() -> None:
    law = TINY.settings["early"]
    arms = {**law.arms, "plain": replace(law.arms["plain"], alpha=9.0, cure=1.5)}
    none = {"background_mortality_per_year": 0.0}
    world = replace(
        TINY,
        settings={**TINY.settings, "early": replace(law, arms=arms)},
        constants={**TINY.constants, **none},
    )
    times = Times.by_arm(world, compile_setting(world, "early"))["plain"]
    assert times.pfs_median(ANY) == np.inf


def test_shares_of_cells() -> None:
    times = Times.by_arm(TINY, compile_setting(TINY, "early"))["plain"]
    assert times.share(ANY) == 1
    gate = Cell("early", "plain", (("GATE", "==", 1.0),))
    # Called mutated: 0.35 x 0.95 + 0.65 x 0.01, of the nine in ten that are measured.
    assert times.share(gate) == pytest.approx(0.9 * 0.339, abs=0.002)
    assert times.weight(gate).sum() == pytest.approx(1.0)


def test_merit_is_measured_from_the_intercept() -> None:
    law = TINY.settings["early"]
    up = replace(law, arms={a: replace(x, alpha=x.alpha + 1.0) for a, x in law.arms.items()})
    world = replace(TINY, settings={**TINY.settings, "early": up})
    first, other = (Times.by_arm(w, compile_setting(w, "early"))["plain"] for w in (TINY, world))
    assert other.merit == pytest.approx(first.merit)
    assert other.eta == pytest.approx(first.eta + 1.0)
