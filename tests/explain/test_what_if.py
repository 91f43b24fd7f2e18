"""Changed records: what may be put in, what is refused and what that says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resistml.errors import UsageError
from resistml.explain.what_if import NOTE, changed, parsed, unmeasured
from resistml.features.matrix import Records
from tests.predict.tiny import tiny_profiles, tiny_spec

ROWS: tuple[dict[str, Any], ...] = (
    {"A": 2, "T": 1, "age": 50},
    {"setting": "two", "A": 3, "sex": "male"},
)


def records() -> Records:
    return tiny_profiles(*ROWS).records


def test_the_words_say_what_it_changes() -> None:
    assert "not the patient" in NOTE


def test_a_value_is_put_in_for_everyone_and_nothing_else_moves() -> None:
    before = records()
    after = changed(before, tiny_spec(), {"A": 0.2})
    np.testing.assert_array_equal(after.column("A"), [0.2, 0.2])
    np.testing.assert_array_equal(before.column("A"), [2, 3])
    for name in ("T", "P", "age", "sex", "ecog"):
        np.testing.assert_array_equal(after.column(name), before.column(name))
    assert (after.patient_id == before.patient_id).all()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("T", "true", 1.0),
        ("T", "0", 0.0),
        ("A", "1e-1", 0.1),
        ("age", 61, 61.0),
        ("sex", "female", 1.0),
        ("ecog", "3", 2.0),  # read as 2, as in a table
        ("P", 0, 0.0),
    ],
)
def test_values_are_read_as_in_a_table(name: str, value: Any, found: float) -> None:
    assert changed(records(), tiny_spec(), {name: value}).column(name)[0] == found


@pytest.mark.parametrize("word", [None, "", "NA", "unmeasured", "none", float("nan")])
def test_a_measurement_may_be_taken_away(word: Any) -> None:
    assert unmeasured(word)
    assert np.isnan(changed(records(), tiny_spec(), {"A": word}).column("A")).all()


@pytest.mark.parametrize(
    ("name", "value", "said", "allowed"),
    [
        ("A", -1, "'-1' is out of range|-1 is out of range", "0 to 100 units"),
        ("A", 101, "out of range", "0 to 100 units"),
        ("A", "much", "much", "0 to 100 units"),
        ("A", float("inf"), "finite", "0 to 100 units"),
        ("T", 0.5, "is not 0 or 1", "0 or 1"),
        ("age", 12, "out of range", "18 to 95 years"),
        ("sex", "x", "is not known", "female, male"),
        ("ecog", 7, "no performance status", "0, 1, 2, 3, 4"),
    ],
)
def test_impossible_values_are_refused_with_what_is_allowed(
    name: str, value: Any, said: str, allowed: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        changed(records(), tiny_spec(), {name: value})
    assert f"cannot set '{name}'" in str(caught.value)
    assert allowed in (caught.value.allowed or "")
    assert caught.value.exit_code == 2


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no marker") as caught:
        changed(records(), tiny_spec(), {"aeg": 50})
    assert caught.value.hint == "did you mean 'age'?"


def test_a_marker_outside_of_all_panels_is_refused() -> None:
    """Setting two measures A alone; T is measured where setting one is among the records."""
    both, second = records(), records().take(np.array([1]))
    changed(both, tiny_spec(), {"T": 1})
    with pytest.raises(UsageError, match="panel") as caught:
        changed(second, tiny_spec(), {"T": 1})
    assert caught.value.allowed == "two: A"


def test_words_of_the_command_line() -> None:
    assert parsed(["ABCB1=0.2", " age = 70 ", "T="]) == {"ABCB1": "0.2", "age": "70", "T": ""}
    assert parsed([]) == {}


@pytest.mark.parametrize("word", ["ABCB1", "=3", " =", ""])
def test_words_that_set_nothing_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match="sets nothing") as caught:
        parsed([word])
    assert "COLUMN=VALUE" in (caught.value.allowed or "")


def test_a_column_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="'A' twice"):
        parsed(["A=1", "A=2"])
