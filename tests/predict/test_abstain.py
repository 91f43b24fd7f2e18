"""What stands against answering: too little measured, unlike training patients, too few of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resistml.predict.abstain import Doubts, doubts
from resistml.predict.model import Model
from resistml.predict.parts import Parts
from resistml.predict.support import LEAST
from tests.predict.test_support import support
from tests.predict.tiny import tiny_model, tiny_profiles

FULL = {"A": 1.0, "T": 0, "P": 50, "age": 60}


def supported(**changed: Any) -> Model:
    return replace(tiny_model(), parts=Parts(support=support(**changed)))


def asked(model: Model, *rows: dict[str, Any], setting: str = "one") -> Doubts:
    records = tiny_profiles(*({"setting": setting, **row} for row in rows)).records
    return doubts(model, records, setting, np.arange(len(rows)))


def test_how_much_must_be_measured() -> None:
    """Of three markers two must be, of one the one; with none measured, there is no more to say."""
    out = asked(tiny_model(), FULL, {"A": 1, "T": 0}, {"A": 1}, {})
    assert out.mostly.tolist() == [False, False, True, False]
    assert out.empty.tolist() == [False, False, False, True]
    assert out.abstained.tolist() == [False, False, True, True]
    assert out.reasons(0) == out.reasons(1) == ()
    assert out.reasons(2) == ("2 of the setting's 3 markers were not measured",)
    assert out.reasons(3) == ("none of the setting's markers was measured",)
    assert out.flags(2) == ("mostly_unmeasured",)
    assert out.flags(1) == out.flags(3) == ()
    single = asked(tiny_model(), {"A": 1}, {}, setting="two")
    assert single.mostly.tolist() == [False, False]
    assert single.abstained.tolist() == [False, True]


def test_half_of_a_panel_is_enough() -> None:
    model = tiny_model()
    panel = ("A", "T")
    settings = {**model.spec.settings, "one": replace(model.spec.settings["one"], panel=panel)}
    half = replace(model, spec=replace(model.spec, settings=settings))
    assert asked(half, {"A": 1}, {}).abstained.tolist() == [False, True]


def test_outliers_are_named() -> None:
    out = asked(supported(), FULL, {**FULL, "A": 60.0}, {"A": 60.0}, {"age": 99})
    assert out.abstained.tolist() == [False, True, True, True]
    assert out.flags(1) == ("outlying:A",)
    assert out.flags(2) == ("mostly_unmeasured", "outlying:A")
    assert len(out.reasons(2)) == 2
    assert out.reasons(1)[0].startswith("unlike the setting's training patients: A is 60")
    # Where nothing was measured that is said, and not that the age is odd.
    assert out.flags(3) == ()
    assert len(out.reasons(3)) == 1


def test_without_a_support_part_nothing_is_known_of_training_patients() -> None:
    out = asked(tiny_model(), {**FULL, "A": 60.0})
    assert not out.abstained.any()
    assert out.unsupported("targeted") == ""


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "chemo: no training patient had it in this setting, fewer than 10"),
        (1, "chemo: 1 training patient(s) had it in this setting, fewer than 10"),
        (LEAST - 1, "chemo: 9 training patient(s) had it in this setting, fewer than 10"),
        (LEAST, ""),
    ],
)
def test_strategies_that_too_few_had(count: int, said: str) -> None:
    counts = np.array([count, 40, 40, 0, 0])
    out = asked(supported(counts=counts), FULL)
    assert out.unsupported("chemo") == said
    assert out.unsupported("targeted") == out.unsupported("immune") == ""
    assert not out.abstained.any()
