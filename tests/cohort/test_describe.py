"""Population values of a world."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resistml.cohort.describe import describe_world
from resistml.cohort.draw import Drawn
from resistml.evidence import Evidence
from resistml.world.laws import World


@pytest.fixture(scope="module")
def told(world: World) -> dict[str, Any]:
    return describe_world(world)


@pytest.fixture(scope="module")
def arms(told: dict[str, Any]) -> dict[tuple[str, str], dict[str, float]]:
    return {(a["setting"], a["strategy"]): a for a in told["arms"]}


def test_all_arms_and_markers_are_there(world: World, told: dict[str, Any]) -> None:
    expected = [(s, a) for s, law in world.settings.items() for a in law.arms]
    assert [(a["setting"], a["strategy"]) for a in told["arms"]] == expected
    assert {m["marker"] for m in told["markers"]} == set(world.markers)
    for marker in told["markers"]:
        panels = [marker["marker"] in law.panel for law in world.settings.values()]
        assert marker["settings"] == sum(panels)
    assert told["world_hash"] == world.hash
    shares = {a["setting"]: a["share"] for a in told["arms"]}
    assert sum(shares.values()) == pytest.approx(1.0)


def test_reported_values_stand_there(
    evidence: Evidence, arms: dict[tuple[str, str], dict[str, float]]
) -> None:
    assert arms["breast_ac", "ac"]["orr"] == pytest.approx(0.5, abs=0.01)
    assert arms["breast_ac", "ac"]["median_pfs"] == pytest.approx(12.0, rel=0.001)
    assert arms["aml_untreated", "azacitidine_venetoclax"]["median_os"] == pytest.approx(14.7)
    for arm in arms.values():
        assert arm["median_pfs"] < arm["median_os"]
        assert 0 < arm["eligible"] <= 1


def test_values_are_those_of_drawn_patients(
    arms: dict[tuple[str, str], dict[str, float]], block: Drawn
) -> None:
    setting = dict(zip(block.cohort["patient_id"], block.cohort["setting"], strict=True))
    where = np.array([setting[i] for i in block.oracle["patient_id"]])
    checked = 0
    for (name, strategy), arm in arms.items():
        rows = (where == name) & (block.oracle["strategy"] == strategy)
        p = block.oracle["p_response"][rows].astype(float)
        if len(p) < 100:
            continue
        # Rates err by the spread of p, and here by some missing values behind eligibility.
        assert abs(p.mean() - arm["orr"]) < 4.2 * p.std() / np.sqrt(len(p)), (name, strategy)
        pfs = block.oracle["pfs_months"][rows].astype(float)
        below = (pfs < arm["median_pfs"]).mean()
        assert abs(below - 0.5) < 4.2 * 0.5 / np.sqrt(len(p)), (name, strategy)
        checked += 1
    assert checked > 40
