"""`resistml cohort`: draw virtual patients, and hold their world against the review."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resistml.cli import console
from resistml.cli.console import Force, Json
from resistml.cli.evidence import Catalog

if TYPE_CHECKING:
    from resistml.world.audit import AuditRow
    from resistml.world.laws import World

app = typer.Typer(no_args_is_help=True, help="Virtual patients whose truth is known.")

Config = Annotated[
    str, typer.Option("-c", "--config", help="Config file, or the name of a shipped one.")
]
Folder = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="A drawn cohort; else the default world.")
]


@app.command()
def generate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")],
    config: Config = "default",
    n: Annotated[int | None, typer.Option("--n", help="Patients to draw.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of all draws.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw a cohort: patients, their outcomes, and the oracle that training never reads."""
    from resistml.cohort.draw import Plan
    from resistml.cohort.files import generate as write
    from resistml.config import load_config
    from resistml.documents import refuse_existing
    from resistml.evidence import load_evidence
    from resistml.world.solve import solve_world

    changes = [f"cohort.n={n}"] if n is not None else []
    changes += [f"seed={seed}"] if seed is not None else []
    chosen = load_config(config, tuple(changes))
    refuse_existing(out, force)
    plan = Plan(chosen.seed, chosen.cohort.n, chosen.cohort.assignment)
    with console.watched() as progress:
        told = progress.stage("calibrate the world")
        world = solve_world(load_evidence(chosen.catalog))
        told(1, 1)
        manifest = write(world, plan, out, force=force, progress=progress.stage("draw patients"))
    if json:
        console.print_json({**manifest, "folder": str(out)})
        return
    made = console.table(f"{out}", ("file", "rows"), right=("rows",))
    for name, rows in manifest["rows"].items():
        made.add_row(f"{name}.parquet", f"{rows:,}")
    console.stdout().print(made)
    console.notice()


@app.command()
def audit(folder: Folder = None, catalog: Catalog = None, json: Json = False) -> None:
    """Reported against obtained, for every target claim; exit 4 if one is out."""
    from resistml.errors import CheckFailed, WorldError
    from resistml.evidence import load_evidence
    from resistml.world.audit import audit as hold

    evidence = load_evidence(catalog)
    world = _world(folder, catalog)
    if world.catalog_hash != evidence.hash:
        raise WorldError(
            "was solved from another catalog",
            file=folder,
            hint="name the folder it was extended with: --catalog FOLDER",
        )
    rows = hold(evidence, world)
    if json:
        console.print_json(
            {
                "world_hash": world.hash,
                "claims": [_json_row(asdict(row)) for row in rows],
                "conflicts": [asdict(conflict) for conflict in world.conflicts],
                "parameters": world.labels,
            }
        )
    else:
        print_audit(rows, world)
    out = [row.claim for row in rows if row.status == "out"]
    if out:
        raise CheckFailed(f"out of range: {', '.join(out)}")


def _world(folder: Path | None, catalog: Path | None = None) -> World:
    from resistml.evidence import load_evidence
    from resistml.world.laws import read_world
    from resistml.world.solve import solve_world

    return (
        solve_world(load_evidence(catalog)) if folder is None else read_world(folder / "world.json")
    )


def _json_row(row: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}


def print_audit(rows: list[AuditRow], world: World) -> None:
    """The audit as a table, with the conflicts in words."""
    judged = [row for row in rows if row.status != "due"]
    columns = ("claim", "setting", "strategy", "endpoint", "reported", "obtained", "status")
    made = console.table("Reported against obtained", columns, right=("reported", "obtained"))
    style = {"within": "green", "tension": "yellow", "out": "bold red"}
    for row in judged:
        timed = row.endpoint.startswith("median_")
        made.add_row(
            row.claim,
            row.setting,
            row.strategy,
            row.endpoint,
            _reported(row, timed),
            f"{row.obtained:.1f} months" if timed else f"{row.obtained:.1%}",
            console.styled(row.status, style[row.status]),
        )
    screen = console.stdout()
    screen.print(made)
    counts = {s: sum(row.status == s for row in judged) for s in style}
    screen.print("  ".join(f"{name} {count}" for name, count in counts.items()))
    for conflict in world.conflicts:
        screen.print(f"tension ({conflict.proof}): {conflict.reason}", style="yellow")
    due = len(rows) - len(judged)
    if due:
        screen.print(
            f"{due} target claims are due: survival and relapse rates are not audited yet."
        )
    console.notice()


def _reported(row: AuditRow, timed: bool) -> str:
    low, high = (f"{x:g}" if timed else f"{x:.0%}" for x in (row.low, row.high))
    text = low if row.low == row.high else f"{low} to {high}"
    return f"{text} months" if timed else text


@app.command()
def describe(folder: Folder = None, json: Json = False) -> None:
    """What a cohort holds: settings, arms with response rates, markers with their panels."""
    from resistml.cohort.describe import describe_world

    world = _world(folder)
    found = describe_world(world)
    if json:
        console.print_json(found)
        return
    arms = console.table(
        "Strategies by setting",
        ("setting", "share", "strategy", "eligible", "response", "median PFS", "median OS"),
        right=("share", "eligible", "response", "median PFS", "median OS"),
    )
    for row in found["arms"]:
        arms.add_row(
            row["setting"],
            f"{row['share']:.1%}",
            row["strategy"],
            f"{row['eligible']:.0%}",
            f"{row['orr']:.0%}",
            f"{row['median_pfs']:.1f}",
            f"{row['median_os']:.1f}",
        )
    markers = console.table(
        "Markers",
        ("marker", "mechanism", "kind", "settings", "effect"),
        right=("settings", "effect"),
    )
    for row in found["markers"]:
        markers.add_row(
            row["marker"],
            row["mechanism"],
            row["kind"],
            str(row["settings"]),
            f"{row['effect']:.2f}",
        )
    screen = console.stdout()
    screen.print(arms)
    screen.print(markers)
    screen.print("Rates are population values of the true response probability; times in months.")
    console.notice()
