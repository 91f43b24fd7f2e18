"""The papers that travel with a drawn cohort: its datasheet and its data dictionary."""

from __future__ import annotations

from typing import Any

from resistml.cohort.datasheet import datasheet
from resistml.cohort.dictionary import dictionary
from resistml.cohort.plan import Plan
from resistml.documents import dump_json
from resistml.evidence import Evidence
from resistml.notice import NOTICE
from resistml.world.laws import World

#: Their names, in a cohort's folder.
DATASHEET, DICTIONARY = "datasheet.md", "dictionary.json"


def documents_of(world: World, plan: Plan, evidence: Evidence | None = None) -> dict[str, str]:
    """The text of each paper by the name of its file; it holds no time and no path.

    Parameters
    ----------
    evidence : Evidence, optional
        The catalog that the world was solved from: it adds names, units, and what is claim and
        what is assumption. One that the world was not solved from is not looked at.
    """
    if evidence is not None and evidence.hash != world.catalog_hash:
        evidence = None
    return {
        DATASHEET: datasheet(world, plan, evidence),
        DICTIONARY: dump_json({"notice": NOTICE, "columns": columns(world, plan, evidence)}),
    }


def columns(world: World, plan: Plan, evidence: Evidence | None = None) -> list[dict[str, Any]]:
    """The data dictionary as plain data."""
    return [column.plain() for column in dictionary(world, plan, evidence)]
