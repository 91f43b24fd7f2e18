"""`resistml benchmark`: the model, its peers and the oracles on the same draws."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from resistml.cli import console
from resistml.cli.console import Force, Json

#: Where `--full` keeps its results, in the project, unless it is told otherwise.
STORE = "benchmark.jsonl"


def add(app: typer.Typer, panel: str) -> None:
    """Add the command to the root."""
    app.command(rich_help_panel=panel)(benchmark)


def benchmark(
    full: Annotated[bool, typer.Option("--full", help="More sizes and seeds; two hours.")] = False,
    config: Annotated[
        str, typer.Option("-c", "--config", metavar="CONFIG", help="Whose model is judged.")
    ] = "default",
    world: Annotated[
        list[str] | None,
        typer.Option("--world", help="Only this world; may be repeated.", metavar="WORLD"),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option("--peer", help="Only this peer; may be repeated.", metavar="PEER"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="Processes; else one per core, at most four."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="FILE", help="JSON lines that an interrupted run goes on."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("-o", "--out", metavar="OUT", help="The results, as .json.")
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """The model, its peers and the oracles on the same draws, by number of training patients.

    Worlds: default; intact, where everything is measured; form and knowledge, which are other
    than the learners are told; hidden_confounding, where treatment was chosen by what is not
    recorded.
    """
    from resistml import api, shipped

    target = None if out is None else _target(out, force)
    root = shipped.project_root()
    kept = Path(store) if store is not None else root / STORE if full else None
    with console.watched() as progress:
        found = api.benchmark(
            config=config,
            full=full,
            worlds=world,
            peers=peer,
            store=kept,
            workers=_processes() if workers is None else workers,
            progress=progress,
        )
    if target is not None:
        _write(found, target, force)
    if json:
        console.print_json(found)
        return
    _print(found)
    console.notice()


def _processes() -> int:
    """As many as there are cores; each holds a world's patients, so no more than four."""
    return min(os.cpu_count() or 1, 4)


def _target(out: str, force: bool) -> Path:
    """Where results go, refused before the work rather than after it."""
    from resistml.documents import refuse_existing
    from resistml.errors import OutputError

    path = Path(out)
    if path.suffix.lower() != ".json":
        raise OutputError("is no name for results", file=path, allowed="a name that ends in .json")
    refuse_existing(path, force)
    return path


def _write(found: Mapping[str, Any], path: Path, force: bool) -> None:
    from resistml.documents import dump_json, new_file

    with new_file(path, force=force) as temporary:
        temporary.write_text(dump_json(found), encoding="utf-8")


def _print(found: Mapping[str, Any]) -> None:
    screen = console.stdout()
    screen.print(_results(found))
    screen.print(_marks(found))
    for name, learner in found["learners"].items():
        if learner["skipped"]:
            print(f"left out: {name}: {learner['skipped']}")
    for name, gaps in found["gaps"].items():
        said = ", ".join(f"{gap:.4f} {how}" for how, gap in gaps.items())
        print(f"gap between fair oracle and best fixed rule, {name}: {said}")
    for name, policy in found["policy"].items():
        print(
            f"value of a policy from data alone, {name}: the 95% interval held the truth in "
            f"{policy['covered']} of {policy['replicates']} cohorts of {policy['patients']:,}"
        )


def _results(found: Mapping[str, Any]) -> Any:
    """A line per world, number of patients and learner."""
    from resistml.evaluate.peers import MODEL

    figures = ("AUC gap", "error in p", "calibration", "captured", "model wins")
    columns = ("world", "patients", "seeds", "learner", *figures, "seconds")
    title = f"Judged on {found['judge']:,} fresh patients of each world; mean over seeds"
    made = console.table(title, columns, right=("patients", "seeds", *figures, "seconds"))
    for row in found["summary"]:
        against = row.get("model_against", {}).get("captured")
        made.add_row(
            row["world"],
            f"{row['patients']:,}",
            str(row["seeds"]),
            "the model" if row["learner"] == MODEL else row["learner"],
            *(_figure(row.get(name), "{:.4f}") for name in ("auc_gap", "mae", "ece")),
            _figure(row.get("captured"), "{:.0%}"),
            f"{against['wins']} of {against['of']}" if against else "",
            _figure({**row["seconds"], "se": None}, "{:.1f}"),
        )
    return made


def _marks(found: Mapping[str, Any]) -> Any:
    """The marks that this benchmark could tell of."""
    told = [mark for mark in found["marks"] if mark["reached"] is not None]
    columns = ("world", "patients", "what", "asked", "found", "reached")
    title = f"Marks: {sum(mark['reached'] for mark in told)} of {len(told)} reached"
    made = console.table(title, columns, right=("patients", "found"))
    for mark in told:
        value = _figure({"mean": mark["found"], "se": mark["se"]}, "{:.4g}")
        where = (mark["world"], f"{mark['patients']:,}", mark["what"], mark["asked"])
        made.add_row(*where, value, "yes" if mark["reached"] else "no")
    return made


def _figure(figure: Mapping[str, float | None] | None, form: str) -> str:
    """A mean with its standard error; an en dash where there is none."""
    if figure is None or figure["mean"] is None:
        return "–"
    mean = form.format(figure["mean"])
    return mean if figure["se"] is None else f"{mean} ± {form.format(figure['se'])}"
