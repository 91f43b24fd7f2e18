"""Figures of each group are those of its patients judged alone, and the worst is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.cohort.plan import Plan
from resistml.evaluate.judge import Judge, draw_judge
from resistml.evaluate.metrics import Interval, auc, calibration_error, log_loss
from resistml.evaluate.policy import best_fixed_rule, captured, first_choice, follow, policy_value
from resistml.evaluate.subgroups import (
    GAIN,
    LEAST,
    Group,
    Ranked,
    Subgroups,
    divisions,
    subgroups,
    worst,
)
from resistml.features.matrix import Records
from resistml.predict.model import Model
from resistml.world.laws import World
from tests.evaluate.toy import words

Floats = npt.NDArray[np.float64]
N = 1_500


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    return draw_judge(world, Plan(seed=21, n=N))


@pytest.fixture(scope="module")
def p_response(model: Model, judge: Judge) -> Floats:
    return 1 - model.risk(judge.oracle_records, judge.arm).p


@pytest.fixture(scope="module")
def found(model: Model, judge: Judge, p_response: Floats) -> Subgroups:
    rule = best_fixed_rule(judge)[1]
    return subgroups(model.spec, judge, p_response, rule, resamples=50, seed=1)


def part_of(judge: Judge, people: npt.NDArray[np.int64]) -> tuple[Judge, npt.NDArray[np.bool_]]:
    """A judge of some of the patients, and which oracle rows it keeps."""
    new = np.full(len(judge.records), -1)
    new[people] = np.arange(len(people))
    rows = new[judge.patient] >= 0
    return (
        replace(
            judge,
            records=judge.records.take(people),
            strategy=judge.strategy[people],
            resistant=judge.resistant[people],
            patient=new[judge.patient[rows]],
            arm=judge.arm[rows],
            p_response=judge.p_response[rows],
            p_fair=judge.p_fair[rows],
            truth={},
            fair_truth={},
        ),
        rows,
    )


@pytest.mark.parametrize(
    ("division", "name"),
    [("setting", "crc_advanced"), ("sex", "female"), ("unmeasured markers", "0")],
)
def test_figures_are_those_of_the_group_judged_alone(
    found: Subgroups,
    model: Model,
    judge: Judge,
    p_response: Floats,
    division: str,
    name: str,
) -> None:
    people = np.flatnonzero(divisions(model.spec, judge.records)[division] == name)
    part, rows = part_of(judge, people)
    p, mine = p_response[rows], part.given
    y, risk, fair = part.resistant, 1 - p[mine], 1 - part.p_fair[mine]
    figures = found[division][name]
    assert figures.n == len(people)
    rule = best_fixed_rule(judge)[1]
    fixed = float(part.p_response[follow(part, rule)].mean())
    expected = {
        "auc": auc(y, risk),
        "auc_fair": auc(y, fair),
        "logloss": log_loss(y, risk),
        "mae": np.abs(risk - fair).mean(),
        "ece": calibration_error(fair, risk),
        "value": policy_value(part, p),
        "value_fair": policy_value(part, part.p_fair),
        "value_fixed_rule": fixed,
    }
    for figure, value in expected.items():
        assert getattr(figures, figure).value == pytest.approx(value), figure
        one = getattr(figures, figure)
        assert one.low < one.high
    gain = expected["value_fair"] - fixed
    if gain >= GAIN:
        assert figures.captured.value == pytest.approx(
            captured(expected["value"], fixed, expected["value_fair"])
        )
    else:
        assert np.isnan(figures.captured.value)
    if division == "setting":
        assert fixed == pytest.approx(best_fixed_rule(part)[0])


def test_a_share_of_next_to_nothing_is_not_told(found: Subgroups) -> None:
    """In settings with one strategy a ranking has nothing to gain."""
    alone = found["setting"]["pancreatic_advanced"]
    assert alone.value_fair.value == alone.value_fixed_rule.value
    assert np.isnan([alone.captured.value, alone.captured.low, alone.captured.high]).all()


def test_same_seed_same_intervals(
    found: Subgroups, model: Model, judge: Judge, p_response: Floats
) -> None:
    rule = best_fixed_rule(judge)[1]
    again, other = (
        subgroups(model.spec, judge, p_response, rule, resamples=50, seed=seed)["sex"]["male"]
        for seed in (1, 2)
    )
    mine = found["sex"]["male"]
    assert (mine.auc, mine.mae) == (again.auc, again.mae)
    assert mine.mae.value == other.mae.value
    assert mine.mae.low != other.mae.low


def test_interval_of_a_mean_is_as_wide_as_it_should_be(
    model: Model, judge: Judge, p_response: Floats
) -> None:
    """Half of it is 1.96 s / sqrt(n); of 1,000 resamples a 2.5% quantile has a standard error of
    sqrt(0.025 * 0.975 / 1,000) / 0.0584 = 0.085 s / sqrt(n), five of which are let pass."""
    rule = best_fixed_rule(judge)[1]
    found = subgroups(model.spec, judge, p_response, rule, resamples=1_000, seed=3)
    chosen = divisions(model.spec, judge.records)["sex"] == "female"
    error = np.abs(p_response - judge.p_fair)[judge.given][chosen]
    mae, unit = found["sex"]["female"].mae, error.std() / np.sqrt(chosen.sum())
    assert (mae.value - mae.low) / unit == pytest.approx(1.96, abs=0.43)
    assert (mae.high - mae.value) / unit == pytest.approx(1.96, abs=0.43)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.booleans())
def test_figures_of_counted_patients_are_those_of_repeated_ones(
    seed: int, n: int, ties: bool
) -> None:
    rng = np.random.default_rng(seed)
    score = rng.random(n).round(1 if ties else 6)
    y = (rng.random(n) < 0.5).astype(float)
    truth = rng.random(n)
    count = np.bincount(rng.integers(0, n, n), minlength=n)
    rows = np.repeat(np.arange(n), count)
    ranked = Ranked(score)
    expected = auc(y[rows], score[rows])
    assert ranked.auc(y, count) == pytest.approx(expected, nan_ok=True)
    expected = calibration_error(truth[rows], score[rows])
    assert ranked.calibration_error(score - truth, count) == pytest.approx(expected)


def records(**columns: list[float]) -> Records:
    n = len(next(iter(columns.values())))
    filled = {"age": [60.0] * n, "ecog": [0.0] * n, "sex": [0.0] * n, **columns}
    return Records(
        words(*(f"p{i}" for i in range(n))),
        words(*["crc_advanced"] * n),
        {name: np.array(values) for name, values in filled.items()},
    )


def test_bands_begin_where_they_say(model: Model) -> None:
    nan = float("nan")
    ages = divisions(model.spec, records(age=[18, 49.9, 50, 64.9, 65, 74.9, 75, 99, nan]))["age"]
    assert ages.tolist() == [
        *["below 50"] * 2,
        *["50 to 64"] * 2,
        *["65 to 74"] * 2,
        *["75 or older"] * 2,
        "not recorded",
    ]
    ecog = divisions(model.spec, records(ecog=[0, 1, 2, 4, nan]))["ECOG"]
    assert ecog.tolist() == ["0", "1", "2 or more", "2 or more", "not recorded"]
    sex = divisions(model.spec, records(sex=[0, 1, nan]))["sex"]
    assert sex.tolist() == ["male", "female", "not recorded"]


def test_markers_are_unmeasured_where_the_panel_has_them(model: Model) -> None:
    panel = model.spec.settings["crc_advanced"].panel
    assert len(panel) >= 3
    one, two = {m: [1.0] * 2 for m in panel}, {m: [1.0] * 2 for m in panel}
    one[panel[0]] = [1.0, float("nan")]
    two |= {panel[0]: [float("nan")] * 2, panel[1]: [1.0, float("nan")]}
    named = [divisions(model.spec, records(**x))["unmeasured markers"].tolist() for x in (one, two)]
    assert named == [["0", "1"], ["1", "2"]]
    nothing = divisions(model.spec, records(age=[50.0]))["unmeasured markers"]
    assert nothing.tolist() == ["3 or more"]


def test_groups_come_in_a_readable_order(found: Subgroups) -> None:
    assert list(found) == ["setting", "sex", "age", "ECOG", "unmeasured markers"]
    assert list(found["age"]) == ["below 50", "50 to 64", "65 to 74", "75 or older"]
    assert list(found["ECOG"]) == ["0", "1", "2 or more"]
    assert list(found["unmeasured markers"]) == ["0", "1", "2", "3 or more"]
    assert list(found["setting"]) == sorted(found["setting"])


def group(n: int, mae: float) -> Group:
    flat = Interval(mae, mae, mae)
    return Group(n, *[flat] * 9)


def test_worst_is_the_greatest_of_the_large() -> None:
    groups = {
        "sex": {"female": group(LEAST, 0.05), "male": group(5_000, 0.04)},
        "age": {"below 50": group(LEAST - 1, 0.3), "75 or older": group(LEAST, float("nan"))},
    }
    found = worst(groups, "mae")
    assert found is not None
    assert (found.division, found.name) == ("sex", "female")
    assert worst({"age": groups["age"]}, "mae") is None
    assert worst({}, "ece") is None


def test_follow_takes_the_first_open_strategy_on_the_list(judge: Judge) -> None:
    value, rule = best_fixed_rule(judge)
    rows = follow(judge, rule)
    assert judge.patient[rows].tolist() == list(range(N))
    assert judge.p_response[rows].mean() == pytest.approx(value)
    everybodys = {name: arms[-1:] for name, arms in rule.items()}
    chosen = judge.arm[follow(judge, everybodys)]
    assert chosen.tolist() == [everybodys[s][0] for s in judge.records.setting]
    assert not np.array_equal(rows, first_choice(judge, -judge.p_response))
