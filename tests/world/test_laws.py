"""A world as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resistml.errors import OutputError, WorldError
from resistml.world.laws import (
    Conflict,
    World,
    read_world,
    rounded_world,
    save_world,
)
from tests.world.tiny import tiny_world

TINY = rounded_world(
    replace(
        tiny_world(),
        labels={"effect.GATE": "claim-identified"},
        conflicts=(Conflict(("a", "b"), 1 / 3, "bound", "because"),),
    )
)


def test_a_world_comes_back_from_its_file_the_same(tmp_path: Path) -> None:
    save_world(TINY, tmp_path / "world.json")
    back = read_world(tmp_path / "world.json")
    assert back == TINY
    assert back.hash == TINY.hash


def test_the_shipped_world_comes_back_the_same(world: World, tmp_path: Path) -> None:
    save_world(world, tmp_path / "world.json")
    assert read_world(tmp_path / "world.json") == world
    assert read_world(tmp_path / "world.json").hash == world.hash


def test_saving_rounds_as_the_hash_does(tmp_path: Path) -> None:
    raw = replace(TINY, constants={**TINY.constants, "frailty_age": 70 + 1e-13})
    assert raw.hash == TINY.hash
    save_world(raw, tmp_path / "world.json")
    assert read_world(tmp_path / "world.json") == TINY


def test_equal_worlds_give_equal_bytes(tmp_path: Path) -> None:
    save_world(TINY, tmp_path / "a.json")
    save_world(replace(TINY), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@given(st.floats(-10, 10), st.floats(1e-6, 1e3))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rounding_twice_changes_nothing_more(alpha: float, scale: float) -> None:
    law = TINY.settings["early"]
    arms = {a: replace(x, alpha=alpha, pfs_scale=scale) for a, x in law.arms.items()}
    world = replace(TINY, settings={**TINY.settings, "early": replace(law, arms=arms)})
    once = rounded_world(world)
    assert rounded_world(once) == once
    assert once.hash == world.hash
    assert once.settings["early"].arms["plain"].alpha == pytest.approx(alpha, rel=1e-9)


def test_the_hash_tells_worlds_apart() -> None:
    law = TINY.markers["GATE"]
    other = replace(TINY, markers={**TINY.markers, "GATE": replace(law, effect=law.effect + 1e-6)})
    assert other.hash != TINY.hash


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        save_world(TINY, path)
    assert path.read_text() == "mine"
    save_world(TINY, path, force=True)
    assert read_world(path) == TINY


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """A change of the document."""

    def apply(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    return apply


DAMAGE: dict[str, tuple[Callable[[str], str], str]] = {
    "cut short": (lambda text: text[: len(text) // 2], "is not valid JSON"),
    "empty": (lambda _: "", "is not valid JSON"),
    "a list": (lambda _: "[]", "is no world of this release"),
    "other schema": (edited(lambda d: d.update(schema=99)), "is no world of this release"),
    "no schema": (edited(lambda d: d.pop("schema")), "is no world of this release"),
    "no hash": (edited(lambda d: d.pop("hash")), "is damaged: 'hash'"),
    "no markers": (edited(lambda d: d.pop("markers")), "is damaged: 'markers'"),
    "markers as a list": (edited(lambda d: d.update(markers=[])), "is damaged"),
    "unknown key in an arm": (
        edited(lambda d: d["settings"]["early"]["arms"]["plain"].update(beta=1)),
        "is damaged",
    ),
    "a number changed": (
        edited(lambda d: d["markers"]["GATE"].update(effect=1.6)),
        "is damaged: its hash differs",
    ),
    "a number as text": (
        edited(lambda d: d["markers"]["GATE"].update(effect="1.5")),
        "is damaged: its hash differs",
    ),
    "an arm lost": (
        edited(lambda d: d["settings"]["early"]["arms"].pop("plain")),
        "is damaged: its hash differs",
    ),
    "a constant that is no number": (
        edited(lambda d: d["constants"].update(frailty_age="old")),
        "is damaged",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_refused(name: str, tmp_path: Path) -> None:
    damage, message = DAMAGE[name]
    path = tmp_path / "world.json"
    save_world(TINY, path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(WorldError) as caught:
        read_world(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="no such file"):
        read_world(tmp_path / "world.json")
