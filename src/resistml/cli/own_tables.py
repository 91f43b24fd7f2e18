"""What `resistml config check --data` prints of own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resistml.cli import console

if TYPE_CHECKING:
    from resistml.config import RunConfig

#: What a direction is called.
_WAYS = {1: "raises", -1: "lowers", 0: "either"}


def tables_of(config: RunConfig) -> dict[str, Any]:
    """What each table of a config holds, ``train`` first.

    Raises
    ------
    UsageError
        If the config names no table.
    TableError
        If a table does not hold what the config says.
    """
    from resistml.errors import UsageError
    from resistml.evidence import load_evidence
    from resistml.tables.own import read_external, read_own, summary

    if config.data is None:
        raise UsageError(
            "the config has no section `data`, so no table to read", hint="leave --data out"
        )
    evidence = load_evidence(config.catalog)
    train = read_own(config.data, evidence)
    others = read_external(config.data, evidence, train)
    return {name: summary(cohort) for name, cohort in {"train": train, **others}.items()}


def print_tables(tables: dict[str, Any]) -> None:
    """Patients and notes of each table, and the features of the one to train on."""
    screen = console.stdout()
    for name, table in tables.items():
        outcomes = ", ".join(f"{count:,} {word}" for word, count in table["outcomes"].items())
        screen.print(f"{name}: {table['patients']:,} patients; {outcomes}", markup=False)
        arms = ", ".join(f"{arm} ({count:,})" for arm, count in table["strategies"].items())
        ranked = f"  treatments: {arms}" if arms else "  no treatments: nothing can be ranked"
        screen.print(ranked, markup=False)
        for note in table["notes"]:
            screen.print(f"  {note['code']}: {note['message']}", markup=False, soft_wrap=True)
    whole = tables["train"]
    titles = ("feature", "kind", "unit", "resistance", "mechanism", "measured")
    made = console.table("Features", titles, right=("measured",))
    for row in whole["features"]:
        words = (row["name"], row["kind"], row["unit"], _WAYS[row["direction"]], row["mechanism"])
        made.add_row(*words, f"{row['measured'] / whole['patients']:.0%}")
    screen.print(made)
