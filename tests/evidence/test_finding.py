"""Findings say where, and how to mend it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from resistml.evidence import Finding, check
from resistml.evidence.finding import MENDS, located, unknown
from tests.evidence.tiny import TINY, assume, changed, findings, loaded


def test_every_code_has_a_way_to_mend_it() -> None:
    said = set(re.findall(r"E\d\d", str(check.__doc__)))
    assert said == set(MENDS)


def test_every_code_is_in_the_manual() -> None:
    manual = Path(__file__).parents[2] / "docs" / "catalog.md"
    rows = re.findall(r"^\| (E\d\d) \|", manual.read_text(encoding="utf-8"), flags=re.M)
    assert rows == sorted(MENDS)


def test_every_code_raised_in_code_is_listed() -> None:
    folder = Path(check.__file__).parent
    raised = {
        code
        for path in folder.glob("check_*.py")
        for code in re.findall(r'"(E\d\d)"', path.read_text(encoding="utf-8"))
    }
    assert raised | {"E02"} == set(MENDS)  # E02 is made by unknown()


def test_as_text() -> None:
    found = Finding("E03", "markers.PUMP.effect", "is odd", hint="mend it", file="m.yaml")
    assert str(found) == (
        "E03  markers.PUMP.effect: is odd\n     in m.yaml, key 'PUMP.effect'\n     hint: mend it"
    )
    assert str(Finding("E03", "PUMP", "is odd")) == "E03  PUMP: is odd"


@pytest.mark.parametrize(
    ("entry", "key", "place"),
    [
        ("s1_orr", "", "s1_orr"),
        ("s1_orr", "population", "s1_orr.population"),
        ("markers.PUMP.effect", "", "PUMP.effect"),
        ("strategies.drug.arms.lung.orr", "value", "drug.arms.lung.orr.value"),
    ],
)
def test_place_is_the_key_in_the_file(entry: str, key: str, place: str) -> None:
    assert Finding("E03", entry, "is odd", key).place == place


def test_own_hint_goes_before_that_of_the_code(tmp_path: Path) -> None:
    evidence = loaded(tmp_path)
    found = located(evidence, Finding("E03", "PUMP", "is odd"))
    assert found.hint == MENDS["E03"]
    assert found.file == str(tmp_path / "base" / "markers.yaml")
    assert located(evidence, Finding("E03", "PUMP", "is odd", hint="so")).hint == "so"


def test_unknown_name_with_the_nearest() -> None:
    found = unknown("s1", "marker", "PUMPP", ["PUMP", "GATE"], "markers")
    assert found == Finding("E02", "s1", "unknown marker 'PUMPP': did you mean 'PUMP'?")
    assert found.key == "markers"
    assert unknown("s1", "marker", "QQQQ", ["PUMP"]).message == "unknown marker 'QQQQ'"


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("E01", {"claims": {"s1_new": {**TINY["claims"]["s1_orr"], "source": "papr"}}}),
    ("E02", changed("markers", "SPARE", "mechanism", "stemness")),
    ("E02", changed("strategies", "paper", "acts_on", ["stemness"])),
    ("E02", changed("settings", "lung", "panel", ["PUMPS"])),
    ("E03", changed("markers", "GATE", "prevalence", assume(1.1))),
    ("E04", changed("claims", "s1_orr", "population", [["SPARE", ">", 0.1]])),
    ("E05", changed("settings", "lung", "usual", "paper")),
    ("E06", changed("strategies", "blocker", "arms.lung.orr")),
    ("E08", changed("strategies", "drug", "eligibility", [[["age", ">", 18]]])),
    ("E10", {"markers": {"rank": TINY["markers"]["SPARE"]}}),
    ("E11", {"strategies": {"lung": TINY["strategies"]["paper"]}}),
    ("E12", changed("claims", "s1_orr", "population", [["age", ">", 95]])),
    ("E13", changed("endpoints", "orr", "unit", "percent")),
    ("E14", changed("strategies", "blocker", "arms.lung.median_os", assume(5))),
]


@pytest.mark.parametrize(("code", "overlay"), BROKEN)
def test_every_finding_says_where_and_how_to_mend_it(
    tmp_path: Path, code: str, overlay: dict[str, Any]
) -> None:
    found = findings(tmp_path, overlay)
    assert code in {f.code for f in found}
    for finding in found:
        assert str(tmp_path) in finding.file
        assert finding.place
        assert finding.hint
