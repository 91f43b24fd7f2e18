"""`resistml serve`: a model behind HTTP on this machine."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated

import typer

from resistml.cli import console
from resistml.cli.console import ModelName
from resistml.serve.limits import HOST, PORT


def add(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command(rich_help_panel="Profiles")(serve)


def serve(
    model: ModelName = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 = any that is free.")] = PORT,
    host: Annotated[
        str, typer.Option(help="Address to listen on; the default can be reached from here alone.")
    ] = HOST,
) -> None:
    """Answer requests over HTTP with the JSON of score, rank and explain, and in MLflow's schema.

    Ctrl-C ends it.
    """
    print("resistml serve: starting", file=sys.stderr, flush=True)
    from resistml.api import find_model
    from resistml.predict.model import load_bundle
    from resistml.serve.run import serve as run

    loaded = load_bundle(find_model(model))
    console.notice()
    _say(f"model '{loaded.about.get('name')}', {loaded.hash[:12]}")
    with suppress(KeyboardInterrupt):  # how a server is closed: no fault
        run(loaded, _say, host=host, port=port)
    _say("closed")


def _say(line: str) -> None:
    print(f"resistml serve: {line}", file=sys.stderr, flush=True)
