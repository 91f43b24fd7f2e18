"""The training patients, column by column, as the bundle holds them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from resistml.learn.marginals import column
from resistml.predict.marginals import LEVELS, Column, Marginals, binned
from tests.predict.tiny import tiny_spec


def marginals() -> Marginals:
    values = np.random.default_rng(1).normal(size=200)
    values[:30] = np.nan
    known = column(values)
    return Marginals({"one": {"A": known}}, {"one": {"given": column(np.linspace(0, 1, 50))}})


def test_json_holds_all() -> None:
    made = marginals()
    text = json.dumps(made.to_json(), allow_nan=False)
    again = Marginals.from_json(json.loads(text), {}, tiny_spec())
    assert json.dumps(again.to_json()) == text
    assert again.columns["one"]["A"].missing == 30


@pytest.mark.parametrize(
    "change",
    [
        {"mean": float("inf")},
        {"scale": -1.0},
        {"low": 9.0},
        {"counts": [1, 2]},
        {"n": 169},
        {"edges": [3.0, *([0.0] * (len(LEVELS) - 1))]},
    ],
)
def test_what_does_not_hold_together_is_refused(change: dict[str, Any]) -> None:
    raw = deepcopy(marginals().to_json())
    raw["columns"]["one"]["A"] |= change
    with pytest.raises(ValueError, match="column"):
        Marginals.from_json(raw, {}, tiny_spec())


def test_columns_of_other_panels_and_other_scores_are_refused() -> None:
    raw = marginals().to_json()
    raw["columns"]["one"]["ZZZ"] = raw["columns"]["one"]["A"]
    with pytest.raises(ValueError, match="other columns than its panel"):
        Marginals.from_json(raw, {}, tiny_spec())
    raw = marginals().to_json()
    raw["scores"]["one"]["guessed"] = raw["scores"]["one"]["given"]
    with pytest.raises(ValueError, match="unknown scores"):
        Marginals.from_json(raw, {}, tiny_spec())


def test_a_bin_holds_its_upper_edge_even_if_that_was_rounded() -> None:
    edges = np.array([1 / 3, 2 / 3])
    rounded = np.array([float(f"{x:.12g}") for x in edges])
    values = np.array([0.0, 1 / 3, 0.5, 2 / 3, 0.7])
    np.testing.assert_array_equal(binned(edges, values), [2, 2, 1])
    np.testing.assert_array_equal(binned(rounded, values), [2, 2, 1])


def test_values_are_drawn_in() -> None:
    known = Column(9, 0, 0.0, 1.0, -2.0, 2.0)
    np.testing.assert_array_equal(known.drawn_in(np.array([-9.0, 1.0, 9.0])), [-2.0, 1.0, 2.0])
