"""`resistml report`: pages that a person reads, of a model and of patients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from resistml.cli import console
from resistml.cli.console import Force, Json, ModelName
from resistml.cli.scoring import Source, say_rejected

app = typer.Typer(no_args_is_help=True, help="Reports people want to read.")


@app.command("model")
def model(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL|RUN", help="A run's id or folder, or a bundle; else the shipped model."
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("-o", "--out", metavar="FILE.html", help="Write the report anew, there."),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Say where a run's model report is, or write it anew from the run's files.

    A bundle without a run is judged anew on fresh patients of the default world, which takes
    about half a minute. The answers to TRIPOD+AI are written beside it, as JSON.
    """
    from resistml import shipped
    from resistml.api import find_model
    from resistml.run_reports import checklist_of, model_report

    folder = find_model(model, shipped.project_root())
    with console.watched() as progress:
        written = model_report(
            folder, None if out is None else Path(out), force=force, progress=progress
        )
    if json:
        checklist = str(checklist_of(written))
        console.print_json({"report": str(written), "tripod_ai": checklist})
        return
    print(written)
    console.notice()


@app.command("patient")
def patient(
    profiles: Source,
    model: ModelName = None,
    out: Annotated[
        str,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT",
            help="A folder: a page per patient and an index. Or FILE.html, for one patient.",
        ),
    ] = "patient-reports",
    only: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Only the patient of this id.")
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """A page per profile: risk, mechanisms, ranked strategies, what is unmeasured, what if."""
    from resistml.api import find_model
    from resistml.predict.model import load_bundle
    from resistml.report.patient.write import write_reports
    from resistml.tables import iter_profiles

    loaded = load_bundle(find_model(model))
    written = write_reports(
        loaded, iter_profiles(profiles, loaded.spec), Path(out), only=only, force=force
    )
    if json:
        console.print_json(written.to_json())
    else:
        print(written.start)
    console.notice()
    n = len(written.files)
    print(f"{n:,} report{'' if n == 1 else 's'} written: {written.start}", file=sys.stderr)
    if written.rejected:
        say_rejected(list(written.rejected), n + len(written.rejected))
        raise typer.Exit(3)
