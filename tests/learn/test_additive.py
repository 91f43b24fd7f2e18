"""The additive fit: its optimum, its derivatives, and the penalties that the data ask for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from resistml.features.ramps import SEGMENTS, ramps
from resistml.features.terms import Terms
from resistml.learn.additive import (
    LEAST,
    MOST,
    PSEUDO,
    AdditiveFit,
    Problem,
    fit_additive,
    refit,
    scaled,
)
from resistml.learn.layout import USUAL, Layout
from tests.learn.additive_data import Patients, any_patients

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SEEDS = st.integers(0, 10_000)


def any_penalties(rng: np.random.Generator, layout: Layout) -> Floats:
    """From next to none to next to all."""
    return np.exp(rng.uniform(np.log(LEAST), np.log(1e4), len(layout.groups)))


def solved(
    p: Patients, layout: Layout, penalties: Floats, weight: Floats, theta: Floats | None = None
) -> AdditiveFit:
    """The optimum at given penalties, from a given start."""
    start = np.zeros(layout.size) if theta is None else theta
    return refit(AdditiveFit(layout, start, penalties, 0.3), p.blocks(layout), p.y, weight)


def problem(p: Patients, layout: Layout, weight: Floats) -> Problem:
    return Problem(layout, p.blocks(layout), p.y, weight, 0.3)


class TestDerivatives:
    @settings(max_examples=25, deadline=None)
    @given(SEEDS)
    def test_are_those_of_the_value(self, seed: int) -> None:
        """Central differences of step h err by h^2 and by rounding / h, both below 1e-8 here."""
        p, rng = any_patients(seed, most=60), np.random.default_rng(seed)
        layout = p.layout()
        penalties, theta = any_penalties(rng, layout), rng.normal(size=layout.size)
        full, h = problem(p, layout, rng.random(len(p.y))), 1e-5
        slope, curvature = full.derivatives(theta, penalties)
        scale = 1 + np.abs(curvature).max()
        for k in range(0, layout.size, 3):
            up = np.eye(layout.size)[k] * h
            rise = full.value(theta + up, penalties) - full.value(theta - up, penalties)
            assert rise / (2 * h) == pytest.approx(slope[k], abs=1e-5 * scale)
            above, below = (
                full.derivatives(theta + up, penalties),
                full.derivatives(theta - up, penalties),
            )
            turn = (above[0] - below[0]) / (2 * h)
            np.testing.assert_allclose(turn, curvature[k], atol=1e-6 * scale)

    def test_value_is_the_likelihood_and_half_the_squares(self) -> None:
        p = any_patients(4)
        layout, rng = p.layout(), np.random.default_rng(4)
        weight, theta = rng.random(len(p.y)), rng.normal(size=layout.size)
        penalties = any_penalties(rng, layout)
        expected = 0.0
        for block in p.blocks(layout):
            eta, y = 0.3 + block.x @ (block.spread @ theta), p.y[block.rows]
            chance = np.where(y == 1, expit(eta), expit(-eta))
            expected -= float(weight[block.rows] @ np.log(chance))
        for group, penalty in zip(layout.groups, penalties, strict=True):
            part = theta[group.index]
            expected += 0.5 * float(penalty * part @ group.shape @ part)
        assert problem(p, layout, weight).value(theta, penalties) == pytest.approx(expected)

    def test_inverse_is_of_what_is_not_held(self) -> None:
        p = any_patients(11, least=100)
        layout, rng = p.layout(), np.random.default_rng(0)
        penalties = any_penalties(rng, layout)
        theta = np.where(rng.random(layout.size) < 0.3, 0.0, rng.random(layout.size))
        full = problem(p, layout, np.ones(len(p.y)))
        found, free = full.inverse(theta, penalties), ~layout.held(theta)
        assert 0 < free.sum() < layout.size
        inner = full.derivatives(theta, penalties)[1][np.ix_(free, free)]
        np.testing.assert_allclose(found[np.ix_(free, free)], np.linalg.inv(inner), atol=1e-9)
        assert not found[~free].any()
        assert not found[:, ~free].any()


def kkt_gap(p: Patients, fit: AdditiveFit, weight: Floats) -> float:
    """How far from Karush-Kuhn-Tucker: level where free, no way down where held at 0."""
    slope, _ = problem(p, fit.layout, weight).derivatives(fit.theta, fit.penalties)
    held = fit.layout.held(fit.theta)
    return float(max(np.abs(slope[~held]).max(initial=0), -slope[held].min(initial=0)))


class TestOptimum:
    @settings(max_examples=80, deadline=None)
    @given(SEEDS, st.sampled_from(["zero", "near zero", "anywhere"]))
    def test_satisfies_the_conditions_of_karush_kuhn_and_tucker(
        self, seed: int, start: str
    ) -> None:
        """A step along a slope g of curvature c gains g^2 / 2c: what is left of slopes is what
        gains less than the fit stops for."""
        p, rng = any_patients(seed), np.random.default_rng(seed)
        layout = p.layout(bent=seed % 2 == 0, own=seed % 3 > 0)
        theta = {
            "zero": np.zeros(layout.size),
            "near zero": np.full(layout.size, 1e-9),
            "anywhere": np.abs(rng.normal(size=layout.size)) * 3,
        }[start]
        weight = rng.integers(0, 3, len(p.y)).astype(float)
        fit = solved(p, layout, any_penalties(rng, layout), weight, theta)
        assert (fit.theta[layout.signed] >= 0).all()
        full = problem(p, layout, weight)
        bend = full.derivatives(fit.theta, fit.penalties)[1].max()
        left = 1e-12 * max(full.value(fit.theta, fit.penalties), 1.0)
        assert kkt_gap(p, fit, weight) < 1e-3 + 3 * np.sqrt(2 * bend * left)

    @pytest.mark.parametrize("seed", range(6))
    def test_is_no_higher_than_what_another_optimiser_finds(self, seed: int) -> None:
        from scipy.optimize import minimize

        p, rng = any_patients(seed, least=60), np.random.default_rng(seed)
        layout, weight = p.layout(), np.ones(len(p.y))
        penalties = any_penalties(rng, layout)
        full = problem(p, layout, weight)
        found = minimize(
            lambda theta: full.value(theta, penalties),
            np.zeros(layout.size),
            jac=lambda theta: full.derivatives(theta, penalties)[0],
            method="L-BFGS-B",
            bounds=[(0.0 if signed else None, None) for signed in layout.signed],
            options={"maxiter": 5_000, "ftol": 1e-14, "gtol": 1e-8},
        )
        ours = full.value(solved(p, layout, penalties, weight).theta, penalties)
        assert ours <= found.fun + 1e-6
        assert ours == pytest.approx(found.fun, abs=1e-3)

    @pytest.mark.parametrize("seed", range(4))
    def test_equals_scikit_learn_where_no_sign_binds(self, seed: int) -> None:
        """Straight lines with a ridge: columns over the root of their penalty, and C = 1."""
        p, rng = linear(seed, n=600), np.random.default_rng(seed)
        layout, weight = p.layout(bent=False), rng.random(600)
        penalties = np.exp(rng.uniform(-1, 3, len(layout.groups)))
        fit = refit(
            AdditiveFit(layout, np.zeros(layout.size), penalties, 0.0),
            p.blocks(layout),
            p.y,
            weight,
        )
        design, each = np.zeros((600, layout.size)), np.zeros(layout.size)
        for block in p.blocks(layout):
            design[block.rows] = block.x @ block.spread
        for group, penalty in zip(layout.groups, penalties, strict=True):
            each[group.index] = penalty
        theirs = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=10_000)
        theirs.fit(design / np.sqrt(each), p.y, sample_weight=weight)
        assert not layout.held(fit.theta).any()
        np.testing.assert_allclose(fit.theta, theirs.coef_[0] / np.sqrt(each), atol=1e-4)

    def test_weights_are_repetitions(self) -> None:
        p, rng = any_patients(21, least=150), np.random.default_rng(1)
        times = rng.integers(0, 4, len(p.y))
        rows = np.repeat(np.arange(len(p.y)), times)
        repeated = Patients(p.terms, p.bent[rows], p.clinical[rows], p.arms[rows], p.y[rows])
        layout = p.layout()
        penalties = any_penalties(rng, layout)
        weighted = solved(p, layout, penalties, times.astype(float))
        again = solved(repeated, layout, penalties, np.ones(len(rows)))
        np.testing.assert_allclose(weighted.theta, again.theta, atol=1e-6)
        a = fit_additive(layout, p.blocks(layout), p.y, times.astype(float))
        b = fit_additive(layout, repeated.blocks(layout), repeated.y, np.ones(len(rows)))
        assert a.overall == pytest.approx(b.overall)
        np.testing.assert_allclose(a.penalties, b.penalties, rtol=1e-4)

    def test_probabilities_are_outcomes_shared_out(self) -> None:
        """A probability of 0.3 is a resistant patient of weight 0.3 and another of 0.7."""
        p = any_patients(22, least=100)
        layout, y = p.layout(), np.random.default_rng(0).random(len(p.y))
        penalties, ones = np.ones(len(layout.groups)), np.ones(len(y))
        soft = solved(replace(p, y=y), layout, penalties, ones)
        both = Patients(
            p.terms,
            *(np.concatenate([x, x]) for x in (p.bent, p.clinical, p.arms)),
            np.concatenate([ones, 0 * ones]),
        )
        split = solved(both, layout, penalties, np.concatenate([y, 1 - y]))
        np.testing.assert_allclose(soft.theta, split.theta, atol=1e-6)


#: Two settings with the same six markers, four strategies open in both.
MARKERS, STRATEGIES = 6, 4


def terms_of(exposure: Floats, bends: bool = True) -> Terms:
    """Two settings; (strategies, markers) exposures that hold in both."""
    strategies, markers = exposure.shape
    return Terms(
        setting=np.repeat([0, 1], strategies),
        strategy=np.tile(np.arange(strategies), 2),
        marker=np.tile(np.arange(markers), (2, 1)),
        exposure=np.tile(exposure, (2, 1)),
        bends=np.full(markers, bends),
    )


def drawn(terms: Terms, truth: Floats, n: int, seed: int, *, threshold: bool = False) -> Patients:
    """Patients of true effects (strategies, markers) of f, or of whether f is above 0.5."""
    rng = np.random.default_rng(seed)
    f, arms = rng.normal(size=(n, truth.shape[1])), rng.integers(0, len(terms.setting), n)
    shape = 2.0 * (f > 0.5) - 0.6 if threshold else f
    intercepts = np.linspace(-0.5, 0.5, len(terms.setting))
    eta = intercepts[arms] + (truth[terms.strategy[arms]] * shape).sum(axis=1)
    y = (rng.random(n) < expit(eta)).astype(float)
    return Patients(terms, ramps(f), np.zeros((n, 0)), arms, y)


def exposures() -> Floats:
    return np.random.default_rng(0).choice([0.0, 0.5, 1.0], (STRATEGIES, MARKERS))


SLOPES = np.array([0.9, 0.7, 0.5, 0.6, 0.8, 1.0])


def linear(seed: int, n: int = 4_000) -> Patients:
    """Straight lines, and the exposures that strategies are said to have."""
    return drawn(terms_of(exposures()), exposures() * SLOPES, n, seed)


def whole(p: Patients, scale: float = 1.0, *, bent: bool = True, own: bool = True) -> AdditiveFit:
    layout = p.layout(bent=bent, own=own)
    return fit_additive(layout, p.blocks(layout), p.y, np.ones(len(p.y)), scale)


def of_kind(fit: AdditiveFit, kind: str) -> Floats:
    """Penalties of the groups of a kind."""
    return fit.penalties[[g.kind == kind for g in fit.layout.groups]]


def error(fit: AdditiveFit, p: Patients, truth: Floats, *, threshold: bool = False) -> float:
    """Root mean square of what the markers add less what they add in truth, each about its
    mean, over strategies and values of f as patients have them."""
    f = np.random.default_rng(9).normal(size=2_000)
    shape = 2.0 * (f > 0.5) if threshold else f
    weights = p.terms.weights(fit.model.slopes, fit.model.own)[: len(truth)]
    found = np.einsum("apk,nk->apn", weights, ramps(f))
    gap = found - truth[:, :, None] * shape
    return float(np.sqrt((gap - gap.mean(axis=2, keepdims=True)).var(axis=2).mean()))


class TestPenalties:
    def test_on_linear_truth_bends_are_ironed_out_and_own_vanishes(self) -> None:
        """What nothing speaks for is drawn to its usual penalty, or beyond, but that chance
        bends a line now and then: of what bends and own slopes could do harm, a tenth is left."""
        truth, squares = exposures() * SLOPES, np.zeros(3)
        for seed in range(6):
            p = linear(seed)
            fit, straight, free = whole(p), whole(p, bent=False, own=False), whole(p, 1e-9)
            assert np.median(of_kind(fit, "bends")) > 1_000
            # An effect's standard error at 4,000 patients over four strategies is about 0.09.
            assert np.abs(fit.model.own).max() < 0.09
            squares += [error(x, p, truth) ** 2 for x in (straight, fit, free)]
        least, found, most = squares
        assert most > 5 * least
        assert found - least < 0.1 * (most - least)

    def test_a_threshold_bends_the_line(self) -> None:
        """Steep where the threshold lies, flat at both ends, and nearer to the truth by far."""
        truth = exposures() * SLOPES
        p = drawn(terms_of(exposures()), truth, 4_000, 2, threshold=True)
        fit, straight = whole(p), whole(p, bent=False)
        assert np.median(of_kind(fit, "bends")) < 100
        slopes = fit.model.slopes.mean(axis=0)
        assert slopes[3] > 3 * slopes[[0, 5]].max()  # the threshold is between 0 and 0.75
        bent, stiff = (error(x, p, truth, threshold=True) for x in (fit, straight))
        assert bent < 0.65 * stiff

    def test_wrong_exposures_are_found(self) -> None:
        """The learner is told the wrong sign of one exposure and nothing of another."""
        told, truth = exposures(), exposures() * SLOPES
        told[:, 0], told[:, 1] = 1.0, [0.0, 1.0, 1.0, 1.0]
        truth[:, 0], truth[:, 1] = [-1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]
        truth[:, 2:] = (told * SLOPES)[:, 2:]
        p = drawn(terms_of(told), truth, 4_000, 3)
        fit, held = whole(p), whole(p, own=False)
        assert of_kind(fit, "own")[0] < 100
        own = fit.model.own
        assert own[0, 0] < -1.0
        assert own[0, 1] > 0.4
        others = np.delete(np.abs(own[:, 2:]), 0)
        assert others.max() < 0.4
        assert error(fit, p, truth) < 0.4 * error(held, p, truth)

    def test_spread_of_pairs_is_found(self) -> None:
        """Penalties are inverse variances: 240 pairs' own rates have a variance of 0.49.

        A variance from k values has a relative standard error of sqrt(2 / k), which the sampling
        of 100 patients each (0.04 to 0.05 of it) raises by a tenth; four are allowed.
        """
        settings, strategies, each = 20, 12, 100
        k, rng = settings * strategies, np.random.default_rng(4)
        terms = Terms(
            setting=np.repeat(np.arange(settings), strategies),
            strategy=np.tile(np.arange(strategies), settings),
            marker=np.zeros((settings, 0), dtype=np.int64),
            exposure=np.zeros((k, 0)),
            bends=np.zeros(0, dtype=bool),
        )
        arms = np.repeat(np.arange(k), each)
        eta = 0.7 * rng.normal(size=k) + np.repeat(rng.normal(size=settings), strategies)
        y = (rng.random(k * each) < expit(eta[arms])).astype(float)
        p = Patients(terms, np.zeros((len(y), 0, SEGMENTS)), np.zeros((len(y), 0)), arms, y)
        variance = 1 / of_kind(whole(p), "pairs")[0]
        assert variance == pytest.approx(0.49, rel=4 * 1.1 * np.sqrt(2 / k))

    @pytest.mark.parametrize("threshold", [False, True])
    def test_are_where_they_ask_for_no_change(self, threshold: bool) -> None:
        """At the end each is its degrees of freedom over its size, but for the last round's
        change of a tenth."""
        truth = exposures() * SLOPES
        p = drawn(terms_of(exposures()), truth, 1_500, 5, threshold=threshold)
        fit = whole(p)
        full = Problem(fit.layout, p.blocks(fit.layout), p.y, np.ones(len(p.y)), fit.overall)
        inverse, held = full.inverse(fit.theta, fit.penalties), fit.layout.held(fit.theta)
        for group, penalty in zip(fit.layout.groups, fit.penalties, strict=True):
            part, at = fit.theta[group.index], group.index
            free = ~held[at]
            inner = group.shape[np.ix_(free, free)]
            rank = np.linalg.matrix_rank(inner) if free.any() else 0
            used = rank - penalty * np.trace(inverse[np.ix_(at, at)] @ group.shape)
            size = part @ group.shape @ part
            asked = (max(used, 0) + PSEUDO) / (size + PSEUDO / USUAL[group.kind])
            assert np.log(penalty) == pytest.approx(np.log(np.clip(asked, LEAST, MOST)), abs=0.25)

    def test_scale_multiplies_what_the_data_ask_for(self) -> None:
        p = linear(6, n=800)
        one, three, none = whole(p), whole(p, 3.0), whole(p, 1e-9)
        np.testing.assert_allclose(three.penalties, np.minimum(3 * one.penalties, MOST))
        np.testing.assert_array_equal(none.penalties, LEAST)
        assert np.linalg.norm(three.theta) < np.linalg.norm(one.theta)
        assert np.linalg.norm(one.theta) < np.linalg.norm(none.theta)

    def test_penalties_settle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With a marker that only starts to act at 0, slopes below lie on the floor: the rounds
        must come to an end all the same."""
        import resistml.learn.additive as module

        rounds = []
        found = module._updated
        monkeypatch.setattr(module, "_updated", lambda *x: rounds.append(1) or found(*x))
        rng, n = np.random.default_rng(7), 3_000
        f, arms = rng.normal(size=(n, 2)), np.zeros(n, dtype=np.int64)
        y = (rng.random(n) < expit(1.5 * np.maximum(f, 0).sum(axis=1) - 1)).astype(float)
        terms = Terms(arms[:1], arms[:1], np.array([[0, 1]]), np.ones((1, 2)), np.ones(2, bool))
        fit = whole(Patients(terms, ramps(f), np.zeros((n, 0)), arms, y))
        assert (fit.model.slopes[:, 0] < 0.1).all()
        assert len(rounds) < module._ROUNDS


