"""The audit as reports show it: rows by endpoint, units, and the sets that cannot hold together."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from resistml.report.words import NONE, number

#: How each status is called; of a claim that is ``due`` nothing has been obtained.
STATUS = {"within": "within", "tension": "in tension", "out": "out", "due": "not solved for"}
#: 95% of a normal distribution lies within so many standard errors.
Z95 = 1.959963984540054


class AuditLike(Protocol):
    """An audited claim with what the world gives for it; see :mod:`resistml.world.audit_all`."""

    @property
    def claim(self) -> str: ...
    @property
    def role(self) -> str: ...
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
    @property
    def measure(self) -> str: ...
    @property
    def bound(self) -> str: ...
    @property
    def at_months(self) -> float | None: ...
    @property
    def unit(self) -> str: ...


class EstimateLike(Protocol):
    """What a cohort says of a claim; see :class:`resistml.cohort.estimate.Estimate`."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def n(self) -> int: ...


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


#: How a bound is said before its figure.
BOUNDS = {"at_least": "at least ", "at_most": "at most "}


@dataclass(frozen=True)
class Group:
    """The rows of one endpoint in one ``unit``: ``%`` (of fractions), ``months``, ``ratio``, or
    what the claims say."""

    endpoint: str
    rows: tuple[AuditLike, ...]
    unit: str

    @property
    def share(self) -> bool:
        """Whether the figures are fractions, shown in percent."""
        return self.unit == "%"

    @property
    def scale(self) -> float:
        return 100.0 if self.share else 1.0

    def with_unit(self, text: str) -> str:
        """A figure with its unit behind it."""
        if self.unit == "ratio":
            return text
        return f"{text}{self.unit}" if self.unit.startswith("%") else f"{text} {self.unit}"

    def figure(self, x: float) -> str:
        """A number in the group's unit; infinite = a median that is not reached."""
        if math.isinf(x):
            return "not reached"
        digits = 2 if self.unit == "ratio" else 1
        return number(self.scale * x, digits)

    def reported(self, row: AuditLike) -> str:
        """The reported range, point or bound, in the group's unit."""
        low, high = (_trimmed(self.figure(x)) for x in (row.low, row.high))
        return f"{BOUNDS.get(row.bound, '')}{low if row.low == row.high else f'{low} to {high}'}"

    def obtained(self, row: AuditLike) -> str:
        """What the world gives, in the group's unit."""
        return self.figure(row.obtained)

    def error(self, row: AuditLike) -> str:
        """Its Monte-Carlo standard error, in the group's unit."""
        return number(self.scale * row.se, 2)

    def interval(self, found: EstimateLike) -> str:
        """A cohort's interval, in the group's unit; a dash where it says nothing."""
        if math.isnan(found.value):
            return NONE
        return f"{self.figure(found.low)} to {self.figure(found.high)}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


#: The order of groups; endpoints that are not named come after, and parameters last.
_ORDER = (
    *("orr", "cr", "median_pfs", "median_os", "survival_rate", "disease_free_rate"),
    *("relapse_rate", "onset"),
)
#: Stands for the endpoint of what sets a distribution: there is one group of these per unit.
SET = "set_by_claims"


def by_endpoint(rows: Rows) -> tuple[Group, ...]:
    """Rows grouped by endpoint and unit, parameters by unit alone, each sorted by setting."""
    share = {endpoint: _is_share(rows, endpoint) for endpoint in {row.endpoint for row in rows}}
    found: dict[tuple[str, str], list[AuditLike]] = {}
    for row in rows:
        key = SET if row.role == "parameter" else row.endpoint
        found.setdefault((key, _unit(row, share[row.endpoint])), []).append(row)
    out = []
    for endpoint, unit in sorted(found, key=lambda key: _place(key[0])):
        mine = found[endpoint, unit]
        mine.sort(key=lambda row: (row.setting, row.strategy, row.population, row.claim))
        out.append(Group(endpoint, tuple(mine), unit))
    return tuple(out)


def _place(endpoint: str) -> int:
    known = (*_ORDER, endpoint, SET)
    return len(_ORDER) + 1 if endpoint == SET else known.index(endpoint)


def _is_share(rows: Rows, endpoint: str) -> bool:
    """Whether the levels of an endpoint all lie between 0 and 1."""
    mine = [row for row in rows if row.endpoint == endpoint and row.measure != "ratio"]
    figures = [x for row in mine for x in (row.low, row.high, row.obtained)]
    return all(0 <= x <= 1 for x in figures if math.isfinite(x))


def _unit(row: AuditLike, share: bool) -> str:
    """What the row's claim says, else what its endpoint's figures are."""
    if row.unit:
        return "%" if row.unit.startswith("fraction") else row.unit
    if row.measure == "ratio":
        return "ratio"
    return "%" if share else "months"


def by_role(rows: Rows) -> tuple[Rows, Rows]:
    """The target claims, and the parameters: what sets a distribution or a cut-off."""
    targets = tuple(row for row in rows if row.role != "parameter")
    return targets, tuple(row for row in rows if row.role == "parameter")


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
    """Setting (or how many are pooled), strategy, horizon and population in short."""
    settings = re.split(r"[+,;|]\s*", row.setting)
    parts = [row.setting if len(settings) == 1 else f"{len(settings)} settings"]
    parts += [row.strategy.removeprefix("class:")] if row.strategy else []
    parts += [row.endpoint] if row.role == "parameter" else []
    text = " · ".join(parts).replace("_", " ")
    if row.at_months is not None:
        text += f", {number(row.at_months, 0)} months"
    if row.population:
        text += f" [{row.population.replace(' == ', ' = ').replace(' and ', ', ')}]"
    return text if len(text) <= most else text[: most - 1] + "…"


def _letter(i: int) -> str:
    return chr(ord("A") + i) if i < 26 else str(i + 1)
