"""The data dictionary of a drawn cohort: what every column of every table is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from resistml.cohort.dictionary_columns import (
    Column,
    oracle_columns,
    outcome_columns,
    patient_columns,
)
from resistml.cohort.plan import Plan
from resistml.evidence import Evidence
from resistml.world.laws import MarkerLaw, World

__all__ = ["Column", "dictionary"]

#: Units of markers where no catalog is at hand to say it better.
_UNITS = {
    "expression": "relative expression",
    "fraction": "fraction",
    "percent": "percent",
    "count": "count",
    "mutation": "1 = present, 0 = absent",
}


def dictionary(world: World, plan: Plan, evidence: Evidence | None = None) -> list[Column]:
    """The columns of ``cohort``, ``oracle`` and ``markers_true``, in the order of the files.

    Parameters
    ----------
    world, plan
        What was drawn, and how: enough for all but names and units of markers.
    evidence : Evidence, optional
        The catalog of the world; it adds those, and the claims behind each column.
    """
    seen = plan.observed(world)
    columns = [*patient_columns(seen), *_markers(seen, evidence), *outcome_columns(plan)]
    if plan.oracle:
        columns += oracle_columns(world, plan)
    return [*columns, *_true_markers(seen, evidence)]


def _markers(world: World, evidence: Evidence | None) -> Iterator[Column]:
    weight = {s: law.share for s, law in world.settings.items()}
    total = sum(weight.values())
    for name, law in world.markers.items():
        panel = tuple(s for s, setting in world.settings.items() if name in setting.panel)
        measured = sum(weight[s] for s in panel)
        lost = sum(weight[s] * world.settings[s].missing.get(name, 0.0) for s in panel)
        yield _marker(
            "cohort",
            law,
            evidence,
            meaning=_recorded(law),
            missing=1 - (measured - lost) / total,
            missing_in_panel=round(lost / measured, 6) if measured else None,
            panel=panel,
        )


def _true_markers(world: World, evidence: Evidence | None) -> Iterator[Column]:
    yield Column("markers_true", "patient_id", "text", "", "The patient.")
    total = sum(law.share for law in world.settings.values())
    for name, law in world.markers.items():
        panel = tuple(s for s, setting in world.settings.items() if name in setting.panel)
        outside = 1 - sum(world.settings[s].share for s in panel) / total
        meaning = "True value, without error or detection limit; none outside the panel."
        yield _marker("markers_true", law, evidence, meaning, outside, 0.0, panel)


def _marker(
    table: str,
    law: MarkerLaw,
    evidence: Evidence | None,
    meaning: str,
    missing: float,
    missing_in_panel: float | None,
    panel: tuple[str, ...],
) -> Column:
    entry = None if evidence is None else evidence.markers.get(law.id)
    unit = _UNITS[law.kind] if entry is None else entry.unit
    mutation = law.kind == "mutation"
    name = "" if entry is None else f"{entry.name}. "
    claims = () if evidence is None else _claims_on(evidence, law.id)
    stated = ("prevalence",) if mutation else ("median", "spread")
    return Column(
        table,
        law.id,
        "float",
        unit,
        f"{name}{meaning} Mechanism: {law.mechanism}.",
        law.low,
        law.high,
        values={"0": "absent", "1": "present"} if mutation else {},
        missing=max(missing, 0.0),
        missing_in_panel=missing_in_panel,
        panel=panel,
        source=(*claims, *(f"markers.{law.id}.{part}" for part in stated)),
    )


def _claims_on(evidence: Evidence, marker: str) -> tuple[str, ...]:
    """Claims that set, or condition on, a marker's distribution; statements are left out."""
    found = (evidence.claims[name] for name in evidence.claims_on(marker=marker))
    used = [claim for claim in found if claim.role != "context" and claim.quantitative]
    mine = [c.id for c in used if c.role == "parameter" or _conditions_on(c.population, marker)]
    return tuple(mine)


def _conditions_on(population: Sequence[Any], marker: str) -> bool:
    return any(condition.column == marker for condition in population)


def _recorded(law: MarkerLaw) -> str:
    if law.kind == "mutation":
        return (
            f"As called: {law.false_negative:.1%} of mutations are missed, "
            f"{law.false_positive:.1%} of wild types called mutated."
        )
    limit = "" if law.limit is None else f"; below {law.limit:g} it is recorded as 0"
    way = ", high with little resistance" if law.protective else ""
    return f"As measured, with error{limit}{way}."
