"""Checks, net benefit, the learning curve and the first table, as reports show them."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from resistml.checks.registry import CHECKS
from resistml.errors import InputError
from resistml.evaluate.net_benefit import DecisionCurve
from resistml.evidence import Evidence
from resistml.features.matrix import Records
from resistml.learn.spec import build_spec
from resistml.report.characteristics import characteristics
from resistml.report.checks_view import checks_view
from resistml.report.decision_view import SHOWN, benefits, useful_words
from resistml.report.learning import learning_curve, read_learning
from resistml.tables.cohort import Cohort
from resistml.world.laws import World
from tests.report import samples


def test_checks_that_found_something_come_first_the_worst_on_top() -> None:
    found = checks_view(samples.FINDINGS)
    assert [row.code for row in found.rows[:2]] == ["H99", "H06"]
    assert [row.code for row in found.rows[2:]] == [c.code for c in CHECKS if c.code != "H06"]
    assert (found.silent, found.found) == (len(CHECKS) - 1, 2)
    assert found.counted == "1 error and 1 warning"


def test_two_findings_of_a_check_are_one_row() -> None:
    twice = [samples.FINDINGS[0], {**samples.FINDINGS[0], "message": "again"}]
    (row,) = (row for row in checks_view(twice).rows if row.messages)
    assert row.messages == (samples.FINDINGS[0]["message"], "again")
    assert checks_view(twice).counted == "2 warnings"


def test_no_finding_is_told() -> None:
    found = checks_view([])
    assert (found.silent, found.found, found.counted) == (len(CHECKS), 0, "")


def test_benefits_are_those_of_the_curve() -> None:
    rows = benefits(samples.decision())
    assert [row.threshold for row in rows] == list(SHOWN)
    half = rows[SHOWN.index(0.5)]
    assert (half.model, half.fair, half.everybody) == pytest.approx((0.25, 0.25, 0.0))
    assert (half.low, half.high) == pytest.approx((0.24, 0.26))
    assert benefits(None) == []


def curve(low: list[float]) -> DecisionCurve:
    """Of four thresholds, with acting on all worth 0.2, 0, and less."""
    values = (0.3, 0.2, 0.1, 0.05)
    return DecisionCurve(
        10, 0.5, (0.2, 0.4, 0.6, 0.8), (0.2, 0.0, -1.0, -2.0), {"xgboost": values},
        tuple(low), values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "said"),
    [
        ([0.1, 0.1, 0.1, -0.1], "at thresholds from 40% to 60% (of 20% to 80%"),
        ([0.3, 0.1, 0.1, 0.1], "at thresholds from 20% to 80% (of"),
        ([0.3, -0.1, 0.1, -0.1], "at thresholds from 20% to 60%, not all of them"),
        ([0.1, -0.1, -0.1, -0.1], "At no threshold"),
    ],
)
def test_where_a_model_is_useful_is_said_in_words(low: list[float], said: str) -> None:
    assert said in useful_words(curve(low))
    assert useful_words(None) == ""


def test_learning_curve_is_the_benchmarks_default_world_by_size() -> None:
    document = samples.benchmark()
    rows = [*document["summary"], {**document["summary"][0], "world": "form", "patients": 7}]
    found = learning_curve({**document, "summary": rows[::-1]})
    assert found is not None
    assert found.sizes == (5_000, 20_000, 100_000)
    assert [p.patients for p in found.curves["captured"]["xgboost"]] == [5_000, 20_000, 100_000]
    assert math.isnan(found.curves["auc_gap"]["t_learner"][0].se)
    assert found.judged == 30_000


def test_a_figure_that_a_learner_lacks_is_left_out() -> None:
    document = samples.benchmark()
    rows = [{k: v for k, v in row.items() if k != "auc_gap"} for row in document["summary"]]
    found = learning_curve({**document, "summary": rows})
    assert found is not None
    assert found.curves["auc_gap"] == {}
    assert set(found.curves["captured"]) == {"xgboost", "logistic", "t_learner"}


def test_one_size_is_no_curve() -> None:
    document = samples.benchmark()
    rows = [row for row in document["summary"] if row["patients"] == 5_000]
    assert learning_curve({**document, "summary": rows}) is None


def test_a_file_that_is_not_there_is_no_curve_and_another_is_refused(tmp_path: Path) -> None:
    assert read_learning(tmp_path / "none.json") is None
    (tmp_path / "b.json").write_text(json.dumps(samples.benchmark()), encoding="utf-8")
    found = read_learning(tmp_path / "b.json")
    assert found is not None
    assert found.curves["captured"]["xgboost"] == samples.learning().curves["captured"]["xgboost"]
    (tmp_path / "c.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError, match="no result of `resistml benchmark`"):
        read_learning(tmp_path / "c.json")


def cohort() -> Cohort:
    """Four patients, of whom a woman of 80 has no ABCB1 measured and a man no age."""
    setting = np.array(["nsclc_chemo_resistant"] * 4, dtype=object)
    columns = {
        "age": np.array([45.0, 60.0, 80.0, np.nan]),
        "sex": np.array([0.0, 0.0, 1.0, 0.0]),
        "ecog": np.array([0.0, 1.0, 3.0, 1.0]),
        "ABCB1": np.array([1.0, 2.0, np.nan, 1.0]),
    }
    ids = np.array(list("abcd"), dtype=object)
    return Cohort(
        records=Records(ids, setting, columns),
        strategy=np.array(["paclitaxel", "paclitaxel", "paclitaxel_zosuquidar", "paclitaxel"],
                          dtype=object),
        resistant=np.array([1.0, 0.0, 1.0, 1.0]),
        columns={
            "os_months": np.array([10.0, 20.0, 12.0, 30.0]),
            "os_event": np.array([1.0, 0.0, 1.0, 0.0]),
        },
    )  # fmt: skip


def test_patients_are_counted_as_groups_divide_them(evidence: Evidence, world: World) -> None:
    mine = cohort()
    spec = build_spec(evidence, world, mine.records)
    found = characteristics(spec, mine)
    assert (found.n, found.resistant, found.strategies) == (4, 3, 2)
    assert found.counts["sex"] == {"female": 1, "male": 3}
    assert found.counts["age"] == {
        "below 50": 1, "50 to 64": 1, "75 or older": 1, "not recorded": 1,
    }  # fmt: skip
    assert found.counts["ECOG"] == {"0": 1, "1": 2, "2 or more": 1}
    assert all(sum(counts.values()) == 4 for counts in found.counts.values())
    assert found.unmeasured["ABCB1"] == 0.25
    assert set(found.unmeasured) == set(spec.settings["nsclc_chemo_resistant"].panel)
    assert (found.follow_up, found.deaths) == (16.0, 2)


def test_a_cohort_without_times_has_no_follow_up(evidence: Evidence, world: World) -> None:
    mine = dataclasses.replace(cohort(), columns={})
    found = characteristics(build_spec(evidence, world, mine.records), mine)
    assert math.isnan(found.follow_up)
    assert found.deaths == 0
