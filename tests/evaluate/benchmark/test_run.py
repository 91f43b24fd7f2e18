"""The whole benchmark: its document, and going on after an interruption."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from resistml.errors import ConfigError, UsageError
from resistml.evaluate.benchmark import SCENARIOS, run_benchmark
from resistml.evaluate.benchmark.work import Bencher
from tests.evaluate.benchmark.conftest import QUICK, Stages

pytestmark = pytest.mark.usefixtures("trained")

COLUMNS = {
    *("world", "patients", "seed", "learner", "auc", "auc_oracle", "auc_fair", "logloss"),
    *("mae", "ece", "ece_by_setting"),
    *("value_learned", "value_fixed_rule", "value_oracle", "value_fair", "captured", "seconds"),
}
OF_THE_MODEL = {
    *("coverage", "coverage_by_setting", "coverage_bag", "width"),
    *("p_best_error", "set_coverage", "set_size"),
}


def run(stages: Stages | None = None, **changes: Any) -> dict[str, Any]:
    """A small benchmark."""
    usual: dict[str, Any] = {
        **{"params": QUICK, "sizes": (700,), "judged": 600, "replicates": 2},
        **{"worlds": ("default",), "peers": ("constant", "logistic")},
    }
    return run_benchmark(progress=stages or Stages(), **{**usual, **changes})


def test_document() -> None:
    stages = Stages()
    found = run(stages)
    assert found["judge"] == 600
    assert [row["learner"] for row in found["results"]] == ["xgboost", "constant", "logistic"]
    for row in found["results"]:
        assert set(row) - OF_THE_MODEL == COLUMNS
        assert (set(row) >= OF_THE_MODEL) == (row["learner"] == "xgboost")
        assert (row["patients"], row["seed"]) == (700, 1)
        assert 0 < row["value_fixed_rule"] <= row["value_fair"] <= row["value_oracle"] < 1
    gaps = found["gaps"]["default"]
    assert gaps["without eligibility"] > gaps["with eligibility"] > 0
    assert stages.told[-1] == "default: train on 700, seed 1"
    assert stages.progress[-1] == ("default: train on 700, seed 1", 3, 3)
    assert list(found["learners"]) == ["xgboost", "constant", "logistic"]
    assert [row["learner"] for row in found["summary"]] == ["xgboost", "constant", "logistic"]
    assert found["policy"] == {}
    assert all(mark["reached"] is None for mark in found["marks"])  # none is about 700 patients
    json.dumps(found, allow_nan=False)


@pytest.mark.slow
def test_every_world_is_run_and_is_another() -> None:
    found = run(worlds=tuple(SCENARIOS), peers=("constant",), sizes=(600,))
    worlds = [row["world"] for row in found["results"]]
    assert list(dict.fromkeys(worlds)) == list(SCENARIOS)
    hashes = found["world_hashes"]
    assert len({hashes[name] for name in ("default", "intact", "form", "knowledge")}) == 4
    # The same world and patients to judge on, other patients to train on.
    assert hashes["hidden_confounding"] == hashes["default"]
    rows = {(r["world"], r["learner"]): r for r in found["results"]}
    one, other = (rows[w, "constant"] for w in ("default", "hidden_confounding"))
    assert one["auc_fair"] == other["auc_fair"]
    assert one["mae"] != other["mae"]
    # Where everything is measured the fair oracle knows as much as the all-knowing one.
    intact = rows["intact", "constant"]
    assert intact["auc_fair"] == pytest.approx(intact["auc_oracle"], abs=0.002)
    assert one["auc_fair"] < one["auc_oracle"] - 0.005


def test_full_has_seeds_and_policies() -> None:
    found = run(full=True, seeds=(1, 2), sizes=(300,), peers=("constant",))
    assert [row["seed"] for row in found["results"]] == [1, 1, 2, 2]
    model, constant = found["summary"]
    assert (model["seeds"], constant["seeds"]) == (2, 2)
    assert constant["model_against"]["captured"]["of"] == 2
    assert found["policy"]["default"]["replicates"] == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"worlds": ("knowlege",)}, "did you mean 'knowledge'"),
        ({"peers": ("constnt",)}, "did you mean 'constant'"),
        ({"learners": {"logistic": LogisticRegression()}}, "is taken"),
    ],
)
def test_what_is_not_known_is_refused_before_the_work(
    wrong: dict[str, Any], said: str, tmp_path: Path
) -> None:
    store, stages = tmp_path / "s.jsonl", Stages()
    with pytest.raises(ConfigError, match=said):
        run(stages, store=store, **wrong)
    assert not store.exists()
    assert stages.told == []


def test_no_worker_is_refused() -> None:
    with pytest.raises(UsageError, match="0 workers"):
        run(workers=0)


def test_an_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store.jsonl"
    whole = run(seeds=(1, 2), peers=("constant",))
    count = 0
    usual = Bencher.run

    def interrupted(self: Bencher, job: Any) -> Any:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return usual(self, job)

    monkeypatch.setattr(Bencher, "run", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        run(seeds=(1, 2), peers=("constant",), store=store)
    assert caught.value.__notes__ == [
        f"3 of 5 results are in {store}; the same command goes on from there."
    ]
    assert len(store.read_text().splitlines()) == 3
    count = 100
    found = run(seeds=(1, 2), peers=("constant",), store=store)
    assert count == 102  # what was there is not done again
    assert without_seconds(found) == without_seconds(whole)
    assert run(seeds=(1, 2), peers=("constant",), store=store) == found
    assert count == 102


def test_other_settings_are_not_mixed_in(tmp_path: Path) -> None:
    store = tmp_path / "store.jsonl"
    run(store=store, peers=("constant",))
    lines = len(store.read_text().splitlines())
    other = run(store=store, peers=("constant",), judged=700)
    assert other["judge"] == 700
    assert len(store.read_text().splitlines()) == 2 * lines


def test_ones_own_learner_stands_beside_the_model() -> None:
    found = run(learners={"mine": LogisticRegression(max_iter=500)}, peers=("constant",))
    assert [row["learner"] for row in found["results"]] == ["xgboost", "constant", "mine"]
    assert found["learners"]["mine"]["knows"] == "exposures"
    assert found["results"][2]["auc"] > found["results"][1]["auc"]


def test_a_peer_whose_package_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistml.evaluate.peers.registry.find_spec", lambda name: None)
    found = run(peers=("constant", "dr_learner"))
    assert [row["learner"] for row in found["results"]] == ["xgboost", "constant"]
    assert "econml is not installed" in found["learners"]["dr_learner"]["skipped"]
    assert found["learners"]["constant"]["skipped"] is None


def without_seconds(found: dict[str, Any]) -> dict[str, Any]:
    results = [{k: v for k, v in row.items() if k != "seconds"} for row in found["results"]]
    summary = [{k: v for k, v in row.items() if k != "seconds"} for row in found["summary"]]
    return {**found, "results": results, "summary": summary}
