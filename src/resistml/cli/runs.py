"""`resistml runs` and `resistml ui`: what was trained, in the terminal and in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resistml.cli import console
from resistml.cli.console import Force, Json

if TYPE_CHECKING:
    from resistml.tracking.promotion import By

app = typer.Typer(no_args_is_help=True, help="Runs that were trained in this project.")

Uri = Annotated[
    str | None, typer.Option(help="Store; else MLFLOW_TRACKING_URI, else the project's own.")
]
#: Figures of a comparison for people: what each is called, and whether it is a share.
FIGURES = {
    "auc": ("AUC", False),
    "auc_fair": ("AUC of the fair oracle", False),
    "logloss": ("log-loss", False),
    "brier": ("Brier score", False),
    "mae": ("error in p", False),
    "ece": ("calibration error", False),
    "slope": ("calibration slope", False),
    "coverage": ("held by 90% intervals", True),
    "value": ("response if followed", True),
    "value_fixed_rule": ("response under the best fixed rule", True),
    "policy": ("response if followed, by the training patients", True),
    "captured": ("captured", True),
    "concordance_pfs": ("concordance of PFS", False),
    "concordance_os": ("concordance of OS", False),
}


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
    columns = (
        *("run", "patients", "AUC", "95% interval", "fair oracle", "log-loss"),
        *("captured", "error in p"),
    )
    made = console.table(
        f"{len(found)} run{'' if len(found) == 1 else 's'}", columns, right=columns[1:]
    )
    for run in found:
        made.add_row(
            run["run"],
            f"{run['n_train']:,}",
            _number(run["auc"]),
            f"{_number(run['auc_low'])} to {_number(run['auc_high'])}",
            _number(run["auc_fair"]),
            _number(run["logloss"], 4),
            console.percent(run["captured"]),
            _number(run["mae"]),
        )
    console.stdout().print(made)
    if len(found) > 1:
        console.stdout().print(f"`resistml runs compare {found[1]['run']} {found[0]['run']}`")
    console.notice()


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


@app.command("compare")
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN ...", help="Ids or folders.")],
    json: Json = False,
) -> None:
    """Runs side by side: parameters that differ, figures with 95% intervals, paired differences."""
    from resistml import shipped
    from resistml.errors import UsageError
    from resistml.tracking.local import compared

    if len(set(runs)) < 2 or len(set(runs)) < len(runs):
        raise UsageError("needs two runs or more, each once", hint="`resistml runs list`")
    found = compared(shipped.project_root(), runs)
    if json:
        console.print_json(found)
        return
    _print_compared(found)
    console.notice()


def _print_compared(found: dict[str, Any]) -> None:
    screen, runs = console.stdout(), found["runs"]
    if found["parameters"]:
        made = console.table("Parameters that differ", ("key", *runs), right=runs)
        for key, values in found["parameters"].items():
            made.add_row(key, *("–" if value is None else value for value in values))
        screen.print(made)
    else:
        screen.print("No parameter differs.")
    made = console.table("Figures, with 95% intervals", ("", *runs), right=runs)
    for name, row in found["figures"].items():
        words, share = FIGURES[name]
        made.add_row(words, *(_figure(figure, share) for figure in row))
    screen.print(made)
    if not found["paired"]:
        screen.print("Judged on different patients, so not paired.")
        return
    columns = ("run", "figure", "better by", "95% interval", "patients")
    made = console.table(
        f"Against {runs[0]}, patient by patient (above 0 = better)", columns, right=columns[2:]
    )
    from resistml.tracking.promotion import NAMES

    for gain in found["paired"]:
        made.add_row(
            gain["run"],
            NAMES[gain["figure"]],
            f"{gain['gain']:+.5f}",
            f"{gain['low']:+.5f} to {gain['high']:+.5f}",
            f"{gain['n']:,}",
            style="bold" if gain["low"] > 0 or gain["high"] < 0 else "",
        )
    screen.print(made)


def _figure(figure: dict[str, float | None] | None, share: bool) -> str:
    if figure is None:
        return "–"

    def said(value: float | None) -> str:
        return "–" if value is None else f"{value:.1%}" if share else f"{value:.3f}"

    text = said(figure["value"])
    if figure.get("low") is not None:
        text += f" ({said(figure['low'])} to {said(figure['high'])})"
    return text


@app.command("promote")
def promote(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id; MLflow's will do.")],
    name: Annotated[
        str, typer.Option("--name", help="Registered model; made if it is not there.")
    ] = "resistml",
    alias: Annotated[str, typer.Option(help="Alias that is moved.")] = "champion",
    by: Annotated[str, typer.Option(help="Figure that counts: log, brier or auc.")] = "log",
    margin: Annotated[
        float, typer.Option(help="The 95% interval of the gain must lie above this.", min=0.0)
    ] = 0.0,
    uri: Uri = None,
    json: Json = False,
) -> None:
    """Give a run's model the alias, if it is better than what has it on the same patients.

    Exit 4 where it is not. `models:/NAME@champion` is then what `score`, `rank` and others take.
    """
    from resistml import shipped
    from resistml.errors import CheckFailed
    from resistml.tracking.place import resolve_uri
    from resistml.tracking.promotion import Asked, promote

    asked = Asked(run, name, alias, _by(by), margin)
    done = promote(resolve_uri(uri, shipped.project_root(), key="--uri"), asked)
    if json:
        console.print_json(done.to_json())
    else:
        _print_gains(done.gains)
        if done.promoted:
            console.stdout().print(
                f"promoted: {run} is {name} version {done.version}, @{alias}\n  {done.why}",
                soft_wrap=True,
            )
        console.notice()
    if not done.promoted:
        raise CheckFailed(f"not promoted: {done.why}")


def _by(text: str) -> By:
    from resistml.errors import UsageError
    from resistml.tracking.promotion import NAMES

    for known in NAMES:
        if text == known:
            return known
    raise UsageError(f"no figure '{text}' to promote by", allowed=", ".join(NAMES))


def _print_gains(gains: dict[str, Any]) -> None:
    from resistml.tracking.promotion import NAMES

    if not gains:
        return
    columns = ("", "challenger", "champion", "better by", "95% interval")
    made = console.table("On the same patients", columns, right=columns[1:])
    for name, words in NAMES.items():
        gain = gains[name]
        made.add_row(
            words,
            f"{gain.first:.4f}",
            f"{gain.second:.4f}",
            f"{gain.gain:+.4f}",
            f"{gain.low:+.4f} to {gain.high:+.4f}",
        )
    console.stdout().print(made)


@app.command("export")
def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id; MLflow's will do.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder; else RUN here.")] = None,
    uri: Uri = None,
    force: Force = False,
) -> None:
    """Write a run as a folder of plain files: its numbers, artifacts and model, no records."""
    from resistml import shipped
    from resistml.tracking.export import export_run
    from resistml.tracking.place import resolve_uri

    store = resolve_uri(uri, shipped.project_root(), key="--uri")
    print(export_run(store, run, out or Path(run), force=force))
    console.notice()


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An exported run.")],
    experiment: Annotated[
        str | None, typer.Option(help="Experiment to log it to; else the one it was in.")
    ] = None,
    uri: Uri = None,
) -> None:
    """Log an exported run to this project's store, and put it among its runs."""
    from resistml import shipped
    from resistml.tracking.bring import import_run
    from resistml.tracking.place import resolve_uri

    root = shipped.project_root()
    print(import_run(folder, resolve_uri(uri, root, key="--uri"), root, experiment).folder)
    console.notice()


