"""Potential outcomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from resistml.cohort.draw import Columns
from resistml.cohort.outcomes import (
    CATEGORIES,
    OutcomeNoise,
    Outcomes,
    censoring,
    draw_outcome_noise,
    draw_outcomes,
)
from resistml.rng import BLOCK, Streams
from resistml.world.compiled import compile_setting
from resistml.world.laws import World
from tests.world.tiny import tiny_world

WORLD = tiny_world()
C = compile_setting(WORLD, "early")
N = 50_000


def noise(seed: int = 0) -> OutcomeNoise:
    """Noise of N patients, independent across arms."""
    rng = np.random.default_rng(seed)
    return OutcomeNoise(*(rng.standard_normal((N, 5)) for _ in range(3)), rho=0.0)


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, Outcomes]:
    eta = np.random.default_rng(9).normal(0.0, 1.2, (N, 4))
    return eta, draw_outcomes(WORLD, C, eta, noise(), np.arange(N))


def test_probabilities_are_the_logistic_of_the_log_odds(drawn: tuple[np.ndarray, Outcomes]) -> None:
    eta, out = drawn
    np.testing.assert_allclose(out.p_response, expit(eta))
    np.testing.assert_allclose(out.p_cr, expit(eta - 1.5))
    assert (out.p_cr <= out.p_response).all()


def test_categories_come_as_often_as_they_should(drawn: tuple[np.ndarray, Outcomes]) -> None:
    _, out = drawn
    p, cr = out.p_response, out.p_cr
    shares = {
        "CR": cr,
        "PR": p - cr,
        "SD": (1 - p) * 0.45,
        "PD": (1 - p) * 0.55,
    }
    for code, category in enumerate(CATEGORIES):
        q = shares[category]
        # Standard error of a share of independent draws with their own probabilities.
        se = np.sqrt((q * (1 - q)).mean(axis=0) / N)
        assert (np.abs((out.category == code).mean(axis=0) - q.mean(axis=0)) < 4 * se).all()


def test_survival_is_never_shorter_than_progression_free_survival(
    drawn: tuple[np.ndarray, Outcomes],
) -> None:
    _, out = drawn
    assert (out.pfs > 0).all()
    assert (out.pfs <= out.os).all()


def test_times_are_weibull_given_response_and_risk(drawn: tuple[np.ndarray, Outcomes]) -> None:
    eta, out = drawn
    response = out.category <= 1
    scale = np.array([C.law.arms[a].pfs_scale for a in C.arms])
    gain = 2.2**response * np.exp(0.15 * (eta - C.alpha))
    u = np.sort(np.exp(-((out.pfs / (scale * gain)) ** 1.3)), axis=0)
    rank = (np.arange(N) + 0.5) / N
    # Kolmogorov's distance stays below 1.95 / sqrt(n) with 99.9%.
    assert np.abs(u - rank[:, None]).max() < 1.95 / np.sqrt(N)
    post = (out.os - out.pfs) / (np.array([C.law.arms[a].os_scale for a in C.arms]) * 1.3**response)
    u = np.sort(np.exp(-(post**1.1)), axis=0)
    assert np.abs(u - rank[:, None]).max() < 1.95 / np.sqrt(N)


def test_without_a_cut_of_cure_nobody_is_cured(drawn: tuple[np.ndarray, Outcomes]) -> None:
    assert not drawn[1].cured.any()


def test_the_cured_are_complete_responders_who_die_of_other_causes() -> None:
    """By the same number that decides response; their times by the one behind the rest."""
    arms = {
        a: replace(law, cure=2.5 if i else None) for i, (a, law) in enumerate(C.law.arms.items())
    }
    c = replace(C, law=replace(C.law, arms=arms))
    eta = np.random.default_rng(9).normal(1.0, 1.2, (N, 4))
    out = draw_outcomes(WORLD, c, eta, noise(), np.arange(N))
    decides = noise().uniforms(np.arange(N), np.arange(4)[None, :])[0]
    np.testing.assert_array_equal(out.cured[:, 1:], decides[:, 1:] < expit(eta - 2.5)[:, 1:])
    assert not out.cured[:, 0].any()
    assert (out.category[out.cured] == CATEGORIES.index("CR")).all()
    np.testing.assert_array_equal(out.pfs[out.cured], out.os[out.cured])
    # 2% a year: uniform once turned back, and independent of what decided the cure.
    years = out.os[out.cured] / 12
    u = np.sort(0.98**years)
    rank = (np.arange(len(u)) + 0.5) / len(u)
    assert np.abs(u - rank).max() < 1.95 / np.sqrt(len(u))
    # Nobody else is touched.
    plain = draw_outcomes(WORLD, C, eta, noise(), np.arange(N))
    np.testing.assert_array_equal(out.os[~out.cured], plain.os[~out.cured])
    np.testing.assert_array_equal(out.category, plain.category)


def test_responders_live_longer(drawn: tuple[np.ndarray, Outcomes]) -> None:
    _, out = drawn
    response = out.category <= 1
    for a in range(4):
        assert np.median(out.pfs[response[:, a], a]) > 2 * np.median(out.pfs[~response[:, a], a])
        assert np.median(out.os[response[:, a], a]) > np.median(out.os[~response[:, a], a])


def test_the_arm_given_alone_has_the_outcome_it_has_among_all() -> None:
    """Some of it cured, so that all parts of the law are met."""
    arms = {
        a: replace(law, cure=2.0 if i else None) for i, (a, law) in enumerate(C.law.arms.items())
    }
    c = replace(C, law=replace(C.law, arms=arms))
    rng = np.random.default_rng(4)
    eta, given = rng.normal(0.5, 1.2, (N, 4)), rng.integers(0, 4, N)
    rows = rng.permutation(N)
    among = draw_outcomes(WORLD, c, eta, noise(), rows)
    alone = draw_outcomes(WORLD, c, eta, noise(), rows, given)
    assert alone.cured.any()
    for name in ("p_response", "p_cr", "category", "pfs", "os", "cured"):
        found, held = getattr(alone, name), getattr(among, name)
        np.testing.assert_array_equal(found[:, 0], held[np.arange(N), given], err_msg=name)


def uniforms_of(world: World, arms: int) -> dict[str, np.ndarray]:
    drawn = draw_outcome_noise(Streams(3), world, 0, arms)
    of_all = drawn.uniforms(np.arange(BLOCK), np.arange(arms)[None, :])
    return dict(zip(("response", "pfs", "post"), of_all, strict=True))


def test_noise_is_uniform_and_correlated_across_strategies_alone() -> None:
    uniforms = uniforms_of(WORLD, 4)
    scores = {name: norm.ppf(u) for name, u in uniforms.items()}
    for name, z in scores.items():
        u = np.sort(uniforms[name], axis=0)
        rank = (np.arange(BLOCK) + 0.5) / BLOCK
        assert np.abs(u - rank[:, None]).max() < 1.95 / np.sqrt(BLOCK)
        r = np.corrcoef(z.T)[np.triu_indices(4, 1)]
        # (1 - r^2) / sqrt(n) at r = 0.5.
        assert np.abs(r - 0.5).max() < 4 * 0.75 / np.sqrt(BLOCK)
    for one, other in (("response", "pfs"), ("response", "post"), ("pfs", "post")):
        r = np.corrcoef(scores[one].T, scores[other].T)[:4, 4:]
        assert np.abs(r).max() < 4.5 / np.sqrt(BLOCK)


@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_noise_at_the_ends_of_its_correlation(rho: float) -> None:
    drawn = uniforms_of(tiny_world(outcome_noise_correlation=rho), 2)
    r = np.corrcoef(norm.ppf(drawn["response"]).T)[0, 1]
    assert r == pytest.approx(rho, abs=4.5 / np.sqrt(BLOCK))


def test_follow_up_ends_between_the_stated_months_without_drop_out() -> None:
    end = censoring(Streams(1), tiny_world(dropout_per_year=0.0), 0)
    assert end.min() >= 12
    assert end.max() <= 60
    # A uniform on 12 to 60: mean 36, standard deviation 48 / sqrt(12).
    assert abs(end.mean() - 36) < 4 * 48 / np.sqrt(12 * BLOCK)


def test_the_stated_share_drops_out_within_a_year() -> None:
    end = censoring(Streams(1), WORLD, 0)
    for years in (0.5, 1.0):
        left = 1 - 0.9**years
        share = (end < 12 * years).mean()  # before 12 months only drop-out ends follow-up
        assert abs(share - left) < 4 * np.sqrt(left * (1 - left) / BLOCK)


def test_the_cohort_shows_the_censored_times(patients: tuple[Columns, Columns]) -> None:
    cohort, _ = patients
    pfs, os_ = cohort["pfs_months"], cohort["os_months"]
    assert (pfs <= os_).all()
    assert (pfs > 0).all()
    # Progression or death unseen: both times stop when follow-up does.
    unseen = cohort["pfs_event"] == 0
    assert np.array_equal(pfs[unseen], os_[unseen])
    assert (cohort["os_event"][unseen] == 0).all()
    assert os_[cohort["os_event"] == 0].max() <= 60
    assert 0.05 < (cohort["os_event"] == 0).mean() < 0.6


def test_resistant_is_the_lack_of_a_response(patients: tuple[Columns, Columns]) -> None:
    cohort, _ = patients
    assert set(np.unique(cohort["response"].astype(str))) == set(CATEGORIES)
    response = np.isin(cohort["response"].astype(str), ["CR", "PR"])
    assert np.array_equal(cohort["resistant"] == 0, response)
