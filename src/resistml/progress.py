"""How long work tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

#: Told how much is done, and of how much.
Told = Callable[[int, int], None]


class Stages(Protocol):
    """Told of each stage of a work."""

    def stage(self, name: str) -> Told:
        """Begin a stage; the callable returned is told how far it is."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str) -> Told:
        """Begin a stage."""
        return lambda done, of: None
