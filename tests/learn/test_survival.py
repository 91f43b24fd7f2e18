"""Models of times, fitted on drawn patients and on made ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from resistml.evidence import Evidence
from resistml.features.spec import FeatureSpec
from resistml.learn.fit import Params
from resistml.learn.params import TrainingData
from resistml.learn.parts import fit_parts
from resistml.learn.survival import (
    LEAST_EVENTS,
    SurvivalParams,
    fit_survival,
    fit_time,
    has_time,
)
from resistml.learn.train import fit_model
from resistml.predict.survival import Survival, TimeModel
from resistml.tables.cohort import Cohort
from resistml.world.laws import World
from tests.patients import Patients, draw

FAST = SurvivalParams(bag=2, rounds=20, checks=2)
TIMES = ("pfs_months", "pfs_event", "os_months", "os_event")


def cohort_of(patients: Patients) -> Cohort:
    columns = {name: np.asarray(patients.columns[name]) for name in TIMES}
    return Cohort(patients.records, patients.strategy, patients.y, columns)


def made(n: int, seed: int = 0, law: Any = stats.gumbel_l, step: float = 0.0) -> TrainingData:
    """Two columns, of which the first shortens times, along a line or in a step; one arm."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    y = (rng.random(n) < 0.5).astype(float)
    log = 2 - 0.4 * x[:, 0] + 0.7 * (1 - y) + 0.5 * law.rvs(size=n, random_state=rng)
    log -= step * (np.abs(x[:, 1]) > 1)
    arms = np.zeros(n, dtype=np.int64)
    data = TrainingData(x, x, arms, y, 1, np.array([True, False]))
    object.__setattr__(data, "log", log)
    return data


def fitted(data: TrainingData, params: SurvivalParams = FAST, seed: int = 1) -> TimeModel:
    log = data.log  # type: ignore[attr-defined]
    until = np.random.default_rng(9).uniform(3, 60, len(log))
    months = np.minimum(np.exp(log), until)
    return fit_time(data, months, np.exp(log) <= until, params, seed, threads=1)


@pytest.mark.parametrize(
    ("law", "name"),
    [(stats.gumbel_l, "extreme"), (stats.logistic, "logistic"), (stats.norm, "normal")],
)
def test_law_is_chosen_by_what_was_held_out(law: Any, name: str) -> None:
    assert fitted(made(4_000, law=law), replace(FAST, rounds=0)).law == name


def test_trees_that_only_fit_by_chance_are_cut_off() -> None:
    """Everything is along a line: of four hundred greedy trees next to none help."""
    greedy = replace(
        FAST, rounds=400, checks=20, depth=4, learning_rate=0.3, min_child_weight=1, reg_lambda=0
    )
    model = fitted(made(2_000, seed=1), greedy)
    assert max(x.booster.num_boosted_rounds() for x in model.members) <= 9
    plain = fitted(made(2_000, seed=1), replace(FAST, rounds=0))
    assert [x.booster.num_boosted_rounds() for x in plain.members] == [0, 0]


def test_trees_find_what_is_not_along_a_line() -> None:
    """A step at 1 on both sides, of which the base knows nothing."""
    data = made(3_000, seed=2, step=1.0)
    model = fitted(data, replace(FAST, rounds=100, learning_rate=0.1))
    assert model.members[0].booster.num_boosted_rounds() > 20
    x = np.zeros((2, 2), dtype=np.float32)
    x[1, 1] = 2.0
    inside, outside = model.members[0].booster.inplace_predict(x, predict_type="margin")
    scale = np.exp(model.members[0].log_scale[0])
    assert (inside - outside) * scale == pytest.approx(1.0, abs=0.2)


def test_trees_keep_the_sign() -> None:
    """In a column that can only shorten times, however they were drawn, none lengthens them."""
    data = made(2_000, seed=3)
    against = replace(data, matrix=-data.matrix, centred=-data.centred)
    object.__setattr__(against, "log", data.log)  # type: ignore[attr-defined]
    model = fitted(against, replace(FAST, rounds=50))
    x = np.zeros((50, 2), dtype=np.float32)
    x[:, 0] = np.linspace(-3, 3, 50)
    for member in model.members:
        margin = member.booster.inplace_predict(x, predict_type="margin")
        assert (np.diff(margin) <= 1e-6).all()
        assert member.coefficients[0] == 0.0


def test_interval_is_students() -> None:
    model = fitted(made(500), replace(FAST, bag=3, rounds=0, form=0.07))
    assert model.width == pytest.approx(stats.t.ppf(0.95, 2))
    assert model.form == 0.07
    assert len(model.members) == 3
    differ = [x.coefficients[0] for x in model.members]
    assert len(set(differ)) == 3


def test_months_of_zero_are_half_a_day() -> None:
    data = made(500)
    months = np.exp(data.log)  # type: ignore[attr-defined]
    months[:20] = 0.0
    model = fit_time(data, months, np.ones(500, dtype=bool), FAST, seed=1, threads=1)
    for member in model.members:
        assert np.isfinite(member.intercepts).all()
        assert np.isfinite(member.log_scale).all()
    assert model.followed == months.max()


@pytest.fixture(scope="module")
def cohort(world: World) -> Cohort:
    return cohort_of(draw(world, seed=12, n=3_000))


@pytest.fixture(scope="module")
def part(spec: FeatureSpec, cohort: Cohort) -> Survival:
    found = fit_survival(spec, cohort, FAST, seed=3, threads=1)
    assert found is not None
    return found


