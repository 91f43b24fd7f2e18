"""All checks together: codes, order, severities, and the page that lists them."""

from __future__ import annotations

import importlib
import math
import re
from pathlib import Path

import pytest

import resistml.checks
from resistml.checks.finding import SEVERITIES, Finding, figure, part, rows
from resistml.checks.registry import CHECKS, run_checks
from tests.checks.conftest import Altered, Report

FOLDER = Path(resistml.checks.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "checks.md"


def test_codes_are_in_order_and_none_twice() -> None:
    codes = [check.code for check in CHECKS]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"H\d\d", code) for code in codes)
    assert len({check.title for check in CHECKS}) == len(CHECKS)


def test_each_check_is_a_file_of_its_code_with_a_test_of_its_own() -> None:
    files = sorted(path.stem for path in FOLDER.glob("h*.py"))
    assert len(files) == len(CHECKS)
    for name, check in zip(files, CHECKS, strict=True):
        assert name.startswith(check.code.lower() + "_")
        assert importlib.import_module(f"resistml.checks.{name}").CHECK is check
        assert (Path(__file__).parent / f"test_{name}.py").exists()


def test_a_sound_run_has_no_finding_and_a_report_of_nothing_neither(sound: Report) -> None:
    assert run_checks(sound) == []
    assert run_checks({}) == []


def test_the_most_severe_comes_first(altered: Altered) -> None:
    altered("audit", [{"claim": "a", "status": "tension"}])
    altered("fidelity", "inert", 0.5)
    found = run_checks(altered("learners", "xgboost", "logloss", 0.9))
    assert [finding.code for finding in found] == ["H01", "H14", "H03"]
    assert [finding.severity for finding in found] == list(SEVERITIES)


def test_findings_as_plain_data() -> None:
    found = Finding("H99", "title", "notice", "message")
    assert found.to_json() == {
        "code": "H99",
        "title": "title",
        "severity": "notice",
        "message": "message",
    }


@pytest.mark.parametrize("value", [None, "x", {}, []])
def test_what_is_no_figure_is_nan(value: object) -> None:
    assert math.isnan(figure({"a": value}, "a"))
    assert math.isnan(figure({}, "a"))
    assert math.isnan(figure({"a": value}, "a", "b"))
    assert figure({"a": {"b": 2}}, "a", "b") == 2.0


def test_what_is_no_part_is_empty() -> None:
    assert part({"a": None}, "a") == {}
    assert part({"a": {"b": 1}}, "a") == {"b": 1}
    assert part({"a": 3}, "a", "b") == {}
    assert rows({"a": [{"b": 1}]}, "a") == [{"b": 1}]
    assert rows({"a": None}, "a") == []


def test_the_page_lists_every_check_as_it_is() -> None:
    lines = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| H\d\d ", line)
    ]
    assert lines == [[c.code, c.title, c.severity, c.asks] for c in CHECKS]
