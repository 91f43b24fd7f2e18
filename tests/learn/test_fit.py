"""The bag: reproducible, honest out of bag, its rounds chosen by validation."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit
from scipy.stats import chi2

from resistml.features.ramps import ramps
from resistml.features.terms import Terms
from resistml.learn.base import BaseFitter
from resistml.learn.calibration import log_loss, platt
from resistml.learn.fit import (
    Fitted,
    OutOfBag,
    bootstrap,
    candidate_rounds,
    fit_bag,
)
from resistml.learn.params import Params, TrainingData
from resistml.predict.model import Features, bag_margins, calibrate
from resistml.rng import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
QUICK = Params(bag=4, rounds=40, checks=3)


#: Four markers and a clinical column, in one setting with three strategies.
MARKERS = 4
TERMS = Terms(
    setting=np.zeros(3, dtype=np.int64),
    strategy=np.arange(3),
    marker=np.arange(MARKERS)[None, :],
    exposure=np.ones((3, MARKERS)),
    bends=np.ones(MARKERS, dtype=bool),
)


def laid_out(x: Floats, arms: Ints, y: Floats) -> TrainingData:
    """Patients of columns ``x`` (n, 5), NaN where unmeasured, which counts as 0."""
    known = np.nan_to_num(x)
    return TrainingData(
        matrix=x,
        centred=known,
        arms=arms,
        y=y,
        n_arms=3,
        signed=np.arange(x.shape[1]) < MARKERS,
        bent=ramps(known[:, :MARKERS]),
        terms=TERMS,
    )


def data(seed: int = 0, n: int = 1_500, *, effect: float = 1.0, bend: float = 0.0) -> TrainingData:
    """Patients of a truth with a linear part and, of size ``bend``, thresholds with synergy."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    arms = rng.integers(0, 3, n)
    eta = effect * (x[:, 0] + 0.5 * x[:, 1]) + np.array([-0.6, 0.0, 0.6])[arms]
    eta += bend * (2.0 * ((x[:, 2] > 0.5) & (x[:, 3] > 0)) - 0.5)
    y = (rng.random(n) < expit(eta)).astype(float)
    x[rng.random(x.shape) < 0.1] = np.nan
    return laid_out(x, arms, y)


def by_lot(d: TrainingData) -> TrainingData:
    """The same patients with outcomes that nothing tells."""
    return replace(d, y=np.random.default_rng(9).integers(0, 2, len(d.y)).astype(float))


def fit(d: TrainingData, params: Params = QUICK, seed: int = 1) -> Fitted:
    """A fit on one thread, since tests run beside each other."""
    return fit_bag(d, params, seed, threads=1)


def features(d: TrainingData) -> Features:
    return Features(d.matrix.astype(np.float32), d.centred, d.arms, d.bent, d.terms)


def moved(d: TrainingData, **columns: Floats | float) -> Features:
    """The patients with columns (``x0``, ``x1``, ...) at other values."""
    x = d.matrix.copy()
    for name, value in columns.items():
        x[:, int(name[1:])] = value
    return features(laid_out(x, d.arms, d.y))


def raw(fitted: Fitted) -> list[bytes]:
    """All that a fit holds, as bytes."""
    parts = [np.array(fitted.knots).tobytes(), fitted.out_of_bag.tobytes()]
    for member in fitted.members:
        parts += [np.asarray(values).tobytes() for values in vars(member.base).values()]
        parts.append(bytes(member.booster.save_raw("ubj")))
    return parts


def test_same_seed_same_bytes_at_any_number_of_threads() -> None:
    one = fit_bag(data(), QUICK, 3, threads=1)
    assert raw(one) == raw(fit_bag(data(), QUICK, 3, threads=2))
    assert raw(one) == raw(fit_bag(data(), QUICK, 3))


@pytest.mark.slow
def test_same_bytes_whatever_the_threads_of_the_libraries() -> None:
    """BLAS sums in an order that hangs on its threads; nothing that is fitted may use it."""
    code = (
        "import hashlib;from tests.learn.test_fit import *;"
        "found = fit_bag(data(n=20_000), Params(bag=2, rounds=5, checks=1), 3);"
        "print(hashlib.sha256(b''.join(raw(found))).hexdigest())"
    )
    said = set()
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        env = {**os.environ, **dict.fromkeys(names, threads)}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=env,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(done.stdout)
    assert len(said) == 1


