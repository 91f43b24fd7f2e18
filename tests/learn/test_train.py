"""From a cohort to a model: the order of rows is no part of the data, nor is the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.bundle import save_bundle
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
        and all(map(np.array_equal, vars(x.base).values(), vars(y.base).values()))
        for x, y in boosters
    )


@pytest.mark.slow
def test_order_of_rows_changes_nothing(evidence: Evidence, patients: Patients) -> None:
    n = len(patients.records)
    shuffled = np.random.default_rng(0).permutation(n)
    spec, fitted = fit(evidence, patients, np.arange(n))
    again, other = fit(evidence, patients, shuffled)
    assert again == spec
    assert same(fitted, other)
    assert not same(fitted, fit(evidence, patients, shuffled, seed=2)[1])


def saved(evidence: Evidence, p: Patients, rows: np.ndarray, folder: Path) -> dict[str, bytes]:
    """The bytes of each file of the bundle that the rows give."""
    spec, fitted = fit(evidence, p, rows)
    save_bundle(fitted, spec, QUICK, {"name": "x"}, "# card\n", folder, force=True)
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), people=st.integers(0, 20))
def test_order_of_rows_changes_no_byte_of_a_bundle(
    seed: int,
    people: int,
    evidence: Evidence,
    patients: Patients,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of any patients in any order; which they are is another matter."""
    rows = np.arange(people * 10, people * 10 + 300)
    shuffled = np.random.default_rng(seed).permutation(rows)
    folder = tmp_path_factory.mktemp("bundles")
    first = saved(evidence, patients, rows, folder / "a")
    assert len(first) == 3 + 1 + QUICK.bag
    assert saved(evidence, patients, shuffled, folder / "b") == first
    assert saved(evidence, patients, rows[1:], folder / "c") != first


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
    # Centring is per setting, about the mean of those measured.
    j = list(spec.markers).index("ABCB1")
    mine = (patients.records.setting == "crc_advanced") & (patients.strategy == "folfox")
    seen = mine & ~np.isnan(data.matrix[:, j])
    exposure = spec.strategies["folfox"].exposure["ABCB1"]
    shift = exposure * sum(spec.settings["crc_advanced"].ramp_means["ABCB1"])
    np.testing.assert_allclose(data.centred[seen, j], data.matrix[seen, j] - shift)
    model = as_model(spec, fitted, {"name": "x"})
    assert model.about == {"name": "x"}
    assert model.hash == ""
    assert (model.spec, model.members) == (spec, fitted.members)
