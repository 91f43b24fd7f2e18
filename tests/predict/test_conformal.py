"""Prediction sets from thresholds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.predict.conformal import Conformal, Threshold
from resistml.predict.parts import Parts, read_parts
from resistml.predict.score import score
from tests.predict.tiny import tiny_model, tiny_profiles, tiny_spec

SPEC = tiny_spec()
CONFORMAL = Conformal(
    0.9,
    {
        "one": Threshold(0.8, 200, False),
        "two": Threshold(0.3, 150, False),
        "three": Threshold(0.7, 12, True),
    },
)


def words(*values: str) -> Any:
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    ("setting", "p", "held"),
    [
        ("one", 0.5, ["response", "resistant"]),
        ("one", 0.1, ["response"]),
        ("one", 0.9, ["resistant"]),
        ("one", 0.8, ["response", "resistant"]),  # a response falls short by 0.8: still in
        ("one", 0.81, ["resistant"]),
        ("two", 0.5, []),  # either falls short by more than 0.3
        ("two", 0.75, ["resistant"]),
        ("three", 0.5, ["response", "resistant"]),
    ],
)
def test_an_outcome_is_in_the_set_if_its_probability_is_near_enough_to_1(
    setting: str, p: float, held: list[str]
) -> None:
    assert CONFORMAL.sets(words(setting), np.array([p])) == [held]


def test_rows_are_each_their_own() -> None:
    setting, p = words("two", "one", "two"), np.array([0.75, 0.5, 0.2])
    assert CONFORMAL.sets(setting, p) == [["resistant"], ["response", "resistant"], ["response"]]
    assert CONFORMAL.holds(setting, p).shape == (3, 2)
    assert CONFORMAL.sets(words(), np.zeros(0)) == []


def test_score_names_the_set_of_each_answer() -> None:
    model = replace(tiny_model(), parts=Parts(conformal=CONFORMAL))
    profiles = tiny_profiles({"A": 1, "T": 0, "P": 1}, {"A": 80, "T": 0, "P": 1}, {}, {"A": -1})
    answer = score(model, profiles)
    assert answer["status"].tolist() == ["ok", "ok", "abstained", "rejected"]
    assert answer["prediction_set"][1:] == [["resistant"], [], []]
    p = answer["p_resistance"][:1]
    assert answer["prediction_set"][:1] == CONFORMAL.sets(words("one"), p)


def test_without_thresholds_there_are_no_sets() -> None:
    answer = score(tiny_model(), tiny_profiles({"A": 1, "T": 0, "P": 1}))
    assert answer["prediction_set"] == [[]]


def test_as_a_bundle_holds_it() -> None:
    document = json.dumps(CONFORMAL.to_json()).encode()
    found = read_parts({"conformal.json": document}, SPEC, Path("model"))
    assert found.conformal == CONFORMAL


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(level=1.2),
        lambda raw: raw["settings"].pop("two"),
        lambda raw: raw["settings"].update(four=raw["settings"]["one"]),
        lambda raw: raw["settings"]["one"].update(value=-0.1),
        lambda raw: raw["settings"]["one"].update(value=float("nan")),
        lambda raw: raw["settings"]["one"].update(value="much"),
    ],
)
def test_what_does_not_fit_the_spec_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    raw = json.loads(json.dumps(CONFORMAL.to_json()))
    assert Conformal.from_json(raw, {}, SPEC) == CONFORMAL
    change(raw)
    with pytest.raises(ValueError, match="prediction sets"):
        Conformal.from_json(raw, {}, SPEC)
