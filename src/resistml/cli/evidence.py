"""`resistml evidence`: what the review reports, and what is assumed beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resistml.cli import console
from resistml.cli.console import Json

if TYPE_CHECKING:
    from resistml.evidence import Evidence

app = typer.Typer(no_args_is_help=True, help="Claims of the review, assumptions, and their check.")

KINDS = ("claims", "markers", "settings", "strategies", "mechanisms", "endpoints", "assumptions")
Catalog = Annotated[
    Path | None, typer.Option("--catalog", help="Folder with entries to add to the catalog.")
]


def _entries(evidence: Evidence, kind: str) -> dict[str, Any]:
    found = evidence.all_assumptions() if kind == "assumptions" else getattr(evidence, kind)
    return {name: {"id": name, **entry.model_dump(mode="json")} for name, entry in found.items()}


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help=" | ".join(KINDS))] = "claims",
    catalog: Catalog = None,
    json: Json = False,
) -> None:
    """List the entries of a kind (claims by default)."""
    from resistml.errors import UsageError, did_you_mean
    from resistml.evidence import load_evidence

    if kind not in KINDS:
        raise UsageError(
            f"no kind '{kind}'", allowed=", ".join(KINDS), hint=did_you_mean(kind, KINDS)
        )
    entries = _entries(load_evidence(catalog), kind)
    if json:
        console.print_json({"kind": kind, kind: list(entries.values())})
        return
    _print_list(kind, entries)
    console.notice()


def _print_list(kind: str, entries: dict[str, Any]) -> None:
    columns = {
        "claims": ("id", "section", "reported", "endpoint", "role", "evidence_level", "summary"),
        "markers": ("id", "name", "mechanism", "kind", "unit", "section"),
        "settings": ("id", "name", "oncotree", "line", "usual"),
        "strategies": ("id", "name", "class", "drugs", "modelled", "section"),
        "mechanisms": ("id", "name", "summary"),
        "endpoints": ("id", "name", "family", "unit"),
        "assumptions": ("id", "value", "low", "high", "reason"),
    }[kind]
    made = console.table(f"{len(entries)} {kind}", columns, right=("value", "low", "high"))
    for entry in entries.values():
        made.add_row(*(_cell(entry, column) for column in columns))
    console.stdout().print(made)


def _cell(entry: dict[str, Any], column: str) -> str:
    if column == "reported":
        return reported(entry)
    if column == "class":
        return str(entry.get("treatment_class", ""))
    value = entry.get(column)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def reported(claim: dict[str, Any]) -> str:
    """A claim's range as people write it."""
    low, high = claim["low"], claim["high"]
    if low is None:
        return "–"
    sign = {"at_least": "≥ ", "at_most": "≤ "}.get(claim["bound"], "")
    return f"{sign}{low:g}" if low == high else f"{low:g} to {high:g}"


@app.command()
def show(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="Id of any entry.")],
    catalog: Catalog = None,
    json: Json = False,
) -> None:
    """Show everything the catalog says of one entry."""
    from resistml.errors import UsageError, did_you_mean
    from resistml.evidence import load_evidence

    evidence = load_evidence(catalog)
    found = {
        (kind, name): entry for kind in KINDS for name, entry in _entries(evidence, kind).items()
    }
    hits = [(kind, entry) for (kind, name), entry in found.items() if name == entry_id]
    if not hits:
        names = [name for _, name in found]
        raise UsageError(
            f"the catalog has no entry '{entry_id}'",
            hint=did_you_mean(entry_id, names) or "`resistml evidence list` shows the ids",
        )
    kind, entry = hits[0]
    if json:
        console.print_json({"kind": kind, "entry": entry})
        return
    made = console.table(f"{kind}: {entry_id}", ("field", "value"))
    for field, value in _flat(entry):
        made.add_row(field, value)
    console.stdout().print(made)
    console.notice()


def _flat(entry: Any, prefix: str = "") -> list[tuple[str, str]]:
    if isinstance(entry, dict) and {"value", "low", "high", "reason"} <= set(entry):
        text = f"{entry['value']:g}  ({entry['low']:g} to {entry['high']:g})  {entry['reason']}"
        return [(prefix or "value", text)]
    if isinstance(entry, dict):
        return [
            line
            for key, value in entry.items()
            for line in _flat(value, f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(entry, list) and entry and isinstance(entry[0], (dict, list)):
        return [line for i, item in enumerate(entry) for line in _flat(item, f"{prefix}[{i}]")]
    if isinstance(entry, list):
        entry = ", ".join(map(str, entry))
    return [] if entry in (None, "", {}) else [(prefix, str(entry))]


@app.command()
def check(catalog: Catalog = None, json: Json = False) -> None:
    """Check that the catalog holds together; exit 4 if it does not."""
    from resistml.errors import CheckFailed
    from resistml.evidence import check_evidence, load_evidence

    evidence = load_evidence(catalog)
    findings = check_evidence(evidence)
    if json:
        console.print_json(
            {
                "catalog_hash": evidence.hash,
                "counts": {kind: len(_entries(evidence, kind)) for kind in KINDS},
                "findings": [vars(finding) for finding in findings],
            }
        )
    else:
        _print_check(evidence, findings)
    if findings:
        raise CheckFailed(f"{len(findings)} finding{'s' if len(findings) > 1 else ''}")


def _print_check(evidence: Evidence, findings: list[Any]) -> None:
    made = console.table("The catalog", ("kind", "entries"), right=("entries",))
    for kind in KINDS:
        made.add_row(kind, str(len(_entries(evidence, kind))))
    numbers = sum(claim.quantitative for claim in evidence.claims.values())
    made.add_row("claims with a number", str(numbers))
    console.stdout().print(made)
    if not findings:
        typer.echo("It holds together.")
    for finding in findings:
        typer.echo(str(finding))
    console.notice()