@app.command("sweep")
def sweep(
    hours: Annotated[
        float, typer.Option(help="Also end what has been running for longer.", min=0.0)
    ] = 24.0,
    uri: Uri = None,
    json: Json = False,
) -> None:
    """End runs in MLflow whose process is gone; logging a run does it too."""
    from resistml import shipped
    from resistml.tracking.place import is_there, resolve_uri
    from resistml.tracking.sweep import sweep

    store = resolve_uri(uri, shipped.project_root(), key="--uri")
    swept = sweep(store, hours) if is_there(store) else []
    if json:
        console.print_json({"swept": [vars(run) for run in swept]})
        return
    for run in swept:
        console.stdout().print(f"{run.name} ({run.run_id}): {run.why}", soft_wrap=True)
    console.stdout().print(f"{len(swept)} run{'' if len(swept) == 1 else 's'} ended")
    console.notice()


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 5000,
    experiment: Annotated[
        str | None, typer.Option(help="Experiment to open; else resistml, else the latest.")
    ] = None,
    uri: Uri = None,
) -> None:
    """Start the MLflow UI on 127.0.0.1 and say where it is; Ctrl-C ends it."""
    from resistml import shipped
    from resistml.tracking.place import resolve_uri
    from resistml.tracking.ui import open_ui

    root = shipped.project_root()
    open_ui(root, resolve_uri(uri, root, key="--uri"), port, experiment=experiment)
