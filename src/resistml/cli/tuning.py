"""`resistml tune`: the settings that a config leaves open, searched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from resistml.cli import console
from resistml.cli.console import Json
from resistml.cli.training import PANEL, ConfigName, Set

if TYPE_CHECKING:
    from resistml.study_files import Study

#: Trials that a terminal shows, the best.
SHOWN = 10


def add(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command(rich_help_panel=PANEL)(tune)


def tune(
    config: ConfigName,
    trials: Annotated[
        int | None, typer.Option(help="Trials in all, in place of the config's.", metavar="N")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="No trial begins after so many, in place of the config's.", metavar="M"),
    ] = None,
    changes: Set = None,
    force: Annotated[
        bool, typer.Option("--force", help="Delete the study of that name, and begin it anew.")
    ] = False,
    json: Json = False,
) -> None:
    """Try settings of the model on one cohort, and write the best as a config.

    The study is kept in runs/NAME/: the same command goes on with it. What counts is the
    out-of-bag log-loss on the training patients, never the known truth.
    """
    from resistml import shipped
    from resistml.study import tune as tuned

    wanted = [] if trials is None else [f"tune.trials={trials}"]
    if minutes is not None:
        wanted.append(f"tune.timeout={60 * minutes}")
    put = (*(changes or ()), *wanted)
    with console.watched() as progress:
        study = tuned(config, put, shipped.project_root(), progress, force=force, say=progress.say)
    if json:
        console.print_json(
            {
                "folder": str(study.folder),
                "config": str(study.folder / "best.yaml"),
                **study.to_json(),
                "seconds": {name: round(s, 3) for name, s in study.seconds.items()},
            }
        )
        return
    _print(study)
    console.notice()


def _print(study: Study) -> None:
    """The best trials and the first, and where everything is."""
    screen = console.stdout()
    keys = list(study.best.settings)
    counts = study.to_json()["counts"]
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    made = console.table(
        f"Study {study.config.name}: {said}; {study.config.cohort.n:,} patients",
        ("trial", "log-loss", *keys, "seconds"),
        right=("trial", "log-loss", *keys, "seconds"),
    )
    whole = sorted(
        (t for t in study.trials if t.state == "complete"), key=lambda t: (t.loss, t.number)
    )
    begun = [study.start] if study.start is not None and study.start not in whole[:SHOWN] else []
    for trial in (*whole[:SHOWN], *begun):
        made.add_row(
            f"{trial.number}{' (start)' if trial.start else ''}",
            f"{trial.loss:.5f}",
            *(_value(trial.settings[key]) for key in keys),
            f"{trial.seconds:.1f}",
            style="bold" if trial is study.best else "",
        )
    screen.print(made)
    for trial in study.trials:
        if trial.state == "failed":
            screen.print(f"trial {trial.number} failed: {trial.message}", soft_wrap=True)
    screen.print(f"best     {study.folder / 'best.yaml'}   (for `resistml train`)", soft_wrap=True)
    screen.print(f"trials   {study.folder / 'trials.csv'}", soft_wrap=True)


def _value(value: bool | int | float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
