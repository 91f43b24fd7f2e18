"""`resistml score`, `rank`, `explain`: a model asked about profiles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from resistml.cli import console, show
from resistml.cli.console import Force, Json, ModelName, Out

PANEL = "Profiles"
Rows = dict[str, Any]
Source = Annotated[
    str,
    typer.Argument(metavar="PROFILES", help="CSV, JSON, JSON lines or Parquet; - for stdin."),
]


def add(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command(rich_help_panel=PANEL)(score)
    app.command(rich_help_panel=PANEL)(rank)
    app.command(rich_help_panel=PANEL)(explain)


def score(
    profiles: Source,
    model: ModelName = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """p(resistance) of each profile, under the strategy it names or its setting's usual one."""
    from resistml.predict.score import score as ask

    _answer(profiles, model, out, force, json, ask, show.scores)


def rank(
    profiles: Source,
    model: ModelName = None,
    out: Out = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Add the ineligible strategies, with the reasons.")
    ] = False,
    by: Annotated[
        str,
        typer.Option(
            metavar="BASIS",
            help="response, pfs or os (median months), or utility (the config states it).",
        ),
    ] = "response",
    force: Force = False,
    json: Json = False,
) -> None:
    """The strategies open to each profile, best first by modelled response. No recommendation."""
    from resistml.predict.rank import rank as ask

    _answer(
        profiles,
        model,
        out,
        force,
        json,
        lambda m, p: ask(m, p, everything=everything, by=by),
        lambda m, p, rows: show.ranks(m, p, rows, by=by),
    )


def explain(
    profiles: Source,
    model: ModelName = None,
    out: Out = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Add absolute sums, Shapley values, percentiles, figures of claims."
        ),
    ] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="COLUMN=VALUE",
            help="What if: with this value in the record, before and after. May be repeated.",
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(metavar="STRATEGY", help="What if: under this strategy, before and after."),
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(
            metavar="RESPONSE",
            help="The smallest change of markers that lifts the best strategy to this probability.",
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """What each mechanism adds to the log-odds of resistance, with its markers and claims."""
    from resistml.explain.mechanisms import explain_profiles
    from resistml.explain.moved import what_if
    from resistml.explain.smallest import reach as ask_reach
    from resistml.explain.what_if import NOTE, parsed

    moves = bool(changes) or strategy is not None
    _one_at_most({"--full": full, "--reach": reach is not None, "--set or --strategy": moves})
    if moves:
        put = parsed(changes or [])
        _answer(
            *(profiles, model, out, force, json),
            lambda m, p: what_if(m, p, put, strategy),
            show.moved,
        )
    elif reach is not None:
        _answer(
            *(profiles, model, out, force, json),
            lambda m, p: ask_reach(m, p, reach),
            show.reached,
        )
    else:
        _answer(
            *(profiles, model, out, force, json),
            lambda m, p: explain_profiles(m, p, full=full),
            show.explanations,
        )
    if moves or reach is not None:
        print(NOTE, file=sys.stderr)


def _one_at_most(asked: dict[str, bool]) -> None:
    from resistml.errors import UsageError

    found = [name for name, there in asked.items() if there]
    if len(found) > 1:
        raise UsageError(f"{' and '.join(found)} do not go together", hint="ask one after another")


def _answer(
    source: str,
    model: str | None,
    out: str | None,
    force: bool,
    json: bool,
    ask: Callable[[Any, Any], Rows],
    display: Callable[[Any, Any, Rows], None],
) -> None:
    """Ask the model about the profiles, batch by batch, and put the answer where it belongs.

    Exits 3 if rows were rejected.
    """
    from resistml.api import find_model
    from resistml.notice import NOTICE
    from resistml.predict.model import load_bundle
    from resistml.tables import check_output, iter_profiles, json_lines, row_writer

    if out is not None:
        check_output(out, force=force)
    loaded = load_bundle(find_model(model))
    rejected: list[str] = []
    rows = 0
    with ExitStack() as stack:
        writer = None
        for batch in _counted(iter_profiles(source, loaded.spec), rejected):
            answer = ask(loaded, batch)
            rows += len(batch)
            if out is not None:
                writer = writer or stack.enter_context(row_writer(out, force=force, notice=NOTICE))
                writer.write(answer)
            elif json:
                for line in json_lines(answer):
                    print(line)
            else:
                display(loaded, batch, answer)
    console.notice()
    if out is not None:
        print(f"{rows - len(rejected):,} profiles answered: {out}", file=sys.stderr)
    if rejected:
        say_rejected(rejected, rows)
        raise typer.Exit(3)


def _counted(batches: Iterator[Any], rejected: list[str]) -> Iterator[Any]:
    ignored: set[str] = set()
    for batch in batches:
        rejected.extend(batch.rejected.values())
        ignored.update(batch.ignored)
        yield batch
    if ignored:
        print(f"columns not used: {', '.join(sorted(ignored))}", file=sys.stderr)


def say_rejected(rejected: list[str], rows: int, most: int = 10) -> None:
    """What was wrong with the rows that were rejected, to stderr."""
    print(f"{len(rejected):,} of {rows:,} profiles were rejected:", file=sys.stderr)
    for message in rejected[:most]:
        print(f"  {message}", file=sys.stderr)
    if len(rejected) > most:
        print(f"  ... and {len(rejected) - most:,} more (column 'message')", file=sys.stderr)
