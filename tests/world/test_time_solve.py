"""Solving the laws of times: what is met, what is proven to conflict, what is out of reach."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resistml.errors import WorldError
from resistml.evidence import Evidence, load_evidence
from resistml.world.draft import draft_world
from resistml.world.laws import World
from resistml.world.time_moments import ENDPOINTS, TIME_TOLERANCE, aims, claimed_moments
from resistml.world.time_problem import Problem, Shares
from resistml.world.time_solve import components, solve_times

CLAIMS = [m.id for m in claimed_moments(load_evidence())]
HER2 = "s1_her2_targeted_survival_rate"
SCLC = ("s5_sclc_chemotherapy_median_os", "s5_sclc_chemotherapy_survival_rate")


def changed(evidence: Evidence, claim: str, **fields: Any) -> Evidence:
    """The evidence with one claim put otherwise."""
    other = evidence.claims[claim].model_copy(update=fields)
    return replace(evidence, claims={**evidence.claims, claim: other})


def only(evidence: Evidence, *names: str) -> Evidence:
    """The evidence with no other claims than these."""
    return replace(evidence, claims={name: evidence.claims[name] for name in names})


@pytest.fixture(scope="module")
def solved(world: World) -> Problem:
    """The solved laws, with nothing left to move."""
    laws = {(s, a): law for s, x in world.settings.items() for a, law in x.arms.items()}
    return Problem(Shares(world), laws, [])


def test_all_kinds_of_claims_about_times_are_solved_for(evidence: Evidence) -> None:
    kinds = {evidence.claims[name].endpoint for name in CLAIMS}
    assert kinds == set(ENDPOINTS)
    assert len(CLAIMS) == 50


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_about_times_is_met_on_the_fixed_sample(
    evidence: Evidence, solved: Problem, claim: str
) -> None:
    (moment,) = (m for m in claimed_moments(evidence) if m.id == claim)
    # A ten-thousandth of the patients, for the rounding of the world.
    assert solved.missed(moment, np.zeros(0)) <= 1e-4


def test_what_no_claim_needs_stays_as_assumed(evidence: Evidence, world: World) -> None:
    """Two medians fix two scales; a median and a rate that agree leave the shapes alone."""
    draft = draft_world(evidence)
    for key in (
        ("aml_untreated", "azacitidine"),
        ("melanoma_advanced", "ctla4_inhibitor"),
        ("sclc_resistant", "sclc_chemotherapy"),
    ):
        arm, assumed = (w.settings[key[0]].arms[key[1]] for w in (world, draft))
        for name in ("pfs_shape", "post_shape", "pfs_ratio", "post_ratio", "risk_slope"):
            assert getattr(arm, name) == getattr(assumed, name), (key, name)
    bent = world.settings["sclc_extensive"].arms["etoposide_platinum"]
    assert bent.pfs_shape > draft.settings["sclc_extensive"].arms["etoposide_platinum"].pfs_shape


def test_times_that_claims_fix_are_labelled_so(world: World) -> None:
    labels = world.labels
    told = "sclc_extensive.etoposide_platinum"
    assert labels[f"pfs_scale.{told}"] == labels[f"pfs_shape.{told}"] == "claim-identified"
    assert labels["pfs_scale.cll_relapsed.venetoclax"] == "assumption-only"
    assert labels["cure.all_relapsed_child.cd19_car_t"] == "claim-identified"
    # Nothing needed the shapes of this arm, so they are no unknowns.
    assert "pfs_shape.cll_relapsed.venetoclax" not in labels


def her2(evidence: Evidence, world: World, **fields: Any) -> tuple[float, World]:
    """The ratio of five-year survival with the claim put otherwise, and the world."""
    names = [c for c in evidence.claims if c.startswith("s4_her2") or "_trastuzumab_" in c]
    wanted = changed(evidence, HER2, **fields)
    found = solve_times(only(wanted, *names, HER2), replace(world, conflicts=()))
    laws = {("breast_her2", a): x for a, x in found.settings["breast_her2"].arms.items()}
    (moment,) = (m for m in claimed_moments(wanted) if m.id == HER2)
    value = Problem(Shares(found), laws, []).value(moment, 60.0, np.zeros(0))[0]
    return value, found


def test_a_bound_leaves_what_is_beyond_it_alone(evidence: Evidence, world: World) -> None:
    """What stands above at least 1.1 is not drawn to it; what is below is lifted just above."""
    free, _ = her2(evidence, world, low=1.1, high=1.1)
    same, _ = her2(evidence, world, low=1.2, high=1.2)
    assert same == pytest.approx(free, abs=1e-6)
    lifted, found = her2(evidence, world, low=free + 0.05, high=free + 0.05)
    assert free + 0.05 <= lifted < free + 0.1
    assert found.conflicts == ()


def test_an_upper_bound_holds_too(evidence: Evidence, world: World) -> None:
    free, _ = her2(evidence, world, low=1.1, high=1.1)
    held, _ = her2(evidence, world, low=free - 0.05, high=free - 0.05, bound="at_most")
    assert free - 0.1 < held <= free - 0.05


def test_a_claim_outside_a_conflict_does_not_pay_for_it(evidence: Evidence, world: World) -> None:
    """EP: half relapse after 11 months cannot stand beside 85% within 12; the medians can."""
    names = [c for c in CLAIMS if c.startswith("s4_etoposide_platinum")]
    wrong = only(changed(evidence, names[0], low=11.5, high=11.5), *names)
    assert names[0].endswith("relapse_onset")
    found = solve_times(wrong, replace(world, conflicts=()))
    (conflict,) = found.conflicts
    assert set(conflict.claims) == {names[0], "s4_etoposide_platinum_relapse_rate"}
    laws = {(s, a): law for s, x in found.settings.items() for a, law in x.arms.items()}
    held = Problem(Shares(found), laws, [])
    for moment in claimed_moments(wrong):
        missed = held.missed(moment, np.zeros(0))
        assert (missed > 0.01) == (moment.id in conflict.claims), moment.id


def test_every_parameter_stays_within_its_assumed_range(evidence: Evidence, world: World) -> None:
    for s, law in world.settings.items():
        for a, arm in law.arms.items():
            entry = evidence.arms_of(s)[a]
            for name in ("pfs_shape", "post_shape", "pfs_ratio", "post_ratio", "risk_slope"):
                assumed = getattr(entry, name) or evidence.assumptions[name]
                assert assumed.low - 1e-9 <= getattr(arm, name) <= assumed.high + 1e-9, (s, a, name)
            assert arm.cure is None or arm.cure >= arm.kappa


def test_only_arms_with_a_cured_share_have_the_cured(evidence: Evidence, world: World) -> None:
    cured = {(s, a) for s, x in world.settings.items() for a, y in x.arms.items() if y.cure}
    stated = {
        (s, a) for s in world.settings for a, y in evidence.arms_of(s).items() if y.cured_share
    }
    assert cured == stated
    assert ("all_relapsed_child", "cd19_car_t") in cured


def test_arms_that_a_claim_ties_are_solved_together(evidence: Evidence, world: World) -> None:
    found = list(components(world, claimed_moments(evidence)))
    assert sum(map(len, found)) == sum(len(x.arms) for x in world.settings.values())
    her2 = next(x for x in found if ("breast_her2", "paclitaxel_trastuzumab") in x)
    assert ("breast_her2", "paclitaxel") in her2  # by the ratio of their five-year survival


def test_claims_of_one_quantity_are_aimed_at_together(evidence: Evidence) -> None:
    """12 months, and 12 to 15 months, of one arm: what both allow is aimed at."""
    names = ("s4_nsclc_platinum_taxane_median_os", "s5_nsclc_platinum_taxane_median_os")
    (both,) = aims(claimed_moments(only(evidence, *names)))
    assert both.low == pytest.approx(12.0)
    assert both.high == pytest.approx(12.0 * (1 + TIME_TOLERANCE))


def test_claims_that_leave_no_law_are_a_conflict_of_both(evidence: Evidence, world: World) -> None:
    wrong = only(changed(evidence, SCLC[1], low=0.6, high=0.6), *SCLC)
    found = solve_times(wrong, replace(world, conflicts=()))
    (conflict,) = found.conflicts
    assert set(conflict.claims) == set(SCLC)
    # Half are dead at 10 months, 10.2 with tolerance; so at 12 months at most half are alive,
    # and 59% would have to be.
    assert conflict.gap > 0.05
    assert conflict.proof == "search"


def test_without_a_proof_the_two_are_compromised_between(evidence: Evidence, world: World) -> None:
    wrong = only(changed(evidence, SCLC[1], low=0.6, high=0.6), *SCLC)
    assert solve_times(wrong, replace(world, conflicts=()), prove=False).conflicts == ()


def test_a_claim_out_of_reach_is_named_with_what_holds_it_back(
    evidence: Evidence, world: World
) -> None:
    """More free of disease than ever respond completely."""
    name = "s5_cd19_car_t_all_disease_free_rate"
    wrong = only(changed(evidence, name, low=0.97, high=0.99), name)
    with pytest.raises(WorldError, match=rf"no law of times meets this claim: {name} by") as caught:
        solve_times(wrong, replace(world, conflicts=()))
    assert "cure of cd19_car_t in all_relapsed_child" in str(caught.value)
    assert "strategies.yaml" in str(caught.value)


def test_solving_leaves_response_alone(evidence: Evidence, world: World) -> None:
    again = solve_times(evidence, replace(world, conflicts=()))
    assert again.markers == world.markers
    for s, law in world.settings.items():
        for a, arm in law.arms.items():
            other = again.settings[s].arms[a]
            assert (other.alpha, other.kappa) == (arm.alpha, arm.kappa)
