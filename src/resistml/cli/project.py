"""`resistml demo` and `resistml init`: to see it work, and to begin."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from resistml.cli import console, show
from resistml.cli.console import Force

PANEL = "Begin here"


def add(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command(rich_help_panel=PANEL)(demo)
    app.command(rich_help_panel=PANEL)(init)


def demo(
    config: Annotated[str, typer.Option("-c", "--config", help="Config to run.")] = "default",
) -> None:
    """The main job, end to end: from the review to scored, ranked and explained profiles."""
    from resistml import pipeline, shipped
    from resistml.cli.training import print_run, say_flags
    from resistml.config import load_config
    from resistml.errors import UsageError
    from resistml.explain.mechanisms import explain_profiles
    from resistml.predict.rank import rank
    from resistml.predict.score import score
    from resistml.runs import Run
    from resistml.tables import read_profiles

    screen = console.stdout()
    chosen = load_config(config)
    if chosen.data is not None:
        raise UsageError(
            "the demo is of virtual patients, and the config has a section `data`",
            hint="`resistml train` trains on a table of your own",
        )
    with console.watched() as progress:
        run = pipeline.train(chosen, shipped.project_root(), progress)
    assert isinstance(run, Run)  # without `data` it is
    say_flags(run)
    print_run(run)
    examples = shipped.folder("examples") / "profiles.csv"
    profiles = read_profiles(examples, run.model.spec)
    screen.print(f"\nThe shipped example profiles ({examples.name}), by the model just trained\n")
    show.scores(run.model, profiles, score(run.model, profiles))
    show.ranks(run.model, profiles, rank(run.model, profiles))
    show.explanations(run.model, profiles, _first(explain_profiles(run.model, profiles), 2))
    report = run.folder / "report.html"
    screen.print(f"The report is   {report}", soft_wrap=True)
    screen.print("The MLflow UI   make ui, or resistml ui   (it takes about ten seconds to start)")
    console.notice()


def _first(rows: dict[str, Any], patients: int) -> dict[str, Any]:
    """The rows of the first few patients."""
    chosen = list(dict.fromkeys(rows["patient_id"]))[:patients]
    keep = [i for i, name in enumerate(rows["patient_id"]) if name in chosen]
    return {name: [values[i] for i in keep] for name, values in rows.items()}


_CONFIG = """\
# A run of this project: `resistml train config.yaml`. What is not said here is as in the shipped
# config that it extends; `resistml config explain` lists every key, `config check` shows the whole.
extends: quick
name: mine
seed: 1
cohort:
  n: 4000
  assignment: confounded   # randomised | guideline | confounded
"""
_MARK = """\
# This file marks the root of a resistml project: runs/ and mlflow.db are kept beside it.
"""


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to begin in.")] = Path(),
    force: Force = False,
) -> None:
    """Begin a project: a folder with a config to change and profiles to score."""
    from resistml import shipped
    from resistml.documents import new_file

    wanted = {
        "resistml.yaml": _MARK,
        "config.yaml": _CONFIG,
        "profiles.csv": (shipped.folder("examples") / "profiles.csv").read_text(encoding="utf-8"),
    }
    with ExitStack() as whole:  # nothing takes its name before all of it is written
        for name, text in wanted.items():
            temporary = whole.enter_context(new_file(folder / name, force=force))
            temporary.write_text(text, encoding="utf-8")
    typer.echo(f"A project begins in {folder.resolve()}. Next:")
    typer.echo("  resistml train config.yaml\n  resistml rank profiles.csv")
    console.notice()
