"""Thresholds of prediction sets: MAPIE's own, per setting, on patients out of bag."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit
from scipy.stats import betabinom
from sklearn.base import BaseEstimator, ClassifierMixin

from resistml.features.matrix import Records
from resistml.learn.conformal import FEWEST, LEVEL, fit_conformal, threshold
from resistml.learn.fit import Fitted
from resistml.predict.conformal import Conformal
from resistml.tables.cohort import Cohort
from tests.predict.tiny import tiny_spec

Floats = npt.NDArray[np.float64]
SPEC = tiny_spec()


class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose input is its answer."""

    classes_ = np.array([0, 1])
    fitted_ = True

    def fit(self, X: Any, y: Any) -> Given:
        return self

    def predict_proba(self, X: Any) -> Any:
        return np.column_stack([1 - X[:, 0], X[:, 0]])

    def predict(self, X: Any) -> Any:
        return (X[:, 0] > 0.5).astype(int)


def people(
    setting: list[str], margin: Floats, y: Floats, order: npt.NDArray[np.int64] | None = None
) -> tuple[Cohort, Fitted]:
    """Patients in the order of their ids, or rows in another; the fit is in that of the ids."""
    n = len(y)
    rows = np.arange(n) if order is None else order
    ids = np.array([f"p{i:06d}" for i in range(n)], dtype=object)[rows]
    records = Records(ids, np.array(setting, dtype=object)[rows], {})
    cohort = Cohort(records, np.full(n, "chemo", dtype=object), y[rows], {})
    fitted = Fitted((), ((-1.0, -1.0), (1.0, 1.0)), 0, np.zeros(1), margin)
    return cohort, fitted


def drawn(n: dict[str, int], seed: int = 0) -> tuple[list[str], Floats, Floats]:
    """Settings, log-odds and outcomes, the log-odds wider in one setting than in the next."""
    rng = np.random.default_rng(seed)
    setting = [name for name, k in n.items() for _ in range(k)]
    spread = {"one": 3.0, "two": 1.0, "three": 0.3}
    margin = np.array([spread[s] for s in setting]) * rng.normal(size=len(setting))
    return setting, margin, (rng.random(len(setting)) < expit(margin)).astype(float)


def fitted_on(n: dict[str, int], seed: int = 0) -> Conformal:
    found = fit_conformal(SPEC, *people(*drawn(n, seed)))
    assert found is not None
    return found


@pytest.mark.parametrize("n", [9, 10, 57, 400])
def test_threshold_is_an_order_statistic(n: int) -> None:
    rng = np.random.default_rng(n)
    p, y = rng.random(n), (rng.random(n) < 0.5).astype(float)
    short = np.sort(np.where(y == 1, 1 - p, p))
    assert threshold(p, y) == short[int(np.ceil((n + 1) * LEVEL)) - 1]


def test_sets_are_those_of_mapie() -> None:
    from mapie.classification import SplitConformalClassifier

    setting, margin, y = drawn({"one": 500, "two": 300, "three": 150})
    p, names = expit(margin), np.array(setting, dtype=object)
    found = fit_conformal(SPEC, *people(setting, margin, y))
    assert found is not None
    fresh = np.linspace(0.001, 0.999, 1_999)
    for name in SPEC.settings:
        mine = names == name
        theirs = SplitConformalClassifier(Given(), confidence_level=LEVEL, prefit=True)
        theirs.conformalize(p[mine, None], y[mine].astype(int))
        _, sets = theirs.predict_set(fresh[:, None])
        ours = found.holds(np.full(len(fresh), name, dtype=object), fresh)
        np.testing.assert_array_equal(ours, sets[:, :, 0])


def test_each_setting_holds_its_share_of_fresh_outcomes() -> None:
    """Of m fresh patients a set from n others holds a beta-binomial number; 1 in 1,000 each side.

    One threshold for all would hold too many in the first setting and too few in the last.
    """
    n, m = 1_000, 4_000
    found = fitted_on({"one": n, "two": n, "three": n})
    setting, margin, y = drawn({"one": m, "two": m, "three": m}, seed=1)
    held = found.holds(np.array(setting, dtype=object), expit(margin))
    inside = held[np.arange(len(y)), y.astype(int)].reshape(3, m).sum(axis=1)
    k = int(np.ceil((n + 1) * LEVEL))
    low, high = betabinom(m, k, n + 1 - k).ppf([0.001, 0.999])
    assert (inside >= low).all()
    assert (inside <= high).all()
    sizes = held.sum(axis=1).reshape(3, m).mean(axis=1)
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_setting_with_too_few_takes_the_threshold_of_all() -> None:
    setting, margin, y = drawn({"one": FEWEST, "two": FEWEST - 1, "three": 0})
    found = fit_conformal(SPEC, *people(setting, margin, y))
    assert found is not None
    pooled = threshold(expit(margin), y)
    one, two, three = (found.settings[name] for name in SPEC.settings)
    assert (one.patients, one.pooled) == (FEWEST, False)
    assert one.value != pooled
    assert (two.patients, two.pooled, two.value) == (FEWEST - 1, True, pooled)
    assert (three.patients, three.pooled, three.value) == (0, True, pooled)


def test_order_of_rows_makes_no_difference() -> None:
    setting, margin, y = drawn({"one": 200, "two": 200, "three": 200})
    rows = np.random.default_rng(3).permutation(len(y))
    assert fit_conformal(SPEC, *people(setting, margin, y, rows)) == fit_conformal(
        SPEC, *people(setting, margin, y)
    )


def test_patients_whom_every_model_saw_do_not_count() -> None:
    setting, margin, y = drawn({"one": 300, "two": 300, "three": 300})
    seen = np.arange(len(y)) % 3 == 0
    some = [name for name, s in zip(setting, seen, strict=True) if not s]
    expected = fit_conformal(SPEC, *people(some, margin[~seen], y[~seen]))
    margin[seen] = np.nan
    assert fit_conformal(SPEC, *people(setting, margin, y)) == expected


def test_nobody_out_of_bag_gives_no_thresholds() -> None:
    setting, margin, y = drawn({"one": FEWEST - 1, "two": 0, "three": 0})
    assert fit_conformal(SPEC, *people(setting, margin, y)) is None


def test_margins_are_calibrated_first() -> None:
    setting, margin, y = drawn({"one": 200, "two": 200, "three": 200})
    cohort, fitted = people(setting, margin, y)
    stretched = Fitted((), ((-1.0, -2.0), (1.0, 2.0)), 0, np.zeros(1), margin / 2)
    assert fit_conformal(SPEC, cohort, stretched) == fit_conformal(SPEC, cohort, fitted)
