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
    from resistml.cohort.audited import Audited
    from resistml.cohort.observed import Observed
    from resistml.evidence import Evidence
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
    from resistml.cohort.files import generate_config
    from resistml.config import load_config

    changes = [f"cohort.n={n}"] if n is not None else []
    changes += [f"seed={seed}"] if seed is not None else []
    chosen = load_config(config, tuple(changes))
    with console.watched() as progress:
        manifest = generate_config(chosen, out, force=force, progress=progress)
    if json:
        console.print_json({**manifest, "folder": str(out)})
        return
    _print_written(out, manifest)
    console.notice()


def _print_written(out: Path, manifest: dict[str, Any]) -> None:
    """The tables of a cohort, or the worlds of an ensemble."""
    if "worlds" in manifest:
        columns = ("folder", "world", "draws refused", "audit")
        made = console.table(f"{out}", columns, right=("draws refused",))
        for world in manifest["worlds"]:
            said = ", ".join(f"{count} {status}" for status, count in world["audit"].items())
            refused = str(world["draws_refused"])
            made.add_row(world["folder"], world["world_hash"][:12], refused, said)
        made.caption = manifest["note"]
    else:
        made = console.table(f"{out}", ("file", "rows"), right=("rows",))
        for name, rows in manifest["rows"].items():
            made.add_row(f"{name}.parquet", f"{rows:,}")
    console.stdout().print(made)


