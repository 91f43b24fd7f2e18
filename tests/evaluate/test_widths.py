"""Constants of widths, found on worlds drawn for the purpose."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm

import resistml.evaluate.widths as module
from resistml.evaluate.widths import (
    Trial,
    find_constants,
    interval_score,
    trial_of,
    trials,
    write_widths,
)
from resistml.evidence import Evidence
from resistml.learn.params import Params
from resistml.learn.widths import Constants, known_constants, made_widths
from resistml.predict.model import Z90
from resistml.predict.parts import Parts
from resistml.world.draft import draft_world
from resistml.world.laws import World
from tests.predict.tiny import tiny_model

QUICK = Params(bag=3, rounds=4, checks=1)
TRUE = Constants(bag=1.4, rare=3.0, missing=0.2, slope=0.02)


def made_trial(seed: int, n: int = 20_000) -> Trial:
    """Answers that err by what ``TRUE`` says."""
    rng = np.random.default_rng(seed)
    margin, bag = rng.normal(size=n), rng.gamma(2.0, 0.02, n)
    units = np.stack(
        [1 / rng.integers(10, 300, n), rng.choice([0, 0, 1, 2], n), rng.gamma(1.0, 2.0, n)]
    )
    variance = TRUE.bag * bag + np.array([TRUE.rare, TRUE.missing, TRUE.slope]) @ units
    truth = margin + np.sqrt(variance) * rng.normal(size=n)
    return Trial(tiny_model(), margin, bag, units, expit(2 * truth))


def test_interval_score_closed_form() -> None:
    low, high = np.array([0.2, 0.2, 0.2]), np.array([0.4, 0.4, 0.4])
    assert interval_score(low, high, np.array([0.2, 0.3, 0.4])) == pytest.approx(0.2)
    assert interval_score(low[:1], high[:1], np.array([0.1])) == pytest.approx(0.2 + 20 * 0.1)
    assert interval_score(low[:1], high[:1], np.array([0.5]), 0.5) == pytest.approx(0.2 + 4 * 0.1)


def test_interval_score_is_least_at_the_quantiles() -> None:
    """Of 200,000 normal draws: the standard error of a quantile at 0.05 is 0.005."""
    draws = np.random.default_rng(0).normal(size=200_000)

    def loss(ends: np.ndarray) -> float:
        return interval_score(np.full(1, ends[0]), np.full(1, ends[1]), draws)

    found = minimize(loss, np.array([-1.0, 1.0]), method="Nelder-Mead")
    assert found.x == pytest.approx([-Z90, Z90], abs=0.02)
    assert norm.ppf(0.95) == pytest.approx(Z90)


def test_a_trials_interval_is_the_models(world: World, evidence: Evidence) -> None:
    """What the search works with is what a model with these widths answers."""
    trial = trial_of(evidence, world, QUICK, patients=800, judged=60, seed=3, threads=1)
    low, high = trial.interval(TRUE)
    model = trial.model
    counts = 1 / trial.units[0] - 1  # of each row's arm
    judge = module.draw_judge(world, module.Plan(module.derived_seed(3, "judged"), 60))
    codes = model.features(judge.oracle_records, judge.arm).arms
    per_arm = np.zeros(len(model.spec.arms))
    per_arm[codes] = counts
    widths = made_widths(per_arm, TRUE)
    whole = replace(model, parts=Parts(widths=widths)).risk(judge.oracle_records, judge.arm)
    np.testing.assert_allclose((low, high), whole.interval(), rtol=1e-12)
    np.testing.assert_array_equal(trial.fair, 1 - judge.p_fair)
    assert (trial.units[1:] >= 0).all()
    assert (trial.units[1:] > 0).any(axis=1).all()
    assert per_arm.max() > per_arm[per_arm > 0].min() >= 0


@pytest.mark.slow
def test_constants_that_made_the_errors_are_found() -> None:
    """40,000 answers: widths to a few in a hundred, and nine in ten held on fresh answers."""
    found = find_constants([made_trial(1), made_trial(2)])
    assert asdict(found) == pytest.approx(asdict(TRUE), rel=0.35)
    fresh = made_trial(3)
    low, high = fresh.interval(found)
    inside = (low <= fresh.fair) & (fresh.fair <= high)
    # 3 standard errors of a share of 20,000, and what the constants may be off.
    assert inside.mean() == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / 20_000) + 0.006)
    for amount in range(3):
        mine = fresh.units[1] == amount
        error = 3 * np.sqrt(0.09 / mine.sum()) + 0.01
        assert inside[mine].mean() == pytest.approx(0.9, abs=error)


@pytest.mark.slow
def test_the_learner_is_told_what_each_world_is(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exposures as drawn for the world, not the default ones; a seed per cohort."""
    seen = []

    def noted(told: Evidence, world: World, params: Params, **how: int) -> Trial:
        seen.append((told, world, how))
        return made_trial(1, 10)

    monkeypatch.setattr(module, "trial_of", noted)
    found = list(trials(QUICK, worlds=1, sizes=(600, 700), judged=50, seed=7, threads=1))
    assert len(found) == len(seen) == 2
    default = draft_world(evidence).strategies
    for told, world, how in seen:
        drafted = draft_world(told).strategies
        for strategy, law in world.strategies.items():  # a solved world's numbers are rounded
            assert drafted[strategy].exposure == pytest.approx(law.exposure, rel=1e-9)
        assert any(drafted[a].exposure != law.exposure for a, law in default.items())
        assert (how["judged"], how["threads"]) == (50, 1)
    assert [how["patients"] for *_, how in seen] == [600, 700]
    assert seen[0][2]["seed"] != seen[1][2]["seed"]


def test_what_is_written_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "trials", lambda params, **how: iter([made_trial(1, 2_000)]))
    path = tmp_path / "widths.yaml"
    found = write_widths(path, QUICK, worlds=1, sizes=(500,), threads=1)
    constants, found_on = known_constants(path)
    assert constants == found
    assert found_on["learner"] == asdict(QUICK)
    assert found_on["ensemble"] == {
        "worlds": 1,
        "sizes": [500],
        "judged": module.JUDGED,
        "seed": module.SEED,
    }
    low, high = made_trial(1, 2_000).interval(constants)
    fair = made_trial(1, 2_000).fair
    held = found_on["held"]
    assert held["coverage"] == pytest.approx(((low <= fair) & (fair <= high)).mean(), rel=1e-3)
    assert held["width"] == pytest.approx((high - low).mean(), rel=1e-3)
    assert found_on["held_by_the_bag_alone"]["coverage"] < held["coverage"]
