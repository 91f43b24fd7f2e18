"""The spec that is fitted is the spec that is saved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from resistml.documents import dump_json, rounded
from resistml.evidence import Evidence
from resistml.features.spec import spec_from_json
from resistml.learn.spec import DIGITS, build_spec
from resistml.predict.references import check_references
from resistml.world.draft import draft_world
from tests.patients import Patients


def test_spec_survives_the_bundle_unchanged(evidence: Evidence, patients: Patients) -> None:
    """A mean that changed in its last digits would move a value across a tree's threshold."""
    spec = build_spec(evidence, draft_world(evidence), patients.records)
    saved = json.loads(dump_json(rounded(spec.to_json(), DIGITS)))
    assert spec_from_json(saved) == spec


def test_spec_does_not_hang_on_the_order_of_patients(
    evidence: Evidence, patients: Patients
) -> None:
    """But for rounding of sums, far below what is kept."""
    draft = draft_world(evidence)
    forth = build_spec(evidence, draft, patients.records)
    n = len(patients.records)
    back = build_spec(evidence, draft, patients.records.take(np.arange(n)[::-1]))
    assert forth.settings.keys() == back.settings.keys()
    for name, setting in forth.settings.items():
        other = back.settings[name]
        for marker, mean in setting.means.items():
            assert abs(mean - other.means[marker]) < 1e-10
            for part in ("ramp_means", "segment_shares"):
                a, b = getattr(setting, part)[marker], getattr(other, part)[marker]
                np.testing.assert_allclose(a, b, atol=1e-10)
        np.testing.assert_allclose(setting.covariance, other.covariance, atol=1e-10)


def test_what_a_spec_names_it_holds(evidence: Evidence, patients: Patients) -> None:
    check_references(build_spec(evidence, draft_world(evidence), patients.records), Path("spec"))
