"""The logged model, loaded as MLflow loads it: probabilities, whatever is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from resistml.features.spec import FeatureSpec
from resistml.notice import NOTICE
from resistml.predict.model import Model, load_bundle
from resistml.predict.score import score
from resistml.tables.profiles import profiles_from_rows
from resistml.tracking.logged_model import example, requirements, signature
from resistml.tracking.place import resolve_uri
from resistml.tracking.session import session, tracking_at
from resistml.tracking.store import Logged, Store, log_run, open_store
from tests.tracking.conftest import bare_items


@pytest.fixture(scope="module")
def bundle(small_bundle: Path) -> Model:
    """The bundle as resistml loads it."""
    return load_bundle(small_bundle)


@pytest.fixture(scope="module")
def spec(bundle: Model) -> FeatureSpec:
    """What the bundle knows of the catalog."""
    return bundle.spec


@pytest.fixture(scope="module")
def logged(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Logged]:
    """A run with its model, in a store of its own."""
    root = tmp_path_factory.mktemp("with model")
    store = open_store(resolve_uri(None, root), "resistml", root)
    return store, log_run(bare_items(small_bundle), store)


@pytest.fixture(scope="module")
def model(logged: tuple[Store, Logged]) -> Any:
    """The run's model as MLflow loads it."""
    store, run = logged
    with tracking_at(store.uri):
        return mlflow.pyfunc.load_model(run.model_uri)


def profiles(spec: FeatureSpec, n: int = 60, unmeasured: float = 1 / 3) -> pd.DataFrame:
    """Made-up profiles over all settings, with a share of the markers unmeasured."""
    rng = np.random.default_rng(3)
    settings = list(spec.settings.values())
    usual = example(spec, most=len(settings)).set_index("setting")
    rows = []
    for i in range(n):
        setting = settings[i % len(settings)]
        row = {**usual.loc[setting.id].to_dict(), "setting": setting.id, "patient_id": f"p{i}"}
        row["strategy"] = setting.strategies[i % len(setting.strategies)]
        row |= {m: float("nan") for m in spec.markers if rng.random() < unmeasured}
        rows.append(row)
    return pd.DataFrame(rows)


def test_it_returns_the_probabilities_that_resistml_score_gives(
    model: Any, bundle: Model, spec: FeatureSpec
) -> None:
    frame = profiles(spec)
    found = model.predict(frame)
    assert list(found.columns) == [
        *("p_resistance", "lower", "upper", "status", "flags", "message")
    ]
    told = score(bundle, profiles_from_rows(frame.to_dict("list"), spec))
    for name in ("p_resistance", "lower", "upper"):
        given = found[name].astype(float)
        np.testing.assert_allclose(given, np.asarray(told[name], dtype=float))
    assert found["status"].tolist() == list(told["status"])
    assert found["flags"].tolist() == [list(flags) for flags in told["flags"]]
    ok = found[found["status"] == "ok"]
    assert len(ok) > 30
    assert ok["p_resistance"].between(0, 1, inclusive="neither").all()
    assert (ok["lower"] <= ok["p_resistance"]).all()
    assert (ok["p_resistance"] <= ok["upper"]).all()
    assert ok["p_resistance"].nunique() > 10, "probabilities, not classes"


def test_columns_may_be_absent_and_rows_keep_their_index(model: Any, spec: FeatureSpec) -> None:
    whole = example(spec).iloc[[0, 0]].dropna(axis=1).assign(patient_id=["a", "b"])
    measured = [m for m in whole if m in spec.markers]
    frame = whole.set_index(pd.Index([10, 20]))
    frame.loc[10, measured] = np.nan
    found = model.predict(frame)
    assert found.index.tolist() == [10, 20]
    assert found["status"].tolist() == ["abstained", "ok"]
    assert found["p_resistance"].iloc[0] is None, "NaN is no JSON"


def test_a_row_at_fault_is_rejected_with_its_reason_and_spoils_no_other(
    model: Any, spec: FeatureSpec
) -> None:
    frame = profiles(spec, 2, unmeasured=0.0)
    frame.loc[1, "setting"] = "nowhere"
    found = model.predict(frame)
    assert found["status"].tolist() == ["ok", "rejected"]
    assert "nowhere" in found["message"].iloc[1]
    assert found[["p_resistance", "lower", "upper"]].iloc[1].isna().all()


def test_whole_numbers_and_missing_words_are_taken(model: Any, spec: FeatureSpec) -> None:
    frame = profiles(spec, 3, unmeasured=0.0).astype({"age": "int32", "ecog": "int32"})
    frame["strategy"] = None
    frame["sex"] = [None, "female", np.nan]
    assert set(model.predict(frame)["status"]) == {"ok"}


def test_records_are_taken_as_a_server_sends_them(
    logged: tuple[Store, Logged], spec: FeatureSpec
) -> None:
    from mlflow.pyfunc.scoring_server import infer_and_parse_data

    store, run = logged
    with tracking_at(store.uri):
        model = mlflow.pyfunc.load_model(run.model_uri)
    rows = [{"patient_id": "a", "setting": next(iter(spec.settings)), "age": 60, "ecog": None}]
    parsed = infer_and_parse_data({"dataframe_records": rows}, model.metadata.get_input_schema())
    assert model.predict(parsed)["status"].tolist() == ["abstained"]


