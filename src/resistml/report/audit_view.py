"""The audit as reports show it: rows by endpoint, units, and the sets that cannot hold together."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from resistml.report.words import number

#: How each status is called; of a claim that is ``due`` nothing has been obtained.
STATUS = {"within": "within", "tension": "in tension", "out": "out", "due": "not solved for"}
#: 95% of a normal distribution lies within so many standard errors.
Z95 = 1.959963984540054


class AuditLike(Protocol):
    """A target claim with what the world gives for it; see :mod:`resistml.world.audit`."""

    @property
    def claim(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def setting(self) -> str: ...
    @property
    def strategy(self) -> str: ...
    @property
    def population(self) -> str: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def obtained(self) -> float: ...
    @property
    def se(self) -> float: ...
    @property
    def status(self) -> str: ...
    @property
    def conflict(self) -> tuple[str, ...]: ...


class ConflictLike(Protocol):
    """Claims that cannot all hold, and why; see :class:`resistml.world.laws.Conflict`."""

    @property
    def claims(self) -> tuple[str, ...]: ...
    @property
    def reason(self) -> str: ...


Rows = Sequence[AuditLike]


@dataclass(frozen=True)
class ConflictSet:
    """A set of claims that cannot hold together, under its letter."""

    letter: str
    claims: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Group:
    """The rows of one endpoint; ``share``: fractions, shown in percent; else months."""

    endpoint: str
    rows: tuple[AuditLike, ...]
    share: bool

    @property
    def unit(self) -> str:
        return "%" if self.share else "months"

    @property
    def scale(self) -> float:
        return 100.0 if self.share else 1.0

    def with_unit(self, text: str) -> str:
        """A figure with its unit behind it."""
        return f"{text}%" if self.share else f"{text} months"

    def reported(self, row: AuditLike) -> str:
        """The reported range, or point, in the group's unit."""
        low, high = (number(self.scale * x, 1).removesuffix(".0") for x in (row.low, row.high))
        return low if row.low == row.high else f"{low} to {high}"

    def obtained(self, row: AuditLike) -> str:
        """What the world gives, in the group's unit."""
        return number(self.scale * row.obtained, 1)

    def error(self, row: AuditLike) -> str:
        """Its Monte-Carlo standard error, in the group's unit."""
        return number(self.scale * row.se, 2)


def by_endpoint(rows: Rows) -> tuple[Group, ...]:
    """Rows grouped by endpoint, in the order endpoints come, each sorted by setting.

    An endpoint whose figures all lie between 0 and 1 is one of shares; others are in months.
    """
    out = []
    for endpoint in dict.fromkeys(row.endpoint for row in rows):
        mine = [row for row in rows if row.endpoint == endpoint]
        mine.sort(key=lambda row: (row.setting, row.strategy, row.population, row.claim))
        figures = [x for row in mine for x in (row.low, row.high, row.obtained)]
        share = all(0 <= x <= 1 for x in figures if math.isfinite(x))
        out.append(Group(endpoint, tuple(mine), share))
    return tuple(out)


def solved(rows: Rows) -> tuple[AuditLike, ...]:
    """The rows for which something was obtained."""
    return tuple(row for row in rows if math.isfinite(row.obtained))


def conflict_sets(rows: Rows, conflicts: Sequence[ConflictLike] = ()) -> tuple[ConflictSet, ...]:
    """The sets of claims that cannot hold together, under the letters A, B, ...

    They are the world's own ``conflicts`` with their reasons, else what the rows say.
    """
    found = {tuple(sorted(conflict.claims)): conflict.reason for conflict in conflicts}
    if not found:
        found = {tuple(sorted({row.claim, *row.conflict})): "" for row in rows if row.conflict}
    return tuple(
        ConflictSet(_letter(i), claims, reason) for i, (claims, reason) in enumerate(found.items())
    )


def letters(sets: Sequence[ConflictSet]) -> dict[str, str]:
    """The letters of the sets each claim belongs to; claims in none are left out."""
    out: dict[str, str] = {}
    for one in sets:
        for claim in one.claims:
            out[claim] = f"{out[claim]}, {one.letter}" if claim in out else one.letter
    return out


def tally(rows: Rows) -> dict[str, int]:
    """How many rows have each status; all are named."""
    found = Counter(row.status for row in rows)
    return {status: found.get(status, 0) for status in STATUS}


def row_label(row: AuditLike, most: int = 60) -> str:
    """Setting (or how many are pooled), strategy and population in short."""
    settings = re.split(r"[+,;|]\s*", row.setting)
    place = row.setting if len(settings) == 1 else f"{len(settings)} settings"
    text = f"{place} · {row.strategy.removeprefix('class:')}".replace("_", " ")
    if row.population:
        text += f" [{row.population.replace(' == ', ' = ').replace(' and ', ', ')}]"
    return text if len(text) <= most else text[: most - 1] + "…"


def _letter(i: int) -> str:
    return chr(ord("A") + i) if i < 26 else str(i + 1)
