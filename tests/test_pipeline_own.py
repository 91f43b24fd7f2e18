"""The run on a table of one's own, from the config to the bundle."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.config import RunConfig, validated
from resistml.errors import ConfigError, ModelError
from resistml.evaluate.own.evaluation import NO_TREATMENTS
from resistml.explain.mechanisms import explain_profiles
from resistml.pipeline import train
from resistml.pipeline_own import OwnRun, split_of, tables_digest, train_own
from resistml.predict.model import load_bundle
from resistml.predict.rank import rank
from resistml.predict.score import score
from resistml.tables.profiles import profiles_from_rows
from tests.own import simple

#: Real tables, which lie beside the repository where they are at all.
COHORTS = Path(__file__).parents[2] / "shared" / "cohorts"


def table(path: Path, n: int, seed: int, arms: int = 1) -> Path:
    """A CSV of patients with a known law."""
    patients = simple(n, seed, arms=arms)
    names = ["id", "a", "b", "flag", "kind", "arm", "answer", "months", "dead"]
    rng = np.random.default_rng(seed)
    with path.open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(names)
        for i in range(n):
            a, b, flag = (patients.records.column(x)[i] for x in ("a", "b", "flag"))
            answer = "no" if patients.resistant[i] else "yes"
            cells = [f"s{seed}-{i}", f"{a:.4f}", "" if np.isnan(b) else f"{b:.4f}", int(flag)]
            cells += [
                "uvw"[i % 3],
                patients.strategy[i],
                answer,
                f"{rng.exponential(9):.3f}",
                i % 2,
            ]
            write.writerow(cells)
    return path


def config(folder: Path, arms: int = 1, **more: Any) -> RunConfig:
    data = {
        "train": str(table(folder / "train.csv", 160, 1, arms)),
        "external": {"later": str(table(folder / "later.csv", 120, 2, arms))},
        "id": "id",
        "outcome": {
            "column": "answer",
            "response": "yes",
            "resistant": "no",
            "name": "no answer",
            "other": "answer",
        },
        "features": {
            "a": {"direction": 1},
            "b": {},
            "flag": {"kind": "flag"},
            "kind": {"kind": "category"},
        },
        "split": {"folds": 3, "inner": 3},
        "families": ["logistic", "additive"],
        "caveats": ["Drawn by a machine."],
        **({"treatment": "arm", "groups": ["flag"]} if arms > 1 else {}),
        **more,
    }
    return validated(
        {
            "name": "mine",
            "data": data,
            "model": {"bag": 3, "rounds": 10, "checks": 1, "threads": 1},
            "survival": {"enabled": False},
            "tracking": {"enabled": False},
        }
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> OwnRun:
    folder = tmp_path_factory.mktemp("alone")
    found = train(config(folder), folder)
    assert isinstance(found, OwnRun)
    return found


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> OwnRun:
    folder = tmp_path_factory.mktemp("ranked")
    return train_own(config(folder, arms=2), folder)


def asked(run: OwnRun, **cells: Any) -> Any:
    rows = [{"patient_id": "x", "setting": "cohort", "a": 0.3, "b": 0.1, "flag": 1, **cells}]
    return profiles_from_rows(rows, run.model.spec)


class TestWithoutTreatments:
    def test_what_the_folder_holds(self, alone: OwnRun) -> None:
        held = {path.name for path in alone.folder.iterdir()}
        assert held == {"config.yaml", "model", "judged.parquet", "metrics.json"}
        text = "".join(
            path.read_text(encoding="utf-8")
            for path in alone.folder.rglob("*")
            if path.suffix in (".json", ".yaml", ".md")
        )
        assert "s1-17" not in text  # no patient's id

    def test_figures_are_those_of_patients_left_out(self, alone: OwnRun) -> None:
        metrics = json.loads((alone.folder / "metrics.json").read_text(encoding="utf-8"))
        assert metrics["kind"] == "own"
        assert metrics["notice"]
        found = metrics["validation"]["figures"]["model"]["auc"]
        assert 0.6 < found["value"] < 1
        assert found["low"] < found["value"] < found["high"]
        assert metrics["external"]["later"]["patients"] == 120
        assert metrics["no_ranking"] == NO_TREATMENTS

    def test_metrics_have_the_same_names_and_are_finite(
        self, alone: OwnRun, ranked: OwnRun
    ) -> None:
        one, other = alone.evaluation.metrics(), ranked.evaluation.metrics()
        assert {"cv/auc", "cv/auc_low", "cv/auc_high", "gain/auc_logistic"} <= set(one)
        assert {name for name in other if not name.startswith("value/")} >= {
            name for name in one if not name.startswith("value/")
        } - {"cv/calibration_slope_constant"}
        assert np.isfinite(list(one.values())).all()

    def test_the_bundle_scores_in_the_outcomes_own_words(self, alone: OwnRun) -> None:
        model = load_bundle(alone.folder / "model")
        answer = score(model, asked(alone))
        assert answer["status"].tolist() == ["ok"]
        assert 0 < answer["lower"][0] < answer["p_resistance"][0] < answer["upper"][0] < 1
        assert set(answer["prediction_set"][0]) <= {"no answer", "answer"}

    def test_a_category_that_is_not_told_is_one_column_unmeasured(self, alone: OwnRun) -> None:
        answer = score(alone.model, asked(alone, kind="u", b=None))
        assert answer["status"].tolist() == ["ok"]
        assert "unmeasured:b" in answer["flags"][0]
        without = score(alone.model, asked(alone))
        assert without["status"].tolist() == ["ok"]
        assert [f for f in without["flags"][0] if "kind" in f] == ["unmeasured:kind"]

    def test_explanations_add_up(self, alone: OwnRun) -> None:
        profiles = asked(alone)
        lines = explain_profiles(alone.model, profiles)
        margin = alone.model.risk(profiles.records, np.array(["as_given"], dtype=object)).margin
        assert sum(lines["contribution"]) == pytest.approx(margin[0])

    def test_nothing_can_be_ranked_and_it_says_so(self, alone: OwnRun) -> None:
        with pytest.raises(ModelError, match="names no treatments"):
            rank(alone.model, asked(alone))

    def test_the_card_says_what_it_is_of(self, alone: OwnRun) -> None:
        card = (alone.folder / "model" / "card.md").read_text(encoding="utf-8")
        for said in ("no answer", "Nested cross-validation", "later", "Drawn by a machine."):
            assert said in card
        assert "no ranking is possible" in card
        assert "nan" not in card.replace("resistance", "")

    def test_a_direction_is_kept_to(self, alone: OwnRun) -> None:
        assert all((m.base.slopes[0] >= 0).all() for m in alone.model.members)
        low, high = (
            alone.model.risk(asked(alone, a=x).records, np.array(["as_given"], dtype=object)).p[0]
            for x in (-1.0, 1.0)
        )
        assert low < high


class TestWithTreatments:
    def test_rules_are_valued(self, ranked: OwnRun) -> None:
        found = ranked.evaluation.allocation
        assert found is not None
        assert set(found.values) == {"as given", "best arm per group", "learned"}
        assert ranked.evaluation.no_ranking == ""

    def test_arms_are_ranked_with_intervals(self, ranked: OwnRun) -> None:
        answer = rank(ranked.model, asked(ranked))
        assert sorted(answer["strategy"]) == ["arm0", "arm1"]
        assert all(
            low < p < high
            for low, p, high in zip(
                *(answer[x] for x in ("lower", "p_response", "upper")), strict=True
            )
        )

    def test_the_card_says_that_arms_may_not_be_concurrent(self, ranked: OwnRun) -> None:
        card = (ranked.folder / "model" / "card.md").read_text(encoding="utf-8")
        assert "may be one between years" in card
        assert "best arm per group" in card


def test_the_same_run_whatever_the_order_of_rows(alone: OwnRun, tmp_path: Path) -> None:
    again = config(tmp_path)
    assert again.data is not None
    lines = (tmp_path / "train.csv").read_text().splitlines()
    order = np.random.default_rng(0).permutation(len(lines) - 1) + 1
    (tmp_path / "train.csv").write_text("\n".join([lines[0], *(lines[i] for i in order)]))
    found = train_own(again, tmp_path)
    assert found.evaluation.metrics() == alone.evaluation.metrics()
    for file in ("model.json", "spec.json"):
        one, other = (json.loads((r.folder / "model" / file).read_text()) for r in (alone, found))
        for document in (one, other):
            document.get("about", {}).pop("name", None)
        assert one == other


def test_a_group_that_is_no_feature_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no feature of the table") as caught:
        train_own(config(tmp_path, arms=2, groups=["flags"]), tmp_path)
    assert caught.value.hint is not None
    assert "flag" in caught.value.hint
    assert not (tmp_path / "runs").exists()


def test_splits_come_in_the_order_of_ids(tmp_path: Path) -> None:
    from resistml.evidence import load_evidence
    from resistml.tables.own import read_own

    chosen = config(
        tmp_path, split={"by": "site", "column": "kind", "folds": 3, "inner": 3}, features={"a": {}}
    )
    assert chosen.data is not None
    cohort = read_own(chosen.data, load_evidence())
    split = split_of(chosen.data, cohort)
    ids = sorted(cohort.records.patient_id.astype(str))
    where = dict(zip(cohort.records.patient_id, cohort.split["kind"], strict=True))
    assert split.by is not None
    assert split.by.tolist() == [where[i] for i in ids]


def test_the_digest_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    chosen = config(tmp_path)
    assert chosen.data is not None
    (tmp_path / "parts").mkdir()
    folder = chosen.data.model_copy(update={"train": str(tmp_path / "parts")})
    (tmp_path / "parts" / "a.csv").write_text("x\n1\n")
    one = tables_digest(folder)
    (tmp_path / "parts" / "b.csv").write_text("x\n2\n")
    assert tables_digest(folder) != one
    assert len(tables_digest(chosen.data)) == 64


needs_tables = pytest.mark.skipif(
    not COHORTS.is_dir(), reason=f"the public tables are not at {COHORTS}"
)


@pytest.mark.slow
@needs_tables
class TestPublicTables:
    """What the shipped configs come to; the bounds are floors."""

    @pytest.fixture
    def run(self, request: pytest.FixtureRequest, tmp_path: Path) -> OwnRun:
        from resistml.config import load_config

        name, *changes = request.param
        os.environ["RESISTML_COHORTS"] = str(COHORTS)
        chosen = load_config(name, ("tracking.enabled=false", "model.threads=1", *changes))
        return train_own(chosen, tmp_path)

    @pytest.mark.parametrize("run", [("ici_pancancer",)], indirect=True)
    def test_checkpoint_inhibitors(self, run: OwnRun) -> None:
        found = run.evaluation.external["year_2018"]
        assert found.figures["model"]["auc"].value >= 0.75
        assert found.figures["model"]["brier"].value < found.base_brier
        assert run.evaluation.validation.differences["logistic"]["auc"].value >= -0.01

    @pytest.mark.parametrize("run", [("beataml2",)], indirect=True)
    def test_leukaemia_at_diagnosis(self, run: OwnRun) -> None:
        assert run.evaluation.validation.figures["model"]["auc"].value >= 0.73
        assert run.evaluation.validation.differences["logistic"]["auc"].value >= -0.01
        times = run.evaluation.times["os"].figures
        assert times["model"]["concordance"].value > 0.65

    @pytest.mark.parametrize("run", [("ispy2", "data.families=[logistic, linear]")], indirect=True)
    def test_arms_of_a_platform_trial(self, run: OwnRun) -> None:
        assert run.evaluation.validation.differences["logistic"]["auc"].value >= -0.01
        worth = run.evaluation.allocation
        assert worth is not None
        assert worth.values["learned"].low > worth.values["as given"].value
        assert any("concurrent" in note["message"] for note in run.evaluation.notes)
