"""Intervals from a cohort alone cover the population value as often as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from resistml.cohort.estimate import estimate_claims
from resistml.cohort.observed import draw_observed
from resistml.cohort.plan import Plan, plan_of
from resistml.config import load_config
from resistml.evidence import Evidence
from resistml.world.audit import AuditRow, audit
from resistml.world.laws import World

SEEDS, PATIENTS, LEVEL = 200, 20_000, 0.95
#: Endpoints whose estimates have no bias however small the cohort.
RATES = ("orr", "cr", "survival_rate", "disease_free_rate")
#: Claims about patients to some of whom the strategy is closed: no cohort can tell of those.
PARTLY_CLOSED = ("s4_kras_wt_folfox_cetuximab_orr", "s4_kras_wt_folfox_cetuximab_median_pfs")


def plan(seed: int, n: int) -> Plan:
    """The plan of the shipped config `audit`, with another seed and size."""
    return plan_of(seed, load_config("audit").cohort, n)


@pytest.fixture(scope="module")
def truth(evidence: Evidence, world: World) -> dict[str, AuditRow]:
    """Population values by claim, on fresh Monte Carlo; of those eligible where that is a part."""
    claims = dict(evidence.claims)
    for name in PARTLY_CLOSED:
        rule = evidence.strategies["folfox_cetuximab"].eligibility[0]
        claims[name] = claims[name].model_copy(update={"population": rule})
    rows = audit(replace(evidence, claims=claims), world)
    return {row.claim: row for row in rows if row.status != "due"}


def test_the_audits_plan_has_nothing_that_biases(world: World) -> None:
    one = plan(1, 500)
    assert (one.assignment, one.missing) == ("randomised", "catalogued")
    assert one.complete_followup
    observed = draw_observed(world, one)
    assert observed.remarks == ()
    assert all(group.events["os"].all() for group in observed.groups.values())


@pytest.mark.slow
def test_intervals_of_95_percent_cover_in_95_percent_of_cohorts(
    evidence: Evidence, world: World, truth: dict[str, AuditRow]
) -> None:
    hits, values = dict.fromkeys(truth, 0), {name: list[float]() for name in truth}
    for seed in range(SEEDS):
        observed = draw_observed(world, plan(50_000 + seed, PATIENTS))
        found = estimate_claims(evidence, world, observed, LEVEL)
        assert set(found) == set(truth)
        assert {name for name, one in found.items() if one.note} == set(PARTLY_CLOSED)
        for name, one in found.items():
            hits[name] += one.low <= truth[name].obtained <= one.high
            values[name].append(one.value)
    fewest = stats.binom.ppf(0.01 / len(hits), SEEDS, LEVEL)
    assert {name: n for name, n in hits.items() if n < fewest} == {}
    overall = np.mean(list(hits.values())) / SEEDS
    # Claims share patients, so the mean varies more than independent ones would: 0.0016.
    assert overall == pytest.approx(LEVEL, abs=0.01)
    assert biased(truth, values) == {}


def biased(truth: dict[str, AuditRow], values: dict[str, list[float]]) -> dict[str, float]:
    """Rates whose mean over cohorts is off by more than chance, with how many standard errors.

    Intervals of single cohorts are too wide to show a small bias, such as that of not weighting
    patients to whom more strategies were open. Medians and ratios have one in small samples.
    """
    out = {}
    for name, row in truth.items():
        if row.measure == "level" and row.endpoint in RATES:
            error = np.hypot(np.std(values[name]) / SEEDS**0.5, row.se)
            out[name] = float((np.mean(values[name]) - row.obtained) / error)
    most = stats.norm.isf(0.01 / 2 / len(out))
    return {name: z for name, z in out.items() if abs(z) > most}


@pytest.mark.slow
def test_one_large_cohort_shows_every_claim_at_a_corrected_level(
    evidence: Evidence, world: World, truth: dict[str, AuditRow]
) -> None:
    level = 1 - (1 - LEVEL) / len(truth)
    observed = draw_observed(world, plan(77, 200_000))
    missed = {
        name: (one.low, truth[name].obtained, one.high)
        for name, one in estimate_claims(evidence, world, observed, level).items()
        if not one.low - 3 * truth[name].se <= truth[name].obtained <= one.high + 3 * truth[name].se
    }
    assert missed == {}


@pytest.mark.slow
def test_what_was_given_by_choice_misleads_and_is_said_to(
    evidence: Evidence, world: World, truth: dict[str, AuditRow]
) -> None:
    """The same size of cohort, confounded: some intervals miss by far, which is why it is said."""
    chosen = replace(plan(78, 200_000), assignment="confounded")
    observed = draw_observed(world, chosen)
    assert "not given by lot" in observed.remarks[0]
    level = 1 - (1 - LEVEL) / len(truth)
    found = estimate_claims(evidence, world, observed, level)
    missed = [n for n, one in found.items() if not one.low <= truth[n].obtained <= one.high]
    assert len(missed) >= 3
