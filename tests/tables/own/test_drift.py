"""Drift between the table trained on and another: a size and a p per feature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from resistml.features.matrix import Records
from resistml.tables.own import OwnCohort, OwnFeature
from resistml.tables.own.drift import LARGE, drift, drift_notes

Columns = dict[str, np.ndarray]


def cohort(n: int, seed: int, **changes: np.ndarray) -> OwnCohort:
    rng = np.random.default_rng(seed)
    values: Columns = {f"x{j}": rng.normal(size=n) for j in range(10)}
    values |= {f"flag{j}": (rng.random(n) < 0.3).astype(float) for j in range(5)}
    values |= {"age": rng.normal(60, 10, n), **changes}
    features = tuple(
        OwnFeature(k, "mutation" if k.startswith("flag") else "measure", "", 0, "clinical", k)
        for k in values
        if k != "age"
    )
    words = np.full(n, "a", dtype=object)
    ids = np.array([f"P{i}" for i in range(n)], dtype=object)
    y = (rng.random(n) < 0.5).astype(float)
    return OwnCohort(Records(ids, words, values), words, y, {}, features, "non-pCR", "pCR", False)


def test_p_is_that_of_kolmogorov_and_smirnov() -> None:
    """Against SciPy's exact one; Stephens' correction is within 0.01 at these sizes."""
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.1, 0.2, 0.4):
        one, two = rng.normal(size=300), rng.normal(shift, 1, size=200)
        row = drift(cohort(300, 1, x0=one), cohort(200, 2, x0=two))[0]
        reference = ks_2samp(one, two)
        assert row.distance == pytest.approx(reference.statistic)
        assert row.p == pytest.approx(reference.pvalue, abs=0.01)


def test_size_is_in_standard_deviations() -> None:
    one, two = np.random.default_rng(2).normal(size=(2, 20_000))
    row = drift(cohort(20_000, 1, x0=one), cohort(20_000, 2, x0=two + 0.5))[0]
    assert row.difference == pytest.approx(0.5, abs=4 * np.sqrt(2 / 20_000))


def test_p_of_a_flag_is_that_of_two_shares() -> None:
    """50 of 100 against 30 of 100: z = 0.2 / √(0.4 · 0.6 · 2 / 100) = 2.887, p = 0.0039."""
    one, two = np.repeat([1.0, 0.0], [50, 50]), np.repeat([1.0, 0.0], [30, 70])
    row = next(
        r for r in drift(cohort(100, 1, flag0=one), cohort(100, 2, flag0=two)) if r.name == "flag0"
    )
    assert row.p == pytest.approx(0.00389, abs=1e-5)
    assert (row.train, row.other, row.distance) == (0.5, 0.3, pytest.approx(0.2))


def test_everything_is_compared_and_the_outcome_last() -> None:
    names = [row.name for row in drift(cohort(50, 1), cohort(50, 2))]
    assert names[:2] == ["x0", "x1"]
    assert names[-2:] == ["age", "outcome: non-pCR"]
    assert len(names) == 17


def test_one_law_is_no_drift() -> None:
    """A false word in a hundred pairs of tables at the most, all columns together."""
    told = [len(drift_notes(cohort(400, s), cohort(300, 1000 + s), "b")) for s in range(60)]
    assert sum(told) <= 3  # Poisson with a mean of 0.6: more than 3 in one run of 300


def test_what_moved_is_named_with_its_size() -> None:
    rng = np.random.default_rng(3)
    moved = cohort(300, 9, x3=rng.normal(1, 1, 300), flag2=(rng.random(300) < 0.8).astype(float))
    note = drift_notes(cohort(400, 8), moved, "later")[0]
    assert set(note.names) == {"x3", "flag2"}
    assert abs(note.names["x3"]) > LARGE
    assert "2 of 17 columns of 'later'" in note.message
    assert "p < 0.0001" in note.message


def test_what_went_missing_is_named() -> None:
    gone = np.random.default_rng(3).normal(size=300)
    gone[:200] = np.nan
    notes = drift_notes(cohort(400, 8), cohort(300, 9, x3=gone), "later")
    assert [(n.code, list(n.names)) for n in notes] == [("drift_missing", ["x3"])]
    assert "x3 (0% to 67%)" in notes[0].message


def test_too_few_values_have_no_p() -> None:
    few = np.full(300, np.nan)
    few[:5] = 1.0
    row = drift(cohort(400, 8), cohort(300, 9, x3=few))[3]
    assert np.isnan(row.p)
    assert row.missing_other == pytest.approx(295 / 300)


def test_a_constant_that_changed_is_infinitely_far() -> None:
    row = drift(cohort(50, 1, x0=np.zeros(50)), cohort(50, 2, x0=np.ones(50)))[0]
    assert row.difference == np.inf
    assert row.p < 1e-6