def test_numbers_of_the_signature_are_doubles_that_may_be_absent(spec: FeatureSpec) -> None:
    inputs = signature(spec).inputs
    kinds = {column.name: column.type.name for column in inputs}
    assert {kinds[name] for name in ("age", "ecog", *spec.markers)} == {"double"}
    assert {kinds[n] for n in ("patient_id", "setting", "strategy", "sex")} == {"string"}
    required = {column.name for column in inputs if column.required}
    assert required == {"patient_id", "setting"}


def test_the_example_is_made_up_and_valid(spec: FeatureSpec, bundle: Model) -> None:
    frame = example(spec, most=len(spec.settings))
    assert frame["patient_id"].str.startswith("example-").all()
    found = profiles_from_rows(frame.to_dict("list"), spec)
    assert found.rejected == {}
    assert list(score(bundle, found)["status"]) == ["ok"] * len(spec.settings)


def test_the_logged_example_can_be_scored(model: Any) -> None:
    assert set(model.predict(model.input_example)["status"]) == {"ok"}


def test_requirements_are_pinned_and_ours_is_first() -> None:
    found = requirements()
    assert found[0].startswith("resistml==")
    assert all("==" in line for line in found)
    assert any(line.startswith("xgboost") for line in found)


def test_the_model_folder_holds_data_and_one_file_of_code(
    logged: tuple[Store, Logged], small_bundle: Path
) -> None:
    store, run = logged
    with tracking_at(store.uri):
        folder = Path(mlflow.artifacts.download_artifacts(run.model_uri))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {name for name in files if name.endswith((".py", ".pkl", ".joblib"))} == {
        "pyfunc_model.py"
    }
    wanted = {p.relative_to(small_bundle).as_posix() for p in small_bundle.rglob("*.ubj")}
    assert wanted <= {name.partition(f"{small_bundle.name}/")[2] for name in files}
    assert "resistml==" in (folder / "requirements.txt").read_text("utf-8")


def test_the_model_belongs_to_its_run_and_is_registered_as_nothing(
    logged: tuple[Store, Logged],
) -> None:
    store, run = logged
    client = MlflowClient(store.uri)
    (found,) = client.search_logged_models([store.experiment_id])
    assert found.source_run_id == run.run_id
    assert run.model_uri == f"models:/{found.model_id}"
    assert str(found.status) == "READY"
    assert found.tags["notice"] == NOTICE
    assert {metric.key: metric.value for metric in found.metrics or []} == {"gap/auc": 0.01}
    assert client.search_registered_models() == []


def test_a_run_of_the_users_own_is_not_touched(
    small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = open_store(resolve_uri(None, tmp_path / "mine"), "mine", tmp_path / "mine")
    ours = open_store(resolve_uri(None, tmp_path / "ours"), "ours", tmp_path / "ours")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mine.uri)
    with mlflow.start_run(experiment_id=mine.experiment_id) as active:
        logged = log_run(bare_items(small_bundle), ours)
        assert mlflow.get_tracking_uri() == mine.uri
        assert os.environ["MLFLOW_TRACKING_URI"] == mine.uri
        mlflow.log_metric("after", 1.0)
    client = MlflowClient(mine.uri)
    (run,) = client.search_runs([mine.experiment_id])
    assert run.info.run_id == active.info.run_id
    assert run.data.metrics == {"after": 1.0}
    assert client.search_logged_models([mine.experiment_id]) == []
    (model,) = MlflowClient(ours.uri).search_logged_models([ours.experiment_id])
    assert model.source_run_id == logged.run_id


def test_no_row_of_a_patient_is_in_the_store(logged: tuple[Store, Logged]) -> None:
    store, run = logged
    with tracking_at(store.uri):
        folder = Path(mlflow.artifacts.download_artifacts(run.model_uri))
    kept = json.loads((folder / "input_example.json").read_text("utf-8"))
    ids = [row[kept["columns"].index("patient_id")] for row in kept["data"]]
    assert ids == ["example-1", "example-2", "example-3"]


def test_the_figures_are_the_models_as_well(logged: tuple[Store, Logged]) -> None:
    store, run = logged
    client = MlflowClient(store.uri)
    said = client.get_logged_model(run.model_uri.removeprefix("models:/"))
    assert {metric.key: metric.value for metric in said.metrics} == {"gap/auc": 0.01}
    assert client.get_run(run.run_id).data.metrics == {"gap/auc": 0.01}
    assert said.params == {"seed": "1"}


def test_what_takes_longer_than_the_rest_is_not_checked(
    store: Store, small_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.models import utils
    from mlflow.utils import environment, requirements_utils

    looked: list[str] = []
    monkeypatch.setattr(requirements_utils, "_check_requirement_satisfied", looked.append)
    before = environment.warn_dependency_requirement_mismatches, utils._validate_serving_input
    log_run(bare_items(small_bundle), store)
    assert looked == []
    after = environment.warn_dependency_requirement_mismatches, utils._validate_serving_input
    assert after == before


def test_the_example_can_be_served(logged: tuple[Store, Logged], spec: FeatureSpec) -> None:
    """What MLflow is spared to check."""
    from mlflow.models import convert_input_example_to_serving_input
    from mlflow.models.utils import _validate_serving_input

    store, run = logged
    with session(store.uri), tracking_at(store.uri):
        served = convert_input_example_to_serving_input(example(spec))
        found = _validate_serving_input(run.model_uri, served)
    assert list(found["status"]) == ["ok"] * len(found)
