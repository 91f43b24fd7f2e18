"""Endpoints that the world is solved to, and targets of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resistml.evidence import Evidence, Finding
from resistml.evidence.check_endpoints import SOLVED, WIDEST
from resistml.world.time_moments import ENDPOINTS
from tests.evidence.tiny import TINY, changed, findings


def e13(tmp_path: Path, overlay: dict[str, Any]) -> list[Finding]:
    return [f for f in findings(tmp_path, overlay) if f.code == "E13"]


def test_shipped_endpoints_are_what_the_world_is_solved_to(evidence: Evidence) -> None:
    for name, (family, unit) in SOLVED.items():
        entry = evidence.endpoints[name]
        assert (entry.family, entry.unit) == (family, unit)
        assert WIDEST[unit][0] <= entry.range[0] < entry.range[1] <= WIDEST[unit][1]


def test_every_endpoint_that_the_world_knows_is_held() -> None:
    assert set(SOLVED) == {"orr", "cr", *ENDPOINTS}


def test_every_shipped_target_is_of_one(evidence: Evidence) -> None:
    targets = {c.endpoint for c in evidence.claims.values() if c.role == "target"}
    assert targets == set(SOLVED)


@pytest.mark.parametrize("name", ["orr", "median_pfs", "median_os", "survival_rate"])
@pytest.mark.parametrize(("field", "value"), [("family", "biology"), ("unit", "percent")])
def test_endpoint_turned_into_something_else(
    tmp_path: Path, name: str, field: str, value: str
) -> None:
    found = e13(tmp_path, changed("endpoints", name, field, value))[0]
    needed = SOLVED[name][0 if field == "family" else 1]
    assert (found.entry, found.key) == (name, field)
    assert found.message == (
        f"has the {field} '{value}', but the world is solved to it as '{needed}'"
    )
    assert found.file.endswith("overlay/endpoints.yaml")
    assert "another id" in found.hint


@pytest.mark.parametrize(
    ("name", "span", "words"),
    [
        ("orr", [0, 100], "its range, 0 to 100, leaves what its unit, fraction, allows: 0 to 1"),
        ("orr", [-0.1, 1], "its range, -0.1 to 1, leaves"),
        ("median_pfs", [-1, 240], "its range, -1 to 240, leaves"),
    ],
)
def test_range_that_lets_other_units_pass(
    tmp_path: Path, name: str, span: list[float], words: str
) -> None:
    (found,) = e13(tmp_path, changed("endpoints", name, "range", span))
    assert (found.entry, found.key) == (name, "range")
    assert words in found.message


def test_range_may_be_narrowed(tmp_path: Path) -> None:
    assert e13(tmp_path, changed("endpoints", "median_pfs", "range", [0, 120])) == []


def test_other_endpoints_may_be_of_any_kind(tmp_path: Path) -> None:
    assert e13(tmp_path, changed("endpoints", "cutoff", "unit", "percent")) == []


class TestTargets:
    def test_of_a_response_endpoint_that_would_pass_for_orr(self, tmp_path: Path) -> None:
        overlay: dict[str, Any] = {"endpoints": {"pcr": TINY["endpoints"]["orr"]}}
        overlay["claims"] = {"s1_pcr": {**TINY["claims"]["s1_orr"], "endpoint": "pcr"}}
        (found,) = e13(tmp_path, overlay)
        assert (found.entry, found.key) == ("s1_pcr", "endpoint")
        assert found.message == "is a target of pcr, to which no world is solved"
        assert "orr" in found.hint

    def test_in_another_unit(self, tmp_path: Path) -> None:
        claim = {**TINY["claims"]["s1_orr"], "endpoint": "median_os", "unit": "years"}
        (found,) = e13(tmp_path, {"claims": {"s1_os": {**claim, "low": 1, "high": 2}}})
        assert (found.entry, found.key) == ("s1_os", "unit")
        assert found.message == ("is in 'years', but the world is solved to median_os in 'months'")
        assert found.hint.startswith("write low and high in months")

    def test_in_the_unit_of_the_endpoint(self, tmp_path: Path) -> None:
        assert e13(tmp_path, changed("claims", "s1_orr", "unit", "fraction")) == []

    def test_ratio_has_a_unit_of_its_own(self, tmp_path: Path) -> None:
        overlay = changed("claims", "s1_orr", "unit", "ratio of rates")
        overlay["claims"]["s1_orr"] |= {"measure": "ratio", "comparator": "drug"}
        assert e13(tmp_path, overlay) == []

    def test_other_roles_may_be_of_any_endpoint(self, tmp_path: Path) -> None:
        assert e13(tmp_path, changed("claims", "s1_rise", "unit", "percent")) == []
