"""The additive base: its optimum, its gradient, its signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from resistml.learn.base import Base, Likelihood, fit_base

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Toy:
    """n patients of a known additive truth."""

    x: Floats
    arms: npt.NDArray[np.int64]
    y: Floats

    @property
    def n(self) -> int:
        return len(self.y)


def toy(seed: int, n: int = 800, effects: tuple[float, ...] = (1.0, 0.6, -0.5, 0.3)) -> Toy:
    rng = np.random.default_rng(seed)
    x, arms = rng.normal(size=(n, len(effects))), rng.integers(0, 3, n)
    p = expit(np.array([-0.5, 0.0, 0.7])[arms] + x @ np.array(effects))
    return Toy(x, arms, (rng.random(n) < p).astype(float))


def fitted(
    t: Toy, *, signed: list[bool], penalty: float = 2.0, weight: Floats | None = None
) -> Base:
    return fit_base(
        t.x,
        t.arms,
        t.y,
        np.ones(t.n) if weight is None else weight,
        n_arms=3,
        signed=np.array(signed),
        penalty=penalty,
    )


@pytest.mark.parametrize("penalty", [0.5, 2.0, 50.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_equals_scikit_learn_where_no_sign_binds(seed: int, penalty: float) -> None:
    """Both minimise log-loss + penalty / 2 * squares; scikit-learn's C is 1 / penalty.

    It pulls intercepts to 0 where ours are pulled to the overall rate: the same where the
    resistant weigh as much as the rest.
    """
    t = toy(seed)
    weight = np.random.default_rng(seed).random(t.n)
    weight[t.y == 1] *= weight[t.y == 0].sum() / weight[t.y == 1].sum()
    ours = fitted(t, signed=[False] * 4, penalty=penalty, weight=weight)
    inputs = np.hstack([np.eye(3)[t.arms], t.x])
    theirs = LogisticRegression(C=1 / penalty, fit_intercept=False, tol=1e-10, max_iter=10_000)
    theirs.fit(inputs, t.y, sample_weight=weight)
    assert (np.abs(theirs.coef_[0, 3:]) > 0.1).all()
    np.testing.assert_allclose(ours.intercepts, theirs.coef_[0, :3], atol=1e-4)
    np.testing.assert_allclose(ours.coefficients, theirs.coef_[0, 3:], atol=1e-4)


def test_equals_scikit_learn_with_a_rate_of_its_own() -> None:
    """With hardly a penalty it does not matter what intercepts are pulled to."""
    t = toy(3, n=3_000)
    ours = fitted(t, signed=[True, True, False, True], penalty=1e-6)
    inputs = np.hstack([np.eye(3)[t.arms], t.x])
    theirs = LogisticRegression(C=1e6, fit_intercept=False, tol=1e-10, max_iter=10_000)
    theirs.fit(inputs, t.y)
    np.testing.assert_allclose(
        np.concatenate([ours.intercepts, ours.coefficients]), theirs.coef_[0], atol=1e-4
    )


@pytest.mark.parametrize("seed", range(5))
def test_gradient_is_that_of_the_loss(seed: int) -> None:
    t = toy(seed, n=60)
    rng = np.random.default_rng(seed)
    problem = Likelihood(t.x, t.arms, t.y, rng.random(t.n), 3, 2.0)
    theta = rng.normal(size=7)
    error = check_grad(lambda v: problem(v, 0.3)[0], lambda v: problem(v, 0.3)[1], theta)
    # Forward differences of step h err by h/2 times the curvature (about 30) and rounding / h.
    assert error < 1e-5


@pytest.mark.parametrize("seed", range(5))
def test_curvature_bounds_second_derivatives(seed: int) -> None:
    t = toy(seed, n=100)
    rng = np.random.default_rng(seed)
    problem = Likelihood(t.x, t.arms, t.y, rng.random(t.n), 3, 2.0)
    theta, h = rng.normal(size=7), 1e-5
    for j in range(7):
        up, down = theta.copy(), theta.copy()
        up[j], down[j] = up[j] + h, down[j] - h
        second = (problem(up, 0.0)[1][j] - problem(down, 0.0)[1][j]) / (2 * h)
        assert 2.0 < second <= problem.curvature[j] * (1 + 1e-6)


def test_signs_are_held_and_free_columns_are_free() -> None:
    t = toy(7, effects=(-1.0, 0.8, -0.8))
    free = fitted(t, signed=[False] * 3)
    assert free.coefficients[0] < -0.5
    held = fitted(t, signed=[True, True, False])
    assert held.coefficients[0] == 0.0
    assert held.coefficients[1] > 0.5
    assert held.coefficients[2] < -0.4


def test_held_sign_is_the_constrained_optimum() -> None:
    """Karush-Kuhn-Tucker: at the bound the loss falls only outwards, elsewhere it is level."""
    t = toy(7, effects=(-1.0, 0.8, -0.8))
    held = fitted(t, signed=[True, True, True])
    problem = Likelihood(t.x, t.arms, t.y, np.ones(t.n), 3, 2.0)
    overall = problem.overall
    theta = np.concatenate([held.intercepts - overall, held.coefficients])
    _, slope = problem(theta, overall)
    at_bound = np.concatenate([np.zeros(3, bool), held.coefficients == 0.0])
    assert at_bound.sum() == 2
    assert (slope[at_bound] > 0).all()
    np.testing.assert_allclose(slope[~at_bound], 0, atol=1e-2)  # of a curvature near 100


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_signs_are_never_broken(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    x, y = rng.normal(size=(n, 4)), rng.integers(0, 2, n).astype(float)
    signed = rng.random(4) < 0.5
    base = fit_base(x, rng.integers(0, 2, n), y, np.ones(n), n_arms=2, signed=signed, penalty=1.0)
    assert (base.coefficients[signed] >= 0).all()
    assert np.isfinite(base.intercepts).all()


def test_weights_are_repetitions() -> None:
    t = toy(1, n=300)
    times = np.random.default_rng(1).integers(0, 4, t.n)
    rows = np.repeat(np.arange(t.n), times)
    repeated = fitted(Toy(t.x[rows], t.arms[rows], t.y[rows]), signed=[True] * 4)
    weighted = fitted(t, signed=[True] * 4, weight=times.astype(float))
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, atol=1e-5)
    np.testing.assert_allclose(weighted.intercepts, repeated.intercepts, atol=1e-5)


def test_start_does_not_matter() -> None:
    t = toy(2)
    cold = fitted(t, signed=[True] * 4)
    start = Base(np.array([3.0, -3.0, 1.0]), np.array([2.0, 0.0, 1.0, 2.0]))
    warm = fit_base(
        t.x, t.arms, t.y, np.ones(t.n), n_arms=3, signed=np.ones(4, bool), penalty=2.0, start=start
    )
    np.testing.assert_allclose(warm.coefficients, cold.coefficients, atol=1e-5)
    np.testing.assert_allclose(warm.intercepts, cold.intercepts, atol=1e-5)


def test_arm_without_patients_has_the_overall_rate() -> None:
    t = toy(4)
    base = fit_base(t.x, t.arms, t.y, np.ones(t.n), n_arms=5, signed=np.ones(4, bool), penalty=2.0)
    np.testing.assert_allclose(base.intercepts[3:], logit(t.y.mean()))


def test_arms_alone_are_shrunk_to_the_overall_rate() -> None:
    """Without columns each arm's score equation is n (p - rate) + penalty * shift = 0."""
    t = toy(5)
    nothing = np.zeros((t.n, 0))
    base = fit_base(
        nothing, t.arms, t.y, np.ones(t.n), n_arms=3, signed=np.zeros(0, bool), penalty=4.0
    )
    for arm in range(3):
        y = t.y[t.arms == arm]
        shift = base.intercepts[arm] - logit(t.y.mean())
        score = len(y) * (expit(base.intercepts[arm]) - y.mean()) + 4.0 * shift
        assert score == pytest.approx(0, abs=1e-3)


def test_margin_is_intercept_plus_product() -> None:
    base = Base(np.array([0.5, -1.0]), np.array([2.0, 3.0]))
    x = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(base.margin(x, np.array([1, 0])), [1.0, 3.5])


def test_one_class_alone_stays_finite() -> None:
    t = toy(6, n=50)
    one = Toy(t.x, t.arms, np.ones(t.n))
    base = fitted(one, signed=[True] * 4)
    assert np.isfinite(base.margin(one.x, one.arms)).all()
    assert (base.intercepts > 2).all()
