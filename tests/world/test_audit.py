"""The audit, which must be able to say no."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.world.audit import AuditRow, audit, literal_reading
from resistml.world.conflicts import tolerance
from resistml.world.laws import World
from resistml.world.time_moments import MEDIANS, TIME_TOLERANCE

PATIENTS = 20_000


@pytest.fixture(scope="module")
def rows(evidence: Evidence, world: World) -> dict[str, AuditRow]:
    """Each claim on 20,000 fresh patients a setting."""
    return {row.claim: row for row in audit(evidence, world, patients=PATIENTS)}


def test_there_is_a_row_for_each_target_in_the_catalogs_order(
    evidence: Evidence, rows: dict[str, AuditRow]
) -> None:
    targets = [c for c in evidence.claims.values() if c.role == "target"]
    assert list(rows) == [c.id for c in targets]
    for claim in targets:
        row = rows[claim.id]
        assert (row.role, row.endpoint) == ("target", claim.endpoint)
        assert (row.low, row.high) == (claim.low, claim.high)
        assert row.setting == ", ".join(claim.settings)


def test_every_target_is_judged(rows: dict[str, AuditRow]) -> None:
    assert {row.status for row in rows.values()} <= {"within", "tension", "out"}
    assert not any(np.isnan(row.obtained) for row in rows.values())
    times = {"survival_rate", "disease_free_rate", "relapse_rate", "onset", *MEDIANS}
    assert {row.endpoint for row in rows.values()} == {"orr", "cr", *times}


def test_every_rate_is_within_its_range_on_fresh_patients(rows: dict[str, AuditRow]) -> None:
    for row in rows.values():
        if row.status == "tension" or row.endpoint in MEDIANS or row.bound != "about":
            continue
        # 4 standard errors of this smaller sample beside the tolerance itself.
        slack = tolerance(row.low, row.high) + 4 * row.se
        assert row.low - slack <= row.obtained <= row.high + slack, row.claim


def test_a_bound_holds_on_its_own_side_alone(rows: dict[str, AuditRow]) -> None:
    row = rows["s1_her2_targeted_survival_rate"]
    assert (row.measure, row.bound, row.low) == ("ratio", "at_least", 1.3)
    assert row.obtained > 1.3 - 4 * row.se


def test_the_window_of_relapse_is_counted_from_the_end_of_treatment(
    evidence: Evidence, rows: dict[str, AuditRow]
) -> None:
    """Counted from the start, 5.2 months of PFS would contradict it: 0.8 months are short."""
    row = rows["s4_etoposide_platinum_relapse_onset"]
    assert 6 - 4 * row.se <= row.obtained <= 12 + 4 * row.se
    assert "s4_etoposide_platinum_median_pfs" in row.note
    assert "5.2 months is 0.8 short of 6" in row.note
    notes = [claim for claim in evidence.claims.values() if literal_reading(evidence, claim)]
    assert [claim.id for claim in notes] == [row.claim]


def test_every_median_is_within_its_range_on_fresh_patients(rows: dict[str, AuditRow]) -> None:
    medians = [row for row in rows.values() if row.endpoint in MEDIANS]
    assert len(medians) == 36
    for row in medians:
        point = row.low == row.high
        # 4 standard errors of this smaller sample beside the tolerance itself.
        slack = (TIME_TOLERANCE * row.low if point else 0.0) + 4 * row.se
        assert row.low - slack <= row.obtained <= row.high + slack, row.claim


@pytest.mark.slow
def test_none_is_out_at_full_size(evidence: Evidence, world: World) -> None:
    found = audit(evidence, world)
    assert [row.claim for row in found if row.status == "out"] == []
    rates = [row for row in found if row.endpoint not in MEDIANS and row.measure == "level"]
    assert max(row.se for row in rates) < 0.0025
    medians = [row for row in found if row.endpoint in MEDIANS]
    assert max(row.se / row.obtained for row in medians) < TIME_TOLERANCE / 3


def test_members_of_a_conflict_are_in_tension_and_name_each_other(
    world: World, rows: dict[str, AuditRow]
) -> None:
    tense = {row.claim: row.conflict for row in rows.values() if row.status == "tension"}
    expected = {
        name: tuple(x for x in conflict.claims if x != name)
        for conflict in world.conflicts
        for name in conflict.claims
    }
    assert tense == expected
    for conflict in world.conflicts:
        for name in conflict.claims:
            row = rows[name]
            distance = max(row.low - row.obtained, row.obtained - row.high)
            # The compromise is no worse than the conflict itself makes it, with a point of
            # tolerance.
            assert distance < 1.5 * conflict.gap + 0.01


def test_only_conflict_members_carry_others(rows: dict[str, AuditRow]) -> None:
    assert all(not row.conflict for row in rows.values() if row.status != "tension")


def spoilt(world: World, setting: str, arm: str, by: float) -> World:
    """The world with an arm's intercept moved."""
    law = world.settings[setting]
    arms = {**law.arms, arm: replace(law.arms[arm], alpha=law.arms[arm].alpha + by)}
    return replace(world, settings={**world.settings, setting: replace(law, arms=arms)})


@pytest.mark.parametrize(
    ("setting", "arm", "by", "claim"),
    [
        ("breast_ac", "ac", 0.2, "s4_ac_orr"),
        ("breast_ac", "ac", -0.2, "s4_ac_orr"),
        ("cll_relapsed", "venetoclax", 1.0, "s3_venetoclax_orr"),
        ("cll_relapsed", "venetoclax", 1.0, "s3_venetoclax_cr"),
        ("pancreatic_advanced", "gemcitabine", 0.4, "s6_mir21_high_orr"),
        ("crc_advanced", "folfox", 0.6, "s4_kras_wt_folfox_orr"),  # further than its conflict
        ("crc_advanced", "folfox", -0.6, "s6_ras_wt_folfox_orr"),
    ],
)
def test_a_world_that_misses_a_claim_is_out(
    evidence: Evidence, world: World, setting: str, arm: str, by: float, claim: str
) -> None:
    found = {row.claim: row for row in audit(evidence, spoilt(world, setting, arm, by), 5_000)}
    assert found[claim].status == "out"
    assert (found[claim].obtained > found[claim].high) == (by > 0)


def test_a_claim_outside_a_conflict_is_not_excused(evidence: Evidence, world: World) -> None:
    row = {r.claim: r for r in audit(evidence, replace(world, conflicts=()), 5_000)}
    assert row["s4_kras_wt_folfox_orr"].status == "out"


def test_it_is_the_same_every_time_and_moves_with_the_seed(
    evidence: Evidence, world: World
) -> None:
    one, other = audit(evidence, world, 2_000), audit(evidence, world, 2_000)
    assert [r.obtained for r in one] == [r.obtained for r in other]
    moved = audit(evidence, world, 2_000, seed=8)
    pairs = list(zip(one, moved, strict=True))
    z = [(a.obtained - b.obtained) / np.hypot(a.se, b.se) for a, b in pairs]
    # Two samples of each of 96 claims: standard normal if the standard errors are right.
    # Claims share patients, so only rough bounds hold: chi-square(96) / 96 is 0.5-1.6 at
    # 99.99% were they independent.
    assert 0.3 < np.mean(np.square(z)) < 2.5
    # Shares of few patients may come out alike by chance; not nine in ten of them.
    assert np.mean([a.obtained != b.obtained for a, b in pairs]) > 0.9