class TestEdges:
    @settings(max_examples=40, deadline=None)
    @given(SEEDS, st.integers(1, 12))
    def test_few_patients_stay_finite(self, seed: int, most: int) -> None:
        p = any_patients(seed, most=most)
        fit = whole(p)
        assert np.isfinite(fit.theta).all()
        assert ((fit.penalties >= LEAST) & (fit.penalties <= MOST)).all()
        assert (fit.theta[fit.layout.signed] >= 0).all()
        assert np.abs(fit.theta).max() < 50

    @pytest.mark.parametrize("outcome", [0.0, 1.0])
    def test_one_class_alone_stays_finite(self, outcome: float) -> None:
        p = replace(linear(8, n=100), y=np.full(100, outcome))
        fit = whole(p)
        assert np.isfinite(fit.theta).all()
        assert (np.sign(fit.model.intercepts) == 2 * outcome - 1).all()

    def test_perfect_separation_stays_finite(self) -> None:
        p = linear(9, n=300)
        fit = whole(replace(p, y=(p.f[:, 0] * p.terms.exposure[p.arms, 0] > 0).astype(float)))
        assert np.isfinite(fit.theta).all()
        assert np.abs(fit.theta).max() < 100
        assert fit.model.slopes[0].mean() > 1

    def test_one_arm_without_markers_has_its_rate(self) -> None:
        """Nothing but intercepts, which are about the overall rate already."""
        y = np.array([1.0, 1.0, 1.0, 0.0])
        arms, none = np.zeros(4, dtype=np.int64), np.zeros((4, 0))
        fit = whole(Patients(Terms.none(), np.zeros((4, 0, SEGMENTS)), none, arms, y))
        np.testing.assert_allclose(fit.model.intercepts, logit(0.75), atol=1e-9)
        assert fit.overall == pytest.approx(logit(0.75))

    def test_pair_without_patients_is_what_its_setting_and_strategy_are_elsewhere(self) -> None:
        terms = terms_of(np.zeros((2, 0)))
        arms = np.repeat([0, 1, 2], 400)  # the second setting's second strategy is missing
        rng = np.random.default_rng(10)
        y = (rng.random(1_200) < np.array([0.2, 0.6, 0.4])[arms]).astype(float)
        fit = whole(Patients(terms, np.zeros((1_200, 0, SEGMENTS)), np.zeros((1_200, 0)), arms, y))
        layout, theta = fit.layout, fit.theta
        assert theta[layout.at_pair[3, 2]] == pytest.approx(0, abs=1e-9)
        expected = fit.overall + theta[layout.at_pair[3, :2]].sum()
        assert fit.model.intercepts[3] == pytest.approx(expected)
        assert fit.model.intercepts[3] > fit.model.intercepts[2]  # as the strategy is better

    def test_order_of_patients_does_not_matter(self) -> None:
        p = linear(11, n=500)
        back = np.arange(500)[::-1]
        turned = Patients(p.terms, p.bent[back], p.clinical[back], p.arms[back], p.y[back])
        np.testing.assert_allclose(whole(p).theta, whole(turned).theta, atol=1e-7)


