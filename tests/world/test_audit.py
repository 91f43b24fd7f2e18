"""The audit, which must be able to say no."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.world.audit import AuditRow, _Found, _median, audit
from resistml.world.conflicts import tolerance
from resistml.world.laws import World
from resistml.world.times import MEDIANS, TIME_TOLERANCE

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


JUDGED = ("orr", "cr", "median_pfs", "median_os")


def test_responses_and_medians_are_judged_and_the_rest_falls_due(
    rows: dict[str, AuditRow],
) -> None:
    for row in rows.values():
        assert (row.status == "due") == (row.endpoint not in JUDGED)
        assert (row.status == "due") == bool(np.isnan(row.obtained))


def test_every_rate_is_within_its_range_on_fresh_patients(rows: dict[str, AuditRow]) -> None:
    for row in rows.values():
        if row.status in ("due", "tension") or row.endpoint in MEDIANS:
            continue
        # 4 standard errors of this smaller sample beside the tolerance itself.
        slack = tolerance(row.low, row.high) + 4 * row.se
        assert row.low - slack <= row.obtained <= row.high + slack, row.claim


def test_every_median_is_within_its_range_on_fresh_patients(rows: dict[str, AuditRow]) -> None:
    medians = [row for row in rows.values() if row.endpoint in MEDIANS]
    assert len(medians) == 35
    for row in medians:
        point = row.low == row.high
        # 4 standard errors of this smaller sample beside the tolerance itself.
        slack = (TIME_TOLERANCE * row.low if point else 0.0) + 4 * row.se
        assert row.low - slack <= row.obtained <= row.high + slack, row.claim


def test_the_median_of_pooled_cells_and_its_error() -> None:
    """Exponential times: the median is log 2, its standard error 1 / sqrt(n)."""
    rng = np.random.default_rng(3)
    n = 100_000
    parts = [_Found(rng.exponential(size=n // 2), n) for _ in range(2)]
    median, se = _median(parts)
    assert se == pytest.approx(1 / n**0.5, rel=0.05)
    assert median == pytest.approx(np.log(2), abs=4 / n**0.5)


@pytest.mark.slow
def test_none_is_out_at_full_size(evidence: Evidence, world: World) -> None:
    found = audit(evidence, world)
    assert [row.claim for row in found if row.status == "out"] == []
    rates = [row for row in found if row.status != "due" and row.endpoint not in MEDIANS]
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
    assert [r.obtained for r in one if r.status != "due"] == [
        r.obtained for r in other if r.status != "due"
    ]
    moved = audit(evidence, world, 2_000, seed=8)
    pairs = [(a, b) for a, b in zip(one, moved, strict=True) if a.status != "due"]
    z = [(a.obtained - b.obtained) / np.hypot(a.se, b.se) for a, b in pairs]
    # Two samples of each of 46 claims: standard normal if the standard errors are right.
    # Claims share patients, so only rough bounds hold: chi-square(46) / 46 is 0.4-1.9 at
    # 99.99% were they independent.
    assert 0.3 < np.mean(np.square(z)) < 2.5
    assert all(a.obtained != b.obtained for a, b in pairs)
