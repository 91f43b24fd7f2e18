"""From a cohort to a model: the order of rows is no part of the data, nor is the truth."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.data import as_model, training_data
from resistml.learn.fit import Fitted, Params
from resistml.learn.train import fit_model
from tests.patients import Patients

QUICK = Params(bag=2, rounds=6, checks=2)


def fit(
    evidence: Evidence, p: Patients, rows: np.ndarray, seed: int = 1
) -> tuple[FeatureSpec, Fitted]:
    return fit_model(
        evidence, p.records.take(rows), p.strategy[rows], p.y[rows], QUICK, seed=seed, threads=1
    )


def same(a: Fitted, b: Fitted) -> bool:
    boosters = zip(a.members, b.members, strict=True)
    return a.knots == b.knots and all(
        x.booster.save_raw("ubj") == y.booster.save_raw("ubj")
        and np.array_equal(x.coefficients, y.coefficients)
        for x, y in boosters
    )


def test_order_of_rows_changes_nothing(evidence: Evidence, patients: Patients) -> None:
    n = len(patients.records)
    shuffled = np.random.default_rng(0).permutation(n)
    spec, fitted = fit(evidence, patients, np.arange(n))
    again, other = fit(evidence, patients, shuffled)
    assert again == spec
    assert same(fitted, other)
    assert not same(fitted, fit(evidence, patients, shuffled, seed=2)[1])


def test_one_outcome_alone_is_refused(evidence: Evidence, patients: Patients) -> None:
    with pytest.raises(TableError) as fault:
        fit_model(
            evidence,
            patients.records,
            patients.strategy,
            np.ones(len(patients.records)),
            QUICK,
            seed=1,
        )
    for part in ("all 1200 patients have the same outcome", "column 'resistant'", "both 0", "1 (r"):
        assert part in str(fault.value)


def test_training_data_engages_and_signs(evidence: Evidence, patients: Patients) -> None:
    spec, fitted = fit(evidence, patients, np.arange(len(patients.records)))
    data = training_data(spec, patients.records, patients.strategy, patients.y)
    markers = len(spec.markers)
    assert data.signed.tolist() == [True] * markers + [False] * (len(spec.columns) - markers)
    assert not np.isnan(data.centred).any()
    assert np.isnan(data.matrix).any()
    assert data.n_arms == len(spec.arms)
    arm = spec.arms[data.arms[5]]
    assert arm == (patients.records.setting[5], patients.strategy[5])
    # The base's mean per setting is 0 where measured: centring is per setting.
    j = list(spec.markers).index("ABCB1")
    mine = (patients.records.setting == "crc_advanced") & (patients.strategy == "folfox")
    seen = mine & ~np.isnan(data.matrix[:, j])
    exposure = spec.strategies["folfox"].exposure["ABCB1"]
    shift = exposure * spec.settings["crc_advanced"].means["ABCB1"]
    np.testing.assert_allclose(data.centred[seen, j], data.matrix[seen, j] - shift)
    model = as_model(spec, fitted, {"name": "x"})
    assert model.about == {"name": "x"}
    assert model.hash == ""
    assert (model.spec, model.members) == (spec, fitted.members)
