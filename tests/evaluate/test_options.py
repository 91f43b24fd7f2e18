"""The options of each patient are those of the oracle, told from his record alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.cohort.plan import Plan
from resistml.errors import TableError
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.options import options_of
from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.world.laws import World
from tests.evaluate.drawn import spec_of


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    return draw_judge(world, Plan(seed=31, n=600))


@pytest.fixture(scope="module")
def spec(evidence: Evidence, world: World) -> FeatureSpec:
    return spec_of(evidence, world)


def test_options_are_the_oracles_rows(judge: Judge, spec: FeatureSpec) -> None:
    found = options_of(spec, judge.records, judge.strategy)
    np.testing.assert_array_equal(found.patient, judge.patient)
    assert found.arm.tolist() == judge.arm.tolist()
    np.testing.assert_array_equal(found.given, judge.given)


def test_what_is_none_of_his_options_is_told_apart(judge: Judge, spec: FeatureSpec) -> None:
    strategy = judge.strategy.copy()
    open_to = set(zip(judge.patient.tolist(), judge.arm.tolist(), strict=True))
    closed = [
        (i, arm)
        for i, setting in enumerate(judge.records.setting)
        for arm in spec.settings[setting].strategies
        if (i, arm) not in open_to
    ]
    row, strategy[row] = closed[0][0], closed[0][1]
    given = options_of(spec, judge.records, strategy).given
    assert given[row] == -1
    assert np.flatnonzero(given < 0).tolist() == [row]


def test_a_patient_without_options_is_refused(judge: Judge, spec: FeatureSpec) -> None:
    shut = {
        name: replace(strategy, eligibility=((("age", ">", 200.0),),))
        for name, strategy in spec.strategies.items()
    }
    with pytest.raises(TableError, match="600 patients are eligible for no strategy"):
        options_of(replace(spec, strategies=shut), judge.records, judge.strategy)
