"""What claims and assumptions say about times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from resistml.evidence import Evidence
from resistml.world.moments import Cell
from resistml.world.time_moments import (
    ENDPOINTS,
    MEDIANS,
    Probe,
    Reading,
    TimeMoment,
    against_cells,
    aims,
    assumed_moments,
    claimed_moments,
    point_tolerance,
    reading,
)

INF = float("inf")
CELL = Cell("early", "plain", ())
MEDIAN = Reading("os", "median")
ALIVE = Reading("os", "free")


def moment(how: Reading = ALIVE, low: float = 0.4, high: float = 0.4, **fields: Any) -> TimeMoment:
    """A claim about one cell, at 12 months if it is a rate."""
    middle = (low + high) / 2
    usual = TimeMoment("claim", True, how, (CELL,), (), 12.0, low, high, middle)
    return replace(usual, **fields)


def test_endpoints_are_read_as_their_names_say() -> None:
    assert set(MEDIANS) == {"median_pfs", "median_os", "onset"}
    assert ENDPOINTS["relapse_rate"] == ("pfs", "lost")
    assert ENDPOINTS["survival_rate"] == ("os", "free")


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("s4_ac_median_pfs", Reading("pfs", "median")),
        ("s4_ac_survival_rate", Reading("os", "free")),
        (
            "s4_etoposide_platinum_relapse_rate",
            Reading("pfs", "lost", "responders", "responders", late=True),
        ),
        (
            "s4_etoposide_platinum_relapse_onset",
            Reading("pfs", "median", "responders", "responders", late=True),
        ),
        ("s5_cd19_car_t_all_disease_free_rate", Reading("pfs", "free", "complete")),
        ("s1_her2_targeted_survival_rate", Reading("os", "free")),
        ("s4_ac_orr", None),
        ("s2_t790m_onset", None),  # no target
    ],
)
def test_readings_of_shipped_claims(
    evidence: Evidence, claim: str, expected: Reading | None
) -> None:
    assert reading(evidence.claims[claim]) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"measure": "difference"},
        {"measure": "ratio", "comparator": None},
        {"at_months": None},
        {"role": "context"},
    ],
)
def test_what_the_law_of_times_cannot_say(evidence: Evidence, fields: dict[str, Any]) -> None:
    claim = evidence.claims["s4_ac_survival_rate"]
    assert reading(claim) is not None
    assert reading(claim.model_copy(update=fields)) is None


def test_a_ratio_of_medians_is_none(evidence: Evidence) -> None:
    claim = evidence.claims["s4_ac_median_pfs"]
    assert reading(claim.model_copy(update={"measure": "ratio"})) is None


def test_a_ratio_is_to_the_comparators_cells(evidence: Evidence) -> None:
    claim = evidence.claims["s1_her2_targeted_survival_rate"]
    assert against_cells(evidence, claim) == (Cell("breast_her2", "paclitaxel", ()),)
    assert against_cells(evidence, evidence.claims["s4_ac_survival_rate"]) == ()


@pytest.mark.parametrize(
    ("low", "high", "bound", "relative", "expected"),
    [
        (0.4, 0.4, "about", False, 0.01),
        (10.0, 10.0, "about", True, 0.2),
        (0.4, 0.5, "about", False, 0.0),
        (10.0, 12.0, "about", True, 0.0),
        (0.4, 0.4, "at_least", False, 0.0),  # to the letter
        (10.0, 10.0, "at_most", True, 0.0),
    ],
)
def test_only_points_have_a_tolerance(
    low: float, high: float, bound: str, relative: bool, expected: float
) -> None:
    assert point_tolerance(low, high, bound, relative) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("one", "limits"),
    [
        (moment(), (Probe(12.0, 0.39, 0.41),)),
        (moment(low=0.4, high=0.5), (Probe(12.0, 0.4, 0.5),)),
        (moment(bound="at_least"), (Probe(12.0, 0.4, INF),)),
        (moment(bound="at_most"), (Probe(12.0, -INF, 0.4),)),
        (
            moment(MEDIAN, 10.0, 12.0),
            (Probe(10.0, 0.5, 1.0), Probe(12.0, 0.0, 0.5)),
        ),
        (moment(MEDIAN, 10.0, 10.0), (Probe(9.8, 0.5, 1.0), Probe(10.2, 0.0, 0.5))),
        (moment(MEDIAN, 10.0, 10.0, bound="at_least"), (Probe(10.0, 0.5, 1.0),)),
        (moment(MEDIAN, 10.0, 10.0, bound="at_most"), (Probe(10.0, 0.0, 0.5),)),
        (moment(low=1.3, high=1.3, against=(CELL,)), (Probe(12.0, 1.274, 1.326),)),
    ],
)
def test_what_must_hold(one: TimeMoment, limits: tuple[Probe, ...]) -> None:
    found = one.limits()
    assert len(found) == len(limits)
    for probe, expected in zip(found, limits, strict=True):
        assert vars(probe) == pytest.approx(vars(expected))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (moment(), Probe(12.0, 0.4, 0.4)),
        (moment(low=0.4, high=0.5), Probe(12.0, 0.45, 0.45)),
        (moment(MEDIAN, 6.0, 12.0), Probe(9.0, 0.5, 0.5)),
        # Just inside a bound, and anything beyond.
        (moment(bound="at_least"), Probe(12.0, 0.41, INF)),
        (moment(bound="at_most"), Probe(12.0, -INF, 0.39)),
        (moment(MEDIAN, 10.0, 10.0, bound="at_least"), Probe(10.2, 0.5, 1.0)),
        (moment(MEDIAN, 10.0, 10.0, bound="at_most"), Probe(9.8, 0.0, 0.5)),
        (moment(low=1.3, high=1.3, against=(CELL,), bound="at_least"), Probe(12.0, 1.326, INF)),
    ],
)
def test_what_is_aimed_at(one: TimeMoment, expected: Probe) -> None:
    assert vars(one.aim()) == pytest.approx(vars(expected))


def test_a_medians_steepness_is_taken_at_its_ends() -> None:
    assert moment(MEDIAN, 6.0, 12.0).sides() == (6.0, 12.0)
    assert moment(MEDIAN, 10.0, 10.0).sides() == pytest.approx((9.8, 10.2))


def test_claims_of_one_quantity_are_aimed_at_together_if_they_leave_room() -> None:
    point, span = moment(MEDIAN, 12.0, 12.0, id="a"), moment(MEDIAN, 12.0, 15.0, id="b")
    (both,) = aims([point, span])
    assert (both.low, both.high) == pytest.approx((12.0, 12.24))
    assert both.target == pytest.approx(12.12)
    assert both.claims == ("a", "b")
    far = moment(MEDIAN, 14.0, 15.0, id="b")
    assert aims([point, far]) == [point, far]
    elsewhen = moment(low=0.3, high=0.5, at_months=24.0, id="b")
    assert aims([moment(), elsewhen]) == [moment(), elsewhen]


def test_each_target_about_times_is_a_moment(evidence: Evidence) -> None:
    timed = [c.id for c in evidence.claims.values() if reading(c) is not None]
    assert [m.id for m in claimed_moments(evidence)] == timed
    assert all(m.cells for m in claimed_moments(evidence))


def test_medians_beside_a_cured_share_are_those_of_the_uncured(evidence: Evidence) -> None:
    found = {m.id: m for m in assumed_moments(evidence)}
    car_t = "strategies.cd19_car_t.arms.all_relapsed_child"
    for field in ("median_pfs", "median_os"):
        assert found[f"{car_t}.{field}"].reading.among == "uncured"
    assert found[f"{car_t}.cured_share"].reading == Reading("pfs", "free", "cured", "complete")
    salvage = found["strategies.salvage_chemotherapy.arms.all_relapsed_child.median_pfs"]
    assert salvage.reading.among == "all"
    assert not any(m.claimed for m in found.values())
