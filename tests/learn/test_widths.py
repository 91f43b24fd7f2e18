"""Constants of widths, and the widths that a model gets by them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.errors import ConfigError
from resistml.features.matrix import Records
from resistml.learn.params import Params
from resistml.learn.widths import FILE, Constants, fit_widths, known_constants, made_widths
from tests.predict.tiny import tiny_spec

SPEC = tiny_spec()
CONSTANTS = Constants(bag=1.5, rare=2.0, missing=0.1, slope=0.01)


def test_widths_by_constants() -> None:
    found = made_widths(np.array([0.0, 1, 3, 99, 9]), CONSTANTS, {"worlds": 3})
    assert found.bag == 1.5
    assert found.arms == pytest.approx(2.0 / np.array([1, 2, 4, 100, 10]))
    assert (found.missing, found.slope) == (0.1, 0.01)
    assert found.found_on == {"worlds": 3}


def test_a_models_widths_count_its_patients_in_any_order() -> None:
    setting = np.array(["one"] * 5 + ["two"] * 3, dtype=object)
    strategy = np.array(["chemo", "chemo", "immune", "chemo", "targeted"] + ["chemo"] * 3, object)
    ids = np.array([f"p{i}" for i in range(8)], dtype=object)
    constants, found_on = known_constants()
    expected = made_widths(np.array([3.0, 1, 1, 3, 0]), constants, found_on)
    for rows in (np.arange(8), np.array([4, 2, 7, 1, 0, 6, 3, 5])):
        records = Records(ids[rows], setting[rows], {})
        found = fit_widths(SPEC, records, strategy[rows])
        assert found.to_json() == expected.to_json()


def test_shipped_constants_are_of_the_default_learner() -> None:
    """Where this fails, the learner has changed: `python -m resistml.evaluate.widths`."""
    constants, found_on = known_constants()
    assert found_on["learner"] == asdict(Params())
    assert min(asdict(constants).values()) > 0
    assert found_on["held"]["coverage"] > found_on["held_by_the_bag_alone"]["coverage"] + 0.1


def document() -> dict[str, Any]:
    return {"constants": asdict(CONSTANTS), "found_on": {"worlds": 3}}


def test_constants_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "widths.yaml").write_text(json.dumps(document()))
    assert known_constants(tmp_path / "widths.yaml") == (CONSTANTS, {"worlds": 3})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["constants"].update(bags=1.0), "bags"),
        (lambda raw: raw["constants"].pop("rare"), "rare"),
        (lambda raw: raw["constants"].update(rare="much"), "much"),
        (lambda raw: raw["constants"].update(slope=-0.01), "0 or more"),
        (lambda raw: raw.pop("found_on"), "found_on"),
        (lambda raw: raw.update(constants=1), "no constants"),
    ],
)
def test_a_damaged_file_is_told(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    raw, path = document(), tmp_path / "broken.yaml"
    change(raw)
    path.write_text(json.dumps(raw))
    with pytest.raises(ConfigError) as caught:
        known_constants(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_the_file_stands_beside_the_code() -> None:
    assert FILE.name == "widths.yaml"
    assert FILE.parent.name == "learn"
