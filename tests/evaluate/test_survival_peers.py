"""What stands beside the models of times, worked out by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from resistml.evaluate.survival_peers import breslow, cox, has_cox, kaplan_meier_per_arm
from resistml.features.matrix import Records
from resistml.tables.cohort import Cohort
from tests.predict.tiny import tiny_profiles, tiny_spec

SPEC = tiny_spec()
needs_cox = pytest.mark.skipif(not has_cox(), reason="statsmodels is not installed")


def cohort_of(
    a: np.ndarray, months: np.ndarray, event: np.ndarray, setting: list[str] | None = None
) -> Cohort:
    """Patients on chemotherapy with a value of A."""
    rows = [
        {"A": float(value), "setting": name}
        for value, name in zip(a, setting or ["two"] * len(a), strict=True)
    ]
    records = tiny_profiles(*rows).records
    strategy = np.full(len(a), "chemo", dtype=object)
    columns = {"pfs_months": months, "pfs_event": event.astype(float)}
    return Cohort(records, strategy, np.zeros(len(a)), columns)


def test_kaplan_meier_of_each_arm() -> None:
    """Setting two: 1 of 4 gone at 2 months, 1 lost at 3, 1 of 2 gone at 5."""
    months = np.array([2.0, 3.0, 5.0, 9.0, 1.0, 4.0])
    event = np.array([1, 0, 1, 0, 1, 1])
    cohort = cohort_of(np.ones(6), months, event, ["two"] * 4 + ["one"] * 2)
    predict = kaplan_meier_per_arm(SPEC, cohort, "pfs")
    new = cohort_of(np.ones(3), months[:3], event[:3], ["two", "one", "one"])
    strategy = np.array(["chemo", "chemo", "immune"], dtype=object)
    found = predict(new.records, strategy, np.array([1.0, 4.0, 6.0]))
    np.testing.assert_allclose(found[0], [1.0, 3 / 4, 3 / 8])
    np.testing.assert_allclose(found[1], [0.5, 0.0, 0.0])
    # Nobody had the third: the curve of all, 6 to begin with, 5, then 4 at risk, 3 after a loss.
    everybody = [5 / 6, 5 / 6 * 4 / 5 * 2 / 3, 5 / 6 * 4 / 5 * 2 / 3 * 1 / 2]
    np.testing.assert_allclose(found[2], everybody)


def made(n: int = 200, seed: int = 0) -> tuple[Cohort, np.ndarray]:
    """Hazard exp(0.7 log A) in one arm, and three times it in another."""
    rng = np.random.default_rng(seed)
    log_a = rng.normal(size=n)
    setting = np.where(np.arange(n) % 3 == 0, "one", "two")
    times = rng.exponential(10 * np.exp(-0.7 * log_a) / np.where(setting == "one", 3, 1))
    until = rng.uniform(2, 30, n)
    event = times <= until
    return cohort_of(np.exp(log_a), np.minimum(times, until), event, setting.tolist()), log_a


def partial(beta: float, x: np.ndarray, cohort: Cohort) -> float:
    """Negative partial log-likelihood within strata, written without the code under test."""
    total = 0.0
    for name in ("one", "two"):
        mine = cohort.records.setting == name
        t, e = cohort.columns["pfs_months"][mine], cohort.columns["pfs_event"][mine]
        for i in np.flatnonzero(e):
            total += beta * x[mine][i] - np.log(np.exp(beta * x[mine][t >= t[i]]).sum())
    return -total


@needs_cox
def test_cox_maximises_the_partial_likelihood() -> None:
    """The log of the cumulative hazard moves by the coefficient with log A."""
    cohort, log_a = made()
    best = minimize_scalar(partial, args=(log_a, cohort), bounds=(-3, 3), method="bounded").x
    predict = cox(SPEC, cohort, "pfs")
    new = cohort_of(np.array([1.0, np.e]), np.ones(2), np.ones(2))
    survival = predict(new.records, new.strategy, np.array([5.0]))[:, 0]
    slope = np.diff(np.log(-np.log(survival)))[0]
    assert slope == pytest.approx(best, abs=1e-3)
    assert best == pytest.approx(0.7, abs=0.4)


@needs_cox
def test_cox_expects_as_many_events_as_there_were() -> None:
    """So does Breslow's cumulative hazard, in every stratum, up to each patient's own time."""
    cohort, _ = made(seed=1)
    months = cohort.columns["pfs_months"]
    survival = cox(SPEC, cohort, "pfs")(cohort.records, cohort.strategy, months)
    expected = -np.log(np.diag(survival))
    for name in ("one", "two"):
        mine = cohort.records.setting == name
        events = cohort.columns["pfs_event"][mine].sum()
        assert expected[mine].sum() == pytest.approx(events, rel=1e-4)


@needs_cox
def test_cox_of_an_arm_that_nobody_had() -> None:
    cohort, _ = made(seed=2)
    new = Records(np.array(["x"], dtype=object), np.array(["three"], dtype=object), {})
    strategy, at = np.array(["targeted"], dtype=object), np.array([3.0, 8.0])
    plain = kaplan_meier_per_arm(SPEC, cohort, "pfs")(new, strategy, at)
    np.testing.assert_array_equal(cox(SPEC, cohort, "pfs")(new, strategy, at), plain)
    assert 0 < plain[0, 1] < plain[0, 0] < 1


def test_baseline_by_hand() -> None:
    """At risk 6, then 5 (one lost with the second event), then 2."""
    months, event = np.array([1.0, 2.0, 2.0, 4.0]), np.array([True, True, False, True])
    times, hazard = breslow(months, event, np.array([1.0, 2.0, 1.0, 2.0]))
    np.testing.assert_array_equal(times, [1.0, 2.0, 4.0])
    np.testing.assert_allclose(hazard, [0, 1 / 6, 1 / 6 + 1 / 5, 1 / 6 + 1 / 5 + 1 / 2])


def test_times_that_are_not_recorded_are_left_out() -> None:
    months = np.array([2.0, np.nan, 5.0])
    predict = kaplan_meier_per_arm(SPEC, cohort_of(np.ones(3), months, np.ones(3)), "pfs")
    new = cohort_of(np.ones(1), months[:1], np.ones(1))
    np.testing.assert_allclose(
        predict(new.records, new.strategy, np.array([2.0, 5.0]))[0], [0.5, 0]
    )
