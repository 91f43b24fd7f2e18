"""What a run logs: names alike in every run, numbers finite, nothing secret, no patient."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest
import yaml

from resistml.config import RunConfig, validated
from resistml.evaluate.evaluation import Evaluation
from resistml.evaluate.metrics import Interval
from resistml.notice import NOTICE
from resistml.tracking.items import EXPERIMENT_NOTE, Items, RunFacts, run_items
from tests.tracking.conftest import by_setting

#: Every metric of the hand-made run.
EXPECTED = {
    "gap/auc": 0.76 - 0.75,
    "gap/log": 0.0,
    "gap/value": 0.47 - 0.46,
    "gain/captured": 0.8,
    "gain/value": 0.46 - 0.42,
    "error/mae": 0.03,
    "error/ece": 0.01,
    "loss/log": 0.6,
    "loss/brier": 0.2,
    "auc/xgboost": 0.75,
    "auc/logistic": 0.74,
    "auc/constant": 0.66,
    "auc/fair": 0.76,
    "auc/oracle": 0.80,
    "interval/auc_low": 0.74,
    "interval/auc_high": 0.76,
    "value/learned": 0.46,
    "value/fixed": 0.42,
    "value/fair": 0.47,
    "value/oracle": 0.50,
    "value/given": 0.38,
    "mechanism/accumulation": 0.4,
    "mechanism/target": 0.3,
    "mechanism/clinical": 0.1,
    "fidelity/accumulation": 0.9,
    "fidelity/target": 0.8,
    "fidelity/correlation": 0.85,
    "fidelity/sign": 0.9,
    "fidelity/leading": 0.8,
    "fidelity/leading_guess": 0.6,
    "setting_auc/nsclc_advanced": 0.7,
    "setting_auc/crc_advanced": 0.6,
    "interval/setting_nsclc_advanced_low": 0.7,
    "interval/setting_nsclc_advanced_high": 0.7,
    "interval/setting_crc_advanced_low": 0.6,
    "interval/setting_crc_advanced_high": 0.6,
}


def test_metrics_are_those_that_show_differences(items: Items) -> None:
    assert items.metrics == pytest.approx(EXPECTED)


def test_metric_names_are_group_slash_name_of_letters_a_store_takes(items: Items) -> None:
    for name in items.metrics:
        assert re.fullmatch(r"[a-z_]+/[A-Za-z0-9_.-]+", name), name


def test_odd_letters_of_a_users_own_setting_are_replaced(
    config: RunConfig, evaluation: Evaluation, facts: RunFacts
) -> None:
    odd = replace(evaluation, subgroups=by_setting(**{"my setting/é(1)": 0.5}))
    assert run_items(config, odd, facts).metrics["setting_auc/my_setting___1_"] == 0.5


def test_a_figure_that_is_not_finite_is_left_out_and_named(
    config: RunConfig, evaluation: Evaluation, facts: RunFacts
) -> None:
    nan, inf = float("nan"), float("inf")
    broken = replace(
        evaluation,
        fidelity=replace(evaluation.fidelity, by_mechanism={"accumulation": nan, "target": 0.8}),
        subgroups=by_setting(nsclc_advanced=nan, crc_advanced=0.6),
        learners={
            **evaluation.learners,
            "xgboost": replace(evaluation.learners["xgboost"], auc=Interval(0.75, nan, inf)),
        },
    )
    found = run_items(config, broken, facts)
    assert all(math.isfinite(value) for value in found.metrics.values())
    missing = {
        "fidelity/accumulation",
        "setting_auc/nsclc_advanced",
        "interval/auc_low",
        "interval/auc_high",
        "interval/setting_nsclc_advanced_low",
        "interval/setting_nsclc_advanced_high",
    }
    assert set(found.tags["not_finite"].split(", ")) == missing
    assert set(EXPECTED) - set(found.metrics) == missing


def test_nothing_is_named_when_all_is_finite(items: Items) -> None:
    assert "not_finite" not in items.tags


def test_params_are_the_whole_resolved_config_flat(items: Items, config: RunConfig) -> None:
    assert items.params["cohort.n"] == "500"
    assert items.params["seed"] == "7"
    assert items.params["name"] == "small"
    assert items.params["model.learning_rate"] == "0.05"
    assert items.params["model.base"] == "true"
    assert items.params["catalog"] == "null"

    def leaves(document: dict[str, object]) -> int:
        return sum(leaves(v) if isinstance(v, dict) else 1 for v in document.values())

    assert len(items.params) == leaves(config.model_dump(mode="json"))
    assert all(isinstance(value, str) for value in items.params.values())


def test_the_logged_config_is_one_that_can_be_run(items: Items, config: RunConfig) -> None:
    assert validated(yaml.safe_load(items.texts["config.yaml"])) == config


def test_the_logged_figures_are_strict_json(items: Items, evaluation: Evaluation) -> None:
    figures = json.loads(items.texts["metrics.json"])
    assert figures == json.loads(json.dumps(evaluation.to_json()))


def test_a_password_in_the_tracking_address_is_logged_nowhere(
    evaluation: Evaluation, facts: RunFacts
) -> None:
    secret = validated({"tracking": {"uri": "https://me:hunter2@host/mlflow"}})
    found = run_items(secret, evaluation, facts)
    assert found.params["tracking.uri"] == "https://host/mlflow"
    assert "hunter2" not in repr(found)


def test_tags_say_what_it_was_made_from(items: Items) -> None:
    assert items.run_name == "small-1"
    wanted = {
        "config": "small",
        "cohort": "virtual",
        "run_id": "small-1",
        "catalog_hash": "c" * 64,
        "world_hash": "a" * 64,
        "version.resistml": "0.1.0",
        "version.xgboost": "3.2.0",
        "notice": NOTICE,
    }
    assert wanted.items() <= items.tags.items()
    assert "mlflow.source.git.commit" not in items.tags


def test_the_commit_is_tagged_where_there_is_one(
    config: RunConfig, evaluation: Evaluation, facts: RunFacts
) -> None:
    found = run_items(config, evaluation, replace(facts, git_commit="b" * 40))
    assert found.tags["mlflow.source.git.commit"] == "b" * 40


def test_the_dataset_is_told_by_digest_and_origin_alone(items: Items) -> None:
    assert items.dataset.digest == "d" * 64
    assert items.dataset.rows == 500
    assert items.dataset.origin["seed"] == "7"
    assert items.dataset.origin["assignment"] == "confounded"


def test_files_are_the_report_and_the_figures(items: Items, facts: RunFacts) -> None:
    assert [path.name for path in items.files] == ["report.html", "tripod_ai.json"]
    assert {path.parent for path in items.files} == {facts.run_folder}
    assert items.folders == {"figures": facts.figures}
    assert items.bundle == facts.bundle


def test_what_was_not_made_is_not_logged(evaluation: Evaluation, facts: RunFacts) -> None:
    found = run_items(validated({"report": False}), evaluation, replace(facts, figures=None))
    assert found.files == ()
    assert found.folders == {}


def test_the_note_says_research_only_and_where_to_look() -> None:
    assert NOTICE in EXPERIMENT_NOTE
    for name in ("gap/auc", "gain/captured", "error/mae"):
        assert name in EXPERIMENT_NOTE
        assert name in EXPECTED
