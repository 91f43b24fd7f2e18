"""Curves of a setting's strategies, and the claims marked on them."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.cohort.survival import Reported, arm_curves
from resistml.evidence import Evidence
from resistml.world.laws import World
from resistml.world.time_moments import reading
from tests.cohort.made import cohort, patients


def one(evidence: Evidence, world: World, setting: str, strategy: str) -> dict[str, Reported]:
    made = cohort(patients(setting, strategy, 5))
    (arm,) = arm_curves(evidence, world, made, setting)
    assert (arm.setting, arm.strategy, arm.n) == (setting, strategy, 5)
    return {point.claim: point for point in arm.reported}


def test_curves_are_of_the_patients_given_each_strategy(evidence: Evidence, world: World) -> None:
    made = cohort(
        patients("breast_ac", "dose_dense_ac", 2, pfs_months=[3.0, 9.0]),
        patients("breast_ac", "ac", 4, os_months=[10.0, 20.0, 30.0, 40.0], os_event=[1, 1, 0, 1]),
    )
    ac, dense = arm_curves(evidence, world, made, "breast_ac")
    assert (ac.strategy, dense.strategy) == ("ac", "dose_dense_ac")  # the setting's order
    np.testing.assert_allclose(ac.curves["os"].survival, [0.75, 0.5, 0.5, 0.0])
    np.testing.assert_array_equal(dense.risk("pfs", np.array([0.0, 3.0, 5.0])), [2, 2, 1])


def test_strategies_that_nobody_got_are_left_out(evidence: Evidence, world: World) -> None:
    made = cohort(patients("breast_ac", "ac", 3))
    assert [arm.strategy for arm in arm_curves(evidence, world, made, "breast_ac")] == ["ac"]
    assert arm_curves(evidence, world, made, "crc_advanced") == []


def test_medians_and_rates_are_points_of_the_curve(evidence: Evidence, world: World) -> None:
    found = one(evidence, world, "breast_ac", "ac")
    assert found == {
        "s4_ac_median_pfs": Reported("s4_ac_median_pfs", "pfs", (12, 12), (0.5, 0.5), False),
        "s4_ac_survival_rate": Reported("s4_ac_survival_rate", "os", (36, 36), (0.75, 0.75), False),
    }


@pytest.mark.parametrize(
    ("setting", "strategy", "claim", "apart"),
    [
        ("melanoma_advanced", "braf_inhibitor", "s5_braf_inhibitor_median_pfs", False),
        ("prostate_crpc", "docetaxel", "s6_ctc_high_median_os", True),
        ("nsclc_advanced", "egfr_tki", "s6_matched_targeted_median_pfs", True),
        ("all_relapsed_child", "cd19_car_t", "s5_cd19_car_t_all_disease_free_rate", True),
    ],
)
def test_claims_about_others_than_all_eligible_are_apart(
    evidence: Evidence, world: World, setting: str, strategy: str, claim: str, apart: bool
) -> None:
    columns = {"EGFR_mut": 1} if strategy == "egfr_tki" else {}
    columns |= {"BRAF_V600": 1} if strategy == "braf_inhibitor" else {}
    made = cohort(patients(setting, strategy, 5, **columns))
    (arm,) = arm_curves(evidence, world, made, setting)
    assert {point.claim: point.apart for point in arm.reported}[claim] is apart


def test_what_no_curve_shows_is_not_marked(evidence: Evidence, world: World) -> None:
    """Neither what is counted from the end of treatment, nor a ratio."""
    names = set(one(evidence, world, "sclc_extensive", "etoposide_platinum"))
    assert names == {"s4_etoposide_platinum_median_pfs", "s4_etoposide_platinum_median_os"}
    names = set(one(evidence, world, "breast_her2", "paclitaxel_trastuzumab"))
    assert "s1_her2_targeted_survival_rate" not in names
    assert "s4_paclitaxel_trastuzumab_survival_rate" in names


def test_every_level_of_time_is_marked_somewhere(evidence: Evidence, world: World) -> None:
    wanted = {
        name
        for name, claim in evidence.claims.items()
        if (how := reading(claim)) is not None and not how.late and claim.measure == "level"
    }
    seen: set[str] = set()
    for setting, law in world.settings.items():
        open_to = dict.fromkeys(world.markers, 1)
        for strategy in law.arms:
            for flag in (0, 1):
                values = dict.fromkeys(open_to, flag)
                made = cohort(patients(setting, strategy, 3, **values))
                for arm in arm_curves(evidence, world, made, setting):
                    seen |= {point.claim for point in arm.reported}
    assert seen == wanted
