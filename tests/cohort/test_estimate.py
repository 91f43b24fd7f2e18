"""Estimates from a cohort alone, against closed forms, brute force and cohorts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resistml.cohort.curves import wilson
from resistml.cohort.draw import Drawer
from resistml.cohort.estimate import Estimate, estimate_claims
from resistml.cohort.observed import Observed, draw_observed
from resistml.cohort.plan import Plan
from resistml.evidence import Evidence
from resistml.world.audit import is_audited
from resistml.world.laws import World
from tests.cohort.made import claim, cohort, patients

PLAN = Plan(seed=31, n=12_000, assignment="randomised", complete_followup=True)


@pytest.fixture(scope="module")
def drawn(world: World) -> Observed:
    return draw_observed(world, PLAN)


@pytest.fixture(scope="module")
def found(evidence: Evidence, world: World, drawn: Observed) -> dict[str, Estimate]:
    return estimate_claims(evidence, world, drawn)


def given(drawn: Observed, setting: str, strategy: str) -> tuple[dict, np.ndarray]:  # type: ignore[type-arg]
    group = drawn.groups[setting]
    mine = group.strategy == strategy
    times = {t: (group.times[t][mine], group.events[t][mine]) for t in ("pfs", "os")}
    return times, group.response[mine]


def test_every_audited_target_is_estimated(evidence: Evidence, found: dict[str, Estimate]) -> None:
    audited = [
        n for n, c in evidence.claims.items() if c.role == "target" and is_audited(evidence, c)
    ]
    assert list(found) == audited
    assert len(found) > 90
    for one in found.values():
        assert one.low <= one.value <= one.high
        assert one.n > 0


def test_a_response_rate_is_the_share_with_wilsons_interval(
    drawn: Observed, found: dict[str, Estimate]
) -> None:
    _, response = given(drawn, "breast_ac", "ac")
    k = int(np.isin(response, ["CR", "PR"]).sum())
    expected = stats.binomtest(k, len(response)).proportion_ci(0.95, method="wilson")
    one = found["s4_ac_orr"]
    assert (one.value, one.low, one.high, one.n) == pytest.approx(
        (k / len(response), expected.low, expected.high, len(response))
    )
    _, response = given(drawn, "nhl_aggressive", "chop")
    assert found["s4_chop_cr"].value == pytest.approx((response == "CR").mean())


def test_without_censoring_medians_and_survival_are_those_of_the_sample(
    drawn: Observed, found: dict[str, Estimate]
) -> None:
    times, _ = given(drawn, "breast_ac", "ac")
    pfs, os = np.sort(times["pfs"][0]), times["os"][0]
    assert found["s4_ac_median_pfs"].value == pfs[-(-len(pfs) // 2) - 1]
    left = (os > 36).mean()
    one = found["s4_ac_survival_rate"]
    assert one.value == pytest.approx(left)
    # log(-log S) with the binomial error, by hand
    half = 1.959964 * (left * (1 - left) / len(os)) ** 0.5 / (left * -np.log(left))
    assert one.low == pytest.approx(left ** np.exp(half), abs=1e-5)
    assert one.high == pytest.approx(left ** np.exp(-half), abs=1e-5)


def test_relapse_and_onset_are_of_responders_from_the_end_of_the_course(
    world: World, drawn: Observed, found: dict[str, Estimate]
) -> None:
    times, response = given(drawn, "sclc_extensive", "etoposide_platinum")
    course = world.settings["sclc_extensive"].arms["etoposide_platinum"].course_months
    pfs = times["pfs"][0]
    late = np.sort(pfs[np.isin(response, ["CR", "PR"]) & (pfs > course)] - course)
    relapse, onset = (found[f"s4_etoposide_platinum_relapse_{what}"] for what in ("rate", "onset"))
    assert relapse.n == onset.n == len(late) < len(pfs)
    assert relapse.value == pytest.approx((late <= 12).mean())
    assert onset.value == pytest.approx(late[-(-len(late) // 2) - 1])


def test_free_of_disease_are_complete_responders_without_progression(
    drawn: Observed, found: dict[str, Estimate]
) -> None:
    times, response = given(drawn, "all_relapsed_child", "cd19_car_t")
    one = found["s5_cd19_car_t_all_disease_free_rate"]
    assert one.value == pytest.approx(((response == "CR") & (times["pfs"][0] > 60)).mean())
    assert one.n == len(response)


def test_a_ratio_has_the_interval_of_its_logarithm(
    drawn: Observed, found: dict[str, Estimate]
) -> None:
    rates, variance, n = [], 0.0, 0
    for arm in ("paclitaxel_trastuzumab", "paclitaxel"):
        os = given(drawn, "breast_her2", arm)[0]["os"][0]
        rates.append((os > 60).mean())
        variance += (1 - rates[-1]) / rates[-1] / len(os)
        n += len(os)
    one = found["s1_her2_targeted_survival_rate"]
    ratio = rates[0] / rates[1]
    assert one.value == pytest.approx(ratio)
    assert one.n == n
    assert (one.low, one.high) == pytest.approx(
        tuple(ratio * np.exp(s * 1.959964 * variance**0.5) for s in (-1, 1)), rel=1e-4
    )


def test_by_lot_each_patient_weighs_as_many_strategies_as_were_open_to_him(
    evidence: Evidence, world: World
) -> None:
    """Checkpoint inhibitors in melanoma: three strategies are open to all, five with BRAF V600.
    So with mutation a fifth gets it, without a third, and the mutated count 5 to 3."""
    arm = ("melanoma_advanced", "checkpoint_inhibitor")
    parts = [
        patients(*arm, 20, BRAF_V600=1, response="PR"),
        patients(*arm, 40, BRAF_V600=0, response="PD"),
    ]
    one = estimate_claims(claim(evidence, "s1_checkpoint_melanoma_orr"), world, cohort(*parts))["x"]
    share = 20 * 5 / (20 * 5 + 40 * 3)
    size = (20 * 5 + 40 * 3) ** 2 / (20 * 25 + 40 * 9)
    assert (one.value, one.low, one.high) == pytest.approx((share, *wilson(share, size, 0.95)))
    assert one.n == 60
    # Given otherwise, nothing is weighted, and the cohort says so.
    confounded = cohort(*parts, assignment="confounded")
    plain = estimate_claims(claim(evidence, "s1_checkpoint_melanoma_orr"), world, confounded)["x"]
    assert plain.value == pytest.approx(20 / 60)
    assert "not given by lot (confounded)" in confounded.remarks[0]


def test_weighted_medians_follow_the_weights(evidence: Evidence, world: World) -> None:
    arm = ("nsclc_advanced", "platinum_taxane")
    both = {"ALK_fusion": 0}
    made = cohort(
        patients(*arm, 30, EGFR_mut=1, os_months=np.linspace(20, 30, 30), **both),
        patients(*arm, 35, EGFR_mut=0, os_months=np.linspace(5, 10, 35), **both),
    )
    one = estimate_claims(claim(evidence, "s4_nsclc_platinum_taxane_median_os"), world, made)["x"]
    # 30 patients of weight 4 outweigh 35 of weight 3, so the median lies among them.
    assert 20 <= one.value <= 30


def test_settings_are_pooled_with_equal_weight(evidence: Evidence, world: World) -> None:
    """However many patients a cohort has of each; within a setting by the share concerned."""
    one_claim = claim(
        evidence,
        "s2_abcb1_positive_orr",
        setting=("breast_ac", "breast_her2"),
        strategy="class:chemotherapy",
    )
    cut = evidence.markers["ABCB1"].cutoff
    assert cut is not None
    high, low = 2 * cut.value, cut.value / 2
    made = cohort(
        patients("breast_ac", "ac", 50, ABCB1=high, response=["PR"] * 10 + ["PD"] * 40),
        patients("breast_ac", "ac", 50, ABCB1=low),
        patients("breast_her2", "paclitaxel", 300, ABCB1=high, response=["PR"] * 240 + ["PD"] * 60),
        patients("breast_her2", "paclitaxel_trastuzumab", 100, ABCB1=high),
    )
    one = estimate_claims(one_claim, world, made)["x"]
    assert one.value == pytest.approx((0.5 * 0.2 + 1.0 * 0.8) / 1.5)
    assert one.n == 350
    # By hand: rates with their own errors, and the share of the first from its 100 patients.
    near = (11 / 52, 241 / 302)
    rates = (0.5 / 1.5) ** 2 * near[0] * (1 - near[0]) / 50
    rates += (1 / 1.5) ** 2 * near[1] * (1 - near[1]) / 300
    shares = (0.2 - one.value) ** 2 * 0.25 / 100 / 1.5**2
    size = one.value * (1 - one.value) / (rates + shares)
    assert (one.low, one.high) == pytest.approx(wilson(one.value, size, 0.95))


def test_a_population_in_whom_the_strategy_is_closed_is_said(
    evidence: Evidence, world: World
) -> None:
    arm = ("crc_advanced", "folfox_cetuximab")
    made = cohort(
        patients(*arm, 30, KRAS_mut=0, NRAS_mut=0, response=["PR"] * 20 + ["PD"] * 10),
        patients("crc_advanced", "folfox", 10, KRAS_mut=0, NRAS_mut=1),
    )
    one = estimate_claims(claim(evidence, "s4_kras_wt_folfox_cetuximab_orr"), world, made)["x"]
    assert one.value == pytest.approx(2 / 3)
    assert "open to 75% of the population" in one.note


def test_where_nobody_got_it_there_is_no_estimate(evidence: Evidence, world: World) -> None:
    made = cohort(patients("breast_ac", "ac", 20))
    names = ("s4_dose_dense_ac_orr", "s4_dose_dense_ac_median_pfs", "s4_chop_survival_rate")
    for name in names:
        one = estimate_claims(claim(evidence, name), world, made)["x"]
        assert np.isnan([one.value, one.low, one.high]).all()
        assert one.n == 0
    nobody = estimate_claims(claim(evidence, names[0]), world, made)["x"]
    assert nobody.note == "no such patient was given it"


def test_an_empty_group_of_a_pool_is_left_out_and_said(evidence: Evidence, world: World) -> None:
    two = claim(
        evidence, "s4_ac_orr", setting=("breast_ac", "breast_her2"), strategy="class:chemotherapy"
    )
    made = cohort(
        patients("breast_ac", "ac", 20, response=["PR"] * 5 + ["PD"] * 15),
        patients("breast_her2", "paclitaxel_trastuzumab", 9),
    )
    one = estimate_claims(two, world, made)["x"]
    assert one.value == pytest.approx(0.25)
    assert one.note == "1 of 2 pooled groups are empty and left out"


def test_a_survival_that_nobody_or_everybody_reached_still_has_an_interval(
    evidence: Evidence, world: World
) -> None:
    for months, share in ((50.0, 1.0), (5.0, 0.0)):
        made = cohort(patients("breast_ac", "ac", 40, os_months=months))
        one = estimate_claims(claim(evidence, "s4_ac_survival_rate"), world, made)["x"]
        assert one.value == share
        assert (one.low, one.high) == pytest.approx(wilson(share, 40, 0.95))


def test_a_median_that_was_not_reached_is_infinite(evidence: Evidence, world: World) -> None:
    made = cohort(patients("breast_ac", "ac", 40, pfs_event=0))
    one = estimate_claims(claim(evidence, "s4_ac_median_pfs"), world, made)["x"]
    assert one.value == one.high == float("inf")


def test_censored_patients_count_as_long_as_they_were_followed(
    evidence: Evidence, world: World
) -> None:
    """Half were followed for two years only: the rest decide what comes after."""
    made = cohort(
        patients("breast_ac", "ac", 40, os_months=24.0, os_event=0),
        patients("breast_ac", "ac", 40, os_months=[30.0] * 10 + [50.0] * 30),
    )
    one = estimate_claims(claim(evidence, "s4_ac_survival_rate"), world, made)["x"]
    assert one.value == pytest.approx(0.75)


def test_a_higher_level_gives_wider_intervals(
    evidence: Evidence, world: World, drawn: Observed, found: dict[str, Estimate]
) -> None:
    wide = estimate_claims(evidence, world, drawn, level=0.999)
    for name, one in found.items():
        assert wide[name].value == one.value
        assert wide[name].low < one.low
        assert wide[name].high > one.high or one.high == float("inf")


def test_the_truth_is_not_looked_at(world: World, drawn: Observed) -> None:
    """What is recorded of patients is all that an estimate is given."""
    columns = Drawer(world, PLAN).block(0).cohort
    known = set(drawn.groups["breast_ac"].columns)
    assert known <= set(columns)
    assert not any(name.startswith(("p_", "truth", "fair")) for name in known)
    assert not known & {"response", "resistant", "pfs_months", "os_months"}
