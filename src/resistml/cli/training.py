"""`resistml train` and `config`: making models and saying what they may be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resistml.cli import console
from resistml.cli.benchmark import add as add_benchmark
from resistml.cli.console import Json
from resistml.cli.own_runs import own_document, print_own_run
from resistml.cli.reports import app as reports_app

if TYPE_CHECKING:
    from resistml.evaluate.evaluation import Evaluation
    from resistml.pipeline_own import OwnRun
    from resistml.runs import Run

PANEL = "Models"
config_app = typer.Typer(no_args_is_help=True, help="What a run config may say.")

ConfigName = Annotated[
    str, typer.Argument(metavar="CONFIG", help="Config file, or the name of a shipped one.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key; repeatable.")
]


def add(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command(rich_help_panel=PANEL)(train)
    add_benchmark(app, PANEL)
    app.add_typer(reports_app, name="report", rich_help_panel=PANEL)
    app.add_typer(config_app, name="config", rich_help_panel=PANEL)


def train(config: ConfigName, changes: Set = None, json: Json = False) -> None:
    """Draw a cohort, fit, evaluate, explain, report, log and save, as the config says."""
    from resistml import pipeline, shipped
    from resistml.config import load_config
    from resistml.pipeline_own import OwnRun
    from resistml.runs import headline

    chosen = load_config(config, tuple(changes or ()))
    with console.watched() as progress:
        run = pipeline.train(chosen, shipped.project_root(), progress)
    say_flags(run)
    if isinstance(run, OwnRun):
        if json:
            console.print_json(own_document(run))
            return
        print_own_run(run)
        console.notice()
        return
    if json:
        console.print_json(
            {
                "run": run.id,
                "folder": str(run.folder),
                "model": str(run.folder / "model"),
                "figures": headline(run.evaluation),
                "seconds": {name: round(s, 3) for name, s in run.seconds.items()},
            }
        )
        return
    print_run(run)
    console.notice()


def say_flags(run: Run | OwnRun) -> None:
    """What was odd in the training data, to stderr."""
    for flag in run.model.about.get("flags", ()):
        print(f"note: {flag['message']}", file=sys.stderr)


def print_run(run: Run) -> None:
    """A run's figures, and where everything is."""
    screen = console.stdout()
    screen.print(figures_table(run.evaluation))
    for head, line in group_lines(run):
        screen.print(f"{head:<8} {line}", soft_wrap=True, markup=False)
    screen.print(f"audit    {audit_line(run)}")
    screen.print(f"model    {run.folder / 'model'}", soft_wrap=True)
    if (run.folder / "report.html").exists():
        screen.print(f"report   {run.folder / 'report.html'}", soft_wrap=True)
    if run.tracked is not None:
        screen.print("MLflow   `resistml ui` starts its pages and says where they are")


def group_lines(run: Run) -> list[tuple[str, str]]:
    """In which groups the model does worst, and what observed data say of its ranking."""
    from resistml.report import words

    names = {name: setting.name for name, setting in run.evidence.settings.items()}
    said = [
        ("worst", f"{called}: {group}")
        for called, group in words.worst_words(run.evaluation, names).items()
    ]
    if run.evaluation.policy is not None:
        said.append(("policy", words.policy_words(run.evaluation.policy)))
    return said


def audit_line(run: Run) -> str:
    """The audit in a line."""
    counts = {s: sum(row.status == s for row in run.audit) for s in ("within", "tension", "out")}
    return f"{counts['within']} claims within, {counts['tension']} in tension, {counts['out']} out"


def figures_table(evaluation: Evaluation) -> Any:
    """Learners beside the oracles."""
    columns = (
        "",
        "AUC",
        "95% interval",
        "log-loss",
        "error in p",
        "response if followed",
        "captured",
    )
    made = console.table(
        f"Judged on {evaluation.n_judge:,} fresh patients; trained on {evaluation.n_train:,}",
        columns,
        right=columns[1:],
    )
    names = {
        "constant": "constant per arm",
        "logistic": "logistic regression",
        "xgboost": "the model",
    }
    for name, words in names.items():
        made.add_row(
            words, *_figures(evaluation.learners[name]), style="bold" if name == "xgboost" else ""
        )
    made.add_row("fair oracle", *_figures(evaluation.fair))
    made.add_row("all-knowing oracle", *_figures(evaluation.oracle))
    made.add_row("best fixed rule", "", "", "", "", f"{evaluation.value_fixed_rule:.1%}", "0%")
    made.add_row("as treated", "", "", "", "", f"{evaluation.value_given:.1%}", "")
    return made


def _figures(f: Any) -> list[str]:
    return [
        f"{f.auc.value:.3f}",
        f"{f.auc.low:.3f} to {f.auc.high:.3f}",
        f"{f.logloss:.3f}",
        f"{f.mae:.3f}",
        f"{f.value:.1%}",
        console.percent(f.captured),
    ]


@config_app.command("explain")
def config_explain(json: Json = False) -> None:
    """Every key of a config: type, default and meaning."""
    from resistml.config import explain

    rows = explain()
    if json:
        console.print_json({"keys": rows})
        return
    made = console.table("Keys of a run config", ("key", "type", "default", "meaning"))
    for row in rows:
        made.add_row(row["key"], row["type"], row["default"], row["meaning"])
    console.stdout().print(made)
    print("extends: NAME takes over another config's keys; --set a.b=c changes one.")
    console.notice()


@config_app.command("schema")
def config_schema() -> None:
    """JSON Schema of a config, for editors."""
    from resistml.config import RunConfig
    from resistml.documents import dump_json

    sys.stdout.write(dump_json(RunConfig.model_json_schema()))


@config_app.command("check")
def config_check(
    config: ConfigName,
    changes: Set = None,
    data: Annotated[
        bool, typer.Option("--data", help="Read its tables, too, and say what is odd in them.")
    ] = False,
    json: Json = False,
) -> None:
    """Read a config and show it resolved; exit 2 if it, or with --data a table, is wrong."""
    import yaml

    from resistml.cli.own_tables import print_tables, tables_of
    from resistml.config import load_config

    chosen = load_config(config, tuple(changes or ()))
    resolved = chosen.model_dump(mode="json")
    tables = tables_of(chosen) if data else {}
    if json:
        console.print_json({"config": resolved, **({"tables": tables} if data else {})})
        return
    if data:
        print_tables(tables)
    else:
        print(yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True), end="")
    console.notice()
