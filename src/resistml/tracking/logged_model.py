"""Logs a model bundle as an MLflow model that returns probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from resistml.features.links import inverse
from resistml.features.spec import FeatureSpec, MarkerSpec
from resistml.notice import NOTICE
from resistml.predict.model import load_bundle
from resistml.tracking.items import Items
from resistml.tracking.session import tracking_at
from resistml.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

#: Text and number columns of a profile beside its markers; True = required.
TEXT = {"patient_id": True, "setting": True, "strategy": False, "sex": False}
NUMBERS = ("age", "ecog")

#: What scoring needs; where alternatives are named, the one that is installed.
_PACKAGES = (
    ("mlflow",),
    ("numpy",),
    ("pandas",),
    ("pyarrow",),
    ("pydantic",),
    ("pyyaml",),
    ("scipy",),
    ("xgboost", "xgboost-cpu"),
)


def log_model(client: MlflowClient, uri: str, experiment_id: str, run_id: str, items: Items) -> str:
    """Log a run's bundle as its model, registered as nothing; returns the model's id."""
    import mlflow
    from mlflow.models import Model

    spec = load_bundle(items.bundle).spec
    with tracking_at(uri), _unchecked():
        logged = client.create_logged_model(
            experiment_id=experiment_id,
            name="model",
            source_run_id=run_id,
            params=items.params,
            tags={"notice": NOTICE},
        )
        Model.log(
            artifact_path=None,
            flavor=mlflow.pyfunc,
            name="model",
            run_id=run_id,
            model_id=logged.model_id,
            metadata={"notice": NOTICE, "catalog_hash": spec.catalog_hash},
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"bundle": str(items.bundle.resolve())},
            signature=signature(spec),
            input_example=example(spec),
            pip_requirements=requirements(),
        )
    return str(logged.model_id)


@contextmanager
def _unchecked() -> Iterator[None]:
    """Spares MLflow two checks of a model, which take longer than all other logging.

    It would look through the files of every package for requirements that were read from there
    just now, and load the model to ask it about the example, which our tests do. A release that
    has no such checks is left as it is.
    """
    checks = (
        ("mlflow.utils.environment", "warn_dependency_requirement_mismatches"),
        ("mlflow.models.utils", "_validate_serving_input"),
    )
    places = [(import_module(module), name) for module, name in checks]
    before = [(place, name, getattr(place, name)) for place, name in places if hasattr(place, name)]
    for place, name, _ in before:
        setattr(place, name, lambda *args, **more: None)
    try:
        yield
    finally:
        for place, name, check in before:
            setattr(place, name, check)


def signature(spec: FeatureSpec) -> ModelSignature:
    """Profiles in, probabilities out; numbers are doubles, so that they may be missing.

    MLflow does not turn a data frame's 64-bit whole numbers into doubles: give floats.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec
    from mlflow.types.schema import Array

    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.string, name, required) for name, required in TEXT.items()
    ]
    numbers = (*NUMBERS, *spec.markers)
    inputs += [ColSpec(DataType.double, name, required=False) for name in numbers]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.double, name) for name in ("p_resistance", "lower", "upper")
    ]
    outputs += [
        ColSpec(DataType.string, "status"),
        ColSpec(Array(DataType.string), "flags"),
        ColSpec(DataType.string, "message"),
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def example(spec: FeatureSpec, most: int = 3) -> pd.DataFrame:
    """Made-up profiles, one per setting: the middle of each marker, some left unmeasured."""
    import pandas as pd

    rows: list[dict[str, object]] = []
    for k, setting in enumerate(list(spec.settings.values())[:most]):
        row: dict[str, object] = {
            "patient_id": f"example-{k + 1}",
            "setting": setting.id,
            "strategy": setting.usual,
            "sex": ("female", "male")[k % 2],
            "age": float(round(sum(setting.ages) / 2)),
            "ecog": float(k % 2),
            **dict.fromkeys(spec.markers, float("nan")),
        }
        measured = setting.panel[:-1] if len(setting.panel) > 1 else setting.panel
        row |= {marker: _middle(spec.markers[marker]) for marker in measured}
        rows.append(row)
    return pd.DataFrame(rows)


def _middle(marker: MarkerSpec) -> float:
    """A usual value of a marker, within what may be recorded."""
    if marker.kind == "mutation":
        return 0.0
    value = float(inverse(marker.kind, np.array([marker.centre]))[0])
    if marker.kind == "count":
        value = float(round(value))
    return float(f"{min(max(value, marker.low), marker.high):.3g}")


def requirements() -> list[str]:
    """The releases that the model was logged with, pinned."""
    found = [f"resistml=={__version__}"]
    for alternatives in _PACKAGES:
        for name in alternatives:
            try:
                found.append(f"{name}=={version(name)}")
                break
            except PackageNotFoundError:
                continue
    return found
