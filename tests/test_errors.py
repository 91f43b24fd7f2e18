"""The one error tree: exit codes, messages that give the place, nearest names."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml import errors
from resistml.errors import InputError, ResistmlError, did_you_mean, listed, nearest

KINDS = {
    "ResistmlError": 1,
    "InputError": 2,
    "UsageError": 2,
    "CatalogError": 2,
    "ConfigError": 2,
    "TableError": 2,
    "WorldError": 2,
    "ModelError": 2,
    "OutputError": 2,
    "CheckFailed": 4,
}


def test_tree_is_complete_and_has_the_documented_exit_codes() -> None:
    found = {
        name: cls.exit_code
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and issubclass(cls, Exception)
    }
    assert found == KINDS


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"ResistmlError"}))
def test_every_error_has_one_root(name: str) -> None:
    assert issubclass(getattr(errors, name), ResistmlError)
    assert issubclass(getattr(errors, name), InputError) == (KINDS[name] == 2)


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ({}, "is bad"),
        ({"file": Path("a.csv")}, "a.csv: is bad"),
        ({"row": 3}, "row 3: is bad"),
        ({"row": 0, "column": "age"}, "row 0, column 'age': is bad"),
        ({"file": "c.yaml", "key": "cohort.n"}, "c.yaml, key 'cohort.n': is bad"),
        ({"allowed": "0 to 1"}, "is bad\n  allowed: 0 to 1"),
        ({"hint": "mend it"}, "is bad\n  hint: mend it"),
        (
            {"file": "a", "row": 1, "column": "b", "key": "c", "allowed": "d", "hint": "e"},
            "a, row 1, column 'b', key 'c': is bad\n  allowed: d\n  hint: e",
        ),
    ],
)
def test_message_gives_place_allowed_and_hint(places: dict[str, object], text: str) -> None:
    assert str(ResistmlError("is bad", **places)) == text  # type: ignore[arg-type]


def test_error_survives_a_trip_to_another_process() -> None:
    error = errors.TableError("is bad", file="a.csv", row=2, column="age", hint="mend it")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(back) is errors.TableError
    assert str(back) == str(error)


@pytest.mark.parametrize(
    ("name", "choices", "found"),
    [
        ("confunded", ["randomised", "guideline", "confounded"], "confounded"),
        ("abcb1", ["ABCB1", "ABCC1"], "ABCB1"),
        ("NSCLC_ADVANCED", ["nsclc_advanced", "sclc_extensive"], "nsclc_advanced"),
        ("zebra", ["randomised", "guideline"], None),
        ("", ["a"], None),
        ("a", [], None),
    ],
)
def test_nearest(name: str, choices: list[str], found: str | None) -> None:
    assert nearest(name, choices) == found
    assert did_you_mean(name, choices) == (found and f"did you mean '{found}'?")


@given(st.lists(st.text("abcdefgh_", min_size=1, max_size=8), min_size=1, unique=True))
def test_nearest_finds_a_name_itself(choices: list[str]) -> None:
    assert nearest(choices[0], choices) == choices[0]


def test_listed_is_sorted_and_cut() -> None:
    assert listed(["b", "a"]) == "a, b"
    assert listed([]) == ""
    assert listed({"c": 1, "a": 2, "b": 3}, most=2) == "a, b, ... (3 in all)"
    assert listed("abc", most=3) == "a, b, c"
