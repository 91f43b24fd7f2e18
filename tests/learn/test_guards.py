"""Bad training data: refused with names and figures, or flagged with counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.features.matrix import Records
from resistml.features.spec import FeatureSpec
from resistml.learn.guards import (
    LEAK,
    check_leaks,
    check_outcomes,
    column_auc,
    training_flags,
)
from resistml.learn.params import Params
from resistml.learn.train import fit_model
from resistml.predict.support import LEAST
from tests.patients import Patients

NAN = float("nan")


def with_column(records: Records, **columns: np.ndarray) -> Records:
    return replace(records, columns={**records.columns, **columns})


def test_outcomes_of_both_kinds_pass() -> None:
    check_outcomes(np.array([0.0, 1.0, 1.0]))


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([0, 1, 2, 2, NAN], "3 of 5 outcomes are neither 0 nor 1: 2 (2), nan (1)"),
        ([-1, 1] * 3, "3 of 6 outcomes are neither 0 nor 1: -1 (3)"),
        ([0.5, 0, 1], "1 of 3 outcomes are neither 0 nor 1: 0.5 (1)"),
        (list(range(9)), "7 of 9 outcomes are neither 0 nor 1: 2 (1), 3 (1), 4 (1), 5 (1), 6 (1),"),
        ([1, 1, 1], "all 3 patients have the same outcome, 1"),
        ([0, 0], "all 2 patients have the same outcome, 0"),
        ([], "all 0 patients"),
    ],
)
def test_other_outcomes_are_refused_and_counted(y: list[float], said: str) -> None:
    with pytest.raises(TableError) as fault:
        check_outcomes(np.array(y, dtype=float))
    assert said in str(fault.value)
    assert "column 'resistant'" in str(fault.value)
    assert "both 0 (response) and 1 (resistant)" in str(fault.value)


def test_fitting_asks_first(evidence: Evidence, patients: Patients) -> None:
    wrong = np.where(np.arange(1_200) < 7, 3.0, patients.y)
    leaking = with_column(patients.records, CD44=patients.y + 1.0)
    cases = ((patients.records, wrong, "7 of 1,200"), (leaking, patients.y, "CD44"))
    for records, y, said in cases:
        with pytest.raises(TableError, match=said):
            fit_model(evidence, records, patients.strategy, y, Params(bag=2, rounds=1), seed=1)


def test_honest_columns_pass(spec: FeatureSpec, patients: Patients) -> None:
    check_leaks(spec, patients.records, patients.y)


def leak(kind: str, y: np.ndarray, old: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.02, len(y))
    side = np.where(rng.random(len(y)) < 0.5, 1.0, 9.0)
    return {
        "rising": np.exp(y + noise),
        "falling": np.exp(-y + noise),
        "both ends": np.where(y == 1, side, 3.0) * np.exp(noise),
        "measured": np.where(y == 1, np.nan_to_num(old, nan=1.0), NAN),
        "nearly": np.where(rng.random(len(y)) < 0.005, 1 - y, y) + 1.0,
    }[kind]


@pytest.mark.parametrize("kind", ["rising", "falling", "both ends", "measured", "nearly"])
def test_a_column_that_tells_the_outcome_is_refused(
    spec: FeatureSpec, patients: Patients, kind: str
) -> None:
    """In whatever way it does; the others are not named."""
    changed = leak(kind, patients.y, patients.records.column("CD44"))
    with pytest.raises(TableError) as fault:
        check_leaks(spec, with_column(patients.records, CD44=changed), patients.y)
    text = str(fault.value)
    assert "column 'CD44': 1 column(s) give the outcome away, each by itself: CD44 (AUC " in text
    assert "patients)" in text
    assert "0.98 at most" in text


def test_all_that_leak_are_named(spec: FeatureSpec, patients: Patients) -> None:
    one, other = patients.y + 1.0, 2.0 - patients.y
    records = with_column(patients.records, CD44=one, ABCB1=other, age=40 + 10 * patients.y)
    with pytest.raises(TableError) as fault:
        check_leaks(spec, records, patients.y)
    text = str(fault.value)
    assert "3 column(s)" in text
    assert all(f"{name} (AUC 1.000 in " in text for name in ("CD44", "ABCB1", "age"))


def test_a_leak_in_one_setting_is_found_there(
    spec: FeatureSpec, drawn: tuple[Records, object]
) -> None:
    """Two hundred patients among thousands."""
    records = drawn[0]
    y = (np.random.default_rng(2).random(len(records)) < 0.5).astype(float)
    mine = records.setting == "breast_ac"
    told = np.where(mine, y + 1.0, records.column("CD44"))
    with pytest.raises(TableError, match=f"in breast_ac, {int(mine.sum())} patients"):
        check_leaks(spec, with_column(records, CD44=told), y)


def test_what_the_model_does_not_use_may_leak(spec: FeatureSpec, patients: Patients) -> None:
    check_leaks(spec, with_column(patients.records, outcome=patients.y), patients.y)
    outside = ~np.isin(
        patients.records.setting, [s for s, x in spec.settings.items() if "CD19" in x.panel]
    )
    told = np.where(outside, 0.1 + 0.8 * patients.y, patients.records.column("CD19"))
    check_leaks(spec, with_column(patients.records, CD19=told), patients.y)


def test_chance_is_not_taken_for_a_leak(spec: FeatureSpec, patients: Patients) -> None:
    """Of 60 patients no setting has thirty with each outcome; a column apart is chance there."""
    for seed in range(5):
        rows = np.random.default_rng(seed).permutation(len(patients.y))[:60]
        rows = np.sort(rows)
        check_leaks(spec, patients.records.take(rows), patients.y[rows])


def test_column_auc_is_that_of_the_column() -> None:
    """Two normals a deviation apart: Phi(1 / sqrt 2) = 0.760; its standard error is 0.005."""
    rng = np.random.default_rng(0)
    y = (rng.random(8_000) < 0.5).astype(float)
    assert column_auc(rng.normal(size=8_000) + y, y) == pytest.approx(0.760, abs=0.02)
    assert column_auc(rng.normal(size=8_000) - y, y) == pytest.approx(0.760, abs=0.02)
    # Bins that tell nothing are as often wrong as right, out of fold.
    assert column_auc(rng.normal(size=8_000), y) == pytest.approx(0.5, abs=0.03)
    assert column_auc(np.full(8_000, NAN), y) == pytest.approx(0.5, abs=0.03)
    assert column_auc(y, y) == 1.0
    assert column_auc(rng.normal(size=8_000) + 6 * y, y) > LEAK


def test_strategies_that_few_had_are_flagged(
    spec: FeatureSpec, drawn: tuple[Records, np.ndarray]
) -> None:
    records, strategy = drawn
    mine = (records.setting == "crc_advanced") & (strategy == "folfiri")
    drop = np.flatnonzero(mine)[3:]
    rows = np.setdiff1d(np.arange(len(records)), drop)
    before = {f.code: f for f in training_flags(spec, records, strategy)}
    after = {f.code: f for f in training_flags(spec, records.take(rows), strategy[rows])}
    assert "crc_advanced/folfiri" not in before["few_patients"].names
    assert after["few_patients"].names["crc_advanced/folfiri"] == 3
    n = len(before["few_patients"].names) + 1
    assert after["few_patients"].message.startswith(
        f"{n} of {len(spec.arms)} strategies have fewer than {LEAST} training patients"
    )
    assert "crc_advanced/folfiri (3)" in after["few_patients"].message


def test_columns_with_one_value_or_none_are_flagged(
    spec: FeatureSpec, drawn: tuple[Records, np.ndarray]
) -> None:
    records, strategy = drawn
    n = len(records)
    assert {f.code for f in training_flags(spec, records, strategy)} <= {"few_patients"}
    constant = np.where(np.isnan(records.column("CD44")), NAN, 2.5)
    changed = with_column(records, CD44=constant, ecog=np.ones(n), CTC=np.full(n, NAN))
    found = {f.code: f for f in training_flags(spec, changed, strategy)}
    assert found["constant"].names == {"CD44": 2.5, "ecog": 1.0}
    assert found["constant"].message == (
        "2 column(s) have one value alone: CD44 (always 2.5), ecog (always 1)"
    )
    (name,) = found["unmeasured"].names
    in_panel = [s for s, x in spec.settings.items() if "CTC" in x.panel]
    patients = int(np.isin(records.setting, in_panel).sum())
    assert (name, found["unmeasured"].names["CTC"]) == ("CTC", patients)
    assert f"CTC ({patients:,})" in found["unmeasured"].message
    assert found["constant"].to_json()["code"] == "constant"


def test_a_column_is_constant_only_where_it_is_used(
    spec: FeatureSpec, drawn: tuple[Records, np.ndarray]
) -> None:
    """Other values outside the panels do not count: the model does not see them."""
    records, strategy = drawn
    outside = ~np.isin(records.setting, [s for s, x in spec.settings.items() if "CTC" in x.panel])
    changed = with_column(records, CTC=np.where(outside, np.arange(len(records)), 4.0))
    found = {f.code: f for f in training_flags(spec, changed, strategy)}
    assert found["constant"].names == {"CTC": 4.0}
