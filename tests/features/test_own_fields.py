"""What specs of one's own cohorts have beside others: read with defaults, written only if said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.features.links import MEASURES, forward, inverse
from resistml.features.matrix import CLINICAL, model_matrix
from resistml.features.spec import FeatureSpec, OutcomeSpec, spec_from_json
from resistml.features.terms import Terms
from tests.features.test_matrix import SMALL, records

OWN = replace(
    SMALL,
    markers={
        "X": replace(SMALL.markers["X"], direction=0, source="COL"),
        "M": replace(SMALL.markers["M"], source="KIND", level="one"),
        "N": SMALL.markers["N"],
    },
    outcome=OutcomeSpec("non-pCR", "pCR", False),
    age_centre=50.0,
)


def test_a_spec_without_them_writes_none_of_them(spec: FeatureSpec) -> None:
    raw = spec.to_json()
    assert "outcome" not in raw
    assert "age_centre" not in raw
    for marker in raw["markers"].values():
        assert not {"direction", "source", "level"} & set(marker)
    assert spec_from_json(raw) == spec


def test_a_spec_with_them_comes_back_whole() -> None:
    assert spec_from_json(OWN.to_json()) == OWN


@pytest.mark.parametrize("kind", MEASURES)
def test_links_of_measures_go_there_and_back(kind: str) -> None:
    values = np.array([0.5, 1.0, 20.0, np.nan])
    np.testing.assert_allclose(inverse(kind, forward(kind, values)), values)


def test_a_measure_is_taken_as_it_is_and_a_log_measure_by_its_logarithm() -> None:
    values = np.array([-2.0, 3.0])
    np.testing.assert_array_equal(forward("measure", values), values)
    np.testing.assert_allclose(forward("log_measure", np.array([1.0, np.e])), [0, 1], atol=1e-12)


def test_terms_free_what_has_no_direction_and_pool_levels_by_column() -> None:
    terms = Terms.of(OWN)
    assert terms.free is not None
    assert terms.pool is not None
    assert terms.free.tolist() == [True, False, False]
    assert terms.pool.tolist() == [0, -1, 0]
    assert terms.apart
    assert not Terms.of(SMALL).apart


def test_age_counts_on_both_sides_of_its_centre_and_is_0_where_unmeasured() -> None:
    people = records(2, age=np.array([40.0, 70.0]))
    given = np.full(2, next(iter(SMALL.strategies)), dtype=object)
    at = len(SMALL.markers) + CLINICAL.index("age_over_60")
    assert model_matrix(SMALL, people, given)[:, at].tolist() == [0.0, 1.0]
    assert model_matrix(OWN, people, given)[:, at].tolist() == [-1.0, 2.0]
