"""Lines of several worlds: what they add up to, and how they are held in a bundle."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resistml.documents import dump_json
from resistml.predict.ensemble import Ensemble
from resistml.predict.model import Features
from tests.predict.tiny import tiny_spec

SPEC = tiny_spec()
ARMS, COLUMNS = len(SPEC.arms), len(SPEC.columns)
WORLDS = 4


def drawn_ensemble(seed: int = 0, worlds: int = WORLDS, factor: float = 2.0) -> Ensemble:
    """Any lines, those of the arm ``two/chemo`` on the first column alone."""
    rng = np.random.default_rng(seed)
    coefficients = rng.normal(size=(worlds, ARMS, COLUMNS))
    missing = rng.normal(size=(worlds, ARMS, COLUMNS))
    coefficients[:, 3, 1:] = missing[:, 3, 1:] = 0.0
    return Ensemble(rng.normal(size=(worlds, ARMS)), coefficients, missing, factor)


def drawn_features(n: int, seed: int = 1) -> Features:
    """Any inputs, a fifth of them unmeasured."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, COLUMNS))
    matrix[rng.random(matrix.shape) < 0.2] = np.nan
    arms = rng.integers(0, ARMS, n)
    return Features(matrix.astype(np.float32), np.nan_to_num(matrix) / 2, arms)


def test_a_margin_is_the_line_of_its_arm_and_world() -> None:
    lines, x = drawn_ensemble(), drawn_features(40)
    found = lines.margins(x)
    assert found.shape == (40, WORLDS)
    for i in range(40):
        arm, gone = x.arms[i], np.isnan(x.matrix[i])
        for k in range(WORLDS):
            expected = lines.intercepts[k, arm] + x.centred[i] @ lines.coefficients[k, arm]
            expected += lines.missing[k, arm][gone].sum()
            assert found[i, k] == pytest.approx(expected, abs=1e-12)


def test_a_row_is_its_own() -> None:
    """Asked alone, in another order or among others: to the last bit the same."""
    lines, x = drawn_ensemble(), drawn_features(200)
    whole = lines.margins(x)
    order = np.random.default_rng(2).permutation(200)
    parts = [np.array([i]) for i in range(20)]
    for rows in (order, *parts):
        part = Features(x.matrix[rows], x.centred[rows], x.arms[rows])
        np.testing.assert_array_equal(lines.margins(part), whole[rows])


def test_no_rows() -> None:
    low, high = drawn_ensemble().interval(drawn_features(0))
    assert low.shape == high.shape == (0,)


def test_interval_by_hand() -> None:
    """Two worlds that say 1 and 3: mean 2, standard deviation sqrt(2)."""
    nothing = np.zeros((2, ARMS, COLUMNS))
    lines = Ensemble(np.array([[1.0] * ARMS, [3.0] * ARMS]), nothing, nothing, factor=1.5)
    low, high = lines.interval(drawn_features(3))
    assert low == pytest.approx([2 - 1.5 * np.sqrt(2)] * 3)
    assert high == pytest.approx([2 + 1.5 * np.sqrt(2)] * 3)


def test_worlds_that_agree_leave_nothing_to_settle() -> None:
    one = drawn_ensemble(worlds=1)
    parts = (np.repeat(x, 5, axis=0) for x in (one.intercepts, one.coefficients, one.missing))
    x = drawn_features(30)
    low, high = Ensemble(*parts, factor=2.0).interval(x)
    np.testing.assert_allclose(low, high, atol=1e-12)
    np.testing.assert_allclose(low, one.margins(x)[:, 0], atol=1e-12)


def test_the_order_of_the_worlds_is_no_part_of_the_answer() -> None:
    lines, x = drawn_ensemble(), drawn_features(30)
    turned = Ensemble(lines.intercepts[::-1], lines.coefficients[::-1], lines.missing[::-1], 2.0)
    for one, other in zip(lines.interval(x), turned.interval(x), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def read(lines: Ensemble, change: Callable[[Any], Any] = lambda raw: None) -> Ensemble:
    """As it comes back from a bundle, with a change to the document."""
    document = json.loads(dump_json(lines.to_json()))
    change(document)
    return Ensemble.from_json(document, {}, SPEC)


def test_round_trip() -> None:
    lines = drawn_ensemble()
    found = read(lines)
    for name in ("intercepts", "coefficients", "missing"):
        np.testing.assert_array_equal(getattr(found, name), getattr(lines, name))
    assert found.factor == lines.factor
    assert found.boosters == {}


def test_columns_without_a_bearing_are_not_written() -> None:
    written = drawn_ensemble().to_json()["arms"]
    assert written[3]["columns"] == [0]
    assert np.shape(written[3]["worlds"]) == (WORLDS, 3)
    assert written[0]["columns"] == list(range(COLUMNS))


def _arm(**values: Any) -> Callable[[Any], Any]:
    return lambda raw: raw["arms"][3].update(values)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["arms"].pop(),
        lambda raw: raw["arms"].append(raw["arms"][0]),
        lambda raw: raw.update(arms=[]),
        lambda raw: raw.pop("factor"),
        lambda raw: raw.update(factor=0.0),
        lambda raw: raw.update(factor=float("inf")),
        lambda raw: raw.update(factor=float("nan")),
        lambda raw: raw.update(factor="wide"),
        lambda raw: [arm.update(worlds=arm["worlds"][:1]) for arm in raw["arms"]],
        lambda raw: [arm.update(worlds=[]) for arm in raw["arms"]],
        lambda raw: raw["arms"][3]["worlds"].pop(),
        lambda raw: raw["arms"][3]["worlds"][0].pop(),
        lambda raw: raw["arms"][3]["worlds"][0].__setitem__(0, float("inf")),
        lambda raw: raw["arms"][3]["worlds"][0].__setitem__(0, "x"),
        lambda raw: raw["arms"][3].pop("columns"),
        _arm(columns=[COLUMNS]),
        _arm(columns=[-1]),
        _arm(columns=[0, 0]),
        _arm(columns=[1, 0]),
        _arm(columns=[]),
    ],
)
def test_what_does_not_fit_is_refused(change: Callable[[Any], Any]) -> None:
    with pytest.raises((KeyError, IndexError, TypeError, ValueError)):
        read(drawn_ensemble(), change)