class TestExpected:
    """Slopes that lines are drawn to in place of 0."""

    @settings(max_examples=15, deadline=None)
    @given(SEEDS)
    def test_derivatives_are_those_of_the_value(self, seed: int) -> None:
        p, rng = any_patients(seed, most=60), np.random.default_rng(seed)
        layout = p.layout()
        penalties, theta = any_penalties(rng, layout), rng.normal(size=layout.size)
        expected = rng.random(len(p.terms.bends))
        weight, h = rng.random(len(p.y)), 1e-5
        full = Problem(layout, p.blocks(layout), p.y, weight, 0.3, layout.centre(expected))
        slope = full.derivatives(theta, penalties)[0]
        for at in rng.choice(layout.size, min(4, layout.size), replace=False):
            step = h * np.eye(layout.size)[at]
            rise = full.value(theta + step, penalties) - full.value(theta - step, penalties)
            assert rise / (2 * h) == pytest.approx(slope[at], rel=1e-4, abs=1e-4)

    def test_without_patients_they_are_what_is_found(self) -> None:
        p = any_patients(3)
        layout = p.layout()
        expected = np.linspace(0.2, 0.9, len(p.terms.bends))
        fit = fit_additive(layout, p.blocks(layout), p.y, np.full(len(p.y), 1e-9), 1.0, expected)
        np.testing.assert_allclose(fit.model.slopes.mean(axis=1), expected, atol=1e-3)

    def test_none_is_nothing(self) -> None:
        p = any_patients(4)
        layout, weight = p.layout(), np.ones(len(p.y))
        zero = np.zeros(len(p.terms.bends))
        one, other = (
            fit_additive(layout, p.blocks(layout), p.y, weight, 1.0, x) for x in (None, zero)
        )
        np.testing.assert_array_equal(one.theta, other.theta)

    def test_scaled_penalties_are_those_of_a_fit_that_scales_them(self) -> None:
        p = any_patients(5)
        layout, weight = p.layout(), np.ones(len(p.y))
        blocks = p.blocks(layout)
        one = scaled(fit_additive(layout, blocks, p.y, weight), blocks, p.y, weight, 3.0)
        other = fit_additive(layout, blocks, p.y, weight, 3.0)
        np.testing.assert_array_equal(one.penalties, other.penalties)
        np.testing.assert_allclose(one.theta, other.theta, atol=1e-4)