def same(left: Survival, right: Survival) -> None:
    assert left.to_json() == right.to_json()
    for name, booster in left.boosters.items():
        assert booster.save_raw("json") == right.boosters[name].save_raw("json")


def test_both_times_of_every_arm(spec: FeatureSpec, cohort: Cohort, part: Survival) -> None:
    for model in (part.pfs, part.os):
        assert model is not None
        for member in model.members:
            assert member.intercepts.shape == member.response.shape == (len(spec.arms),)
            assert member.coefficients.shape == (len(spec.columns),)
            signed = [c in spec.markers for c in spec.columns]
            assert (member.coefficients[signed] <= 0).all()
            assert member.response.mean() > 0.2  # who responds has longer
    assert part.pfs is not None
    assert part.pfs.followed == cohort.columns["pfs_months"].max()


def test_order_of_rows_does_not_matter(spec: FeatureSpec, cohort: Cohort, part: Survival) -> None:
    order = np.random.default_rng(0).permutation(len(cohort))
    columns = {name: values[order] for name, values in cohort.columns.items()}
    mixed = Cohort(
        cohort.records.take(order), cohort.strategy[order], cohort.resistant[order], columns
    )
    again = fit_survival(spec, mixed, FAST, seed=3, threads=2)
    assert again is not None
    same(part, again)


def test_another_seed_is_another_bag(spec: FeatureSpec, cohort: Cohort, part: Survival) -> None:
    other = fit_survival(spec, cohort, FAST, seed=4, threads=1)
    assert other is not None
    assert other.to_json() != part.to_json()


def with_columns(cohort: Cohort, **changed: Any) -> Cohort:
    columns = {**cohort.columns, **changed}
    return replace(cohort, columns={k: v for k, v in columns.items() if v is not None})


def test_times_that_are_not_recorded(spec: FeatureSpec, cohort: Cohort, part: Survival) -> None:
    alone = fit_survival(spec, with_columns(cohort, os_months=None), FAST, seed=3, threads=1)
    assert alone is not None
    assert alone.os is None
    same(Survival(pfs=part.pfs), alone)
    neither = with_columns(cohort, os_months=None, pfs_event=None)
    assert fit_survival(spec, neither, FAST, seed=3) is None


def test_too_few_events_are_no_model(spec: FeatureSpec, cohort: Cohort) -> None:
    event = np.zeros(len(cohort))
    event[: LEAST_EVENTS - 1] = 1
    few = with_columns(cohort, os_months=None, pfs_event=event)
    assert fit_survival(spec, few, FAST, seed=3) is None
    event[LEAST_EVENTS - 1] = 1
    enough = with_columns(cohort, os_months=None, pfs_event=event)
    assert fit_survival(spec, enough, FAST, seed=3, threads=1) is not None


def test_patients_without_a_time_are_left_out(spec: FeatureSpec, cohort: Cohort) -> None:
    """As if they were not in the cohort."""
    months = cohort.columns["pfs_months"].copy()
    event = cohort.columns["pfs_event"].astype(float)
    months[:100], event[100:150] = np.nan, np.nan
    holes = with_columns(cohort, os_months=None, pfs_months=months, pfs_event=event)
    np.testing.assert_array_equal(np.flatnonzero(~has_time(holes, "pfs")), np.arange(150))
    rows = np.arange(150, len(cohort))
    columns = {k: v[rows] for k, v in holes.columns.items()}
    rest = Cohort(cohort.records.take(rows), cohort.strategy[rows], cohort.resistant[rows], columns)
    left, right = (fit_survival(spec, x, FAST, seed=3, threads=1) for x in (holes, rest))
    assert left is not None
    assert right is not None
    same(left, right)


def test_is_a_part_where_it_is_asked_for(evidence: Evidence, cohort: Cohort) -> None:
    rows = np.arange(1_000)
    columns = {k: v[rows] for k, v in cohort.columns.items()}
    few = Cohort(cohort.records.take(rows), cohort.strategy[rows], cohort.resistant[rows], columns)
    small = Params(bag=2, rounds=5, checks=1)
    spec, risk = fit_model(
        evidence, few.records, few.strategy, few.resistant, small, seed=1, threads=1
    )
    without = fit_parts(evidence, few, spec, risk, seed=1, threads=1)
    assert without.survival is None
    beside = fit_parts(evidence, few, spec, risk, seed=1, threads=1, survival=FAST)
    assert isinstance(beside.survival, Survival)
    assert "survival" in dict(beside)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"bag": 1}, "bag is 1; allowed: 2 or more"),
        ({"rounds": -1}, "rounds is -1"),
        ({"checks": 0}, "checks is 0"),
        ({"depth": 0}, "depth is 0"),
        ({"penalty": 0.0}, "penalty is 0.0; allowed: above 0"),
        ({"arm_penalty": -1.0}, "arm_penalty is -1.0"),
        ({"form": -0.1}, "form is -0.1"),
    ],
)
def test_settings_that_cannot_be(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SurvivalParams(**changed)


def test_progress_is_told(spec: FeatureSpec, cohort: Cohort) -> None:
    seen: list[tuple[int, int]] = []
    params = replace(FAST, rounds=0)
    fit_survival(spec, cohort, params, seed=3, threads=1, told=lambda k, n: seen.append((k, n)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