def test_another_seed_another_model() -> None:
    a, b = fit(data(), seed=3), fit(data(), seed=4)
    assert raw(a) != raw(b)
    assert not np.array_equal(a.members[0].base.slopes, a.members[1].base.slopes)


def test_out_of_bag_margins_are_of_the_models_that_did_not_see_the_patient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cross-fitted: worked out anew, as the mean over models whose sample left the patient out."""
    monkeypatch.setattr(BaseFitter, "about_all", lambda self, models: list(models))
    d = data()
    fitted = fit(d, seed=3)
    margins = bag_margins(fitted.members, features(d))
    streams = Streams(3)
    unseen = np.array([bootstrap(streams, k, len(d.y)) == 0 for k in range(QUICK.bag)]).T
    some = unseen.any(axis=1)
    expected = (margins * unseen).sum(axis=1)[some] / unseen.sum(axis=1)[some]
    np.testing.assert_allclose(fitted.out_of_bag[some], expected, atol=1e-5)  # trees are float32
    assert np.isnan(fitted.out_of_bag[~some]).all()
    # A patient is in a bootstrap sample with probability 1 - 1/e, so in all four with 0.16.
    assert 0.1 < 1 - some.mean() < 0.22


def test_calibration_is_of_cross_fitted_margins_alone() -> None:
    """The line is the one that fits them and the outcomes, and no other margin comes in."""
    d = data()
    fitted = fit(d, seed=3)
    some = ~np.isnan(fitted.out_of_bag)
    assert fitted.knots == platt(fitted.out_of_bag[some], d.y[some])


def test_out_of_bag_loss_is_honest_about_noise() -> None:
    """Labels by lot: what is fitted looks learned in the bag; out of it, it must not."""
    lot = replace(by_lot(data(1, effect=0.0)), signed=np.zeros(5, dtype=bool))
    greedy = Params(bag=4, rounds=60, checks=1, depth=6, learning_rate=0.5, min_child_weight=0)
    fitted = fit(lot, greedy)
    inside = bag_margins(fitted.members, features(lot)).mean(axis=1)
    judged = ~np.isnan(fitted.out_of_bag)
    assert log_loss(inside, lot.y) < 0.4
    assert log_loss(fitted.out_of_bag[judged], lot.y[judged]) > np.log(2)


def test_calibration_mends_a_greedy_bag_out_of_sample() -> None:
    """Calibrated out of bag, margins that are far too sure come out better on new patients."""
    train, new = data(2, bend=1.0), data(3, n=4_000, bend=1.0)
    greedy = Params(bag=3, rounds=150, checks=1, depth=5, learning_rate=0.3, min_child_weight=1)
    fitted = fit(train, greedy)
    margin = bag_margins(fitted.members, features(new)).mean(axis=1)
    calibrated = calibrate(np.array(fitted.knots), margin)
    assert log_loss(calibrated, new.y) < log_loss(margin, new.y) - 0.01
    # And in the large: mean probability within 4 standard errors of the rate (0.5 / sqrt(n)),
    # plus as much for the training sample's.
    gap = expit(calibrated).mean() - new.y.mean()
    assert abs(gap) < 4 * 0.5 / np.sqrt(len(new.y)) + 4 * 0.5 / np.sqrt(len(train.y))


def test_rounds_with_the_least_loss_out_of_bag_are_kept() -> None:
    fitted = fit(data(4, bend=2.0), Params(bag=3, rounds=60, checks=4))
    assert list(fitted.losses) == candidate_rounds(Params(rounds=60, checks=4))
    assert fitted.losses[fitted.rounds] == min(fitted.losses.values())
    assert all(m.booster.num_boosted_rounds() == fitted.rounds for m in fitted.members)


@pytest.mark.parametrize(("bend", "few"), [(0.0, True), (3.0, False)])
def test_additive_truth_keeps_few_trees_and_bent_truth_many(bend: float, few: bool) -> None:
    fitted = fit(data(5, n=4_000, bend=bend), Params(bag=3, rounds=200, checks=4))
    assert (fitted.rounds <= 50) is few


@pytest.mark.parametrize(
    ("rounds", "checks", "expected"),
    [(300, 6, [0, 8, 33, 75, 133, 208, 300]), (1, 6, [0, 1]), (10, 1, [10]), (3, 6, [0, 1, 2, 3])],
)
def test_candidate_rounds(rounds: int, checks: int, expected: list[int]) -> None:
    assert candidate_rounds(Params(rounds=rounds, checks=checks)) == expected
    assert candidate_rounds(Params(family="logistic", rounds=rounds, checks=checks)) == [0]


def test_bootstrap_draws_n_patients_each_alike() -> None:
    n, models = 500, 200
    streams = Streams(1)
    drawn = np.array([bootstrap(streams, k, n) for k in range(models)])
    assert (drawn.sum(axis=1) == n).all()
    # Each count is Poisson-like with mean `models`; the sum of squares is chi-squared on n - 1.
    statistic = float(((drawn.sum(axis=0) - models) ** 2 / models).sum())
    assert chi2.ppf(1e-4, n - 1) < statistic < chi2.ppf(1 - 1e-4, n - 1)
    assert abs((drawn == 0).mean() - np.exp(-1)) < 0.005  # SE 0.0015


def test_monotone_where_signed() -> None:
    """Raising a signed input never lowers what trees add, nor the line that strategies share."""
    d = data(6, bend=1.0)
    fitted = fit(d, Params(bag=3, rounds=80, checks=1, depth=4))
    most = 0.0
    for j in range(MARKERS):
        low, high = features(d), moved(d, **{f"x{j}": d.matrix[:, j] + 0.7})
        for member in fitted.members:
            added = [
                member.booster.inplace_predict(f.matrix, predict_type="margin") for f in (low, high)
            ]
            assert (added[1] - added[0]).min() > -1e-5
            most = max(most, float((added[1] - added[0]).max()))
    assert np.mean([m.base.slopes for m in fitted.members], axis=0).min() > -1e-9
    assert most > 0.1


def test_without_a_base_each_arm_keeps_its_rate() -> None:
    d = data(7)
    fitted = fit(d, Params(bag=3, rounds=20, checks=1, base=False))
    for member in fitted.members:
        for part in (member.base.slopes, member.base.own, member.base.clinical):
            assert (part == 0).all()
        assert np.ptp(member.base.intercepts) > 0.5


def test_progress_is_told_model_by_model() -> None:
    told: list[tuple[int, int]] = []
    fit_bag(
        data(n=300), Params(bag=2, rounds=2, checks=1), 1, 1, progress=lambda *x: told.append(x)
    )
    assert told == [(1, 2), (2, 2)]


def test_two_patients_do_not_break_it() -> None:
    d = replace(data(n=2), y=np.array([0.0, 1.0]))
    for seed in range(12):
        fitted = fit(d, Params(bag=2, rounds=2, checks=1), seed)
        margin = bag_margins(fitted.members, features(d)).mean(axis=1)
        assert np.isfinite(calibrate(np.array(fitted.knots), margin)).all()


def test_out_of_bag_sums() -> None:
    class Ones:
        def predict(self, matrix: object, **kwargs: object) -> Floats:
            return np.full(3, 1.0)

    votes = OutOfBag([0, 5], 3)
    votes.add(Ones(), None, np.array([0.0, 1.0, 2.0]), np.array([True, False, False]))
    votes.add(Ones(), None, np.array([2.0, 3.0, 4.0]), np.array([True, True, False]))
    np.testing.assert_array_equal(votes.margin(0), [1.0, 3.0, np.nan])  # where they start from
    np.testing.assert_array_equal(votes.margin(5), [2.0, 4.0, np.nan])
    expected = np.mean([np.logaddexp(0, 2.0), np.logaddexp(0, 4.0) - 4.0])
    assert votes.losses(np.array([0.0, 1.0, 1.0]))[5] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"family": "forest"}, "family is 'forest'; allowed: xgboost, "),
        ({"interactions": "none"}, "interactions is 'none'; allowed: any, within_mechanism"),
        ({"bag": 1}, "bag is 1; allowed: 2 or more"),
        ({"rounds": 0}, "rounds is 0; allowed: 1 or more"),
        ({"checks": 0}, "checks is 0; allowed: 1 or more"),
        ({"depth": 0}, "depth is 0; allowed: 1 or more"),
        ({"penalty": 0.0}, "penalty is 0.0; allowed: above 0"),
        ({"penalty": float("nan")}, "penalty is nan; allowed: above 0"),
    ],
)
def test_parameters_out_of_range(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Params(**change)


def test_every_parameter_is_a_key_of_the_config() -> None:
    from dataclasses import asdict

    from resistml.config import ModelConfig

    assert ModelConfig().model_dump(exclude={"threads"}) == asdict(Params())
