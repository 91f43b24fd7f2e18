"""The small world with every reason for missing values, and strong ones."""

from __future__ import annotations

from dataclasses import replace

from resistml.world.laws import World
from tests.world.tiny import tiny_world

FRAIL = 0.8
#: One marker of each kind: high, low and limited values, counts, and a mutation.
OWN = {"PUMP": 0.8, "STEM": -0.9, "CELLS": -0.7, "GATE": 0.9}
#: Shares missing; PUMP2, LIGAND and RAS are missing at random.
MISSING = {
    "PUMP": 0.3,
    "PUMP2": 0.15,
    "STEM": 0.4,
    "LIGAND": 0.25,
    "CELLS": 0.3,
    "GATE": 0.3,
    "RAS": 0.2,
}


def uneven_world(**constants: float) -> World:
    """The small world, values missing for frailty and for what they are."""
    world = tiny_world(missing_frail=FRAIL, **constants)
    markers = {m: replace(x, missing_own=OWN.get(m, 0.0)) for m, x in world.markers.items()}
    settings = {s: replace(x, missing=MISSING) for s, x in world.settings.items()}
    return replace(world, markers=markers, settings=settings)