@app.command()
def audit(
    folder: Folder = None,
    catalog: Catalog = None,
    figure: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the audit as well: .svg .png .pdf"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Reported against obtained for every claim; exit 4 if one is out.

    With DIR also what its patients show, with 95% intervals.
    """
    from resistml.cli.cohort_print import print_audit
    from resistml.cohort.audited import audit_cohort
    from resistml.documents import refuse_existing
    from resistml.errors import CheckFailed
    from resistml.report.figure_file import check_ending

    if figure is not None:
        check_ending(figure)
        refuse_existing(figure, force)
    evidence, world = _evidence_and_world(folder, catalog)
    found = audit_cohort(evidence, world, folder)
    if figure is not None:
        _draw_audit(figure, evidence, world, found, force)
    if json:
        _audit_json(world, found)
    else:
        print_audit(found.rows, world, found.estimates, found.remarks)
    out = [row.claim for row in found.rows if row.status == "out"]
    if out:
        raise CheckFailed(f"out of range: {', '.join(out)}")


def _audit_json(world: World, found: Audited) -> None:
    from resistml.cli.cohort_print import json_row

    estimates, observed = found.estimates or {}, found.observed
    document: dict[str, Any] = {"world_hash": world.hash}
    if observed is not None:
        document["cohort"] = {
            "patients": len(observed),
            "assignment": observed.assignment,
            "missing": observed.missing,
            "remarks": list(found.remarks),
        }
    document["claims"] = [json_row(row, estimates.get(row.claim)) for row in found.rows]
    document["conflicts"] = [asdict(conflict) for conflict in world.conflicts]
    document["parameters"] = world.labels
    console.print_json(document)


def _draw_audit(path: Path, evidence: Evidence, world: World, found: Audited, force: bool) -> None:
    from resistml.notice import NOTICE
    from resistml.report.figure_audit import audit_poster
    from resistml.report.figure_file import Words, write_figure

    heading = "Reported by the review, obtained in the world"
    if found.observed is not None:
        heading += f", and shown by {len(found.observed):,} patients"
    letters = ("Letters: sets of claims that cannot hold together.",) if world.conflicts else ()
    foot = " ".join((*found.remarks, *letters, NOTICE))
    names = {name: entry.name for name, entry in evidence.endpoints.items()}
    made = audit_poster(found.rows, names, world.conflicts, found.estimates, heading, foot)
    alt = f"Dot plot of {len(found.rows)} claims: reported ranges, and marks for what is obtained."
    write_figure(made, path, Words("audit", heading, alt), force=force)


def _evidence_and_world(folder: Path | None, catalog: Path | None) -> tuple[Evidence, World]:
    """The catalog and the world of a folder, or the default one; they must belong together."""
    from resistml.errors import WorldError
    from resistml.evidence import load_evidence

    evidence = load_evidence(catalog)
    world = _world(folder, evidence)
    if world.catalog_hash != evidence.hash:
        raise WorldError(
            "was solved from another catalog",
            file=folder,
            hint="name the folder it was extended with: --catalog FOLDER",
        )
    return evidence, world


def _world(folder: Path | None, evidence: Evidence) -> World:
    from resistml.cohort.observed import require_one_world
    from resistml.world.laws import read_world
    from resistml.world.solve import solve_world

    if folder is None:
        return solve_world(evidence)
    require_one_world(folder)
    return read_world(folder / "world.json")


@app.command()
def curves(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write.")],
    folder: Folder = None,
    setting: Annotated[str | None, typer.Option(help="One setting alone.")] = None,
    kind: Annotated[str, typer.Option("--format", help="svg | png | pdf")] = "svg",
    catalog: Catalog = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Kaplan-Meier curves, a figure per setting, with the reported medians and rates marked.

    Without DIR a cohort of the default world is drawn for it, by the shipped config `audit`.
    """
    from resistml.documents import new_folder, refuse_existing
    from resistml.errors import UsageError, did_you_mean, listed
    from resistml.report.figure_file import check_ending

    check_ending(Path(f"figure.{kind}"))
    refuse_existing(out, force)
    evidence, world = _evidence_and_world(folder, catalog)
    if setting is not None and setting not in world.settings:
        raise UsageError(
            f"no setting '{setting}' in this world",
            allowed=listed(world.settings),
            hint=did_you_mean(setting, world.settings),
        )
    wanted = list(world.settings) if setting is None else [setting]
    with console.watched() as progress, new_folder(out, force=force) as place:
        told = progress.stage("draw curves")
        observed = _patients(folder, world)
        for done, name in enumerate(wanted, start=1):
            told(done, len(wanted))
            _draw_curves(place / f"{name}.{kind}", evidence, world, observed, name)
        manifest = _seal(place, world)
    if json:
        console.print_json({**manifest, "folder": str(out)})
        return
    console.stdout().print(f"{len(manifest['files'])} figures in {out}")
    console.notice()


def _seal(place: Path, world: World) -> dict[str, Any]:
    """Write the manifest that says a folder is ours and what is in it."""
    from resistml.documents import dump_json, file_digest
    from resistml.notice import NOTICE

    files = {path.name: file_digest(path) for path in sorted(place.iterdir())}
    manifest = {"notice": NOTICE, "world_hash": world.hash, "files": files}
    (place / "manifest.json").write_text(dump_json(manifest), encoding="utf-8")
    return manifest


def _patients(folder: Path | None, world: World) -> Observed:
    from resistml.cohort.observed import draw_observed, read_observed
    from resistml.cohort.plan import plan_of
    from resistml.config import load_config

    if folder is not None:
        return read_observed(folder)
    chosen = load_config("audit")
    return draw_observed(world, plan_of(chosen.seed, chosen.cohort))


def _draw_curves(
    path: Path, evidence: Evidence, world: World, observed: Observed, setting: str
) -> None:
    """The figure of a setting, if the cohort has patients of it."""
    from resistml.cohort.survival import arm_curves
    from resistml.report.figure_file import write_figure
    from resistml.report.figure_km import km_figure, km_words

    names = {name: entry.name for name, entry in evidence.strategies.items()}
    names |= {name: entry.name for name, entry in evidence.settings.items()}
    arms = arm_curves(evidence, world, observed, setting)
    if arms:
        write_figure(km_figure(arms, names), path, km_words(arms, names))


@app.command()
def describe(
    folder: Folder = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder for the datasheet and the data dictionary."),
    ] = None,
    catalog: Catalog = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """What a cohort holds: its arms, every column, and a datasheet of how it was made."""
    from resistml.cli.cohort_print import print_description
    from resistml.cohort.describe import describe_world
    from resistml.cohort.observed import read_plan
    from resistml.cohort.papers import DATASHEET, columns, documents_of
    from resistml.cohort.plan import plan_of
    from resistml.config import load_config
    from resistml.documents import refuse_existing
    from resistml.evidence import load_evidence

    if out is not None:
        refuse_existing(out, force)
    evidence = load_evidence(catalog)
    world = _world(folder, evidence)
    default = load_config("default")
    plan = plan_of(default.seed, default.cohort) if folder is None else read_plan(folder)
    papers = documents_of(world, plan, evidence)
    if out is not None:
        _write_papers(out, papers, world, force)
    found = describe_world(world)
    found["dictionary"] = columns(world, plan, evidence)
    if json:
        console.print_json({**found, "datasheet": papers[DATASHEET]})
        return
    print_description(found)
    if out is None:
        console.stdout().print("The datasheet: --out FOLDER writes it.")


def _write_papers(out: Path, papers: dict[str, str], world: World, force: bool) -> None:
    from resistml.documents import new_folder

    with new_folder(out, force=force) as place:
        for name, text in papers.items():
            (place / name).write_text(text, encoding="utf-8")
        _seal(place, world)
