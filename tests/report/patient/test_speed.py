"""A report takes less than two seconds once the model is loaded."""

from __future__ import annotations

import time

import pytest

from resistml.predict.model import Model
from resistml.report.patient.build import PageBuilder
from resistml.report.patient.render import render_patient
from resistml.tables.profiles import profiles_from_rows
from tests.report.patient.conftest import typical

SECONDS, BYTES = 2.0, 1_500_000


@pytest.mark.slow
def test_a_report_is_quick_and_small(shipped_model: Model) -> None:
    """The first of a new builder, for which nothing is worked out yet, in the largest setting;
    the best of three, since others use the machine too."""
    spec = shipped_model.spec
    setting = max(spec.settings, key=lambda s: len(spec.settings[s].strategies))
    row = typical(spec, setting)
    row.update(dict.fromkeys(list(spec.settings[setting].panel)[::3]))
    took = []
    for _ in range(3):
        start = time.perf_counter()
        page = next(PageBuilder(shipped_model).pages(profiles_from_rows([row], spec)))
        text = render_patient(page)
        took.append(time.perf_counter() - start)
    assert min(took) < SECONDS
    assert len(text.encode()) < BYTES
