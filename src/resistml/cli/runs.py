"""`resistml runs` and `resistml ui`: what was trained, in the terminal and in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from resistml.cli import console
from resistml.cli.console import Json

app = typer.Typer(no_args_is_help=True, help="Runs that were trained in this project.")


def add(root: typer.Typer) -> None:
    """Add `ui` to the root."""
    root.command(rich_help_panel="Runs")(ui)


@app.command("list")
def list_(json: Json = False) -> None:
    """The runs of this project, newest first."""
    from resistml import shipped
    from resistml.tracking.local import local_runs

    found = local_runs(shipped.project_root())
    if json:
        console.print_json({"runs": found})
        return
    columns = ("run", "patients", "AUC", "fair oracle", "captured", "error in p")
    made = console.table(
        f"{len(found)} run{'' if len(found) == 1 else 's'}", columns, right=columns[1:]
    )
    for run in found:
        made.add_row(
            run["run"],
            f"{run['n_train']:,}",
            f"{run['auc']:.3f}",
            f"{run['auc_fair']:.3f}",
            console.percent(run["captured"]),
            f"{run['mae']:.3f}",
        )
    console.stdout().print(made)
    console.notice()


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 5000,
    experiment: Annotated[
        str | None, typer.Option(help="Experiment to open; else resistml, else the latest.")
    ] = None,
    uri: Annotated[
        str | None, typer.Option(help="Store; else MLFLOW_TRACKING_URI, else the project's own.")
    ] = None,
) -> None:
    """Start the MLflow UI on 127.0.0.1 and say where it is; Ctrl-C ends it."""
    from resistml import shipped
    from resistml.tracking.place import resolve_uri
    from resistml.tracking.ui import open_ui

    root = shipped.project_root()
    open_ui(root, resolve_uri(uri, root, key="--uri"), port, experiment=experiment)
