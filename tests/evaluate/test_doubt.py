"""What a run says of its model's doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.cohort.plan import Plan
from resistml.evaluate.abstention import abstention
from resistml.evaluate.doubt import PLANTED, judge_doubt
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.uncertainty import uncertainty
from resistml.learn.support import fit_support
from resistml.predict.model import Model
from resistml.world.laws import World


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    return draw_judge(world, Plan(seed=52, n=2_300))


@pytest.fixture(scope="module")
def knowing(model: Model, judge: Judge) -> Model:
    """A model that knows a population, which is the judge's own."""
    support = fit_support(model.spec, judge.records, judge.arm[judge.given])
    return replace(model, parts=replace(model.parts, support=support))


def test_doubt_is_intervals_and_abstention(knowing: Model, judge: Judge) -> None:
    found = judge_doubt(knowing, judge, seed=3)
    assert found.uncertainty == uncertainty(knowing, judge)
    rows = np.arange(PLANTED)
    asked = judge.arm[judge.given[rows]]
    assert found.abstention == abstention(knowing, judge.records.take(rows), asked, 3)
    assert found.abstention is not None
    assert found.abstention.patients["ordinary"] == PLANTED < len(judge.records)


def test_a_model_that_knows_no_population_is_not_asked_to_abstain(
    model: Model, judge: Judge
) -> None:
    bare = replace(model, parts=replace(model.parts, support=None))
    found = judge_doubt(bare, judge, seed=3)
    assert found.abstention is None
    assert found.uncertainty.overall.n == len(judge.arm)
