"""The small model, the shipped one, and profiles to write pages of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from resistml import shipped
from resistml.features.links import inverse
from resistml.features.spec import FeatureSpec
from resistml.predict.model import Model, load_bundle
from resistml.report.patient.build import PageBuilder
from resistml.report.patient.view import PatientPage
from resistml.tables.profiles import Profiles, profiles_from_rows
from tests.patients import model

__all__ = ["model"]

Record = dict[str, float | None]
Paged = Callable[..., PatientPage]


@pytest.fixture(scope="session")
def shipped_model() -> Model:
    """The model that ships: with support, ensemble, widths and prediction sets."""
    return load_bundle(shipped.default_model())


@pytest.fixture(scope="session")
def builder(shipped_model: Model) -> PageBuilder:
    return PageBuilder(shipped_model)


@pytest.fixture(scope="session")
def paged(builder: PageBuilder) -> Paged:
    """`paged(ABCB1=2, setting="crc_advanced")`: the page of one profile of the shipped model."""

    def page(**cells: Any) -> PatientPage:
        row = {**typical(builder.model.spec, cells.get("setting", "melanoma_advanced")), **cells}
        found = profiles_from_rows([row], builder.model.spec)
        assert not found.rejected, found.rejected
        return next(builder.pages(found))

    return page


def typical(spec: FeatureSpec, setting: str) -> dict[str, Any]:
    """A profile with everything measured, markers at the setting's means and no mutation."""
    row: dict[str, Any] = {"patient_id": "P-1", "setting": setting}
    law = spec.settings[setting]
    row.update(age=round(sum(law.ages) / 2), sex="female", ecog=1)
    for name in law.panel:
        marker = spec.markers[name]
        link = np.array(law.means[name] * marker.scale + marker.centre)
        value = 0.0 if marker.kind == "mutation" else float(inverse(marker.kind, link))
        row[name] = float(round(value)) if marker.kind == "count" else value
    return row


def drawn_records(
    spec: FeatureSpec, setting: str, rng: np.random.Generator, n: int
) -> list[Record]:
    """Records as sliders may set them: some values far out, some taken away."""
    law, out = spec.settings[setting], []
    for _ in range(n):
        record: Record = {
            "age": float(rng.uniform(*law.ages)),
            "ecog": float(rng.integers(0, 3)),
            "sex": float(rng.integers(0, 2)),
        }
        gone = rng.choice([0.1, 0.4])
        for name in law.panel:
            marker = spec.markers[name]
            f = law.means[name] + 1.2 * rng.normal()
            link = np.array(f * marker.scale + marker.centre)
            value = float(np.clip(inverse(marker.kind, link), marker.low, marker.high))
            if marker.kind in ("mutation", "count"):
                value = float(rng.integers(0, 2)) if marker.kind == "mutation" else round(value)
            record[name] = value
        out.append({k: None if rng.uniform() < gone else v for k, v in record.items()})
    return out


def as_profiles(spec: FeatureSpec, setting: str, strategy: str, records: list[Record]) -> Profiles:
    """The same records as a table of profiles."""
    sexes: Mapping[float | None, str | None] = {None: None, 0.0: "male", 1.0: "female"}
    rows = [
        {
            **record,
            "patient_id": f"p{i}",
            "setting": setting,
            "strategy": strategy,
            "sex": sexes[record["sex"]],
        }
        for i, record in enumerate(records)
    ]
    found = profiles_from_rows(rows, spec)
    assert not found.rejected
    return found
