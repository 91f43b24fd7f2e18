"""The additive model as it scores: its margins, its parts, its place in a bundle."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.features.ramps import SEGMENTS
from resistml.features.terms import Terms
from resistml.predict.additive import (
    Additive,
    additive_inputs,
    additive_margins,
    by_arm,
    marker_parts,
)
from resistml.predict.model import Features
from tests.learn.additive_data import any_model, any_patients, naive_margins

Floats = npt.NDArray[np.float64]
SEEDS = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_margins_are_those_of_the_definition(seed: int) -> None:
    p, rng = any_patients(seed, most=60), np.random.default_rng(seed)
    models = [any_model(rng, p.terms) for _ in range(3)]
    found = additive_margins(models, p.terms, p.bent, p.clinical, p.arms)
    expected = np.column_stack([naive_margins(m, p) for m in models])
    np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_parts_add_up_to_the_margin(seed: int) -> None:
    p = any_patients(seed)
    model = any_model(np.random.default_rng(seed), p.terms)
    parts = marker_parts(model, p.terms, p.bent, p.arms)
    assert parts.shape == (len(p.y), len(p.terms.bends))
    whole = model.intercepts[p.arms] + p.clinical @ model.clinical + parts.sum(axis=1)
    margins = additive_margins([model], p.terms, p.bent, p.clinical, p.arms)[:, 0]
    np.testing.assert_allclose(whole, margins, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_a_part_is_what_the_margin_loses_without_the_marker(seed: int) -> None:
    p = any_patients(seed)
    model = any_model(np.random.default_rng(seed), p.terms)
    parts = marker_parts(model, p.terms, p.bent, p.arms)
    for marker in range(len(p.terms.bends)):
        bent = p.bent.copy()
        bent[p.terms.marker[p.terms.setting[p.arms]] == marker] = 0.0
        with_it, without = (
            additive_margins([model], p.terms, x, p.clinical, p.arms)[:, 0] for x in (p.bent, bent)
        )
        np.testing.assert_allclose(parts[:, marker], with_it - without, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.lists(st.integers(0, 79), min_size=1, max_size=80))
def test_a_row_does_not_hang_on_its_neighbours(seed: int, rows: list[int]) -> None:
    """To the last bit, whoever stands beside it."""
    p, rng = any_patients(seed, least=80, most=80), np.random.default_rng(seed)
    models = [any_model(rng, p.terms) for _ in range(2)]
    margins = additive_margins(models, p.terms, p.bent, p.clinical, p.arms)
    alone = additive_margins(models, p.terms, p.bent[rows], p.clinical[rows], p.arms[rows])
    np.testing.assert_array_equal(alone, margins[rows])
    parts = marker_parts(models[0], p.terms, p.bent, p.arms)
    few = marker_parts(models[0], p.terms, p.bent[rows], p.arms[rows])
    np.testing.assert_array_equal(few, parts[rows])


def test_no_rows() -> None:
    p = any_patients(3)
    model, none = any_model(np.random.default_rng(0), p.terms), np.zeros(0, dtype=np.int64)
    margins = additive_margins([model], p.terms, p.bent[:0], p.clinical[:0], none)
    assert margins.shape == (0, 1)
    assert marker_parts(model, p.terms, p.bent[:0], none).shape == (0, len(p.terms.bends))
    assert list(by_arm(none)) == []


def test_arms_come_with_their_rows() -> None:
    found = {arm: rows.tolist() for arm, rows in by_arm(np.array([2, 0, 2, 5, 0]))}
    assert found == {0: [1, 4], 2: [0, 2], 5: [3]}


def test_terms_of_no_markers_leave_the_columns() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    features = Features(x.astype(np.float32), x, np.zeros(2, dtype=np.int64))
    terms, bent, clinical = additive_inputs(features)
    assert bent.shape == (2, 0, SEGMENTS)
    np.testing.assert_array_equal(clinical, x)
    model = Additive(
        np.array([0.5]), np.zeros((0, SEGMENTS)), np.zeros((1, 0)), np.array([1.0, -1.0])
    )
    margins = additive_margins([model], terms, bent, clinical, features.arms)
    np.testing.assert_array_equal(margins, [[-0.5], [-0.5]])
    assert marker_parts(model, terms, bent, features.arms).shape == (2, 0)


def test_clinical_columns_stand_behind_the_markers() -> None:
    p = any_patients(5)
    markers = len(p.terms.bends)
    x = np.arange(2.0 * (markers + 2)).reshape(2, -1)
    features = Features(x.astype(np.float32), x, np.zeros(2, dtype=np.int64), p.bent[:2], p.terms)
    terms, bent, clinical = additive_inputs(features)
    assert terms is p.terms
    np.testing.assert_array_equal(bent, p.bent[:2])
    np.testing.assert_array_equal(clinical, x[:, markers:])
    terms, bent, clinical = additive_inputs(replace(features, terms=None))
    assert len(terms.bends) == 0
    np.testing.assert_array_equal(clinical, x)


class TestJson:
    TERMS = Terms(
        setting=np.array([0, 0]),
        strategy=np.array([0, 1]),
        marker=np.array([[0]]),
        exposure=np.ones((2, 1)),
        bends=np.ones(1, dtype=bool),
    )

    def raw(self) -> dict[str, Any]:
        model = any_model(np.random.default_rng(1), self.TERMS)
        document: dict[str, Any] = json.loads(json.dumps(model.to_json()))
        return document

    def test_reads_back_what_it_wrote(self) -> None:
        model = any_model(np.random.default_rng(1), self.TERMS)
        again = Additive.from_json(self.raw(), self.TERMS, 2)
        for name, values in vars(model).items():
            np.testing.assert_array_equal(getattr(again, name), values)

    @pytest.mark.parametrize("name", ["intercepts", "slopes", "own", "clinical"])
    def test_other_shapes_and_what_is_no_number_are_refused(self, name: str) -> None:
        def refused(value: Any) -> None:
            with pytest.raises(ValueError, match=f"{name} of shape"):
                Additive.from_json({**self.raw(), name: value}, self.TERMS, 2)

        good = self.raw()[name]
        refused([*good, good[0]])
        refused(0.0)
        wild = np.array(good)
        wild.flat[0] = np.inf
        refused(wild.tolist())
        wild.flat[0] = np.nan
        refused(wild.tolist())
        with pytest.raises((TypeError, ValueError)):
            Additive.from_json({**self.raw(), name: {"a": 1}}, self.TERMS, 2)
        with pytest.raises(KeyError, match=name):
            Additive.from_json({k: v for k, v in self.raw().items() if k != name}, self.TERMS, 2)

    def test_other_terms_are_refused(self) -> None:
        with pytest.raises(ValueError, match="clinical of shape"):
            Additive.from_json(self.raw(), self.TERMS, 3)
        with pytest.raises(ValueError, match="intercepts of shape"):
            Additive.from_json(self.raw(), Terms.none(), 2)
