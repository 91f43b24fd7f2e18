"""The small model behind an application, and rows of JSON to ask it about."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from resistml.predict.model import Model
from resistml.serve.app import make_app
from resistml.serve.limits import Limits
from tests.patients import Patients, model, patients
from tests.serve.asgi import Answer, ask

__all__ = ["model", "patients"]

#: Small, so that tests reach them.
LIMITS = Limits(body=400_000, rows=200, seconds=0.3)
Post = Callable[..., Answer]
Row = dict[str, Any]


@pytest.fixture(scope="session")
def app(model: Model) -> Any:
    return make_app(model, LIMITS, hosts=("127.0.0.1", "localhost"))


@pytest.fixture(scope="session")
def rows(patients: Patients, model: Model) -> list[Row]:
    """Forty patients as JSON has them."""
    names = ("patient_id", "setting", "strategy", "age", "sex", "ecog", *model.spec.markers)
    return [{name: _cell(patients.columns[name][i]) for name in names} for i in range(40)]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return None if value != value else float(value)


@pytest.fixture(scope="session")
def post(app: Any) -> Post:
    """`post("/score", document)`: the answer."""

    def asked(path: str, document: Any, **headers: str) -> Answer:
        return ask(app, "POST", path, json.dumps(document).encode(), headers)

    return asked
