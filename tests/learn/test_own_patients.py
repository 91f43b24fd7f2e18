"""One's own patients, whatever the order of the table's rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resistml.learn.own_patients import OwnPatients
from tests.own import simple


def test_patients_come_in_the_order_of_their_ids() -> None:
    patients = simple(30, arms=2)
    order = np.random.default_rng(0).permutation(30)
    found = OwnPatients.of(patients.take(order), ("flag",))
    assert found.records.patient_id.tolist() == patients.records.patient_id.tolist()
    np.testing.assert_array_equal(found.resistant, patients.resistant)
    assert found.arms == (("cohort", "arm0"), ("cohort", "arm1"))


def test_those_without_an_outcome_are_left_out() -> None:
    patients = simple(30)
    y = patients.resistant.copy()
    y[3] = np.nan
    found = OwnPatients.of(replace(patients, resistant=y))
    assert len(found) == 29
    assert "p00003" not in found.records.patient_id.tolist()


def test_taking_rows_takes_times_with_them() -> None:
    patients = replace(simple(5), times={"os_months": np.arange(5.0)})
    assert patients.take(np.array([4, 0])).times["os_months"].tolist() == [4.0, 0.0]


def test_strategies_are_those_of_the_whole_table() -> None:
    patients = simple(60, arms=3)
    some = patients.take(np.flatnonzero(patients.strategy == "arm0"))
    assert some.strategies == ("arm0", "arm1", "arm2")
    assert some.had == (("cohort", "arm0"),)
