"""Worlds drawn from the evidence: inside its ranges, reproducible, each audited."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.world import ensemble as module
from resistml.world.ensemble import Member, drawn_evidence, ensemble, uncertainty, widened
from resistml.world.laws import World


@pytest.fixture(scope="module")
def drawn(evidence: Evidence) -> Evidence:
    return drawn_evidence(evidence, 5, 0)


def test_every_assumption_is_drawn_within_its_range(evidence: Evidence, drawn: Evidence) -> None:
    before, after = evidence.all_assumptions(), drawn.all_assumptions()
    assert before.keys() == after.keys()
    assert len(after) > 900
    for name, assumption in after.items():
        assert before[name].low <= assumption.value <= before[name].high, name
    moved = [name for name in after if after[name].value != before[name].value]
    fixed = [name for name in after if before[name].low == before[name].high]
    assert len(moved) == len(after) - len(fixed)


def test_draws_are_even_within_the_range(evidence: Evidence, drawn: Evidence) -> None:
    """Over all assumptions the place within the range is uniform: mean 1/2, variance 1/12."""
    before, after = evidence.all_assumptions(), drawn.all_assumptions()
    wide = [n for n, a in before.items() if a.high > a.low]
    place = np.array(
        [(after[n].value - before[n].low) / (before[n].high - before[n].low) for n in wide]
    )
    assert abs(place.mean() - 0.5) < 4 / np.sqrt(12 * len(place))
    assert abs(place.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / len(place))


def test_every_target_is_drawn_within_its_uncertainty(evidence: Evidence, drawn: Evidence) -> None:
    for name, claim in drawn.claims.items():
        told = evidence.claims[name]
        window = told.endpoint == "onset"
        if told.role != "target" or told.bound != "about" or window:
            assert claim == told
            continue
        low, high = (told.low, told.high) if told.low < told.high else uncertainty(evidence, told)
        assert claim.low == claim.high
        assert low <= claim.low <= high, name


def test_the_uncertainty_of_a_point_is_that_of_its_sample(evidence: Evidence) -> None:
    claim = evidence.claims["s4_nsclc_platinum_taxane_orr"]  # 30%, n = 100
    low, high = uncertainty(evidence, claim)
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(0.3 * 0.7 / 100), rel=1e-3)
    median = evidence.claims["s4_nsclc_platinum_taxane_median_pfs"]  # 6 months
    low, high = uncertainty(evidence, median)
    assert (low, high) == pytest.approx((6 - 1.176, 6 + 1.176), abs=1e-3)


def test_what_a_drawn_world_may_show_is_a_little_wider_than_what_is_drawn(
    evidence: Evidence,
) -> None:
    wide = widened(evidence)
    for name, claim in evidence.claims.items():
        if claim.role != "target":
            assert wide.claims[name] == claim
            continue
        low, high = claim.low, claim.high
        if low == high and claim.bound == "about":
            low, high = uncertainty(evidence, claim)
        rate = evidence.endpoints[claim.endpoint].unit == "fraction" and claim.measure == "level"
        slack = (0.01, 0.01) if rate else (0.02 * low, 0.02 * high)  # that of a point in the audit
        assert wide.claims[name].low == pytest.approx(low - slack[0])
        assert wide.claims[name].high == pytest.approx(high + slack[1])


def test_a_draw_depends_on_seed_and_number_alone(evidence: Evidence, drawn: Evidence) -> None:
    again, other, third = (drawn_evidence(evidence, *x) for x in ((5, 0), (5, 1), (6, 0)))
    assert again.hash == drawn.hash
    assert len({drawn.hash, other.hash, third.hash}) == 3


@pytest.fixture(scope="module")
def member(evidence: Evidence) -> Member:
    return next(iter(ensemble(evidence, 1, seed=9, patients=20_000)))


def test_a_drawn_world_meets_what_is_reported(evidence: Evidence, member: Member) -> None:
    assert {row.status for row in member.rows} == {"within"}
    assert len(member.rows) == sum(c.role == "target" for c in evidence.claims.values())
    assert member.world.catalog_hash == evidence.hash
    assert member.world.conflicts == ()


def test_a_drawn_world_is_not_the_default_one(world: World, member: Member) -> None:
    assert member.number == 0
    assert member.world.hash != world.hash
    laws = [(w.markers, w.settings, w.strategies, w.constants) for w in (world, member.world)]
    for one, other in zip(*laws, strict=True):
        assert one.keys() == other.keys()
        assert one != other


@pytest.mark.slow
def test_worlds_differ_and_do_not_depend_on_how_many_follow(
    evidence: Evidence, member: Member
) -> None:
    members = list(ensemble(evidence, 2, seed=9, patients=20_000))
    assert members[0].world == member.world
    assert members[1].world.hash != member.world.hash
    assert {row.status for row in members[1].rows} == {"within"}


def test_evidence_that_allows_no_world_says_so(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resistml.errors import WorldError

    def refuses(*_: object, prove: bool) -> None:
        raise WorldError("no world meets s4_x")

    monkeypatch.setattr(module, "solve_drawn", refuses)
    with pytest.raises(WorldError, match=r"20 draws in a row .* no world meets s4_x"):
        list(ensemble(evidence, 1, seed=3))
