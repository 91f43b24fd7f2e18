"""YAML without its traps: what each kind of word means, and what is refused."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistml.plain_yaml import parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("+1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-0", 0),
        ("010", 10),
        ("089", 89),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("0b", "0b"),
        ("0x_", "0x_"),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("2024-01-01", "2024-01-01"),
        ("2024-13-45", "2024-13-45"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("''", ""),
        ("'1'", "1"),
        ('"no"', "no"),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("1e", "1e"),
        ("e5", "e5"),
        ("=", "="),
        ("<<", "<<"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_plain_words(text: str, value: Any) -> None:
    found = parse_yaml(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(parse_yaml(".nan"))


def test_words_mean_the_same_inside_collections() -> None:
    text = "a: [1e-3, no, 010]\nb: {on: off, c: }\n? d\n: 2024-01-01\n"
    assert parse_yaml(text) == {
        "a": [0.001, "no", 10],
        "b": {"on": "off", "c": None},
        "d": "2024-01-01",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2", "line 2: key 'a' stands twice"),
        ("a: {b: 1, b: 1}", "line 1: key 'b' stands twice"),
        ("1: a\n'1': b", "line 2: key '1' stands twice"),
        ("a: &x [1]\nb: *x", "line 2: aliases are not allowed"),
        ("a: &x\n  - *x", "aliases are not allowed"),
        ("a: !!python/object/apply:os.getcwd []", "line 1: tags are not allowed: tag:yaml.org"),
        ("a: !mine 1", "tags are not allowed: !mine"),
        ("a: !!str 1", "tags are not allowed"),
        ("!!map 3", "tags are not allowed"),
        ("a: ! 1", "tags are not allowed"),
        ("a: [1", "line 1: expected ',' or ']'"),
        ("a: b: c", "line 1: mapping values are not allowed here"),
        ("a:\n\t- 1", "line 2: found character '\\t'"),
        ("a: \x07", "special characters are not allowed"),
        ("? [1]\n: 2", "found unhashable key"),
        ("--- 1\n--- 2", "but found another document"),
        ("9" * 41, "line 1: a number has too many digits"),
        ("9" * 5_000, "too many digits"),
        ("[" * 3_000, "is nested too deeply"),
        ("- " * 3_000 + "1", "is nested too deeply"),
    ],
)
def test_what_is_refused_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_yaml(text)
    assert words in str(caught.value)


def test_a_bomb_of_aliases_does_not_go_off() -> None:
    levels = "\n".join(f"x{i + 1}: &x{i + 1} [{', '.join([f'*x{i}'] * 9)}]" for i in range(9))
    with pytest.raises(ValueError, match="aliases are not allowed"):
        parse_yaml(f"x0: &x0 lol\n{levels}")


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126))
)


@given(
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=4)
        ),
        max_leaves=10,
    )
)
def test_json_is_yaml(value: Any) -> None:
    assert parse_yaml(json.dumps(value)) == value


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused_with_words(text: str) -> None:
    with suppress(ValueError):
        parse_yaml(text)
