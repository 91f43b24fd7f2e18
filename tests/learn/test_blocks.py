"""The design: a block per setting, which is what the model's definition says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from resistml.learn.blocks import blocks_of
from resistml.learn.layout import Layout
from resistml.predict.additive import additive_margins
from tests.learn.additive_data import Patients, any_patients, naive_margins

Floats = npt.NDArray[np.float64]
SEEDS = st.integers(0, 10_000)


def design(p: Patients, layout: Layout) -> Floats:
    """(n, size) what each parameter moves each margin by, one parameter at a time."""
    return np.column_stack([naive_margins(layout.model(e, 0.0), p) for e in np.eye(layout.size)])


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.booleans())
def test_blocks_spell_out_the_design(seed: int, bent: bool, own: bool) -> None:
    p = any_patients(seed, most=40)
    layout = p.layout(bent=bent, own=own)
    expected, found = design(p, layout), np.full((len(p.y), layout.size), np.nan)
    for block in p.blocks(layout):
        found[block.rows] = block.x @ block.spread
    np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.booleans())
def test_margins_are_the_overall_rate_and_the_design(seed: int, bent: bool, own: bool) -> None:
    """What is fitted is what scores."""
    p, rng = any_patients(seed), np.random.default_rng(seed)
    layout = p.layout(bent=bent, own=own)
    theta, overall = rng.normal(size=layout.size), float(rng.normal())
    model = layout.model(theta, overall)
    found = additive_margins([model], p.terms, p.bent, p.clinical, p.arms)[:, 0]
    for block in p.blocks(layout):
        expected = overall + block.x @ (block.spread @ theta)
        np.testing.assert_allclose(found[block.rows], expected, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_every_patient_is_in_one_block(seed: int) -> None:
    p = any_patients(seed)
    blocks = p.blocks(p.layout())
    rows = np.concatenate([b.rows for b in blocks])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(p.y)))
    for block in blocks:
        assert len(set(p.terms.setting[p.arms[block.rows]])) == 1


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_curvature_is_that_of_the_design(seed: int) -> None:
    p, rng = any_patients(seed), np.random.default_rng(seed)
    layout, weight = p.layout(), rng.random(len(p.y))
    found = np.zeros((layout.size, layout.size))
    for block in p.blocks(layout):
        at, part = block.curvature(weight)
        found[np.ix_(at, at)] += part
    full = np.zeros((len(p.y), layout.size))
    for block in p.blocks(layout):
        full[block.rows] = block.x @ block.spread
    np.testing.assert_allclose(found, full.T @ (weight[:, None] * full), rtol=1e-9, atol=1e-9)


def test_nobody_makes_no_block() -> None:
    p = any_patients(1)
    none = np.zeros(0, dtype=np.int64)
    assert blocks_of(p.layout(), p.bent[:0], p.clinical[:0], none) == []
