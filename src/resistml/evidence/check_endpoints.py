"""Endpoints that the world is solved to: they stay what solver and audit take them for (E13)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from resistml.evidence.evidence import Evidence
from resistml.evidence.finding import Finding

#: Endpoints that code knows by their id -> the family and the unit that it takes them to have.
SOLVED = {
    "orr": ("response", "fraction"),
    "cr": ("response", "fraction"),
    "median_pfs": ("time", "months"),
    "median_os": ("time", "months"),
    "onset": ("time", "months"),
    "survival_rate": ("survival", "fraction"),
    "disease_free_rate": ("survival", "fraction"),
    "relapse_rate": ("relapse", "fraction"),
}
#: Unit of such an endpoint -> the widest range that its claims may have.
WIDEST = {"fraction": (0.0, 1.0), "months": (0.0, math.inf)}


def endpoints(evidence: Evidence) -> Iterator[Finding]:
    """E13: family, unit and range of an endpoint that the world is solved to."""
    for name, (family, unit) in SOLVED.items():
        entry = evidence.endpoints.get(name)
        if entry is None:  # a claim that wants it is E02's
            continue
        for field, needed in (("family", family), ("unit", unit)):
            said = getattr(entry, field)
            if said != needed:
                words = f"has the {field} '{said}', but the world is solved to it as '{needed}'"
                yield Finding("E13", name, words, field)
        low, high = entry.range
        least, most = WIDEST[unit]
        if low < least or high > most:
            words = f"its range, {low:g} to {high:g}, leaves what its unit, {unit}, allows: "
            yield Finding("E13", name, f"{words}{least:g} to {most:g}", "range")


def targets(evidence: Evidence) -> Iterator[Finding]:
    """E13: targets are about endpoints that the world can be solved to, in their units."""
    for name, claim in evidence.claims.items():
        entry = evidence.endpoints.get(claim.endpoint)
        if claim.role != "target" or entry is None:
            continue
        if claim.endpoint not in SOLVED:
            words = f"is a target of {claim.endpoint}, to which no world is solved"
            hint = f"choose among {', '.join(SOLVED)}, or give it another role and a reason"
            yield Finding("E13", name, words, "endpoint", hint)
        elif claim.measure == "level" and claim.unit not in ("", entry.unit):
            words = f"is in '{claim.unit}', but the world is solved to {claim.endpoint} in "
            hint = f"write low and high in {entry.unit}, and leave out 'unit'"
            yield Finding("E13", name, f"{words}'{entry.unit}'", "unit", hint)


CHECKS = (endpoints, targets)
