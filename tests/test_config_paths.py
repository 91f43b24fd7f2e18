"""Paths of configs: variables in them, and what is told of them to others."""

from __future__ import annotations

from pathlib import Path

import pytest

from resistml.config_paths import beside, expanded, named
from resistml.errors import ConfigError


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "/one")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("NOT_SET", raising=False)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("${ONE}/a.csv", "/one/a.csv"),
        ("${ONE}${ONE}/a", "/one/one/a"),
        ("a.csv", "a.csv"),
        ("$ONE/a.csv", "$ONE/a.csv"),
        ("x{ONE}", "x{ONE}"),
    ],
)
def test_variables_are_put_in(text: str, path: str) -> None:
    assert expanded(text) == Path(path)


@pytest.mark.parametrize("name", ["NOT_SET", "EMPTY"])
def test_one_that_is_not_set_or_empty(name: str) -> None:
    with pytest.raises(ConfigError, match=f"variable {name} is not set") as caught:
        expanded(f"${{{name}}}/a.csv")
    assert f"export {name}=" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["${}", "${A B}", "${1A}", "${A-B}/x"])
def test_what_no_variable_can_be_called(text: str) -> None:
    with pytest.raises(ConfigError, match="names no environment variable"):
        expanded(text)


def test_beside_the_file_unless_it_begins_with_a_variable(tmp_path: Path) -> None:
    assert beside(tmp_path, "a.csv") == str((tmp_path / "a.csv").resolve())
    assert beside(tmp_path, "/b.csv") == "/b.csv"
    assert beside(tmp_path, "${ONE}/a.csv") == "${ONE}/a.csv"


def test_others_are_told_names_alone() -> None:
    assert named("/home/me/a.csv") == "a.csv"
    assert named("${ONE}/a.csv") == "${ONE}/a.csv"
